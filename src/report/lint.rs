//! What `lint` tells (design §9, `kb-publish/lint/1`).

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::Serialize;

use super::json::{self, Problem, Problems};
use crate::finding::{Finding, Severity};

/// The tree, checked.
#[derive(Debug, Clone)]
pub struct LintReport {
    /// The namespace of the document ids.
    pub project: String,
    /// The profile's name.
    pub profile: String,
    /// The documents' paths, relative to `publish.toml`.
    pub documents: Vec<Utf8PathBuf>,
    /// How many files they show or offer.
    pub files: usize,
    /// Everything found wrong, ordered by path and position.
    pub problems: Vec<Finding>,
}

impl LintReport {
    /// How many findings have this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.problems.iter().filter(|finding| finding.severity == severity).count()
    }
}

/// `kb-publish/lint/1`.
#[derive(Serialize, JsonSchema)]
pub(super) struct Document<'a> {
    /// Always `kb-publish/lint/1`.
    schema: &'static str,
    /// The namespace of the document ids.
    project: &'a str,
    /// The profile's name.
    profile: &'a str,
    summary: Counts,
    #[schemars(with = "Vec<Problem<'a>>")]
    problems: Problems<'a>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Summary")]
struct Counts {
    /// Documents that want an article.
    documents: usize,
    /// Files they show or offer.
    files: usize,
    errors: usize,
    warnings: usize,
}

/// Writes the report as one JSON document.
///
/// # Errors
/// The writer's.
pub(super) fn write_json(report: &LintReport, to: &mut dyn std::io::Write) -> std::io::Result<()> {
    json::write_line(&document(report), to)
}

fn document(report: &LintReport) -> Document<'_> {
    Document {
        schema: "kb-publish/lint/1",
        project: &report.project,
        profile: &report.profile,
        summary: Counts {
            documents: report.documents.len(),
            files: report.files,
            errors: report.count(Severity::Error),
            warnings: report.count(Severity::Warning),
        },
        problems: Problems(&report.problems),
    }
}
