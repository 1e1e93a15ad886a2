//! What rendering tells about a document before anything outside it is known.

use crate::finding::{Finding, Position};
use crate::ids::Digest;

/// A link or an image of a document, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Link or image.
    pub kind: ReferenceKind,
    /// The destination after Markdown's own unescaping, still percent-encoded as written.
    pub destination: Box<str>,
    /// Where it stands, in the document's file or in [`Self::included`].
    pub position: Position,
    /// The included file it stands in, as a path below the source root: relative destinations count from
    /// there. `None` for the document itself.
    pub included: Option<Box<str>>,
}

/// What a [`Reference`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReferenceKind {
    /// `[text](destination)`, an autolink, `<a href>`.
    Link,
    /// `![alt](destination)`, `<img src>`.
    Image,
    /// A code block or formula that a command draws: its destination is the language, a line end and the
    /// source. Where it leads nowhere, the source is shown, or a formula as text.
    Drawing,
    /// The same for a formula in a line of text.
    InlineDrawing,
}

/// A heading of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// 1 to 6 as written.
    pub level: u8,
    /// The anchor, unique in the document.
    pub id: Box<str>,
    /// Its plain text.
    pub text: Box<str>,
    /// Where it stands.
    pub position: Position,
}

/// Anchors in document order, one behind the other: documents have hundreds.
#[derive(Debug, Clone, Default)]
pub struct Anchors {
    text: String,
    /// Where each ends in it.
    ends: Vec<usize>,
}

impl Anchors {
    /// None, with room for those of most documents.
    pub(super) fn with_room() -> Self {
        Self { text: String::with_capacity(1024), ends: Vec::with_capacity(64) }
    }

    /// Adds one.
    pub(super) fn push(&mut self, id: &str) {
        self.text.push_str(id);
        self.ends.push(self.text.len());
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.text[start..*end])
    }
}

/// A document parsed once: all that planning needs of it, without its body.
#[derive(Debug, Clone)]
pub struct Outline {
    /// The text of the first H1, which leaves the body.
    pub title: Option<Heading>,
    /// All anchors that links can lead to: heading ids and `id`/`name` of kept HTML, in document order.
    /// The title's own id is among them.
    pub anchors: Anchors,
    /// All links and images, in document order. The n-th is the n-th that [`super::html`] resolves.
    pub references: Vec<Reference>,
    /// Digest of the body before highlighting and theme, without the destinations of [`Self::references`]: the same
    /// on every machine (protocol §2, `s`).
    pub body: Digest,
    /// Bytes of the body as [`super::html`] writes it where code has no colours and the destination of each reference is
    /// empty.
    pub size: usize,
    /// What is wrong with the text by itself. Only findings inside included files have a path: the file's,
    /// below the source root.
    pub findings: Vec<Finding>,
}

/// The size of a picture of a formula, in em of the text around it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    /// How wide it is.
    pub width: f32,
    /// How far it reaches below the line, where that is known.
    pub depth: Option<f32>,
}

/// Where a reference leads, decided outside of rendering.
#[derive(Debug, Clone, PartialEq)]
pub enum Destination {
    /// This `href` or `src`.
    Url(String),
    /// This `src`, a picture of a formula that is to be shown at this size.
    Sized(String, Size),
    /// A link goes out as its text, an image as its alternative text.
    Plain,
}
