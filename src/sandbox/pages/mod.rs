//! The pages that a person opens (design §10, contract §4.4, §5). They work without scripts, and none of theirs runs one.

mod article;
mod body;
mod excerpt;
mod files;
pub(super) mod layout;
pub(super) mod markup;
mod portal;
mod records;
mod sight;
pub(super) mod sign_in;
mod tools;
pub(super) mod visit;

#[cfg(test)]
pub(super) mod tests;

use std::sync::Arc;

use axum::Router;
use axum::response::Redirect;
use axum::routing::{get, post};

use super::app::App;

/// `/kb`, `/kb_view.do`, `/sys_attachment.do`, sign-in. `/sp` and `/esc` are the same portal under the names
/// that others know it by (contract §5).
pub(crate) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(async || Redirect::temporary("/kb")))
        .route("/kb", get(portal::portal))
        .route("/sp", get(portal::portal))
        .route("/esc", get(portal::portal))
        .route("/kb_view.do", get(article::view))
        .route("/sys_attachment.do", get(files::file))
        .route("/kb_stored.do", get(files::stored))
        .route("/kb_edit.do", get(tools::edit).post(tools::save))
        .route("/kb_act.do", post(tools::act))
        .route("/login.do", get(sign_in::form).post(sign_in::sign_in))
        .route("/logout.do", post(sign_in::sign_out))
        .route(layout::STYLE_PATH, get(layout::style))
}
