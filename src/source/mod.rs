//! The doc tree: which files are documents, what each says of itself, what other files it needs.
//!
//! Never leaves the source root. Must not know: Markdown beyond front matter, HTML, the instance.

mod document;
mod front_matter;
mod node;
mod read;
mod walk;

pub use document::{At, Document, FrontMatter, SourceFile};
pub use read::{read, read_snippet};
pub use walk::{Walked, walk};
