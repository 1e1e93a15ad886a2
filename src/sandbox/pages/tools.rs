//! What a person can do with an article by hand: edit, check out, publish, send back, retire (contract §2.4, §2.5).
//!
//! The rules are the platform's own, in [`crate::sandbox::knowledge`]: a refusal is shown as it words it.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Query, State};
use http::{Response, StatusCode};

use crate::sandbox::account::Account;
use crate::sandbox::app::App;
use crate::sandbox::profile::Versioning;
use crate::sandbox::record::Record;
use crate::sandbox::records::{Change, Row, Values};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::View;

use super::layout::{Page, notice, redirect};
use super::markup::{Html, html, query_value};
use super::portal::Asked;
use super::records::{person, row_url, version, versions};
use super::sight::Sight;
use super::sign_in;
use super::visit::{Posted, Visit};

/// Columns of the form.
const COLUMNS: [&str; 4] = ["short_description", "text", "meta", "valid_to"];

/// One thing to do, as it stands in the form and on its button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Checkout,
    Publish,
    SendBack,
    Retire,
}

impl Act {
    const ALL: [Self; 4] = [Self::Checkout, Self::Publish, Self::SendBack, Self::Retire];

    const fn name(self) -> &'static str {
        match self {
            Self::Checkout => "checkout",
            Self::Publish => "publish",
            Self::SendBack => "send_back",
            Self::Retire => "retire",
        }
    }

    fn label(self, state: &str) -> &'static str {
        match self {
            Self::Checkout => "Check out",
            Self::Publish if state == "review" => "Approve",
            Self::Publish if state == "retired" => "Publish again",
            Self::Publish => "Publish",
            Self::SendBack => "Send back to draft",
            Self::Retire => "Retire",
        }
    }

    /// Whether it makes sense in this state. Whether it is allowed is asked when it is done.
    fn fits(self, state: &str, versioned: bool) -> bool {
        match self {
            Self::Checkout => versioned && state == "published",
            Self::Publish => matches!(state, "draft" | "review" | "retired" | "scheduled_publish"),
            Self::SendBack => matches!(state, "review" | "scheduled_publish"),
            Self::Retire => state == "published",
        }
    }

    fn run(self, change: &Change<'_>, sys_id: &str) -> Result<Row, Refusal> {
        match self {
            Self::Checkout => change.checkout(sys_id),
            Self::Publish => change.publish_article(sys_id),
            Self::SendBack => change.reject_article(sys_id),
            Self::Retire => change.retire_article(sys_id),
        }
    }
}

/// The bar of actions above an article.
pub(super) fn bar(app: &App, view: &impl View, visit: &Visit, article: &Record) -> Html {
    let state = article.get("workflow_state");
    let versioned = app.profile().versioning != Versioning::Off;
    let draft = versions(view, article)
        .into_iter()
        .find(|row| row.sys_id() != article.sys_id() && row.get("workflow_state") == "draft");
    let buttons: Html = Act::ALL
        .into_iter()
        .filter(|act| act.fits(state, versioned))
        // While somebody works on a newer version, this one is neither checked out again nor retired.
        .filter(|act| draft.is_none() || !matches!(act, Act::Checkout | Act::Retire))
        .map(|act| {
            html!(
                "<button class=\"{}\" name=\"act\" value=\"{}\">{}</button>",
                if act == Act::Retire { "danger" } else { "plain" },
                act.name(),
                act.label(state),
            )
        })
        .collect();
    let says = match draft {
        Some(row) => html!(
            "<p>Checked out by {}: <a href=\"{}\">draft {}</a></p>",
            person(view, row.get("revised_by")),
            row_url(row),
            version(row),
        ),
        None => html!("<p>You can work on this article by hand.</p>"),
    };
    html!(
        "<div class=\"card tools\" role=\"group\" aria-label=\"Work on this article\">{}\
         <form class=\"actions\" method=\"post\" action=\"/kb_act.do\"><input type=\"hidden\" name=\"token\" value=\"{}\">\
         <input type=\"hidden\" name=\"sys_kb_id\" value=\"{}\"><a class=\"button\" href=\"/kb_edit.do?sys_kb_id={}\">Edit</a>{}</form></div>",
        says,
        visit.form_token(),
        article.sys_id(),
        query_value(article.sys_id()),
        buttons,
    )
}

/// Does what a button of the bar says.
pub(super) async fn act(State(app): State<Arc<App>>, Posted { visit, form }: Posted) -> Response<Body> {
    let Some(account) = visit.account.clone() else { return sign_in::ask(&visit) };
    let Some(act) = Act::ALL.into_iter().find(|act| act.name() == form.get("act")) else {
        return notice(&visit, StatusCode::BAD_REQUEST, "That did not work", "There is no such action.");
    };
    match act.run(&Change::new(&app, &account), form.get("sys_kb_id")) {
        Ok(row) => redirect(&visit, StatusCode::SEE_OTHER, &row_url(&row.record)),
        Err(refusal) => refused(&visit, &refusal, form.get("sys_kb_id")),
    }
}

/// The platform's own words, and the way back.
fn refused(visit: &Visit, refusal: &Refusal, sys_id: &str) -> Response<Body> {
    let content = html!(
        "<div class=\"narrow\"><div class=\"card\"><h1>The instance refused</h1><p>{}</p><p class=\"muted\">{}</p>\
         <p class=\"actions\"><a class=\"button\" href=\"/kb_view.do?sys_kb_id={}\">Back to the article</a></p></div></div>",
        refusal.message,
        refusal.detail.as_deref().unwrap_or_default(),
        query_value(sys_id),
    );
    Page::new("The instance refused", content).respond(visit, refusal.status)
}

