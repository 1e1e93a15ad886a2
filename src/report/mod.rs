//! What a run tells: one model, many forms (human, JSON, Markdown, CI), each a pure function.
//!
//! Must not know: HTTP, how things were found out.

mod model;

pub use model::{Action, Article, CategoryReport, DocumentReport, Outcome, Report, RequestCounts, Summary};
