//! What a run tells: one model, many forms (human, JSON, Markdown, CI), each a pure function.
//!
//! Must not know: HTTP, command-line flags, how things were found out.

pub mod adopt;
mod assemble;
mod diff;
mod failure;
mod frame;
mod github;
mod human;
mod json;
mod junit;
mod lint;
pub mod logging;
mod markdown;
mod model;
mod printer;
mod progress;
pub mod rollback;
pub mod runs;
pub mod schema;
pub mod site;
pub mod status;
mod style;
#[cfg(test)]
mod tests;

use camino::{Utf8Path, Utf8PathBuf};

use crate::plan::Action;
use crate::publish::Outcome;

pub use assemble::{Frame, Run, of_plan};
pub use failure::Failure;
pub use lint::LintReport;
pub use model::{Article, CategoryReport, DocumentReport, Report, RequestCounts, Summary};
pub use printer::Printer;
pub use progress::Progress;
pub use site::{SiteFile, site};

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

/// What a report has to fit into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Columns of the terminal.
    pub width: usize,
    /// Whether text that exists only in ServiceNow may stand in output that is often public (design §8).
    pub show_remote: bool,
    /// The folder of `publish.toml`, relative to the git root; empty where they are the same.
    pub git_prefix: Utf8PathBuf,
}

impl Default for Look {
    fn default() -> Self {
        Self { width: 100, show_remote: false, git_prefix: Utf8PathBuf::new() }
    }
}

impl Look {
    /// A reported path, relative to the git root instead of to `publish.toml`.
    fn git_path(&self, path: &Utf8Path) -> Utf8PathBuf {
        Utf8PathBuf::from(self.git_prefix.join(path).as_str().replace('\\', "/"))
    }
}

/// A plan or run in this format: styled text for a person, else exactly what stdout is to hold.
pub fn report(report: &Report, format: Format, look: &Look) -> String {
    match format {
        Format::Human => human::report(report, look),
        Format::Json => json::report(report),
        Format::Markdown => markdown::report(report, look),
        Format::Github => github::report(report, look),
        Format::Junit => junit::report(report),
    }
}

/// Writes a plan or run as JSON.
///
/// # Errors
/// The writer's.
pub fn write_json(report: &Report, to: &mut dyn std::io::Write) -> std::io::Result<()> {
    json::write(report, to)
}

/// A checked tree in this format.
pub fn lint(report: &LintReport, format: Format, look: &Look) -> String {
    match format {
        Format::Human => human::lint(report),
        Format::Json => lint::json(report),
        Format::Markdown => markdown::lint(report),
        Format::Github => github::lint(report, look),
        Format::Junit => junit::lint(report),
    }
}

/// The one JSON document of a command that ended with this exit code before it had a report.
pub fn failure_json(exit: u8, failure: &Failure) -> String {
    failure::json(exit, failure)
}

/// The same for a person; styled, without a line end.
///
/// `width` is the terminal's, where there is one.
pub fn failure_text(failure: &Failure, width: Option<usize>) -> String {
    human::failure(failure, width)
}
