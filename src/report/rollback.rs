//! `rollback`: what was undone, as data and as text; `runs`: the journals there are.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use super::RequestCounts;
use super::style;
use crate::text;

/// `kb-publish/rollback/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RollbackReport {
    /// Always `kb-publish/rollback/1`.
    pub schema: &'static str,
    /// The rollback's own run, which can be undone in its turn; null with `--dry-run`.
    pub run: Option<String>,
    /// The run that is undone.
    pub undoes: String,
    /// The namespace of the document ids.
    pub project: String,
    /// Root URL of the instance.
    pub instance: String,
    /// What cut it short; null where nothing did.
    pub stopped: Option<String>,
    /// The articles that the run touched.
    pub articles: Vec<UndoneArticle>,
    /// Categories that the run made; they stay.
    pub categories: Vec<String>,
    /// What was really sent, OAuth apart.
    pub requests: RequestCounts,
}

/// What is done with an article of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum UndoAction {
    /// Its former values are written.
    Restore,
    /// The run made it: it is retired.
    Retire,
    /// Files that the run uploaded are removed.
    Clean,
    /// Nothing.
    Leave,
    /// A person must decide.
    Conflict,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum UndoOutcome {
    /// As before the run.
    Restored,
    /// Taken from readers.
    Retired,
    /// Nothing was to be done.
    Left,
    /// Left for a person, in whole or in part.
    Conflict,
    /// Not written.
    Failed,
    /// The rollback ended before its turn.
    Skipped,
}

/// One article.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UndoneArticle {
    /// The row; null where the run never got as far.
    pub sys_id: Option<String>,
    /// `KB…`; null where there is none.
    pub number: Option<String>,
    /// The document id; null for an orphan.
    pub document: Option<String>,
    /// `short_description`.
    pub title: String,
    /// What is done.
    pub action: UndoAction,
    /// Why, or what is not as before.
    pub reasons: Vec<String>,
    /// What became of it; null with `--dry-run`.
    pub outcome: Option<UndoOutcome>,
    /// `workflow_state` as read last; null where it is not known.
    pub state: Option<String>,
}

/// One JSON document.
pub fn json(report: &RollbackReport) -> String {
    super::json::line(report)
}

/// For a person.
pub fn human(report: &RollbackReport) -> String {
    let mut out =
        format!("Rollback of run {} on {}\n\n", style::STRONG.paint(&report.undoes), report.instance);
    let mut left = 0;
    for article in &report.articles {
        if article.action == UndoAction::Leave {
            left += 1;
            continue;
        }
        let (mark, word, ink) = label(article);
        let number = article.number.as_deref().unwrap_or("-");
        let name = article.document.clone().unwrap_or_else(|| format!("“{}”", article.title));
        let _ = writeln!(
            out,
            "  {} {} {}  {name}",
            ink.paint(mark),
            ink.paint(&format!("{word:<9}")),
            style::STRONG.paint(number)
        );
        for reason in &article.reasons {
            let _ = writeln!(out, "              {reason}");
        }
    }
    if left > 0 {
        let line = format!("  = {:<9} {}", "as before", text::count(left, "article"));
        let _ = writeln!(out, "{}", style::FAINT.paint(&line));
    }
    if report.articles.is_empty() {
        out.push_str("  the run touched no article\n");
    }
    if !report.categories.is_empty() {
        let _ = writeln!(out, "\ncategories that the run made stay: {}", text::list(&report.categories));
    }
    if let Some(why) = &report.stopped {
        let _ = writeln!(out, "\n{} {why}", style::ERROR.paint("cut short:"));
    }
    if let Some(run) = &report.run {
        let _ = writeln!(out, "\n{}", style::FAINT.paint(&format!("this rollback is run {run}")));
    }
    out
}

fn label(article: &UndoneArticle) -> (&'static str, &'static str, style::Ink) {
    match (article.outcome, article.action) {
        (Some(UndoOutcome::Conflict), _) | (None, UndoAction::Conflict) => ("!", "conflict", style::ERROR),
        (Some(UndoOutcome::Failed), _) => ("x", "failed", style::ERROR),
        (Some(UndoOutcome::Skipped), _) => (".", "skipped", style::FAINT),
        (Some(UndoOutcome::Restored), _) => ("~", "restored", style::CHANGED),
        (Some(UndoOutcome::Retired), _) => ("-", "retired", style::GONE),
        (Some(UndoOutcome::Left), _) | (None, UndoAction::Leave) => ("=", "as before", style::FAINT),
        (None, UndoAction::Restore) => ("~", "restore", style::CHANGED),
        (None, UndoAction::Retire) => ("-", "retire", style::GONE),
        (None, UndoAction::Clean) => ("-", "clean", style::FAINT),
    }
}
