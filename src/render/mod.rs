//! Markdown to the HTML that ServiceNow keeps: events → node tree → HTML, pure.
//!
//! Must not know: files, network, article numbers, attachments' sys_ids.

pub mod allowlist;
mod outline;

pub use outline::{Destination, Heading, Outline, Reference, ReferenceKind};

/// What decides how a document is read and what it looks like. One for the whole tree.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The theme of code colours, `None` for plain code.
    pub highlight: Option<String>,
}

/// One document's text and what is known of it before it is parsed.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The whole file, LF line ends, no BOM: positions count in it.
    pub text: &'a str,
    /// Where the Markdown begins, in bytes.
    pub body_start: usize,
    /// Whether the first H1 is the title and leaves the body (design §7).
    pub title_from_heading: bool,
    /// Depth of a table of contents at the top, if one is asked for.
    pub toc: Option<u8>,
}
