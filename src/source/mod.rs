//! The doc tree: which files are documents, what each says of itself, what other files it needs.
//!
//! Never leaves the source root. Must not know: Markdown beyond front matter, HTML, the instance.

mod document;

pub use document::{At, Document, FrontMatter, NamedColumns, SourceFile};
