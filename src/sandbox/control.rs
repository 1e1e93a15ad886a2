//! `/sandbox/…`: what no instance has: the log, counters, switches, faults and acts of a person.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;

use super::app::App;

/// The control endpoint.
pub(crate) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/sandbox/status", get(status))
        .route("/sandbox/log", get(log))
        .route("/sandbox/counters", get(counters))
        .route("/sandbox/reset-log", post(reset_log))
}

async fn status(State(app): State<Arc<App>>) -> Json<serde_json::Value> {
    Json(json!({ "product": "kb-publish sandbox", "version": env!("CARGO_PKG_VERSION"), "url": app.url() }))
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
