//! A document as a tree, and what was learnt while it was read: what parsing hands to writing.
//!
//! Must not know: how it was read, how it is written.

use std::collections::HashMap;
use std::sync::Arc;

use super::math::Formulas;
use super::problem::Problem;
use super::tree::{Id, Tree};

/// A document as a tree, with what was learnt while it was built.
#[derive(Debug)]
pub(super) struct Parsed<'a> {
    /// The nodes.
    pub(super) tree: Tree<'a>,
    /// Headings in document order; [`Kind::Heading`](super::tree::Kind::Heading) holds indices into it.
    pub(super) headings: Vec<HeadingNode>,
    /// Which of them is the title and left the body.
    pub(super) title: Option<usize>,
    /// Footnotes by label.
    pub(super) footnotes: HashMap<String, Id>,
    /// What the ids of footnotes begin with, so that none is a heading's.
    pub(super) footnote_prefix: String,
    /// Languages whose code blocks a command draws.
    pub(super) drawings: &'a [String],
    /// Which formulas do.
    pub(super) formulas: Formulas,
    /// What is wrong.
    pub(super) problems: Vec<Problem>,
    /// Lines of ours that the parser took for something else, by their numbers.
    pub(super) missed: Vec<usize>,
}

/// A heading as parsed.
#[derive(Debug, Clone)]
pub(super) struct HeadingNode {
    /// 1 to 6 as written.
    pub(super) level: u8,
    /// Its anchor; empty where nothing of its text can stand in one.
    pub(super) id: Arc<str>,
    /// Whether raw HTML right before it, or further up, has that anchor already.
    pub(super) shared: bool,
    /// Its plain text, where a title or a table of contents may be made of it.
    pub(super) text: Box<str>,
    /// Its alignment as a style, empty for none.
    pub(super) align: &'static str,
    /// Where it begins in the parsed text.
    pub(super) offset: usize,
}
