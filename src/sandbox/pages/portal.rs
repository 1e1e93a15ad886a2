//! `/kb`: the bases, a base's categories as a tree, the articles in them, and the search.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Query, State};
use http::{Response, StatusCode};
use serde::Deserialize;

use crate::sandbox::app::App;
use crate::sandbox::record::Record;
use crate::sandbox::store::View;

use super::body::plain_text;
use super::layout::Page;
use super::markup::{Html, html, query_value};
use super::records::{article_url, badge, category_path, moment, row_url};
use super::sight::Sight;
use super::visit::Visit;
use super::{article, excerpt};

/// Articles on one page of a list.
const PAGE: usize = 25;

/// How deep a tree of categories is drawn. What hangs lower is found by search.
const DEPTH: usize = 12;

/// What `/kb` was asked for. The names of the last three are the platform's (contract §5).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    q: String,
    base: String,
    category: String,
    page: String,
    id: String,
    pub(super) sysparm_article: String,
    pub(super) sys_kb_id: String,
}

/// The portal: one article where it names one, else the list.
pub(super) async fn portal(
    State(app): State<Arc<App>>,
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Response<Body> {
    let names_one = !asked.sysparm_article.is_empty() || !asked.sys_kb_id.is_empty();
    if names_one || asked.id == "kb_article_view" {
        return article::show(&app, &visit, &asked.sysparm_article, &asked.sys_kb_id);
    }
    let profile = app.profile();
    let reader = app.store.read();
    let sight = Sight::new(&reader, visit.account.as_ref(), &profile);
    let list = List::gather(&reader, &asked, &sight, &app.today());
    let title = list.title();
    let content = html!(
        "<div class=\"columns\"><div class=\"side\">{}</div><section class=\"listing\" aria-labelledby=\"ui-list\">{}</section></div>",
        sidebar(&reader, &list),
        listing(&reader, &list, visit.account.is_some()),
    );
    drop(reader);
    let page = Page { query: asked.q.trim(), ..Page::new(&title, content) };
    page.respond(&visit, StatusCode::OK)
}

/// One answer to `/kb`, before it is drawn.
struct List {
    query: String,
    base: Option<Arc<Record>>,
    category: Option<Arc<Record>>,
    bases: Vec<(Arc<Record>, usize)>,
    /// Articles by category `sys_id`, of the chosen base; those without are under the empty text.
    counts: HashMap<String, usize>,
    found: Vec<(Arc<Record>, Option<String>)>,
    total: usize,
    page: usize,
}

impl List {
    fn gather<V: View>(view: &V, asked: &Asked, sight: &Sight<'_, V>, today: &str) -> Self {
        let category = view.get("kb_category", &asked.category).map(Arc::clone);
        let base_id = match &category {
            Some(category) => base_of(view, category),
            None => asked.base.clone(),
        };
        let base = view.get("kb_knowledge_base", &base_id).map(Arc::clone);
        let words: Vec<String> = asked.q.split_whitespace().map(str::to_lowercase).collect();
        let mut by_base: HashMap<String, usize> = HashMap::new();
        let mut counts: HashMap<String, usize> = HashMap::new();
        let mut hits: Vec<(u8, Arc<Record>, Option<String>)> = Vec::new();
        for row in view.rows("kb_knowledge").filter(|row| sight.lists(row, today)) {
            let its_base = row.get("kb_knowledge_base");
            *by_base.entry(its_base.to_owned()).or_default() += 1;
            if base.as_ref().is_some_and(|base| base.sys_id() != its_base) {
                continue;
            }
            *counts.entry(row.get("kb_category").to_owned()).or_default() += 1;
            if category.as_ref().is_some_and(|category| !lies_below(view, row, category)) {
                continue;
            }
            if let Some((rank, excerpt)) = matches(view, row, &words) {
                hits.push((rank, Arc::clone(row), excerpt));
            }
        }
        hits.sort_by(|a, b| {
            (a.0, b.1.get("sys_updated_on"), a.1.sys_id()).cmp(&(
                b.0,
                a.1.get("sys_updated_on"),
                b.1.sys_id(),
            ))
        });
        let total = hits.len();
        let last = total.div_ceil(PAGE).max(1);
        let page = asked.page.parse::<usize>().unwrap_or(1).clamp(1, last);
        let found = hits
            .into_iter()
            .skip((page - 1) * PAGE)
            .take(PAGE)
            .map(|(_, row, excerpt)| (row, excerpt))
            .collect();
        let mut bases: Vec<_> = view
            .rows("kb_knowledge_base")
            .filter(|row| row.flag("active"))
            .map(|row| (Arc::clone(row), by_base.get(row.sys_id()).copied().unwrap_or(0)))
            .collect();
        bases.sort_by_key(|(row, _)| row.get("title").to_lowercase());
        Self { query: asked.q.trim().to_owned(), base, category, bases, counts, found, total, page }
    }

    fn title(&self) -> String {
        match (&self.category, &self.base) {
            _ if !self.query.is_empty() => format!("Search: {}", self.query),
            (Some(category), _) => category.get("label").to_owned(),
            (None, Some(base)) => base.get("title").to_owned(),
            (None, None) => "Knowledge".to_owned(),
        }
    }

    /// The address of another page of this list.
    fn url(&self, page: usize) -> String {
        let mut url = format!("/kb?page={page}");
        for (name, value) in [
            ("q", self.query.as_str()),
            ("base", self.base.as_ref().map_or("", |row| row.sys_id())),
            ("category", self.category.as_ref().map_or("", |row| row.sys_id())),
        ] {
            if !value.is_empty() {
                url = format!("{url}&{name}={}", query_value(value));
            }
        }
        url
    }
}

/// The base that a category's topmost ancestor hangs on.
fn base_of(view: &impl View, category: &Record) -> String {
    category_path(view, category.sys_id())
        .first()
        .filter(|top| top.get("parent_table") == "kb_knowledge_base")
        .map_or("", |top| top.get("parent_id"))
        .to_owned()
}

fn lies_below(view: &impl View, article: &Record, category: &Record) -> bool {
    let own = article.get("kb_category");
    own == category.sys_id()
        || category_path(view, own).iter().any(|ancestor| ancestor.sys_id() == category.sys_id())
}

/// Whether all words are in the title, number or keywords (rank 0), or in those and the text (rank 1, with the
/// place where the first of them stands).
fn matches(view: &impl View, row: &Record, words: &[String]) -> Option<(u8, Option<String>)> {
    if words.is_empty() {
        return Some((0, None));
    }
    let head = format!(
        "{} {} {}",
        row.get("short_description"),
        row.get("number"),
        view.text("kb_knowledge", row, "meta")
    )
    .to_lowercase();
    let left: Vec<&String> = words.iter().filter(|word| !head.contains(word.as_str())).collect();
    if left.is_empty() {
        return Some((0, None));
    }
    let text = plain_text(&view.text("kb_knowledge", row, "text"), 0);
    let lower = text.to_lowercase();
    if !left.iter().all(|word| lower.contains(word.as_str())) {
        return None;
    }
    Some((1, Some(excerpt::around(&text, left[0]))))
}

fn sidebar(view: &impl View, list: &List) -> Html {
    let all: usize = list.bases.iter().map(|(_, count)| count).sum();
    let current = |on: bool| if on { html!(" aria-current=\"page\"") } else { Html::default() };
    let bases: Html = list
        .bases
        .iter()
        .map(|(base, count)| {
            let chosen = list.base.as_ref().is_some_and(|chosen| chosen.sys_id() == base.sys_id());
            html!(
                "<li><a href=\"/kb?base={}\"{}><span>{}</span><span class=\"count\">{}<span class=\"unseen\"> articles</span></span></a></li>",
                query_value(base.sys_id()),
                current(chosen && list.category.is_none()),
                base.get("title"),
                *count,
            )
        })
        .collect();
    let categories = list.base.as_ref().map_or_else(Html::default, |base| {
        let tree = Tree::of(view, list);
        let rows = tree.level(base.sys_id(), 0);
        if rows.is_empty() {
            return rows;
        }
        html!("<nav aria-labelledby=\"ui-categories\"><h2 id=\"ui-categories\">Categories</h2>{}</nav>", rows)
    });
    html!(
        "<nav aria-labelledby=\"ui-bases\"><h2 id=\"ui-bases\">Knowledge bases</h2><ul>\
         <li><a href=\"/kb\"{}><span>All</span><span class=\"count\">{}<span class=\"unseen\"> articles</span></span></a></li>{}</ul></nav>{}",
        current(list.base.is_none() && list.query.is_empty()),
        all,
        bases,
        categories,
    )
}

/// The active categories by their parent.
struct Tree<'l> {
    list: &'l List,
    children: HashMap<String, Vec<Arc<Record>>>,
}

