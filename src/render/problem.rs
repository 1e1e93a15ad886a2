//! What is wrong with a text, before it is known which line of which file that is.

use crate::finding::Code;

/// Something wrong with the text, still at a byte offset.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    /// What kind.
    pub(super) code: Code,
    /// One sentence.
    pub(super) message: String,
    /// Advice.
    pub(super) help: &'static str,
    /// The file `offset` counts in; `None` for the parsed text.
    pub(super) file: Option<usize>,
    /// Where, in bytes.
    pub(super) offset: usize,
}
