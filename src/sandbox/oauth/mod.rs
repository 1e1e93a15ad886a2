//! OAuth 2.0 with the instance as provider, and API keys (contract §7.2, §7.3).

mod authorize;
mod clients;
mod control;
mod grants;
mod http;
mod jwt;
mod tokens;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use ::http::HeaderMap;
use axum::Router;
use axum::routing::{get, post, put};

use super::account::Account;
use super::app::App;
use super::authenticate::{AuthFailure, account_by_name, known_by_id};
use super::store::{Store, StoreError, View as _};

pub(crate) use self::grants::Form;

/// The header of an API key (contract §7.3).
const KEY_HEADER: &str = "x-sn-apikey";

/// The API key that every sandbox has, and the user whom it stands for (design §10).
const SEEDED_KEY: (&str, &str) = (clients::SEEDED, "kb.publisher");

/// `/oauth_token.do` and its kin.
pub(crate) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/oauth_token.do", post(http::token))
        .route("/oauth_revoke_token.do", get(http::revoke).post(http::revoke))
        .route("/oauth_auth.do", get(authorize::ask).post(authorize::answer))
        .route("/api/now/oauth/jwks", get(http::jwks))
        .route("/sandbox/oauth", get(control::overview))
        .route("/sandbox/oauth/revoke", post(control::revoke))
        .route("/sandbox/oauth/clients/{client_id}", put(control::client))
        .route("/sandbox/oauth/clients/{client_id}/keys/{kid}", put(control::key))
}

/// Puts the sandbox's own client there, if it is missing. Users must be there before.
///
/// # Errors
/// The file refused.
pub(crate) fn seed(store: &Store) -> Result<(), StoreError> {
    let mut writer = store.write()?;
    let user = writer
        .rows("sys_user")
        .find(|row| row.get("user_name") == SEEDED_KEY.1)
        .map_or_else(String::new, |row| row.sys_id().to_owned());
    clients::seed(&mut writer, &user)?;
    writer.commit()
}

/// Whose access token this is.
///
/// # Errors
/// It is unknown, expired or revoked, its user may not sign in, or it lacks the scope that the APIs demand.
pub(crate) fn account_of_token(app: &App, token: &str) -> Result<Arc<Account>, AuthFailure> {
    let now = app.now().as_millisecond();
    let live =
        tokens::find(&app.store.read(), tokens::Kind::Access, token, now).ok_or(AuthFailure::Refused)?;
    let account = known_by_id(app, &live.holder.user).ok_or(AuthFailure::Refused)?;
    let profile = app.profile();
    let fits = |scope: &str| scope == clients::USER_ACCOUNT || scope == profile.api_scope;
    if profile.api_scope.is_empty() || live.holder.scope.split(' ').any(fits) {
        Ok(account)
    } else {
        Err(AuthFailure::MissingScope)
    }
}

/// Whose API key these headers carry, if any.
pub(crate) fn account_of_key(app: &App, headers: &HeaderMap) -> Option<Arc<Account>> {
    let key = headers.get(KEY_HEADER)?.to_str().ok()?;
    if !super::sessions::same(key.as_bytes(), SEEDED_KEY.0.as_bytes()) {
        return None;
    }
    let user = account_by_name(app, SEEDED_KEY.1)?;
    known_by_id(app, &user.sys_id)
}

/// Ends all tokens, as an administrator can while others use them.
pub(crate) fn revoke_everything(app: &App, refresh: bool) {
    let Ok(mut writer) = app.store.write() else { return };
    let now = app.now().as_millisecond();
    let mut done = tokens::revoke_all(&mut writer, tokens::Kind::Access, None, now).is_ok();
    if refresh {
        done &= tokens::revoke_all(&mut writer, tokens::Kind::Refresh, None, now).is_ok();
    }
    if done {
        let _ = writer.commit();
    }
}
