//! The report for a person at a terminal: what changes at a glance, then diffs, problems, totals.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io;

use unicode_width::UnicodeWidthStr as _;

use super::style::{self, Ink};
use super::{Action, Article, DocumentReport, Failure, LintReport, Look, Outcome, Report, diff, frame};
use crate::finding::{Finding, Severity};
use crate::plan::Change;
use crate::text;

/// So many bytes are held back before they are written.
const HELD: usize = 32 * 1024;
/// Most characters of one side of a change.
const VALUE: usize = 120;

/// Writes the report, styled: with many documents and findings it is large, and never held whole.
///
/// # Errors
/// The writer's.
pub(super) fn write(report: &Report, look: &Look, to: &mut dyn io::Write) -> io::Result<()> {
    let mut out = headline(report);
    table(&mut out, report, look, to)?;
    for document in &report.documents {
        if !shows_diff(report, document) || (document.diff.is_none() && document.changes.is_empty()) {
            continue;
        }
        let _ = write!(out, "\n{}\n", style::STRONG.paint(&diff_title(document)));
        for change in &document.changes {
            let _ = writeln!(out, "  {:<11} {}", change.what.words(), changed(change));
        }
        if let Some(diff) = &document.diff {
            out.push_str(&diff::shown(diff, look.color));
        }
        drain(&mut out, to, HELD)?;
    }
    problems(&mut out, &report.problems, "\n", to)?;
    let _ = write!(out, "\n{}\n", totals(report));
    drain(&mut out, to, 0)
}

/// Writes what is held back, once it is more than so many bytes.
fn drain(out: &mut String, to: &mut dyn io::Write, held: usize) -> io::Result<()> {
    if out.len() > held {
        to.write_all(out.as_bytes())?;
        out.clear();
    }
    Ok(())
}

/// A run shows only the diffs that a person has to decide about.
fn shows_diff(report: &Report, document: &DocumentReport) -> bool {
    report.run.is_none() || document.outcome == Some(Outcome::Conflict)
}

fn diff_title(document: &DocumentReport) -> String {
    let name = text::visible(document.path.as_deref().unwrap_or(&document.title));
    document
        .article
        .as_ref()
        .map_or_else(|| name.to_string(), |article| format!("{name}  {}", article.number))
}

/// `net.png: 1.2 KB, 3f2a91c0 → 1.4 KB, 9bc12def`.
pub(super) fn changed(change: &Change) -> String {
    let side = |text: &Option<String>| match text {
        Some(text) if text.chars().count() > VALUE => {
            format!("{}…", text.chars().take(VALUE).collect::<String>().trim_end())
        }
        Some(text) => text.clone(),
        None => "(none)".to_owned(),
    };
    let name = change.name.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
    format!("{name}{} → {}", side(&change.before), side(&change.after))
}

fn headline(report: &Report) -> String {
    let what = if report.run.is_some() { "Run" } else { "Plan" };
    let mut line = format!("{what} for {} on {}", style::STRONG.paint(&report.project), report.instance);
    let bases = bases(report);
    if let [only] = bases.as_slice() {
        let _ = write!(line, ", base {only}");
    } else if !bases.is_empty() {
        let _ = write!(line, ", bases {}", text::list(&bases));
    }
    if report.profile != "default" {
        let _ = write!(line, ", profile {}", report.profile);
    }
    if let Some(run) = &report.run {
        let _ = write!(line, " {}", style::FAINT.paint(&format!("({run})")));
    }
    line.push('\n');
    line
}

/// Every base that is touched, by title.
pub(super) fn bases(report: &Report) -> Vec<&str> {
    let touched = report.documents.iter().filter(|document| document.action != Action::Skip);
    let titles: BTreeSet<&str> = touched.filter_map(|document| document.base.as_deref()).collect();
    titles.into_iter().collect()
}

/// How a row begins: a mark that reads without colour, a word, an ink.
pub(super) fn label(document: &DocumentReport) -> (&'static str, &'static str, Ink) {
    match document.outcome {
        None => match document.action {
            Action::Create => ("+", "create", style::GOOD),
            Action::Update => ("~", "update", style::CHANGED),
            Action::Unchanged => ("=", "unchanged", style::FAINT),
            Action::Retire => ("-", "retire", style::GONE),
            Action::Conflict => ("!", "conflict", style::ERROR),
            Action::Skip => (".", "skip", style::FAINT),
        },
        Some(Outcome::Created) => ("+", "created", style::GOOD),
        Some(Outcome::Updated) => ("~", "updated", style::CHANGED),
        Some(Outcome::Unchanged) => ("=", "unchanged", style::FAINT),
        Some(Outcome::Retired) => ("-", "retired", style::GONE),
        Some(Outcome::Conflict) => ("!", "conflict", style::ERROR),
        Some(Outcome::Failed) => ("x", "failed", style::ERROR),
        Some(Outcome::Skipped) => (".", "skipped", style::FAINT),
        Some(Outcome::InReview) => ("?", "in review", style::WARNING),
        Some(Outcome::LeftDraft) => ("?", "left draft", style::WARNING),
    }
}

