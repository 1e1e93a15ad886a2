//! `/login.do` and `/logout.do`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Query, State};
use http::{Response, StatusCode};
use serde::Deserialize;

use crate::sandbox::account::Account;
use crate::sandbox::app::App;
use crate::sandbox::authenticate;
use crate::sandbox::store::View as _;

use super::layout::{Page, redirect};
use super::markup::{Html, html, query_value};
use super::visit::{Posted, Visit, safe_next};

/// The users that every sandbox has, with the password that each begins with: its own name (design §10).
const KNOWN: [&str; 4] = ["kb.publisher", "kb.admin", "admin", "reader"];

#[derive(Debug, Deserialize)]
pub(super) struct Next {
    #[serde(default)]
    next: String,
}

/// The sign-in form.
pub(super) async fn form(
    State(app): State<Arc<App>>,
    mut visit: Visit,
    Query(next): Query<Next>,
) -> Response<Body> {
    visit.begin(&app);
    page(&app, &visit, safe_next(&next.next), "", StatusCode::OK)
}

/// Takes the form.
pub(super) async fn sign_in(
    State(app): State<Arc<App>>,
    Posted { mut visit, form }: Posted,
) -> Response<Body> {
    let next = safe_next(form.get("next")).to_owned();
    match authenticate::sign_in(&app, form.get("user_name"), form.get("user_password")) {
        Some(account) if may_open_pages(&app, &account) => {
            visit.sign_in(&app, account);
            redirect(&visit, StatusCode::SEE_OTHER, &next)
        }
        _ => page(&app, &visit, &next, form.get("user_name"), StatusCode::UNAUTHORIZED),
    }
}

/// Users for web services only cannot sign in here (contract §7.1).
fn may_open_pages(app: &App, account: &Account) -> bool {
    app.store
        .read()
        .get("sys_user", &account.sys_id)
        .is_some_and(|user| !user.flag("web_service_access_only"))
}

/// Ends the session.
pub(super) async fn sign_out(
    State(app): State<Arc<App>>,
    Posted { mut visit, .. }: Posted,
) -> Response<Body> {
    visit.sign_out(&app);
    redirect(&visit, StatusCode::SEE_OTHER, "/kb")
}

/// Sends a visitor who must sign in to the form, and back here afterwards.
pub(crate) fn ask(visit: &Visit) -> Response<Body> {
    redirect(visit, StatusCode::SEE_OTHER, &format!("/login.do?next={}", query_value(&visit.target)))
}

fn page(app: &App, visit: &Visit, next: &str, tried: &str, status: StatusCode) -> Response<Body> {
    let refused = if status == StatusCode::OK {
        Html::default()
    } else {
        html!(
            "<div class=\"message bad\" role=\"alert\"><p>User name or password is wrong, or the user may not sign in here.</p></div>"
        )
    };
    let token = visit.form_token();
    let people = people(app, &token, next);
    let content = html!(
        "<div class=\"narrow\"><div class=\"card\"><h1>Sign in</h1>{}\
         <form method=\"post\" action=\"/login.do\"><input type=\"hidden\" name=\"token\" value=\"{}\">\
         <input type=\"hidden\" name=\"next\" value=\"{}\">\
         <div class=\"field\"><label for=\"ui-user\">User name</label>\
         <input id=\"ui-user\" name=\"user_name\" value=\"{}\" autocomplete=\"username\" autocapitalize=\"none\" required></div>\
         <div class=\"field\"><label for=\"ui-password\">Password</label>\
         <input id=\"ui-password\" name=\"user_password\" type=\"password\" autocomplete=\"current-password\" required></div>\
         <button>Sign in</button></form>{}</div></div>",
        refused,
        token,
        next,
        tried,
        people,
    );
    Page::new("Sign in", content).respond(visit, status)
}

/// One button for each known user whose password is still the one it began with.
fn people(app: &App, token: &str, next: &str) -> Html {
    let rows: Html = KNOWN
        .iter()
        .filter_map(|name| authenticate::sign_in(app, name, name))
        .map(|account| {
            let roles = match account.roles.iter().map(String::as_str).collect::<Vec<_>>().join(", ") {
                none if none.is_empty() => "no role".to_owned(),
                roles => roles,
            };
            html!(
                "<li><p><strong>{}</strong><br><span class=\"muted\">{}</span></p>\
                 <form method=\"post\" action=\"/login.do\"><input type=\"hidden\" name=\"token\" value=\"{}\">\
                 <input type=\"hidden\" name=\"next\" value=\"{}\"><input type=\"hidden\" name=\"user_name\" value=\"{}\">\
                 <input type=\"hidden\" name=\"user_password\" value=\"{}\">\
                 <button class=\"plain\">Use<span class=\"unseen\"> {}</span></button></form></li>",
                account.user_name,
                roles,
                token,
                next,
                account.user_name,
                account.user_name,
                account.user_name,
            )
        })
        .collect();
    if rows.is_empty() {
        return rows;
    }
    html!(
        "<hr class=\"soft\"><h2 class=\"label\">Or be one of the sandbox's own users</h2><ul class=\"people\">{}</ul>",
        rows
    )
}
