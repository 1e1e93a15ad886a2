//! OAuth 2.0 and API keys (contract §7.2, §7.3).

use std::sync::Arc;

use axum::Router;
use http::HeaderMap;

use super::account::Account;
use super::app::App;

/// Tokens and codes given out.
#[derive(Debug, Default)]
pub(crate) struct Tokens {}

/// `/oauth_token.do` and its kin.
pub(crate) fn router() -> Router<Arc<App>> {
    Router::new()
}

/// Whose access token this is, if it is one and valid.
pub(crate) fn account_of_token(_app: &App, _token: &str) -> Option<Account> {
    None
}

/// Whose API key these headers carry, if any.
pub(crate) fn account_of_key(_app: &App, _headers: &HeaderMap) -> Option<Account> {
    None
}
