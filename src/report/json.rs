//! The JSON of design §9: stable; a new field may come, none leaves.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::{Action, Article, CategoryReport, DocumentReport, Outcome, Report, RequestCounts};
use crate::finding::{Finding, Severity};
use crate::plan::Change;

/// `kb-publish/plan/1` and `kb-publish/run/1`.
#[derive(Serialize, JsonSchema)]
pub(super) struct ReportDocument<'a> {
    /// `kb-publish/plan/1` or `kb-publish/run/1`.
    schema: &'static str,
    /// The namespace of the document ids.
    project: &'a str,
    /// Root URL of the instance.
    instance: &'a str,
    /// The profile's name.
    profile: &'a str,
    /// The run's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<&'a str>,
    /// How long the run took.
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<u64>,
    /// Documents counted by action.
    summary: BTreeMap<Action, usize>,
    #[schemars(with = "Vec<Entry<'a>>")]
    documents: Entries<'a>,
    categories: &'a [CategoryReport],
    #[schemars(with = "Vec<Problem<'a>>")]
    problems: Problems<'a>,
    requests: RequestCounts,
}

/// The documents, each made when its turn comes.
struct Entries<'a>(&'a Report);

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is_run = self.0.run.is_some();
        serializer.collect_seq(self.0.documents.iter().map(|document| Entry::of(document, is_run)))
    }
}

/// Findings, each made when its turn comes.
pub(super) struct Problems<'a>(pub(super) &'a [Finding]);

impl Serialize for Problems<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Problem::of))
    }
}

/// One document, or one orphan.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Document")]
struct Entry<'a> {
    /// Null for an orphan.
    id: Option<&'a str>,
    /// Relative to `publish.toml`; null for an orphan.
    path: Option<&'a str>,
    action: Action,
    /// Why, most telling first.
    reasons: &'a [String],
    /// Null before it exists.
    article: Option<&'a Article>,
    /// The base's title.
    base: Option<&'a str>,
    /// `A / B`.
    category: Option<&'a str>,
    title: &'a str,
    /// Unified diff of the readable text.
    diff: Option<&'a str>,
    /// What changes beside the words of the text: title, columns, files, links, cells of tables.
    changes: &'a [Change],
    /// What became of it; only in a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
    /// Why it failed; only in a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[expect(clippy::option_option, reason = "absent in a plan, null in a run where nothing failed")]
    error: Option<Option<&'a str>>,
}

/// A finding.
#[derive(Serialize, JsonSchema)]
pub(super) struct Problem<'a> {
    severity: Severity,
    /// Stable kebab-case name.
    code: &'static str,
    message: &'a str,
    /// Relative to `publish.toml`; null where no file is at fault.
    path: Option<&'a str>,
    /// From 1.
    line: Option<u32>,
    /// From 1, in characters.
    column: Option<u32>,
    /// What to do about it.
    help: Option<&'a str>,
}

impl<'a> Entry<'a> {
    fn of(document: &'a DocumentReport, is_run: bool) -> Self {
        Self {
            id: document.id.as_deref(),
            path: document.path.as_deref(),
            action: document.action,
            reasons: &document.reasons,
            article: document.article.as_ref(),
            base: document.base.as_deref(),
            category: document.category.as_deref(),
            title: &document.title,
            diff: document.diff.as_deref(),
            changes: &document.changes,
            outcome: document.outcome,
            error: is_run.then_some(document.error.as_deref()),
        }
    }
}

impl<'a> Problem<'a> {
    fn of(finding: &'a Finding) -> Self {
        Self {
            severity: finding.severity,
            code: finding.code.as_str(),
            message: &finding.message,
            path: finding.path.as_ref().map(|path| path.as_str()),
            line: finding.position.map(|position| position.line),
            column: finding.position.map(|position| position.column),
            help: finding.help.as_deref(),
        }
    }
}

/// Writes the report as one JSON document: with many documents and findings it is large, and never held whole.
///
/// # Errors
/// The writer's.
pub(super) fn write(report: &Report, to: &mut dyn std::io::Write) -> std::io::Result<()> {
    write_line(&document(report), to)
}

/// Writes one JSON document with a line end.
///
/// # Errors
/// The writer's.
pub(super) fn write_line(document: &impl Serialize, to: &mut dyn std::io::Write) -> std::io::Result<()> {
    serde_json::to_writer(&mut *to, document)?;
    to.write_all(b"\n")
}

fn document(report: &Report) -> ReportDocument<'_> {
    ReportDocument {
        schema: if report.run.is_some() { "kb-publish/run/1" } else { "kb-publish/plan/1" },
        project: &report.project,
        instance: &report.instance,
        profile: &report.profile,
        run: report.run.as_deref(),
        duration_ms: report.duration_ms,
        summary: report.summary(),
        documents: Entries(report),
        categories: &report.categories,
        problems: Problems(&report.problems),
        requests: report.requests,
    }
}

/// One JSON document with a line end.
pub(super) fn line(document: &impl Serialize) -> String {
    // Our documents hold only text keys and plain values, which always serialise.
    let mut text = serde_json::to_string(document).unwrap_or_else(|_| "null".to_owned());
    text.push('\n');
    text
}
