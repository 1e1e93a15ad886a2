//! JUnit XML: a test case for each document.

use std::collections::BTreeMap;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::{Action, Case, DocumentReport, Ending, LintReport, Outcome, Report, frame, human};
use crate::finding::{Finding, Severity};

/// A plan or run: conflicts, failures and documents with errors do not pass.
pub(super) fn report(report: &Report) -> String {
    let name = if report.run.is_some() { "run" } else { "plan" };
    let mut by_path = by_path(&report.problems);
    let mut suite = TestSuite::new(format!("{name} {}", report.project));
    for document in &report.documents {
        let problems = document.path.as_deref().and_then(|path| by_path.remove(path)).unwrap_or_default();
        suite.add_test_case(document_case(document, &problems));
    }
    rest(&mut suite, by_path);
    document(suite)
}

/// A checked tree.
pub(super) fn lint(report: &LintReport) -> String {
    let mut by_path = by_path(&report.problems);
    let mut suite = TestSuite::new(format!("lint {}", report.project));
    for path in &report.documents {
        let problems = by_path.remove(path.as_str()).unwrap_or_default();
        suite.add_test_case(case(path.as_str(), &problems));
    }
    rest(&mut suite, by_path);
    document(suite)
}

/// A test case for each.
pub(super) fn cases(title: &str, cases: &[Case]) -> String {
    let mut suite = TestSuite::new(title);
    for each in cases {
        let mut status = match each.ending {
            Ending::Passed | Ending::Warned => TestCaseStatus::success(),
            Ending::Unknown => TestCaseStatus::skipped(),
            Ending::Failed => TestCaseStatus::non_success(NonSuccessKind::Failure),
        };
        let help = each.help.as_deref().map_or_else(String::new, |help| format!("\n  help: {help}"));
        let text = format!("{}: {}{help}", each.word, each.message);
        if matches!(each.ending, Ending::Unknown | Ending::Failed) {
            status.set_type(&*each.word).set_message(&*each.message).set_description(&*text);
        }
        let mut case = TestCase::new(&*each.name, status);
        case.set_classname("kb-publish");
        match each.ending {
            Ending::Passed => _ = case.set_system_out(text),
            Ending::Warned => _ = case.set_system_err(text),
            Ending::Unknown | Ending::Failed => {}
        }
        suite.add_test_case(case);
    }
    document(suite)
}

type Problems<'a> = Vec<&'a Finding>;

fn by_path(problems: &[Finding]) -> BTreeMap<&str, Problems<'_>> {
    let mut map: BTreeMap<&str, Problems<'_>> = BTreeMap::new();
    for finding in problems {
        map.entry(finding.path.as_ref().map_or("", |path| path.as_str())).or_default().push(finding);
    }
    map
}

/// What was found in files that are no documents, or in none.
fn rest(suite: &mut TestSuite, by_path: BTreeMap<&str, Problems<'_>>) {
    for (path, problems) in by_path {
        suite.add_test_case(case(if path.is_empty() { "the run" } else { path }, &problems));
    }
}

fn document_case(document: &DocumentReport, problems: &[&Finding]) -> TestCase {
    let name = document.path.as_deref().unwrap_or(&document.title);
    let mut case = case(name, problems);
    let (_, word, _) = human::label(document);
    let why = document.error.clone().unwrap_or_else(|| document.reasons.join(", "));
    let kind = match (document.outcome, document.action) {
        (Some(Outcome::Failed), _) => Some(NonSuccessKind::Error),
        (Some(Outcome::Conflict), _) | (None, Action::Conflict) => Some(NonSuccessKind::Failure),
        _ => None,
    };
    if let Some(kind) = kind {
        let mut status = TestCaseStatus::non_success(kind);
        status.set_type(word).set_message(why);
        case.status = status;
    } else if problems.is_empty() {
        case.set_system_out(if why.is_empty() { word.to_owned() } else { format!("{word}: {why}") });
    }
    case
}

fn case(name: &str, problems: &[&Finding]) -> TestCase {
    let line = |finding: &&Finding| {
        let place = finding
            .path
            .as_deref()
            .map_or_else(String::new, |path| format!("{}: ", frame::place(path, finding.position)));
        let help = finding.help.as_deref().map_or_else(String::new, |help| format!("\n  help: {help}"));
        format!("{place}{}: {}{help}", finding.code, finding.message)
    };
    let text = |severity: Severity| {
        let lines: Vec<String> =
            problems.iter().filter(|finding| finding.severity == severity).map(line).collect();
        lines.join("\n")
    };
    let first = problems.iter().find(|finding| finding.severity == Severity::Error);
    let status = match first {
        Some(finding) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type(finding.code.as_str()).set_message(&*finding.message);
            status.set_description(text(Severity::Error));
            status
        }
        None => TestCaseStatus::success(),
    };
    let mut case = TestCase::new(name, status);
    case.set_classname("kb-publish");
    let warnings = text(Severity::Warning);
    if !warnings.is_empty() {
        case.set_system_err(warnings);
    }
    case
}

fn document(suite: TestSuite) -> String {
    let mut report = quick_junit::Report::new("kb-publish");
    report.add_test_suite(suite);
    // Serialising into memory fails only for text that XML cannot hold, which quick-junit replaces.
    report.to_string().unwrap_or_default()
}
