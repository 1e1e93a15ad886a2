//! Where each piece of the parsed text comes from: the document itself, or a file it includes.
//!
//! Must not know: why text was moved.

use std::collections::HashMap;
use std::sync::Arc;

use super::syntax::includes::Included;

/// A run of parsed text that was copied from one place.
#[derive(Debug, Clone, Copy)]
struct Piece {
    /// Where it begins in the parsed text.
    at: usize,
    /// Index of its file; 0 is the document.
    file: usize,
    /// Where it begins in that file.
    offset: usize,
    /// Whether the run stands for one place (text of ours), not for a run of the file.
    fixed: bool,
}

/// A file that text came from.
#[derive(Debug)]
pub(super) enum File<'a> {
    /// The document itself.
    Document(&'a str),
    /// A file that it includes.
    Included(Arc<Included>),
}

impl File<'_> {
    /// Its path below the source root; `None` for the document itself.
    pub(super) fn path(&self) -> Option<&str> {
        match self {
            Self::Document(_) => None,
            Self::Included(file) => Some(file.path()),
        }
    }

    /// All of it.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Document(text) => text,
            Self::Included(file) => file.text(),
        }
    }
}

/// From offsets of the parsed text to places in files.
#[derive(Debug)]
pub(super) struct SourceMap<'a> {
    files: Vec<File<'a>>,
    /// Indices of included files by their paths.
    numbers: HashMap<String, usize>,
    pieces: Vec<Piece>,
}

impl<'a> SourceMap<'a> {
    /// The parsed text is the document's from this offset on.
    pub(super) fn identity(text: &'a str, body_start: usize) -> Self {
        let whole = Piece { at: 0, file: 0, offset: body_start, fixed: false };
        Self { files: vec![File::Document(text)], numbers: HashMap::new(), pieces: vec![whole] }
    }

    /// Adds a file, unless it is there already, and gives its index.
    pub(super) fn add_file(&mut self, file: &Arc<Included>) -> usize {
        if let Some(number) = self.numbers.get(file.path()) {
            return *number;
        }
        self.files.push(File::Included(Arc::clone(file)));
        let number = self.files.len() - 1;
        self.numbers.insert(file.path().to_owned(), number);
        number
    }

    /// The files by their indices.
    pub(super) fn files(&self) -> &[File<'a>] {
        &self.files
    }

    /// Notes that from `at` on the parsed text is what begins at `offset` of a file; with `fixed`, that it
    /// all stands for that one place.
    pub(super) fn note(&mut self, at: usize, file: usize, offset: usize, fixed: bool) {
        if let Some(last) = self.pieces.last_mut() {
            let runs_on = last.file == file
                && !last.fixed
                && !fixed
                && at.wrapping_sub(last.at) == offset.wrapping_sub(last.offset);
            if runs_on {
                return;
            }
            if last.at == at {
                *last = Piece { at, file, offset, fixed };
                return;
            }
        }
        self.pieces.push(Piece { at, file, offset, fixed });
    }

    /// The file and the offset in it that an offset of the parsed text comes from.
    pub(super) fn locate(&self, offset: usize) -> (usize, usize) {
        let index = self.pieces.partition_point(|piece| piece.at <= offset);
        match self.pieces.get(index.saturating_sub(1)) {
            Some(piece) if piece.fixed => (piece.file, piece.offset),
            Some(piece) => (piece.file, piece.offset + offset.saturating_sub(piece.at)),
            None => (0, offset),
        }
    }
}
