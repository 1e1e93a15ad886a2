//! Lines of files that are no longer in memory, for what shows only when all documents are known.

use std::collections::HashMap;
use std::sync::Arc;

use camino::Utf8Path;

use super::draft::{Shared, Spot};
use crate::finding::Finding;
use crate::ids::DocPath;
use crate::source::{self, SourceFile};
use crate::text::Lines;

/// Reads files again where something is wrong in them. Those of one document stay until another's turn comes.
pub(super) struct Reread<'a> {
    shared: &'a Shared<'a>,
    document: Option<DocPath>,
    /// What it includes by path, and the document itself.
    files: HashMap<Option<Box<str>>, File>,
}

struct File {
    /// As reports show it.
    shown: Arc<Utf8Path>,
    /// `None` where it cannot be read any more.
    lines: Option<Lines<'static>>,
}

impl<'a> Reread<'a> {
    /// For a tree.
    pub(super) fn new(shared: &'a Shared<'a>) -> Self {
        Self { shared, document: None, files: HashMap::new() }
    }

    /// The finding at its place, with the line it stands on.
    pub(super) fn placed(&mut self, document: &SourceFile, spot: &Spot, finding: Finding) -> Finding {
        if self.document.as_ref() != Some(&document.path) {
            self.files.clear();
            self.document = Some(document.path.clone());
        }
        let shared = self.shared;
        let file = self.files.entry(spot.included.clone()).or_insert_with(|| {
            let settings = &shared.settings.source;
            let text = match spot.included.as_ref().and_then(|path| shared.folders.find(path)) {
                Some((_, absolute)) => source::read_snippet(&absolute, settings).ok().map(|(text, _)| text),
                None => source::read(document, settings).ok().map(|document| document.text),
            };
            File { shown: spot.shown(shared.settings, &document.path).into(), lines: text.map(Lines::new) }
        });
        let excerpt = file.lines.as_ref().and_then(|lines| lines.excerpt(spot.position));
        Finding { excerpt: excerpt.map(Into::into), ..finding }
            .at_shared(Arc::clone(&file.shown), Some(spot.position))
    }
}
