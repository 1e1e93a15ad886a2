//! Constructs that are left as they are written: by Markdown's rules they begin or end in code or in raw HTML, which
//! only the parser knows for sure.

use std::collections::BTreeMap;

use super::{Marker, Rewritten};

/// So often a text is rewritten with a few constructs less; then without any.
const MOST_ROUNDS: usize = 4;

/// What is left alone.
#[derive(Debug, Default)]
pub(in crate::render) struct Alone {
    rounds: usize,
    /// By the file and the offset where a construct begins: whether that is to be told, as it began in Markdown.
    places: BTreeMap<(usize, usize), bool>,
}

impl Alone {
    /// Whether the construct that begins here is; if so, whether that is to be told.
    pub(super) fn holds(&self, file: usize, offset: usize) -> Option<bool> {
        let all = (self.rounds > MOST_ROUNDS).then_some(false);
        self.places.get(&(file, offset)).copied().or(all)
    }

    /// Adds the constructs of whose lines the parser missed these.
    pub(in crate::render) fn add(&mut self, rewritten: &Rewritten<'_>, missed: &[usize]) {
        self.rounds += 1;
        let mut open = Vec::new();
        for (number, (offset, marker)) in rewritten.markers.iter().enumerate() {
            let is_missed = missed.binary_search(&number).is_ok();
            match marker {
                Marker::Open(_) => open.push((*offset, is_missed)),
                Marker::Close => {
                    let Some((begin, begin_missed)) = open.pop() else { continue };
                    if begin_missed || is_missed {
                        self.places.insert(rewritten.map.locate(begin), !begin_missed);
                    }
                }
            }
        }
    }
}
