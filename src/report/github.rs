//! GitHub Actions workflow commands: one annotation for each thing a person has to look at.

use std::fmt::Write as _;

use camino::Utf8Path;

use super::{Action, Case, DocumentReport, Ending, LintReport, Look, Outcome, Report, human};
use crate::finding::{Finding, Severity};

/// Annotations of a plan or run, and one notice with the totals.
pub(super) fn report(report: &Report, look: &Look) -> String {
    let mut out = String::new();
    findings(&mut out, &report.problems, look);
    for document in &report.documents {
        if let Some((level, title)) = level(document) {
            let why = document.error.clone().unwrap_or_else(|| document.reasons.join(", "));
            let name = document.article.as_ref().map_or("", |article| article.number.as_str());
            let message = if name.is_empty() { why } else { format!("{name}: {why}") };
            let file = document.path.as_deref().map(Utf8Path::new);
            command(&mut out, level, file, None, title, &message, look);
        }
    }
    command(&mut out, "notice", None, None, "kb-publish", &human::totals(report), look);
    out
}

/// Annotations of a checked tree.
pub(super) fn lint(report: &LintReport, look: &Look) -> String {
    let mut out = String::new();
    findings(&mut out, &report.problems, look);
    out
}

/// One annotation for each case that needs a look.
pub(super) fn cases(cases: &[Case], look: &Look) -> String {
    let mut out = String::new();
    for case in cases {
        let level = match case.ending {
            Ending::Passed | Ending::Unknown => continue,
            Ending::Warned => "warning",
            Ending::Failed => "error",
        };
        let help = case.help.as_deref().map_or_else(String::new, |help| format!("\nhelp: {help}"));
        let file = case.path.as_deref().map(Utf8Path::new);
        command(&mut out, level, file, None, &case.name, &format!("{}{help}", case.message), look);
    }
    out
}

fn level(document: &DocumentReport) -> Option<(&'static str, &'static str)> {
    match (document.action, document.outcome) {
        (_, Some(Outcome::Failed)) => Some(("error", "failed")),
        (_, Some(Outcome::Conflict)) | (Action::Conflict, None) => Some(("warning", "conflict")),
        (_, Some(Outcome::InReview)) => Some(("warning", "in review")),
        (_, Some(Outcome::LeftDraft)) => Some(("warning", "left draft")),
        _ => None,
    }
}

fn findings(out: &mut String, findings: &[Finding], look: &Look) {
    for finding in findings {
        let level = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let mut message = finding.message.to_string();
        if let Some(help) = &finding.help {
            let _ = write!(message, "\nhelp: {help}");
        }
        let place = finding.position.map(|position| (position.line, position.column));
        command(out, level, finding.path.as_deref(), place, finding.code.as_str(), &message, look);
    }
}

/// `::error file=…,line=…,col=…,title=…::message`; the file relative to the git root.
fn command(
    out: &mut String,
    level: &str,
    file: Option<&Utf8Path>,
    place: Option<(u32, u32)>,
    title: &str,
    message: &str,
    look: &Look,
) {
    let mut properties = Vec::new();
    if let Some(file) = file {
        properties.push(format!("file={}", property(look.git_path(file).as_str())));
    }
    if let Some((line, column)) = place {
        properties.push(format!("line={line},col={column}"));
    }
    properties.push(format!("title={}", property(title)));
    let _ = writeln!(out, "::{level} {}::{}", properties.join(","), data(message));
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_workflow_language_means_is_escaped() {
        let mut out = String::new();
        let look = Look { git_prefix: "handbook".into(), ..Look::default() };
        let file = Utf8Path::new("docs/a,b: c.md");
        command(&mut out, "error", Some(file), Some((3, 7)), "broken-link", "50 %\n::set-output", &look);
        assert_eq!(
            out,
            "::error file=handbook/docs/a%2Cb%3A c.md,line=3,col=7,title=broken-link::50 %25%0A::set-output\n"
        );
    }
}
