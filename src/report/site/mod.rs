//! The review site of `plan --html`: an overview and a page for each document that changes, as plain files.
//!
//! Works from disk and from a CI artifact: no network, no script. Must not know: where the files go.

mod page;
mod sides;

use std::fmt::Write as _;

use self::page::{Page, escaped};
pub use self::sides::{Field, FileChange, Sides, frame};
use super::{Action, DocumentReport, Report, frame, human};
use crate::finding::{Finding, Severity};
use crate::ids::page_path;
use crate::plan::{Change, What};
use crate::text;

/// One file of the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteFile {
    /// Below the site's folder, with `/`.
    pub path: String,
    /// HTML.
    pub text: String,
}

/// In the order in which a reviewer wants them.
const ACTIONS: [Action; 6] =
    [Action::Conflict, Action::Update, Action::Create, Action::Retire, Action::Skip, Action::Unchanged];

/// Every page of the site, the overview first. `sides` go with [`Report::documents`], in their order.
pub fn site(report: &Report, sides: &[Option<Sides>]) -> Vec<SiteFile> {
    let told: Vec<(usize, &DocumentReport)> =
        report.documents.iter().enumerate().filter(|(_, document)| has_page(document)).collect();
    let mut files = vec![SiteFile { path: "index.html".to_owned(), text: overview(report) }];
    for (at, (number, document)) in told.iter().enumerate() {
        let neighbour = |at: Option<usize>| at.and_then(|at| told.get(at)).map(|(_, document)| *document);
        let neighbours = [neighbour(at.checked_sub(1)), neighbour(Some(at + 1))];
        let own = sides.get(*number).and_then(Option::as_ref);
        files.push(SiteFile { path: path(document), text: page(report, document, own, neighbours) });
    }
    files
}

/// What stays as it is has no page.
fn has_page(document: &DocumentReport) -> bool {
    document.action != Action::Unchanged
}

/// Where a document's page is; an orphan has no id but a number.
fn path(document: &DocumentReport) -> String {
    match (&document.id, &document.article) {
        (Some(id), _) => format!("documents/{}.html", page_path(id)),
        (None, Some(article)) => format!("articles/{}.html", article.sys_id),
        (None, None) => "articles/unknown.html".to_owned(),
    }
}

/// A link as it is written in a page; ids hold what a URL must not.
fn href(path: &str) -> String {
    const ESCAPED: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    percent_encoding::utf8_percent_encode(path, ESCAPED).to_string()
}

fn name(document: &DocumentReport) -> String {
    document.path.clone().unwrap_or_else(|| format!("“{}”", document.title))
}

fn overview(report: &Report) -> String {
    let mut page = Page::new(&format!("Plan for {}", report.project));
    let bases = human::bases(report);
    let into = if bases.is_empty() { String::new() } else { format!(" into {}", text::list(&bases)) };
    page.paragraph("quiet", &format!("{}{into}, profile {}", report.instance, report.profile));
    page.paragraph("", &human::totals(report));
    problems(&mut page, &report.problems, "Problems");
    if !report.categories.is_empty() {
        page.html("<h2>New categories</h2>\n<ul>\n");
        for category in &report.categories {
            page.html(&format!("<li>{}</li>\n", escaped(&category.path)));
        }
        page.html("</ul>\n");
    }
    page.html("<h2>Documents</h2>\n");
    documents(&mut page, report);
    page.finish()
}

/// The filters are boxes that the style asks for, so that they work without a script. A box stands inside its label: no
/// line is broken between the two.
fn documents(page: &mut Page, report: &Report) {
    let summary = report.summary();
    page.html("<div class=\"filters\" role=\"group\" aria-label=\"Show\">\n");
    for action in ACTIONS {
        let (word, number) = (action.word(), summary.get(&action).copied().unwrap_or(0));
        if number > 0 {
            let checked = if action == Action::Unchanged { "" } else { " checked" };
            page.html(&format!(
                "<label><input type=\"checkbox\" id=\"show-{word}\"{checked}> {word} ({number})</label>\n"
            ));
        }
    }
    page.html(
        "<div class=\"scroll\">\n<table class=\"documents\">\n<thead><tr><th scope=\"col\">Action</th>\
         <th scope=\"col\">Document</th><th scope=\"col\">Article</th><th scope=\"col\">Why</th></tr></thead>\n<tbody>\n",
    );
    for document in &report.documents {
        page.html(&row(document));
    }
    page.html("</tbody>\n</table>\n</div>\n</div>\n");
}

fn row(document: &DocumentReport) -> String {
    let word = document.action.word();
    let (mark, _, _) = human::label(document);
    let name = escaped(&name(document));
    let name =
        if has_page(document) { format!("<a href=\"{}\">{name}</a>", href(&path(document))) } else { name };
    // An orphan is named by its title already.
    let title = document
        .path
        .as_ref()
        .map(|_| format!("<br><span class=\"quiet\">{}</span>", escaped(&document.title)));
    let title = title.unwrap_or_default();
    format!(
        "<tr class=\"row-{word}\"><td class=\"{word}\">{mark} {word}</td><td>{name}{title}</td>\
         <td>{}</td><td>{}</td></tr>\n",
        article(document),
        escaped(&why(document))
    )
}

/// The reasons; of a conflict also that it is one.
fn why(document: &DocumentReport) -> String {
    let why = human::why(document);
    if document.action == Action::Conflict { format!("{why}; nothing is written") } else { why }
}