impl<'l> Tree<'l> {
    fn of(view: &impl View, list: &'l List) -> Self {
        let mut children: HashMap<String, Vec<Arc<Record>>> = HashMap::new();
        for row in view.rows("kb_category").filter(|row| row.flag("active")) {
            children.entry(row.get("parent_id").to_owned()).or_default().push(Arc::clone(row));
        }
        for rows in children.values_mut() {
            rows.sort_by_key(|row| row.get("label").to_lowercase());
        }
        Self { list, children }
    }

    fn level(&self, parent: &str, depth: usize) -> Html {
        let Some(rows) = self.children.get(parent).filter(|_| depth < DEPTH) else { return Html::default() };
        let items: Html = rows
            .iter()
            .map(|row| {
                let chosen = self.list.category.as_ref().is_some_and(|chosen| chosen.sys_id() == row.sys_id());
                html!(
                    "<li><a href=\"/kb?category={}\"{}><span>{}</span><span class=\"count\">{}<span class=\"unseen\"> articles</span></span></a>{}</li>",
                    query_value(row.sys_id()),
                    if chosen { html!(" aria-current=\"page\"") } else { Html::default() },
                    row.get("label"),
                    self.count(row.sys_id(), 0),
                    self.level(row.sys_id(), depth + 1),
                )
            })
            .collect();
        html!("<ul>{}</ul>", items)
    }

