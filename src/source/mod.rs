//! The doc tree: which files are documents, what each says of itself, what other files it needs.
//!
//! Never leaves the source root. Must not know: Markdown beyond front matter, HTML, the instance.

mod document;
mod front_matter;
mod globs;
mod node;
mod read;
mod walk;

pub use document::{At, Document, FrontMatter, NamedColumns, SourceFile};
pub use globs::{GlobError, PathGlob};
pub use read::{read, read_snippet};
pub use walk::{Walked, walk};

/// The labels of a category written as `A / B`, from the base down.
pub fn category_labels(text: &str) -> Vec<String> {
    text.split(" / ").map(str::trim).filter(|label| !label.is_empty()).map(str::to_owned).collect()
}
