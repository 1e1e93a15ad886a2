//! `runs`: the journals there are, as data and as a table.

use comfy_table::{ContentArrangement, Table, presets};
use schemars::JsonSchema;
use serde::Serialize;

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

/// A table that fits the width.
pub fn human(report: &RunsReport, width: usize) -> String {
    if report.runs.is_empty() {
        return format!("no run has left a journal in `{}`\n", report.folder);
    }
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(width).unwrap_or(100))
        .set_header(["run", "verb", "began (UTC)", "by", "project", "made", "changed", "ended"]);
    for run in &report.runs {
        let verb = run
            .undoes
            .as_ref()
            .map_or_else(|| run.verb.clone(), |undone| format!("{} of {undone}", run.verb));
        let ended = run.exit.map_or_else(|| "cut short".to_owned(), |exit| format!("exit {exit}"));
        table.add_row([
            &run.run,
            &verb,
            &run.started.get(..19).unwrap_or(&run.started).replace('T', " "),
            &run.user,
            &run.project,
            &run.created.to_string(),
            &run.updated.to_string(),
            &ended,
        ]);
    }
    let mut text = table.trim_fmt();
    text.push('\n');
    text
}
