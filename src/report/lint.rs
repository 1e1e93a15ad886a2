//! What `lint` tells (design §9, `kb-publish/lint/1`).

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::Serialize;

use super::json::{self, Problem};
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
    problems: Vec<Problem<'a>>,
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

/// The report as one JSON document.
pub(super) fn json(report: &LintReport) -> String {
    json::line(&Document {
        schema: "kb-publish/lint/1",
        project: &report.project,
        profile: &report.profile,
        summary: Counts {
            documents: report.documents.len(),
            files: report.files,
            errors: report.count(Severity::Error),
            warnings: report.count(Severity::Warning),
        },
        problems: report.problems.iter().map(Problem::of).collect(),
    })
}
