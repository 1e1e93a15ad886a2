//! What a run tells: one model, many forms (human, JSON, Markdown, CI), each a pure function.
//!
//! Must not know: HTTP, command-line flags, how things were found out.

pub mod adopt;
mod assemble;
mod cases;
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

use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use crate::plan::Action;
use crate::publish::Outcome;

pub use assemble::{Frame, Run, of_plan};
pub use cases::{Case, Ending, cases};
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
    /// Whether colours are shown; without them marks stand in their place.
    pub color: bool,
    /// Whether text that exists only in ServiceNow may stand in output that is often public (design §8).
    pub show_remote: bool,
    /// The folder of `publish.toml`, relative to the git root; empty where they are the same.
    pub git_prefix: Utf8PathBuf,
}

impl Default for Look {
    fn default() -> Self {
        Self { width: 100, color: false, show_remote: false, git_prefix: Utf8PathBuf::new() }
    }
}

impl Look {
    /// A reported path, relative to the git root instead of to `publish.toml`.
    fn git_path(&self, path: &Utf8Path) -> Utf8PathBuf {
        let path = self.git_prefix.join(path);
        if cfg!(windows) { Utf8PathBuf::from(path.as_str().replace('\\', "/")) } else { path }
    }
}

/// A plan or run in this format: styled text for a person, else exactly what stdout is to hold.
pub fn report(report: &Report, format: Format, look: &Look) -> String {
    collected(|to| write(report, format, look, to))
}

/// Writes the same: what is large is never held whole.
///
/// # Errors
/// The writer's.
pub fn write(report: &Report, format: Format, look: &Look, to: &mut dyn io::Write) -> io::Result<()> {
    match format {
        Format::Human => human::write(report, look, to),
        Format::Json => json::write(report, to),
        Format::Markdown => to.write_all(markdown::report(report, look).as_bytes()),
        Format::Github => to.write_all(github::report(report, look).as_bytes()),
        Format::Junit => to.write_all(junit::report(report).as_bytes()),
    }
}

/// A checked tree in this format.
pub fn lint(report: &LintReport, format: Format, look: &Look) -> String {
    collected(|to| write_lint(report, format, look, to))
}

/// Writes the same: what is large is never held whole.
///
/// # Errors
/// The writer's.
pub fn write_lint(
    report: &LintReport,
    format: Format,
    look: &Look,
    to: &mut dyn io::Write,
) -> io::Result<()> {
    match format {
        Format::Human => human::write_lint(report, to),
        Format::Json => lint::write_json(report, to),
        Format::Markdown => to.write_all(markdown::lint(report).as_bytes()),
        Format::Github => to.write_all(github::lint(report, look).as_bytes()),
        Format::Junit => to.write_all(junit::lint(report).as_bytes()),
    }
}

fn collected(write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> String {
    let mut bytes = Vec::new();
    // Memory takes all that is written, and only text is.
    let _ = write(&mut bytes);
    String::from_utf8(bytes).unwrap_or_default()
}

/// The one JSON document of a command that ended with this exit code before it had a report.
pub fn failure_json(exit: u8, failure: &Failure) -> String {
    failure::json(exit, failure)
}

/// The same in a pipeline's format; `None` for the two others.
pub fn failure_case(failure: &Failure, format: Format) -> Option<String> {
    cases("kb-publish", &[failure::case(failure)], format, &Look::default())
}

/// The same for a person; styled, without a line end.
///
/// `width` is the terminal's, where there is one.
pub fn failure_text(failure: &Failure, width: Option<usize>) -> String {
    human::failure(failure, width)
}
