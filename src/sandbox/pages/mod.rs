//! The pages that a person opens (design §10).

use std::sync::Arc;

use axum::Router;

use super::app::App;

/// `/kb`, `/kb_view.do`, `/sys_attachment.do`, sign-in.
pub(crate) fn router() -> Router<Arc<App>> {
    Router::new()
}
