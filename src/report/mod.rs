//! What a run tells: one model, many forms (human, JSON, Markdown, CI), each a pure function.
//!
//! Must not know: HTTP, command-line flags, how things were found out.

mod failure;
mod frame;
mod json;
mod lint;
pub mod logging;
mod model;
mod printer;
mod progress;
pub mod schema;
mod style;

pub use failure::{Failure, failure_json, failure_text};
pub use lint::LintReport;
pub use model::{Action, Article, CategoryReport, DocumentReport, Outcome, Report, RequestCounts, Summary};
pub use printer::Printer;
pub use progress::Progress;

/// What stdout is written for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// A person at a terminal.
    #[default]
    Human,
    /// A program: one JSON document (design §9).
    Json,
    /// A pull-request comment.
    Markdown,
    /// GitHub Actions: annotations.
    Github,
    /// A CI server's test report.
    Junit,
}

/// What a text for a person has to fit into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Columns.
    pub width: usize,
}
