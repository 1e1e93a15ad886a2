//! Footnotes: which of them anything refers to that is shown.

use super::builder::Builder;
use crate::finding::Code;
use crate::render::problem::Problem;
use crate::render::tree::{Id, Kind};

/// What is told of a footnote that no reader sees.
pub(super) fn left_out(why: &str, offset: usize) -> Problem {
    Problem {
        code: Code::UnreadSyntax,
        message: format!("{why}: it is left out"),
        help: "write `[^label]` where it belongs, with a label of its own",
        file: None,
        offset,
    }
}

/// Footnotes are not looked for below so many levels.
const NESTING: usize = 256;

impl Builder<'_> {
    /// Notes that something refers to a footnote. A footnote does so for nobody while it is not shown itself.
    pub(super) fn cite(&mut self, label: String) {
        let is_note = |node: &Id| matches!(self.tree.node(*node).kind, Kind::FootnoteDefinition);
        match self.stack.iter().take(NESTING).map(|open| open.node).find(is_note) {
            Some(note) => self.cited_in.entry(note).or_default().push(label),
            None => {
                self.cited.insert(label);
            }
        }
    }

    /// Adds what footnotes that are shown refer to.
    pub(super) fn cite_from_footnotes(&mut self) {
        if self.cited_in.is_empty() {
            return;
        }
        let mut shown: Vec<String> = self.cited.iter().cloned().collect();
        while let Some(label) = shown.pop() {
            let note = self.footnotes.get(&label);
            for label in note.and_then(|note| self.cited_in.remove(note)).unwrap_or_default() {
                if self.cited.insert(label.clone()) {
                    shown.push(label);
                }
            }
        }
    }
}