/// Whether a document has a row of its own; the others are counted.
fn is_row(document: &DocumentReport) -> bool {
    match document.outcome {
        Some(outcome) => outcome != Outcome::Unchanged || !document.reasons.is_empty(),
        None => document.action != Action::Unchanged || !document.reasons.is_empty(),
    }
}

fn table(out: &mut String, report: &Report, look: &Look, to: &mut dyn io::Write) -> io::Result<()> {
    let rows: Vec<&DocumentReport> = report.documents.iter().filter(|document| is_row(document)).collect();
    if rows.is_empty() && report.categories.is_empty() {
        return Ok(());
    }
    out.push('\n');
    for category in &report.categories {
        let word = style::GOOD.paint(&format!("{:<11}", "category"));
        let _ = writeln!(out, "  {} {word} {}", style::GOOD.paint("+"), category.path);
    }
    let name_width = rows.iter().map(|row| row_name(row).width()).max().unwrap_or(0).min(look.width * 2 / 5);
    for document in &rows {
        row(out, document, name_width, look);
        drain(out, to, HELD)?;
    }
    let unchanged = report.documents.len() - rows.len();
    if unchanged > 0 {
        let line = format!("  = {:<11} {}", "unchanged", text::count(unchanged, "document"));
        let _ = writeln!(out, "{}", style::FAINT.paint(&line));
    }
    Ok(())
}

fn row_name(document: &DocumentReport) -> String {
    match &document.path {
        Some(path) => text::visible(path).into_owned(),
        None => format!("“{}”", text::visible(&document.title)),
    }
}

/// One document: mark, word, name, number, reasons; what does not fit stands on lines of its own below.
fn row(out: &mut String, document: &DocumentReport, name_width: usize, look: &Look) {
    const INDENT: usize = 16;
    let (mark, word, ink) = label(document);
    let name = row_name(document);
    let number = document.article.as_ref().map_or("", |article| article.number.as_str());
    let pad = name_width.saturating_sub(name.width());
    let _ = write!(out, "  {} {} {name}", ink.paint(mark), ink.paint(&format!("{word:<11}")));
    let mut used = INDENT + name.width();
    let why = why(document);
    if !number.is_empty() {
        let _ = write!(out, "{}  {}", " ".repeat(pad), style::STRONG.paint(number));
        used += pad + 2 + number.width();
    }
    let gap = if number.is_empty() { pad + 2 } else { 2 };
    if !why.is_empty() && used + gap + why.width() <= look.width {
        let _ = write!(out, "{}{why}", " ".repeat(gap));
    } else {
        below(out, &why, style::PLAIN, INDENT, look);
    }
    if let Some(error) = &document.error {
        below(out, error, style::ERROR, INDENT, look);
    }
    if let Some(url) = document.article.as_ref().and_then(|article| written_url(document, article)) {
        let _ = write!(out, "\n{}{}", " ".repeat(INDENT), style::FAINT.paint(url));
    }
    out.push('\n');
}

/// The reasons, and for a new article the place it gets.
pub(super) fn why(document: &DocumentReport) -> String {
    let mut why = document.reasons.join(", ");
    let new = matches!(document.action, Action::Create);
    if let Some(base) = document.base.as_deref().filter(|_| new) {
        let mut place = base.to_owned();
        if let Some(category) = &document.category {
            let _ = write!(place, " / {category}");
        }
        why = if why.is_empty() { format!("in {place}") } else { format!("{why}, in {place}") };
    }
    why
}

/// Where a person opens what a run has written.
fn written_url<'a>(document: &DocumentReport, article: &'a Article) -> Option<&'a str> {
    use Outcome::{Created, InReview, LeftDraft, Updated};
    let written = matches!(document.outcome, Some(Created | Updated | InReview | LeftDraft));
    (written && !article.url.is_empty()).then_some(article.url.as_str())
}

/// Text on lines of its own, broken between words.
fn below(out: &mut String, text: &str, ink: Ink, indent: usize, look: &Look) {
    for line in text::wrapped(text, look.width.saturating_sub(indent).max(24)) {
        let _ = write!(out, "\n{}{}", " ".repeat(indent), ink.paint(&line));
    }
}

/// Findings with an empty line before each; before the first stands `gap`.
fn problems(out: &mut String, problems: &[Finding], mut gap: &str, to: &mut dyn io::Write) -> io::Result<()> {
    for finding in problems {
        let (word, ink) = match finding.severity {
            Severity::Error => ("error", style::ERROR),
            Severity::Warning => ("warning", style::WARNING),
        };
        let head = ink.paint(&format!("{word}[{}]:", finding.code));
        let _ = writeln!(out, "{gap}{head} {}", finding.message);
        gap = "\n";
        if let Some(path) = &finding.path {
            out.push_str(&frame::source(path, finding.position, finding.excerpt.as_deref()));
            out.push('\n');
        }
        if let Some(help) = &finding.help {
            let _ = writeln!(out, "{}{help}", style::HINT.paint("  help: "));
        }
        drain(out, to, HELD)?;
    }
    Ok(())
}

