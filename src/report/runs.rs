//! `runs`: the journals there are, as data and as a table.

use comfy_table::{ContentArrangement, Table, presets};
use schemars::JsonSchema;
use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use crate::text;

/// `kb-publish/runs/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RunsReport {
    /// Always `kb-publish/runs/1`.
    pub schema: &'static str,
    /// The folder of the journals.
    pub folder: String,
    /// The newest first.
    pub runs: Vec<RunReport>,
}

/// One run.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RunReport {
    /// Its id.
    pub run: String,
    /// `publish`, `apply`, `adopt` or `rollback`.
    pub verb: String,
    /// When it began, `2030-01-31T23:59:59.000Z`.
    pub started: String,
    /// The namespace of the document ids.
    pub project: String,
    /// Root URL of the instance.
    pub instance: String,
    /// The profile's name.
    pub profile: String,
    /// Who wrote, by user name.
    pub user: String,
    /// First 10 digits of the git commit; null outside git.
    pub commit: Option<String>,
    /// The run that it undid; null for others.
    pub undoes: Option<String>,
    /// Articles made.
    pub created: usize,
    /// Articles changed, retired ones included.
    pub updated: usize,
    /// Files uploaded.
    pub uploaded: usize,
    /// Files removed.
    pub removed: usize,
    /// How it ended; null for a run that was killed, or still goes on.
    pub exit: Option<u8>,
}

/// One JSON document.
pub fn json(report: &RunsReport) -> String {
    super::json::line(report)
}

/// A table where it fits the width, else a few lines for each run: an id that is broken cannot be copied.
pub fn human(report: &RunsReport, width: usize) -> String {
    if report.runs.is_empty() {
        return format!("no run has left a journal in `{}`\n", report.folder);
    }
    let rows: Vec<Row> = report.runs.iter().map(Row::of).collect();
    let mut text = table(&rows);
    if text.lines().any(|line| line.width() > width) {
        let paragraphs: Vec<String> = rows.iter().map(|row| row.paragraph(width)).collect();
        text = paragraphs.join("\n");
    }
    text.push('\n');
    text
}

/// The columns of one run.
struct Row {
    run: String,
    verb: String,
    began: String,
    user: String,
    project: String,
    made: String,
    changed: String,
    ended: String,
}

impl Row {
    fn of(run: &RunReport) -> Self {
        Self {
            run: run.run.clone(),
            verb: run
                .undoes
                .as_ref()
                .map_or_else(|| run.verb.clone(), |undone| format!("{} of {undone}", run.verb)),
            began: run.started.get(..19).unwrap_or(&run.started).replace('T', " "),
            user: run.user.clone(),
            project: run.project.clone(),
            made: run.created.to_string(),
            changed: run.updated.to_string(),
            ended: run.exit.map_or_else(|| "cut short".to_owned(), |exit| format!("exit {exit}")),
        }
    }

    /// The id, and below it the rest, broken between words.
    fn paragraph(&self, width: usize) -> String {
        const INDENT: &str = "  ";
        let rest = format!(
            "{} of {}, began {} UTC by {}: {} made, {} changed, {}",
            self.verb, self.project, self.began, self.user, self.made, self.changed, self.ended
        );
        let below = text::wrapped(&rest, width.saturating_sub(INDENT.len()));
        let below: Vec<String> = below.iter().map(|line| format!("{INDENT}{line}")).collect();
        format!("{}\n{}", self.run, below.join("\n"))
    }
}

fn table(rows: &[Row]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled).set_header([
        "run",
        "verb",
        "began (UTC)",
        "by",
        "project",
        "made",
        "changed",
        "ended",
    ]);
    for row in rows {
        table.add_row([
            &row.run,
            &row.verb,
            &row.began,
            &row.user,
            &row.project,
            &row.made,
            &row.changed,
            &row.ended,
        ]);
    }
    table.trim_fmt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_whole_at_any_width() {
        let run = RunReport {
            run: "20261122T095514Z-b576d0cd".to_owned(),
            verb: "rollback".to_owned(),
            started: "2026-11-22T09:55:14.000Z".to_owned(),
            project: "acme-docs".to_owned(),
            instance: "https://dev1.service-now.com".to_owned(),
            profile: "default".to_owned(),
            user: "kb.publisher".to_owned(),
            commit: None,
            undoes: Some("20261121T095514Z-00000000".to_owned()),
            created: 3,
            updated: 12,
            uploaded: 0,
            removed: 0,
            exit: Some(0),
        };
        let report = RunsReport { schema: "kb-publish/runs/1", folder: "runs".to_owned(), runs: vec![run] };
        for width in [40, 80, 160] {
            let text = human(&report, width);
            assert!(text.contains("20261122T095514Z-b576d0cd") && text.contains("20261121T095514Z-00000000"));
            assert!(text.lines().all(|line| line.width() <= width), "at {width}:\n{text}");
        }
    }
}
