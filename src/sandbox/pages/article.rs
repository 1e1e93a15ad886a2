//! `/kb_view.do` and its kin: one article as a portal shows it, with what a person who tests wants to know beside it.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Query, State};
use http::{Response, StatusCode};

use crate::sandbox::account::Account;
use crate::sandbox::app::App;
use crate::sandbox::record::Record;
use crate::sandbox::records::Change;
use crate::sandbox::store::View;

use super::body::showable;
use super::layout::{Page, notice, redirect};
use super::markup::{Html, html, query_value};
use super::portal::Asked;
use super::records::{
    article_url, badge, by_number, category_path, moment, person, row_url, size, version, versions,
};
use super::sight::Sight;
use super::sign_in;
use super::tools;
use super::visit::Visit;

/// Replacements followed before a chain of them is taken for a loop.
const REPLACEMENTS: usize = 16;

/// `/kb_view.do?sysparm_article=…|sys_kb_id=…`
pub(super) async fn view(
    State(app): State<Arc<App>>,
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Response<Body> {
    show(&app, &visit, &asked.sysparm_article, &asked.sys_kb_id)
}

/// A published article counts its views, as the platform does.
fn count_view(app: &App, visit: &Visit, article: &Record) {
    if article.get("workflow_state") != "published" {
        return;
    }
    let account = visit.account.clone().unwrap_or_else(|| Account {
        sys_id: String::new(),
        user_name: "guest".to_owned(),
        name: "Guest".to_owned(),
        roles: std::collections::BTreeSet::new(),
    });
    if let Err(refusal) = Change::new(app, &account).view_article(article.sys_id()) {
        tracing::warn!(reason = refusal.message, "a view was not counted");
    }
}

/// What becomes of a request for an article.
enum Found {
    Article(Arc<Record>),
    /// Retired, and this one took its place: readers are sent there (contract §2.7).
    Replaced(String),
    SignIn,
    Nothing,
}

/// The page of an article; where number and id disagree, the number wins (contract §5).
pub(super) fn show(app: &App, visit: &Visit, number: &str, sys_id: &str) -> Response<Body> {
    let profile = app.profile();
    let reader = app.store.read();
    let sight = Sight::new(&reader, visit.account.as_ref(), &profile);
    match find(&reader, &sight, visit.account.is_some(), number, sys_id) {
        Found::Nothing => {
            drop(reader);
            let text = "No article has this number or id, or it was retired without a replacement.";
            notice(visit, StatusCode::NOT_FOUND, "Knowledge record not found", text)
        }
        Found::Replaced(url) => redirect(visit, StatusCode::MOVED_PERMANENTLY, &url),
        Found::SignIn => sign_in::ask(visit),
        Found::Article(article) => {
            let content = draw(app, &reader, visit, &sight, &article);
            drop(reader);
            count_view(app, visit, &article);
            Page::new(article.get("short_description"), content).respond(visit, StatusCode::OK)
        }
    }
}

fn find<V: View>(view: &V, sight: &Sight<'_, V>, signed_in: bool, number: &str, sys_id: &str) -> Found {
    let row = if number.is_empty() { view.get("kb_knowledge", sys_id) } else { by_number(view, number) };
    let Some(row) = row else { return Found::Nothing };
    if row.get("workflow_state") == "retired" && !sight.works_on(row) {
        return replacement(view, sight, row)
            .map_or(Found::Nothing, |next| Found::Replaced(article_url(next)));
    }
    match (sight.opens(row), signed_in) {
        (true, _) => Found::Article(Arc::clone(row)),
        (false, true) => Found::Nothing,
        (false, false) => Found::SignIn,
    }
}

/// The article at the end of a retired one's replacements, if readers may see it.
fn replacement<'v, V: View>(view: &'v V, sight: &Sight<'_, V>, retired: &Record) -> Option<&'v Arc<Record>> {
    let mut next = retired.get("replacement_article").to_owned();
    for _ in 0..REPLACEMENTS {
        let row = view.get("kb_knowledge", &next)?;
        if row.get("workflow_state") != "retired" {
            return sight.opens(row).then_some(row);
        }
        row.get("replacement_article").clone_into(&mut next);
    }
    None
}

fn draw<V: View>(app: &App, view: &V, visit: &Visit, sight: &Sight<'_, V>, article: &Record) -> Html {
    let contributor = sight.works_on(article);
    let body_column = if article.get("article_type") == "wiki" { "wiki" } else { "text" };
    let body = view.text("kb_knowledge", article, body_column);
    let body =
        if body.trim().is_empty() { html!("<p>This article has no text yet.</p>") } else { showable(&body) };
    let files = Files::of(view, article);
    let title = match article.get("short_description") {
        "" => "(no title)",
        title => title,
    };
    html!(
        "{}<div class=\"columns article\"><div><article aria-labelledby=\"ui-title\"><h1 class=\"title\" id=\"ui-title\">{}</h1>{}{}\
         <div class=\"paper\" lang=\"{}\">{}</div>{}</article>{}</div><aside class=\"card\" aria-label=\"About this article\">{}</aside></div>",
        crumbs(view, article),
        title,
        byline(view, article),
        if contributor { tools::bar(app, view, visit, article) } else { Html::default() },
        match article.get("language") {
            "" => "en",
            language => language,
        },
        body,
        if article.flag("display_attachments") { files.section("Attachments") } else { Html::default() },
        history(view, sight, article),
        about(view, article, &files, contributor),
    )
}

fn crumbs(view: &impl View, article: &Record) -> Html {
    let base =
        view.get("kb_knowledge_base", article.get("kb_knowledge_base")).map_or_else(Html::default, |base| {
            html!("<li><a href=\"/kb?base={}\">{}</a></li>", query_value(base.sys_id()), base.get("title"))
        });
    let categories: Html = category_path(view, article.get("kb_category"))
        .iter()
        .map(|row| {
            html!("<li><a href=\"/kb?category={}\">{}</a></li>", query_value(row.sys_id()), row.get("label"))
        })
        .collect();
    html!(
        "<nav class=\"crumbs\" aria-label=\"Breadcrumb\"><ol><li><a href=\"/kb\">Knowledge</a></li>{}{}</ol></nav>",
        base,
        categories,
    )
}

fn byline(view: &impl View, article: &Record) -> Html {
    let version = match version(article) {
        none if none.is_empty() => Html::default(),
        version => html!("<span>Version {}</span>", version),
    };
    let author = match person(view, article.get("author")) {
        none if none.is_empty() => Html::default(),
        author => html!("<span>{}</span>", author),
    };
    html!(
        "<p class=\"facts-line byline\">{}<span>{}</span>{}{}<span>Updated {}</span></p>",
        badge(article.get("workflow_state")),
        article.get("number"),
        version,
        author,
        moment(article.get("sys_updated_on")),
    )
}

/// The files of one article, by name.
struct Files(Vec<Arc<Record>>);

impl Files {
    fn of(view: &impl View, article: &Record) -> Self {
        let mut rows: Vec<_> = view
            .rows("sys_attachment")
            .filter(|row| {
                row.get("table_name") == "kb_knowledge" && row.get("table_sys_id") == article.sys_id()
            })
            .map(Arc::clone)
            .collect();
        rows.sort_by_key(|row| row.get("file_name").to_lowercase());
        Self(rows)
    }

    fn list(&self) -> Html {
        let items: Html = self
            .0
            .iter()
            .map(|row| {
                html!(
                    "<li><a href=\"/sys_attachment.do?sys_id={}\">{}</a><span class=\"muted\">{}, {}</span></li>",
                    query_value(row.sys_id()),
                    row.get("file_name"),
                    row.get("content_type"),
                    size(row.number("size_bytes")),
                )
            })
            .collect();
        html!("<ul class=\"files\">{}</ul>", items)
    }

    fn section(&self, title: &str) -> Html {
        if self.0.is_empty() {
            return Html::default();
        }
        html!("<section class=\"card section\"><h2>{}</h2>{}</section>", title, self.list())
    }
}

/// The versions as a table, where there are several. Readers see those that they may open.
fn history<V: View>(view: &V, sight: &Sight<'_, V>, article: &Record) -> Html {
    let versions = versions(view, article);
    if versions.len() < 2 {
        return Html::default();
    }
    let rows: Html = versions
        .iter()
        .filter(|row| sight.opens(row))
        .map(|row| {
            let here = row.sys_id() == article.sys_id();
            let label = match version(row) {
                none if none.is_empty() => "row".to_owned(),
                version => version,
            };
            let label = if here {
                html!("<strong>{}</strong> (this one)", label)
            } else {
                html!("<a href=\"{}\">{}</a>", row_url(row), label)
            };
            html!(
                "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                label,
                badge(row.get("workflow_state")),
                moment(row.get("sys_updated_on")),
                row.get("sys_updated_by"),
            )
        })
        .collect();
    html!(
        "<section class=\"card section\"><h2>Version history</h2><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Version history\">\
         <table class=\"plain\"><thead><tr><th scope=\"col\">Version</th><th scope=\"col\">State</th>\
         <th scope=\"col\">Updated</th><th scope=\"col\">By</th></tr></thead><tbody>{}</tbody></table></div></section>",
        rows,
    )
}

fn fact(name: &str, value: &Html) -> Html {
    if value.is_empty() {
        return Html::default();
    }
    html!("<dt>{}</dt><dd>{}</dd>", name, value)
}

fn text(value: &str) -> Html {
    html!("{}", value)
}

fn code(value: &str) -> Html {
    if value.is_empty() { Html::default() } else { html!("<span class=\"mono\">{}</span>", value) }
}

fn about(view: &impl View, article: &Record, files: &Files, contributor: bool) -> Html {
    let base =
        view.get("kb_knowledge_base", article.get("kb_knowledge_base")).map_or("", |base| base.get("title"));
    let category =
        view.get("kb_category", article.get("kb_category")).map_or("", |row| row.get("full_category"));
    let meta = view.text("kb_knowledge", article, "meta");
    let keywords: Html = meta
        .split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .map(|word| html!("<li>{}</li>", word))
        .collect();
    let keywords =
        if keywords.is_empty() { keywords } else { html!("<ul class=\"chips\">{}</ul>", keywords) };
    let mut facts = Html::default();
    for (name, value) in [
        ("Number", text(article.get("number"))),
        ("Version", text(&version(article))),
        ("State", badge(article.get("workflow_state"))),
        ("Knowledge base", text(base)),
        ("Category", text(category)),
        ("Author", text(&person(view, article.get("author")))),
        ("Published", moment(article.get("published"))),
        ("Retired", moment(article.get("retired"))),
        ("Valid to", moment(article.get("valid_to"))),
        ("Language", text(article.get("language"))),
        ("Keywords", keywords),
        ("Description", text(&view.text("kb_knowledge", article, "meta_description"))),
    ] {
        facts.push(&fact(name, &value));
    }
    let inside = if contributor { record(view, article, files) } else { Html::default() };
    html!("<dl class=\"facts\">{}</dl>{}", facts, inside)
}

/// What only those see who work on the article: the row behind the page.
fn record(view: &impl View, article: &Record, files: &Files) -> Html {
    let hidden = if article.flag("display_attachments") || files.0.is_empty() {
        Html::default()
    } else {
        html!(
            "<details><summary>Files ({}), not listed for readers</summary>{}</details>",
            files.0.len(),
            files.list()
        )
    };
    let mut facts = Html::default();
    let by = |on: &str, by: &str| html!("{} by {}", moment(article.get(on)), article.get(by));
    for (name, value) in [
        ("sys_id", code(article.sys_id())),
        ("article_id", code(article.get("article_id"))),
        ("Created", by("sys_created_on", "sys_created_by")),
        ("Updated", by("sys_updated_on", "sys_updated_by")),
        ("sys_mod_count", text(article.get("sys_mod_count"))),
        ("description", code(&view.text("kb_knowledge", article, "description"))),
        (
            "Body",
            html!(
                "<a href=\"/kb_stored.do?sys_kb_id={}\">The HTML as it is stored</a>",
                query_value(article.sys_id())
            ),
        ),
    ] {
        facts.push(&fact(name, &value));
    }
    html!("{}<details><summary>The record</summary><dl class=\"facts\">{}</dl></details>", hidden, facts)
}