/// All of them, one below the other.
pub(super) fn findings(findings: &[Finding]) -> String {
    super::collected(|to| {
        let mut out = String::new();
        problems(&mut out, findings, "", to)?;
        to.write_all(out.as_bytes())
    })
}

/// One line: what was done or would be, how long it took, what was sent.
pub(super) fn totals(report: &Report) -> String {
    let mut parts = Vec::new();
    let mut push = |number: usize, word: &str| {
        if number > 0 {
            parts.push(format!("{number} {word}"));
        }
    };
    if report.run.is_some() {
        let done = |outcome| report.documents.iter().filter(|d| d.outcome == Some(outcome)).count();
        push(done(Outcome::Created), "created");
        push(done(Outcome::Updated), "updated");
        push(done(Outcome::Retired), "retired");
        push(done(Outcome::InReview), "in review");
        push(done(Outcome::LeftDraft), "left draft");
        push(done(Outcome::Failed), "failed");
        push(done(Outcome::Conflict), if done(Outcome::Conflict) == 1 { "conflict" } else { "conflicts" });
        push(done(Outcome::Skipped), "skipped");
        push(done(Outcome::Unchanged), "unchanged");
    } else {
        let summary = report.summary();
        let number = |action| summary.get(&action).copied().unwrap_or(0);
        push(number(Action::Create), "to create");
        push(number(Action::Update), "to update");
        push(number(Action::Retire), "to retire");
        let conflicts = number(Action::Conflict);
        push(conflicts, if conflicts == 1 { "conflict" } else { "conflicts" });
        push(number(Action::Skip), "skipped");
        push(number(Action::Unchanged), "unchanged");
    }
    let mut line = if parts.is_empty() { "no documents".to_owned() } else { parts.join(", ") };
    if let Some(wrong) = wrong(&report.problems) {
        let _ = write!(line, "; {wrong}");
    }
    let errors = report.problems.iter().filter(|finding| finding.severity == Severity::Error).count();
    if report.run.is_none() && errors > 0 {
        let them = if errors == 1 { "the error is" } else { "the errors are" };
        let _ = write!(line, ": nothing is written until {them} resolved");
    }
    let _ = write!(line, " ({})", sent(report));
    line
}

/// `9 reads, 3 writes, 2.3 s`.
fn sent(report: &Report) -> String {
    let requests = report.requests;
    let number = |requests: u64| usize::try_from(requests).unwrap_or(usize::MAX);
    let mut sent = format!(
        "{}, {}",
        text::count(number(requests.get), "read"),
        text::count(number(requests.post + requests.patch + requests.delete), "write")
    );
    if let Some(milliseconds) = report.duration_ms {
        let _ = write!(sent, ", {}", text::duration(milliseconds));
    }
    sent
}

/// `2 errors and 1 warning`.
fn wrong(problems: &[Finding]) -> Option<String> {
    let number = |severity| problems.iter().filter(|finding| finding.severity == severity).count();
    let parts: Vec<String> = [(number(Severity::Error), "error"), (number(Severity::Warning), "warning")]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| text::count(number, word))
        .collect();
    (!parts.is_empty()).then(|| text::list(&parts))
}

/// Writes what a checked tree tells.
///
/// # Errors
/// The writer's.
pub(super) fn write_lint(report: &LintReport, to: &mut dyn io::Write) -> io::Result<()> {
    let mut out = String::new();
    problems(&mut out, &report.problems, "", to)?;
    let seen = format!(
        "{} and {}",
        text::count(report.documents.len(), "document"),
        text::count(report.files, "file")
    );
    let line = match wrong(&report.problems) {
        Some(wrong) => format!("{wrong} in {seen}"),
        None => format!("{seen}: nothing wrong"),
    };
    let gap = if report.problems.is_empty() { "" } else { "\n" };
    let _ = writeln!(out, "{gap}{line}");
    drain(&mut out, to, 0)
}

/// A command that ended early, styled, without a line end; broken between words where a width is given.
pub(super) fn failure(failure: &Failure, width: Option<usize>) -> String {
    const HELP: &str = "  help: ";
    const ERROR: &str = "error: ";
    let fitted = |text: &str, indent: &str| match width {
        // A list of several problems brings its own lines.
        Some(width) if !text.contains('\n') => text::wrapped(
            text,
            width.saturating_sub(indent.len()).max(24),
        )
        .join(&format!("\n{:1$}", "", indent.len())),
        _ => text.to_owned(),
    };
    let mut text = fitted(&failure.message, ERROR);
    for cause in &failure.causes {
        text.push_str("\n  because ");
        text.push_str(cause);
    }
    if let Some(path) = &failure.path {
        text.push('\n');
        text.push_str(&frame::source(path, failure.position, failure.excerpt.as_deref()));
    }
    if let Some(help) = &failure.help {
        text.push('\n');
        text.push_str(&style::HINT.paint(HELP));
        text.push_str(&fitted(help, HELP));
    }
    text
}
