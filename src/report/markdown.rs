//! A pull-request comment: a table, folded diffs, problems, within GitHub's size limit.

use std::fmt::Write as _;

use super::{Action, Case, DocumentReport, Ending, LintReport, Look, Outcome, Report, frame, human};
use crate::finding::{Finding, Severity};
use crate::plan::{Change, What};
use crate::text;

/// Most characters of a comment on GitHub.
pub(super) const LIMIT: usize = 65_536;
/// Kept free for the note that something was left out, and for closing what is open.
const RESERVE: usize = 400;

/// The comment on a plan or run.
pub(super) fn report(report: &Report, look: &Look) -> String {
    let kind = if report.run.is_some() { "run" } else { "plan" };
    let mut page = Page::new(&format!("kb-publish {kind} {} {}", report.project, report.profile));
    let title = if report.run.is_some() { "Published" } else { "Plan" };
    page.add(&format!("### {title}: {}\n\n", human::totals(report)));
    let bases = human::bases(report);
    let into =
        if bases.is_empty() { String::new() } else { format!(" into {}", escaped(&text::list(&bases))) };
    page.add(&format!("`{}` on {}{into}\n\n", report.project, report.instance));
    let (errors, warnings): (Vec<&Finding>, Vec<&Finding>) =
        report.problems.iter().partition(|finding| finding.severity == Severity::Error);
    problems(&mut page, &errors, LIMIT);
    let rows: Vec<&DocumentReport> = report.documents.iter().filter(|document| is_told(document)).collect();
    if !rows.is_empty() || !report.categories.is_empty() {
        page.add("| | document | article | why |\n|---|---|---|---|\n");
        for category in &report.categories {
            page.item(&format!("| ➕ category | {} | | |\n", cell(&category.path)), "row", LIMIT);
        }
        for document in &rows {
            page.item(&table_row(document, look), "row", LIMIT);
        }
        page.add("\n");
    }
    // What would be done comes first, and many warnings must not crowd out how it would read.
    problems(&mut page, &warnings, LIMIT / 2);
    for document in rows {
        if let Some(section) = folded(document, look) {
            page.item(&section, "diff", LIMIT);
        }
    }
    page.finish()
}

/// The comment on a checked tree.
pub(super) fn lint(report: &LintReport) -> String {
    let mut page = Page::new(&format!("kb-publish lint {} {}", report.project, report.profile));
    let (errors, warnings) = (report.count(Severity::Error), report.count(Severity::Warning));
    let documents = text::count(report.documents.len(), "document");
    page.add(&match (errors, warnings) {
        (0, 0) => format!("### Nothing wrong in {documents}\n"),
        _ => format!(
            "### {} and {} in {documents}\n\n",
            text::count(errors, "error"),
            text::count(warnings, "warning")
        ),
    });
    let (errors, warnings): (Vec<&Finding>, Vec<&Finding>) =
        report.problems.iter().partition(|finding| finding.severity == Severity::Error);
    problems(&mut page, &errors, LIMIT);
    problems(&mut page, &warnings, LIMIT);
    page.finish()
}

/// A comment that stays within the limit and says what it left out.
struct Page {
    text: String,
    length: usize,
    left_out: Vec<(&'static str, usize)>,
}

impl Page {
    /// The marker is how the next run finds its comment to update.
    fn new(marker: &str) -> Self {
        let mut page = Self { text: String::new(), length: 0, left_out: Vec::new() };
        page.add(&format!("<!-- {} -->\n", marker.replace("--", "‐‐")));
        page
    }

    fn add(&mut self, text: &str) {
        self.length += text.chars().count();
        self.text.push_str(text);
    }

    /// Adds what may be left out where the page would be longer than `limit`; once one of a kind is, so are all later ones,
    /// so that the cut is one place.
    fn item(&mut self, text: &str, kind: &'static str, limit: usize) {
        let cut = self.left_out.iter_mut().find(|(name, _)| *name == kind);
        if let Some((_, number)) = cut {
            *number += 1;
        } else if self.length + text.chars().count() + RESERVE > limit {
            self.left_out.push((kind, 1));
        } else {
            self.add(text);
        }
    }

    fn finish(mut self) -> String {
        if !self.left_out.is_empty() {
            let parts: Vec<String> =
                self.left_out.iter().map(|(kind, number)| text::count(*number, kind)).collect();
            let note = format!(
                "\n> {} left out: a comment holds at most 65,536 characters. The whole is in the job's own output.\n",
                text::list(&parts)
            );
            self.add(&note);
        }
        self.text
    }
}

fn is_told(document: &DocumentReport) -> bool {
    match document.outcome {
        Some(outcome) => outcome != Outcome::Unchanged || !document.reasons.is_empty(),
        None => document.action != Action::Unchanged || !document.reasons.is_empty(),
    }
}

fn icon(document: &DocumentReport) -> &'static str {
    match (document.outcome, document.action) {
        (Some(Outcome::Failed), _) => "❌",
        (Some(Outcome::InReview | Outcome::LeftDraft), _) => "⏳",
        (Some(Outcome::Conflict), _) | (None, Action::Conflict) => "⚠️",
        (_, Action::Create) => "➕",
        (_, Action::Update) => "✏️",
        (_, Action::Retire) => "🗑️",
        _ => "▫️",
    }
}

