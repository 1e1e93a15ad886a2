//! The REST surface: `/api/now/…`.

use std::sync::Arc;

use axum::Router;

use super::app::App;

/// The Table, Attachment and Batch APIs.
pub(crate) fn router() -> Router<Arc<App>> {
    Router::new()
}