/// What happens to the article, for those who look at nothing else.
fn sentence(document: &DocumentReport) -> String {
    let state = document.article.as_ref().map_or("", |article| article.state.as_str());
    match document.action {
        Action::Create => "A new article is made.".to_owned(),
        Action::Update => "The article is changed as shown below. What is not named there stays as it is.".to_owned(),
        Action::Retire => format!(
            "The article is retired: it is {state} now, and readers will no longer find it. Its text stays as it is."
        ),
        Action::Conflict => {
            "Nothing is written: this article waits for a person. Below stands what it says now, and what the document \
             would make of it."
                .to_owned()
        }
        Action::Skip | Action::Unchanged => "Nothing is written.".to_owned(),
    }
}

/// The article's number, leading to it.
fn article(document: &DocumentReport) -> String {
    match &document.article {
        Some(article) => {
            format!("<a href=\"{}\">{}</a>", escaped(&article.url), escaped(&article.number))
        }
        None => "new".to_owned(),
    }
}

fn page(
    report: &Report,
    document: &DocumentReport,
    sides: Option<&Sides>,
    [before, after]: [Option<&DocumentReport>; 2],
) -> String {
    let mut page = Page::new(&name(document));
    let up = "../".repeat(path(document).matches('/').count());
    let step = |label: &str, to: Option<&DocumentReport>| {
        to.map(|to| format!("<a href=\"{up}{}\">{label}: {}</a>\n", href(&path(to)), escaped(&name(to))))
            .unwrap_or_default()
    };
    page.html(&format!(
        "<nav class=\"steps\" aria-label=\"Documents\"><a href=\"{up}index.html\">Overview</a>\n{}{}</nav>\n",
        step("Previous", before),
        step("Next", after)
    ));
    page.paragraph("verdict", &sentence(document));
    fields(&mut page, document);
    let own: Vec<Finding> = report
        .problems
        .iter()
        .filter(|finding| {
            finding.path.is_some() && finding.path.as_deref().map(AsRef::as_ref) == document.path.as_deref()
        })
        .cloned()
        .collect();
    problems(&mut page, &own, "Problems");
    match &document.diff {
        Some(diff) => {
            page.html("<h2>What changes</h2>\n");
            let take = if document.action == Action::Conflict { "would take" } else { "take" };
            page.paragraph(
                "quiet",
                &format!("Lines with − stand in ServiceNow now, lines with + {take} their place."),
            );
            page.diff(diff);
        }
        None if document.action == Action::Create => {
            page.paragraph("quiet", "A new article: there is nothing to compare with.");
        }
        None => page.paragraph("quiet", "The words of the text stay as they are."),
    }
    others(&mut page, document);
    if let Some(sides) = sides {
        let ours =
            if document.action == Action::Conflict { "By the document: not written" } else { "As planned" };
        sides::add(&mut page, sides, &up, ours);
    }
    page.finish()
}

/// What is not among the fields and files that have a section of their own.
fn others(page: &mut Page, document: &DocumentReport) {
    use What::{Category, Description, File, Keywords, State, Title};
    let elsewhere = |what: What| matches!(what, Title | State | Category | Keywords | Description | File);
    let told: Vec<&Change> = document.changes.iter().filter(|change| !elsewhere(change.what)).collect();
    if told.is_empty() {
        return;
    }
    page.html(
        "<h2>Also changes</h2>\n<div class=\"scroll\">\n<table class=\"changes\">\n<thead><tr><th scope=\"col\">What</th>\
         <th scope=\"col\">In ServiceNow</th><th scope=\"col\">By the document</th></tr></thead>\n<tbody>\n",
    );
    for change in told {
        let name = change.name.as_ref().map(|name| format!(" {}", escaped(name))).unwrap_or_default();
        let side = |text: &Option<String>, element: &str| match text {
            Some(text) => format!("<{element}>{}</{element}>", escaped(text)),
            None => "<span class=\"quiet\">none</span>".to_owned(),
        };
        page.html(&format!(
            "<tr><th scope=\"row\">{}{name}</th><td>{}</td><td>{}</td></tr>\n",
            change.what.words(),
            side(&change.before, "del"),
            side(&change.after, "ins")
        ));
    }
    page.html("</tbody>\n</table>\n</div>\n");
}

fn fields(page: &mut Page, document: &DocumentReport) {
    let word = document.action.word();
    let mut rows = vec![
        ("Action", format!("<span class=\"{word}\">{word}</span>")),
        ("Why", escaped(&document.reasons.join(", "))),
        ("Title", escaped(&document.title)),
        ("Article", article(document)),
    ];
    if let Some(article) = &document.article {
        rows.push(("State now", escaped(&article.state)));
    }
    let mut place = |label, value: &Option<String>| {
        rows.extend(value.as_deref().map(|value| (label, escaped(value))));
    };
    place("Knowledge base", &document.base);
    place("Category", &document.category);
    place("Document id", &document.id);
    let mut html = String::from("<table class=\"fields\">\n<tbody>\n");
    for (label, value) in rows {
        let _ = writeln!(html, "<tr><th scope=\"row\">{label}</th><td>{value}</td></tr>");
    }
    html.push_str("</tbody>\n</table>\n");
    page.html(&html);
}

fn problems(page: &mut Page, problems: &[Finding], heading: &str) {
    if problems.is_empty() {
        return;
    }
    page.html(&format!("<h2>{heading}</h2>\n<ul class=\"problems\">\n"));
    for finding in problems {
        let word = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let place = finding.path.as_ref().map(|path| frame::place(path, finding.position));
        let place = place.map(|place| format!("<code>{}</code>: ", escaped(&place))).unwrap_or_default();
        let help =
            finding.help.as_ref().map(|help| format!("<br><span class=\"quiet\">{}</span>", escaped(help)));
        page.html(&format!(
            "<li><strong class=\"{word}\">{word} {}</strong> {place}{}{}</li>\n",
            finding.code,
            escaped(&finding.message),
            help.unwrap_or_default()
        ));
    }
    page.html("</ul>\n");
}
