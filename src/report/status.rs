//! `status`: every document and its article, as data and as a table.

use comfy_table::{ContentArrangement, Table, presets};
use schemars::JsonSchema;
use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use super::{Action, Article, Case, Ending};
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

/// What a pipeline reads: conflicts need a look. An orphan goes by its number, for its title stands in ServiceNow alone.
pub fn cases(report: &StatusReport) -> Vec<Case> {
    let case = |document: &DocumentStatus| {
        let row = Row::of(document);
        let conflict = document.action == Action::Conflict;
        Case {
            name: document.path.clone().unwrap_or_else(|| row.number.clone()),
            path: document.path.clone(),
            ending: if conflict { Ending::Warned } else { Ending::Passed },
            word: row.state.clone(),
            message: format!(
                "{}; would: {}; written {}, valid {}",
                row.number, row.would, row.written, row.valid
            ),
            help: None,
        }
    };
    report.documents.iter().map(case).collect()
}

/// Most days that are told as a number of days; later ends as a date.
const NEAR: i64 = 365;

fn days_in(days: i64) -> usize {
    usize::try_from(days.unsigned_abs()).unwrap_or(usize::MAX)
}

/// A table where it fits the width, the addresses with it if they do; else a few lines for each document.
pub fn human(report: &StatusReport, width: usize) -> String {
    let rows: Vec<Row> = report.documents.iter().map(Row::of).collect();
    let fitting = [true, false].into_iter().map(|with_url| table(&rows, with_url));
    let fitting = fitting.into_iter().find(|text| text.lines().all(|line| line.width() <= width));
    let mut text = fitting.unwrap_or_else(|| {
        let paragraphs: Vec<String> = rows.iter().map(|row| row.paragraph(width)).collect();
        paragraphs.join("\n")
    });
    text.push('\n');
    text
}

/// The columns of one document.
struct Row {
    number: String,
    state: String,
    name: String,
    would: String,
    written: String,
    valid: String,
    url: String,
}

impl Row {
    fn of(document: &DocumentStatus) -> Self {
        let article = |part: fn(&Article) -> &String| {
            document.article.as_ref().map(part).filter(|text| !text.is_empty()).cloned()
        };
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        let written = match (&document.published_at, &document.commit) {
            (Some(at), Some(commit)) => Some(format!("{at} {commit}")),
            (at, _) => at.clone(),
        };
        let valid = match document.days_left {
            Some(days) if days < 0 => Some(format!("expired {} ago", text::count(days_in(days), "day"))),
            Some(days) if days <= NEAR => Some(text::count(days_in(days), "day")),
            _ => document.valid_to.as_ref().map(|date| format!("to {date}")),
        };
        let would = match (document.action, document.reasons.is_empty()) {
            (Action::Unchanged, true) => "nothing".to_owned(),
            (action, true) => action.word().to_owned(),
            (action, false) => format!("{}: {}", action.word(), document.reasons.join(", ")),
        };
        let name = match &document.path {
            Some(path) => text::visible(path).into_owned(),
            None => format!("“{}”", text::visible(&document.title)),
        };
        Self {
            number: or_dash(article(|article| &article.number)),
            state: or_dash(article(|article| &article.state)),
            name,
            would,
            written: or_dash(written),
            valid: or_dash(valid),
            url: or_dash(article(|article| &article.url)),
        }
    }

    /// The name, and below it the rest, broken between words.
    fn paragraph(&self, width: usize) -> String {
        const INDENT: &str = "  ";
        let rest = format!(
            "{} {}, would: {}; written {}, valid {}",
            self.number, self.state, self.would, self.written, self.valid
        );
        let mut lines = vec![self.name.clone()];
        let below = text::wrapped(&rest, width.saturating_sub(INDENT.len()));
        lines.extend(
            below
                .iter()
                .chain(Some(&self.url).filter(|url| *url != "-"))
                .map(|line| format!("{INDENT}{line}")),
        );
        lines.join("\n")
    }
}

fn table(rows: &[Row], with_url: bool) -> String {
    let columns = if with_url { 7 } else { 6 };
    let mut table = Table::new();
    let header = ["article", "state", "document", "would", "last written", "valid", "address"];
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(&header[..columns]);
    for row in rows {
        let cells = [&row.number, &row.state, &row.name, &row.would, &row.written, &row.valid, &row.url];
        table.add_row(&cells[..columns]);
    }
    table.trim_fmt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> StatusReport {
        let article = Article {
            sys_id: "0123456789abcdef0123456789abcdef".to_owned(),
            number: "KB0010001".to_owned(),
            state: "published".to_owned(),
            url: "https://dev1.service-now.com/kb_view.do?sysparm_article=KB0010001".to_owned(),
        };
        let document = DocumentStatus {
            id: Some("guides/vpn".to_owned()),
            path: Some("docs/guides/vpn/troubleshooting.md".to_owned()),
            title: "VPN".to_owned(),
            article: Some(article),
            action: Action::Unchanged,
            reasons: Vec::new(),
            published_at: Some("2026-11-22 09:55:15".to_owned()),
            updated_by: None,
            commit: Some("ed4cf2279a".to_owned()),
            valid_to: Some("2100-01-01".to_owned()),
            days_left: Some(26_000),
        };
        StatusReport {
            schema: "kb-publish/status/1",
            project: "acme-docs".to_owned(),
            instance: "https://dev1.service-now.com".to_owned(),
            profile: "default".to_owned(),
            documents: vec![document],
        }
    }

    #[test]
    fn no_word_is_broken_at_any_width() {
        let report = report();
        for width in [40, 60, 80, 100, 120, 200] {
            let text = human(&report, width);
            for word in
                ["KB0010001", "published", "docs/guides/vpn/troubleshooting.md", "ed4cf2279a", "2100-01-01"]
            {
                assert!(text.contains(word), "{word} at {width}:\n{text}");
            }
            let too_long = text.lines().find(|line| line.width() > width && !line.contains("https://"));
            assert_eq!(too_long, None, "at {width}:\n{text}");
        }
        assert_eq!(human(&report, 120).lines().count(), 2);
        assert!(human(&report, 200).contains("https://") && human(&report, 80).contains("https://"));
    }
}
