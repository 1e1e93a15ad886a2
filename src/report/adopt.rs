//! `adopt`: which articles were taken over, as data and as text.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use super::json::{Problem, Problems};
use super::{RequestCounts, human, style};
use crate::finding::Finding;
use crate::text;

/// `kb-publish/adopt/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AdoptReport {
    /// Always `kb-publish/adopt/1`.
    pub schema: &'static str,
    /// The run's id; null where nothing was to be written.
    pub run: Option<String>,
    /// The namespace of the document ids.
    pub project: String,
    /// Root URL of the instance.
    pub instance: String,
    /// What cut it short; null where nothing did.
    pub stopped: Option<String>,
    /// Ordered by path.
    pub documents: Vec<AdoptedDocument>,
    /// Everything found wrong with the documents; with an error among it nothing is stamped.
    #[serde(serialize_with = "problems")]
    #[schemars(with = "Vec<Problem<'static>>")]
    pub problems: Vec<Finding>,
    /// What was really sent, OAuth apart.
    pub requests: RequestCounts,
}

/// What is done with a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AdoptAction {
    /// Its article gets our stamp.
    Adopt,
    /// Nothing.
    Skip,
    /// A person must decide.
    Conflict,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AdoptOutcome {
    /// Its article carries our stamp.
    Adopted,
    /// Nothing was to be done.
    Skipped,
    /// Left for a person.
    Conflict,
    /// Not written.
    Failed,
}

/// One document.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AdoptedDocument {
    /// The document id.
    pub id: String,
    /// Relative to `publish.toml`.
    pub path: String,
    /// Its title.
    pub title: String,
    /// What is done.
    pub action: AdoptAction,
    /// Why.
    pub reasons: Vec<String>,
    /// The article that was found; null where none was.
    pub article: Option<FoundArticle>,
    /// How alike the texts read, in percent; null where they were not compared.
    pub similarity: Option<u8>,
    /// What became of it; null in a preview.
    pub outcome: Option<AdoptOutcome>,
}

/// An article.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FoundArticle {
    /// The row.
    pub sys_id: String,
    /// `KB…`.
    pub number: String,
    /// Its title.
    pub title: String,
    /// `workflow_state`.
    pub state: String,
}

/// One JSON document.
pub fn json(report: &AdoptReport) -> String {
    super::json::line(report)
}

#[expect(clippy::ptr_arg, reason = "what serde calls it with")]
fn problems<S: serde::Serializer>(problems: &Vec<Finding>, serializer: S) -> Result<S::Ok, S::Error> {
    Problems(problems).serialize(serializer)
}

/// For a person. Documents for which nothing was found are counted, but where there is something to say of them.
pub fn human(report: &AdoptReport) -> String {
    let mut out = format!("Adoption for {} on {}\n\n", style::STRONG.paint(&report.project), report.instance);
    let mut left = 0;
    for document in &report.documents {
        if document.action == AdoptAction::Skip {
            left += 1;
            continue;
        }
        let (mark, word, ink) = label(document);
        let number = document.article.as_ref().map_or("-", |article| article.number.as_str());
        let alike = document.similarity.map_or_else(String::new, |alike| format!("  {alike} % alike"));
        let _ = writeln!(
            out,
            "  {} {} {}  {}{alike}",
            ink.paint(mark),
            ink.paint(&format!("{word:<8}")),
            style::STRONG.paint(number),
            document.path
        );
        let other = document.article.as_ref().filter(|article| article.title != document.title);
        if let Some(article) = other {
            let _ = writeln!(
                out,
                "             “{}” becomes “{}” when it is published",
                article.title, document.title
            );
        }
        if !document.reasons.is_empty() {
            let _ = writeln!(out, "             {}", document.reasons.join(", "));
        }
    }
    if left > 0 {
        let line = format!("  . {:<8} {}", "left", text::count(left, "document"));
        let _ = writeln!(out, "{}", style::FAINT.paint(&line));
    }
    if !report.problems.is_empty() {
        let _ = write!(out, "\n{}", human::findings(&report.problems));
    }
    if let Some(why) = &report.stopped {
        let _ = writeln!(out, "\n{} {why}", style::ERROR.paint("cut short:"));
    }
    out
}

fn label(document: &AdoptedDocument) -> (&'static str, &'static str, style::Ink) {
    match (document.outcome, document.action) {
        (Some(AdoptOutcome::Failed), _) => ("x", "failed", style::ERROR),
        (Some(AdoptOutcome::Conflict), _) | (None, AdoptAction::Conflict) => ("!", "conflict", style::ERROR),
        (Some(AdoptOutcome::Adopted), _) => ("+", "adopted", style::GOOD),
        (Some(AdoptOutcome::Skipped), _) => (".", "skipped", style::FAINT),
        (None, _) => ("+", "adopt", style::GOOD),
    }
}