fn table_row(document: &DocumentReport, look: &Look) -> String {
    let (_, word, _) = human::label(document);
    let name = name(document, look);
    let article = match &document.article {
        Some(article) if !article.url.is_empty() => format!("[{}]({})", cell(&article.number), article.url),
        Some(article) => cell(&article.number),
        None => String::new(),
    };
    let mut why = document.error.clone().unwrap_or_else(|| human::why(document));
    if document.action == Action::Conflict {
        why.push_str("; nothing is written");
    }
    format!("| {} {word} | {} | {article} | {} |\n", icon(document), cell(&name), cell(&why))
}

/// An orphan's title stands only in ServiceNow.
fn name(document: &DocumentReport, look: &Look) -> String {
    match (&document.path, look.show_remote) {
        (Some(path), _) => path.clone(),
        (None, true) => document.title.clone(),
        (None, false) => "(no document)".to_owned(),
    }
}

fn folded(document: &DocumentReport, look: &Look) -> Option<String> {
    if document.diff.is_none() && document.changes.is_empty() {
        return None;
    }
    let name = escaped(&name(document, look));
    let remote = document.action == Action::Conflict || document.path.is_none();
    if remote && !look.show_remote {
        return Some(format!(
            "**{name}**: the article's own text is left out, it may not be public (`--show-remote` shows it).\n\n"
        ));
    }
    let mut text = format!("<details><summary>{name}</summary>\n\n");
    for change in &document.changes {
        let _ = writeln!(
            text,
            "- **{}** {}",
            change.what.words(),
            escaped(&human::changed(&public(change, look)))
        );
    }
    if !document.changes.is_empty() {
        text.push('\n');
    }
    if let Some(diff) = &document.diff {
        let fence = "`".repeat(longest_run(diff).max(2) + 1);
        let end = if diff.ends_with('\n') { "" } else { "\n" };
        let _ = write!(text, "{fence}diff\n{diff}{end}{fence}\n\n");
    }
    text.push_str("</details>\n\n");
    Some(text)
}

/// What stands in a column that nobody watches may be anybody's; title, text and files were ours.
fn public(change: &Change, look: &Look) -> Change {
    let ours = matches!(
        change.what,
        What::Title
            | What::State
            | What::KnowledgeBase
            | What::Category
            | What::File
            | What::Link
            | What::Cell
    );
    let before = match &change.before {
        Some(_) if !ours && !look.show_remote => Some("(not shown)".to_owned()),
        before => before.clone(),
    };
    Change { before, ..change.clone() }
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

fn problems(page: &mut Page, problems: &[&Finding], limit: usize) {
    for finding in problems {
        let (icon, kind) = match finding.severity {
            Severity::Error => ("❌", "error"),
            Severity::Warning => ("⚠️", "warning"),
        };
        let mut line = format!("- {icon} ");
        if let Some(path) = &finding.path {
            let _ = write!(line, "`{}` ", frame::place(path, finding.position).replace('`', "'"));
        }
        let _ = write!(line, "**{}** {}", finding.code, prose(&finding.message));
        if let Some(help) = &finding.help {
            let _ = write!(line, " — {}", prose(help));
        }
        line.push('\n');
        page.item(&line, kind, limit);
    }
    if !problems.is_empty() {
        page.add("\n");
    }
}

/// A table of all.
pub(super) fn cases(title: &str, cases: &[Case]) -> String {
    let mut out = format!("### {}\n\n| | | |\n|---|---|---|\n", prose(title));
    for case in cases {
        let mark = match case.ending {
            Ending::Passed => "✅",
            Ending::Unknown => "❔",
            Ending::Warned => "⚠️",
            Ending::Failed => "❌",
        };
        let help = case.help.as_deref().map_or_else(String::new, |help| format!(" — {}", cell(help)));
        let (word, name, message) = (cell(&case.word), cell(&case.name), cell(&case.message));
        let _ = writeln!(out, "| {mark} {word} | {name} | {message}{help} |");
    }
    out
}

/// Our own sentences keep their backticks; nothing else of Markdown or HTML gets through.
fn prose(text: &str) -> String {
    let mut out = String::new();
    for (index, part) in text.split('`').enumerate() {
        if index > 0 {
            out.push('`');
        }
        out.push_str(&if index % 2 == 0 { escaped(part) } else { part.replace('\n', " ") });
    }
    out
}

fn cell(text: &str) -> String {
    prose(text).replace('|', "\\|")
}

/// Text that Markdown shows as it is.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\n' | '\r' => out.push(' '),
            '\\' | '*' | '_' | '[' | ']' | '#' | '~' | '@' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fence_is_longer_than_any_in_the_diff() {
        assert_eq!(longest_run("a ``` b ```` c"), 4);
        assert_eq!(longest_run(""), 0);
    }

    #[test]
    fn names_cannot_break_the_table() {
        assert_eq!(cell("a|b <img> *c*"), "a\\|b &lt;img&gt; \\*c\\*");
        assert_eq!(cell("new name `x_y`"), "new name `x_y`");
    }
}