/// The edit form.
pub(super) async fn edit(
    State(app): State<Arc<App>>,
    mut visit: Visit,
    Query(asked): Query<Asked>,
) -> Response<Body> {
    let Some(account) = visit.account.clone() else { return sign_in::ask(&visit) };
    visit.begin(&app);
    let content = {
        let reader = app.store.read();
        let profile = app.profile();
        let sight = Sight::new(&reader, Some(&account), &profile);
        reader.get("kb_knowledge", &asked.sys_kb_id).filter(|article| sight.works_on(article)).map(
            |article| {
                let values = COLUMNS.map(|column| reader.text("kb_knowledge", article, column).into_owned());
                form(&visit, article, &values, &Html::default())
            },
        )
    };
    if let Some(content) = content {
        return Page::new("Edit", content).respond(&visit, StatusCode::OK);
    }
    let text = "No article has this id, or you may not work on it.";
    notice(&visit, StatusCode::NOT_FOUND, "Knowledge record not found", text)
}

fn form(visit: &Visit, article: &Record, values: &[String; 4], message: &Html) -> Html {
    let [title, text, keywords, valid_to] = values;
    html!(
        "<h1 class=\"title\">Edit {}</h1>{}<form class=\"card section\" method=\"post\" action=\"/kb_edit.do\">\
         <input type=\"hidden\" name=\"token\" value=\"{}\"><input type=\"hidden\" name=\"sys_kb_id\" value=\"{}\">\
         <div class=\"field\"><label for=\"ui-short\">Title</label><input id=\"ui-short\" name=\"short_description\" value=\"{}\" required></div>\
         <div class=\"field\"><label for=\"ui-text\">Body</label>\
         <textarea id=\"ui-text\" name=\"text\" rows=\"20\" spellcheck=\"false\" aria-describedby=\"ui-text-hint\">\n{}</textarea>\
         <small id=\"ui-text-hint\">HTML. It is sanitized on save, as an instance does.</small></div>\
         <div class=\"field\"><label for=\"ui-meta\">Keywords</label><input id=\"ui-meta\" name=\"meta\" value=\"{}\"></div>\
         <div class=\"field\"><label for=\"ui-valid\">Valid to</label><input id=\"ui-valid\" name=\"valid_to\" type=\"date\" value=\"{}\"></div>\
         <p class=\"actions\"><button>Save</button><a class=\"button plain\" href=\"{}\">Cancel</a></p></form>",
        article.get("number"),
        message,
        visit.form_token(),
        article.sys_id(),
        title,
        text,
        keywords,
        valid_to,
        row_url(article),
    )
}

/// Takes the edit form. Only what the person changed is written.
pub(super) async fn save(
    State(app): State<Arc<App>>,
    Posted { visit, form: sent }: Posted,
) -> Response<Body> {
    let Some(account) = visit.account.clone() else { return sign_in::ask(&visit) };
    let sys_id = sent.get("sys_kb_id");
    let values = changes(&app, sys_id, |column| sent.get(column).to_owned());
    match write(&app, &account, sys_id, &values) {
        Ok(()) => {
            redirect(&visit, StatusCode::SEE_OTHER, &format!("/kb_view.do?sys_kb_id={}", query_value(sys_id)))
        }
        Err(refusal) => {
            again(&app, &visit, sys_id, &COLUMNS.map(|column| sent.get(column).to_owned()), &refusal)
        }
    }
}

fn changes(app: &App, sys_id: &str, sent: impl Fn(&str) -> String) -> Values {
    let reader = app.store.read();
    let Some(article) = reader.get("kb_knowledge", sys_id) else { return Values::new() };
    COLUMNS
        .into_iter()
        .map(|column| (column, sent(column).replace("\r\n", "\n")))
        .filter(|(column, value)| {
            reader.text("kb_knowledge", article, column).replace("\r\n", "\n") != *value
        })
        .map(|(column, value)| (column.to_owned(), value))
        .collect()
}

/// Writes, and tells when the instance took the write without a word and kept its own (contract §1.5).
fn write(app: &App, account: &Account, sys_id: &str, values: &Values) -> Result<(), Refusal> {
    if values.is_empty() {
        return Ok(());
    }
    let before = app.store.read().get("kb_knowledge", sys_id).map_or(0, |row| row.number("sys_mod_count"));
    let row = Change::new(app, account).edit_article(sys_id, values)?;
    if row.record.number("sys_mod_count") == before {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "Nothing was changed",
            "The instance took the edit and kept the article as it was: this version is not open to you.",
        ));
    }
    Ok(())
}

/// The form once more, with what was typed in it.
fn again(app: &App, visit: &Visit, sys_id: &str, values: &[String; 4], refusal: &Refusal) -> Response<Body> {
    let reader = app.store.read();
    let Some(article) = reader.get("kb_knowledge", sys_id) else {
        return notice(visit, StatusCode::NOT_FOUND, "Knowledge record not found", "No article has this id.");
    };
    let message = html!(
        "<div class=\"message bad\" role=\"alert\"><p><strong>{}.</strong> {}</p></div>",
        refusal.message,
        refusal.detail.as_deref().unwrap_or_default(),
    );
    let content = form(visit, article, values, &message);
    Page::new("Edit", content).respond(visit, refusal.status)
}
