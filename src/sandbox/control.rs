//! `/sandbox/…`: what no instance has. Loopback only, no sign-in; JSON in and out.
//!
//! | call | does |
//! | --- | --- |
//! | `GET /sandbox/status` | says what answers here |
//! | `GET /sandbox/log` | the last 10,000 requests, oldest first |
//! | `GET /sandbox/counters` | requests by method, and by method and path |
//! | `POST /sandbox/reset-log` | forgets both |
//! | `GET /sandbox/switches`, `POST /sandbox/switches` | the profile switches; a POST changes those it names |
//! | `GET`, `POST`, `DELETE /sandbox/faults` | lists with counts, adds (one rule or a list of them), takes all back |
//! | `POST /sandbox/clock` | puts the instance's clock forward: `{"advance_seconds": N}` |
//! | `POST /sandbox/seed` | adds articles to the base "IT": `{"articles": N}` |
//! | `POST /sandbox/act` | an act of a person: `{"user","act","sys_id","columns"}` |

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::header::{HOST, ORIGIN};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::json;

use super::act::{Act, ActName};
use super::app::App;
use super::authenticate::account_by_name;
use super::faults::Rule;
use super::records::{Change, Row};
use super::refusal::Refusal;
use super::sessions::own_origin;

/// The control endpoint.
pub(crate) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/sandbox/status", get(status))
        .route("/sandbox/log", get(log))
        .route("/sandbox/counters", get(counters))
        .route("/sandbox/reset-log", post(reset_log))
        .route("/sandbox/switches", get(switches).post(switch))
        .route("/sandbox/act", post(act))
        .route("/sandbox/faults", get(list_faults).post(add_faults).delete(clear_faults))
        .route("/sandbox/seed", post(add_articles))
        .route("/sandbox/clock", post(advance_clock))
}

async fn status(State(app): State<Arc<App>>) -> Json<serde_json::Value> {
    Json(
        json!({ "product": "kb-publish sandbox", "version": env!("CARGO_PKG_VERSION"), "url": app.url(), "token": app.token() }),
    )
}

async fn log(State(app): State<Arc<App>>) -> Json<serde_json::Value> {
    Json(json!({ "result": app.log.entries() }))
}

async fn counters(State(app): State<Arc<App>>) -> Json<serde_json::Value> {
    Json(json!({ "result": app.log.counters() }))
}

async fn reset_log(State(app): State<Arc<App>>) -> http::StatusCode {
    app.log.reset();
    http::StatusCode::NO_CONTENT
}

async fn switches(State(app): State<Arc<App>>) -> Response {
    match app.profile().as_map() {
        Ok(map) => Json(json!({ "result": map })).into_response(),
        Err(error) => refuse(&error.to_string()),
    }
}

async fn switch(State(app): State<Arc<App>>, body: String) -> Response {
    let changed = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&body)
        .map_err(|error| error.to_string())
        .and_then(|changes| app.profile().with(&changes).map_err(|error| error.to_string()));
    match changed {
        Ok(profile) => {
            app.switch(profile);
            switches(State(app)).await
        }
        Err(message) => refuse(&message),
    }
}

fn refuse(message: &str) -> Response {
    let body = json!({ "error": { "message": message, "detail": null }, "status": "failure" });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

async fn act(State(app): State<Arc<App>>, body: String) -> Response {
    let act: Act = match serde_json::from_str(&body) {
        Ok(act) => act,
        Err(error) => return refuse(&error.to_string()),
    };
    match perform(&app, &act) {
        Ok(row) => {
            Json(json!({ "result": { "table": row.table, "sys_id": row.record.sys_id() } })).into_response()
        }
        Err(refusal) => {
            (refusal.status, [("content-type", "application/json")], refusal.body()).into_response()
        }
    }
}

/// Does what a person does.
///
/// # Errors
/// As the platform refuses that person.
pub(crate) fn perform(app: &App, act: &Act) -> Result<Row, Refusal> {
    let account =
        account_by_name(app, &act.user).ok_or_else(|| Refusal::bad(format!("no user `{}`", act.user)))?;
    let mut change = Change::new(app, &account);
    let id = act.sys_id.as_str();
    match act.name {
        ActName::Edit => change.edit_article(id, &act.columns),
        ActName::Checkout => change.checkout(id),
        ActName::Publish | ActName::Approve => change.publish_article(id),
        ActName::Reject => change.reject_article(id),
        ActName::Retire => change.retire_article(id),
        ActName::View => change.view_article(id),
        ActName::Copy => change.copy_article(id),
        ActName::Insert => change.insert(&act.table, &act.columns),
        ActName::Set => {
            change.internal = true;
            change.update(&act.table, id, &act.columns)
        }
        ActName::Delete => {
            let row = {
                let reader = app.store.read();
                let row = Change::find(&reader, change.table(&act.table)?, id);
                row.map(|(table, record)| Row { table, record }).ok_or_else(Refusal::no_record)?
            };
            change.delete(&act.table, id)?;
            Ok(row)
        }
    }
}

/// Whether a page from another place sent this: the control endpoint is for programs and the sandbox's own pages.
pub(crate) fn from_elsewhere(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    !own_origin(text(HOST).unwrap_or_default(), text(ORIGIN))
}

async fn list_faults(State(app): State<Arc<App>>) -> Json<serde_json::Value> {
    Json(json!({ "result": app.faults.list() }))
}

async fn clear_faults(State(app): State<Arc<App>>) -> StatusCode {
    app.faults.clear();
    StatusCode::NO_CONTENT
}

async fn add_faults(State(app): State<Arc<App>>, body: String) -> Response {
    let parsed = if body.trim_start().starts_with('[') {
        serde_json::from_str::<Vec<Rule>>(&body)
    } else {
        serde_json::from_str::<Rule>(&body).map(|rule| vec![rule])
    };
    match parsed {
        Ok(rules) => {
            if app.faults.add(rules) {
                list_faults(State(app)).await.into_response()
            } else {
                refuse("too many faults at once")
            }
        }
        Err(error) => refuse(&error.to_string()),
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct More {
    articles: usize,
}

async fn add_articles(State(app): State<Arc<App>>, body: String) -> Response {
    match serde_json::from_str::<More>(&body) {
        Err(error) => refuse(&error.to_string()),
        Ok(more) if more.articles > 100_000 => refuse("at most 100,000 articles at once"),
        Ok(more) => match super::attach::add_articles(&app, more.articles) {
            Ok(()) => StatusCode::NO_CONTENT.into_response(),
            Err(error) => refuse(&error.to_string()),
        },
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Forward {
    advance_seconds: u32,
}

async fn advance_clock(State(app): State<Arc<App>>, body: String) -> Response {
    match serde_json::from_str::<Forward>(&body) {
        Err(error) => refuse(&error.to_string()),
        Ok(forward) => {
            app.advance(forward.advance_seconds);
            Json(json!({ "result": { "now": app.now_text() } })).into_response()
        }
    }
}
