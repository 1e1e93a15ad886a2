//! From flags, environment and `publish.toml` to [`Settings`].
//!
//! Must not know: documents, HTTP, output formats.

mod settings;

pub use settings::*;
