//! `status`: every document and its article, as data and as a table.

use comfy_table::{ContentArrangement, Table, presets};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Action, Article};
use crate::text;

/// `kb-publish/status/1`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "kb-publish/status/1")]
pub struct StatusReport {
    /// Always `kb-publish/status/1`.
    pub schema: &'static str,
    /// The namespace of the document ids.
    pub project: String,
    /// Root URL of the instance.
    pub instance: String,
    /// The profile's name.
    pub profile: String,
    /// In the order of the tree, orphans last.
    pub documents: Vec<DocumentStatus>,
}

/// One document, or one orphan.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DocumentStatus {
    /// `null` for an orphan.
    pub id: Option<String>,
    /// Relative to `publish.toml`; `null` for an orphan.
    pub path: Option<String>,
    /// The title as the document has it, or the article for an orphan.
    pub title: String,
    /// `null` before it exists.
    pub article: Option<Article>,
    /// What `publish` would do.
    pub action: Action,
    /// Why.
    pub reasons: Vec<String>,
    /// When kb-publish last wrote it, UTC.
    pub published_at: Option<String>,
    /// Who wrote to it last, by user name.
    pub updated_by: Option<String>,
    /// The git commit it was last written from, 10 digits.
    pub commit: Option<String>,
    /// `valid_to`: after this day the article is hidden from search; `null` where it is empty or not known.
    pub valid_to: Option<String>,
    /// Days until then; negative when it has passed.
    pub days_left: Option<i64>,
}

/// One JSON document.
pub fn json(report: &StatusReport) -> String {
    let mut text = serde_json::to_string_pretty(report).unwrap_or_default();
    text.push('\n');
    text
}

/// Most days that are told as a number of days; later ends as a date.
const NEAR: i64 = 365;

fn days_in(days: i64) -> usize {
    usize::try_from(days.unsigned_abs()).unwrap_or(usize::MAX)
}

/// A table that fits the width.
pub fn human(report: &StatusReport, width: usize) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(width).unwrap_or(100))
        .set_header(["article", "state", "document", "would", "last written", "valid"]);
    for document in &report.documents {
        let (number, state) = match &document.article {
            Some(article) => (article.number.as_str(), article.state.as_str()),
            None => ("-", "-"),
        };
        let written = match (&document.published_at, &document.commit) {
            (Some(at), Some(commit)) => format!("{at} {commit}"),
            (Some(at), None) => at.clone(),
            (None, _) => "-".to_owned(),
        };
        let valid = match document.days_left {
            Some(days) if days < 0 => format!("expired {} ago", text::count(days_in(days), "day")),
            Some(days) if days <= NEAR => text::count(days_in(days), "day"),
            _ => document.valid_to.clone().map_or_else(|| "-".to_owned(), |date| format!("to {date}")),
        };
        let would = match (document.action, document.reasons.is_empty()) {
            (Action::Unchanged, true) => "nothing".to_owned(),
            (action, true) => action.word().to_owned(),
            (action, false) => format!("{}: {}", action.word(), document.reasons.join(", ")),
        };
        table.add_row([
            number,
            state,
            &document.path.clone().unwrap_or_else(|| format!("“{}”", document.title)),
            &would,
            &written,
            &valid,
        ]);
    }
    let mut text = table.trim_fmt();
    text.push('\n');
    text
}
