//! What rendering is told: of the whole tree, and of one document.

use std::collections::BTreeMap;

use super::dialects::Dialects;
use super::math::Formulas;
use super::syntax::includes::Includes;

/// What decides how a document is read and what it looks like. One for the whole tree.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The theme of code colours, `None` for plain code.
    pub highlight: Option<String>,
    /// Which dialects of Markdown are read.
    pub dialects: Dialects,
    /// What `{{ name }}` stands for. While this is empty, braces are text like any other.
    pub variables: BTreeMap<String, String>,
    /// Languages whose code blocks are shown as pictures ([`ReferenceKind::Drawing`](super::outline::ReferenceKind::Drawing)), lower case.
    pub drawings: Vec<String>,
    /// Which formulas are shown as pictures, where `math` is among [`Self::drawings`].
    pub formulas: Formulas,
}

/// One document's text and what is known of it before it is parsed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Input<'a> {
    /// The whole file, LF line ends, no BOM: positions count in it.
    pub text: &'a str,
    /// Where the Markdown begins, in bytes.
    pub body_start: usize,
    /// Whether the first H1 is the title and leaves the body (design §7).
    pub title_from_heading: bool,
    /// The title, where front matter gives one: a first H1 that says the same leaves the body, too.
    pub title: Option<&'a str>,
    /// Depth of a table of contents at the top, if one is asked for.
    pub toc: Option<u8>,
    /// The URL of the document's source, linked at the end of the body, if one is wanted.
    pub source_link: Option<&'a str>,
    /// Reads files that the document includes; without it includes stay as written.
    pub includes: Option<&'a dyn Includes>,
}