    /// Articles in a category and below it.
    fn count(&self, category: &str, depth: usize) -> usize {
        let own = self.list.counts.get(category).copied().unwrap_or(0);
        let below = self.children.get(category).filter(|_| depth < DEPTH);
        own + below.into_iter().flatten().map(|row| self.count(row.sys_id(), depth + 1)).sum::<usize>()
    }
}

fn listing(view: &impl View, list: &List, signed_in: bool) -> Html {
    let noun = if list.total == 1 { "article" } else { "articles" };
    let place = match (&list.category, &list.base) {
        (Some(category), _) => format!(" in {}", category.get("full_category")),
        (None, Some(base)) => format!(" in {}", base.get("title")),
        (None, None) => String::new(),
    };
    let heading = match (&list.category, &list.base) {
        _ if !list.query.is_empty() => html!("Results for “{}”", list.query),
        (Some(category), _) => html!("{}", category.get("label")),
        (None, Some(base)) => html!("{}", base.get("title")),
        (None, None) => html!("Knowledge"),
    };
    let rows = if list.found.is_empty() {
        nothing(list, signed_in)
    } else {
        let items: Html =
            list.found.iter().map(|(row, excerpt)| item(view, row, excerpt.as_deref(), list)).collect();
        html!("<ol class=\"rows\">{}</ol>", items)
    };
    html!(
        "<header><h1 id=\"ui-list\">{}</h1><p class=\"muted\">{} {}{}</p></header><div class=\"card\">{}</div>{}",
        heading,
        list.total,
        noun,
        place,
        rows,
        pager(list),
    )
}

fn nothing(list: &List, signed_in: bool) -> Html {
    let (title, text) = if list.query.is_empty() {
        ("No articles here yet", "Publish some with kb-publish, and they appear here at once.")
    } else {
        ("Nothing found", "All words must be in the title, the keywords or the text of one article.")
    };
    let hint = if signed_in {
        Html::default()
    } else {
        html!(
            "<p>Drafts are shown to those who work on them: <a href=\"/login.do\">sign in</a> as kb.publisher.</p>"
        )
    };
    html!("<div class=\"empty\"><h2>{}</h2><p>{}</p>{}</div>", title, text, hint)
}

fn item(view: &impl View, row: &Record, excerpt: Option<&str>, list: &List) -> Html {
    let description = match excerpt {
        Some(excerpt) => excerpt.to_owned(),
        None => match row.get("meta_description") {
            "" => plain_text(&view.text("kb_knowledge", row, "text"), 180),
            description => description.to_owned(),
        },
    };
    let words: Vec<String> = list.query.split_whitespace().map(str::to_lowercase).collect();
    let base =
        view.get("kb_knowledge_base", row.get("kb_knowledge_base")).map_or("", |base| base.get("title"));
    let category = view.get("kb_category", row.get("kb_category")).map_or("", |row| row.get("full_category"));
    let place = if category.is_empty() { base.to_owned() } else { format!("{base} / {category}") };
    let url = if row.get("workflow_state") == "published" { article_url(row) } else { row_url(row) };
    let title = match row.get("short_description") {
        "" => "(no title)",
        title => title,
    };
    html!(
        "<li><h2><a href=\"{}\">{}</a></h2><p>{}</p><p class=\"facts-line\">{}<span>{}</span><span>{}</span><span>{}</span></p></li>",
        url,
        excerpt::marked(title, &words),
        excerpt::marked(&excerpt::cut(&description, 200), &words),
        badge(row.get("workflow_state")),
        row.get("number"),
        place,
        moment(row.get("sys_updated_on")),
    )
}

fn pager(list: &List) -> Html {
    let pages = list.total.div_ceil(PAGE).max(1);
    if pages == 1 {
        return Html::default();
    }
    let link = |page: usize, rel: &str, text: &str| {
        html!("<a rel=\"{}\" href=\"{}\">{}</a>", rel, list.url(page), text)
    };
    let before =
        if list.page > 1 { link(list.page - 1, "prev", "← Previous") } else { html!("<span></span>") };
    let after =
        if list.page < pages { link(list.page + 1, "next", "Next →") } else { html!("<span></span>") };
    html!(
        "<nav class=\"pager\" aria-label=\"Pages\">{}<span class=\"muted\">Page {} of {}</span>{}</nav>",
        before,
        list.page,
        pages,
        after,
    )
}
