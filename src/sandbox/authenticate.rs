//! Who is calling: user names with passwords, tokens, keys (contract §7.1).
//!
//! Tokens and keys are [`super::oauth`]'s, browser sessions [`super::sessions`]'s.

use std::sync::Arc;

use base64::Engine as _;
use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::account::{Account, account_of, password_hash};
use super::app::App;
use super::oauth;
use super::profile::AuthMode;
use super::store::View;

/// The role that Basic takes where it is restricted (contract §7.1).
const BASIC_ROLE: &str = "snc_basic_auth_api_access";

/// Why nobody is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AuthFailure {
    /// No, wrong or expired credentials, or a locked user: 401 (contract §1.6).
    Refused,
    /// Right password, second factor missing: 401 with `X-MFA_TOKEN` (contract §7.1).
    SecondFactor,
    /// A good token without the scope that the APIs demand: 403 (contract §7.2).
    MissingScope,
}

/// Who sent these headers: Basic, Bearer or API key, as far as the profile takes them. Cookies never count here
/// (contract §8.5).
///
/// # Errors
/// See [`AuthFailure`].
pub(crate) fn authenticate(app: &App, headers: &HeaderMap) -> Result<Arc<Account>, AuthFailure> {
    let mode = app.profile().auth;
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(header) = header else {
        return oauth::account_of_key(app, headers).ok_or(AuthFailure::Refused);
    };
    let Some((scheme, credentials)) = header.split_once(' ') else { return Err(AuthFailure::Refused) };
    if scheme.eq_ignore_ascii_case("bearer") && mode != AuthMode::Apikey {
        return oauth::account_of_token(app, credentials.trim());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(AuthFailure::Refused);
    }
    let account = if let Some(known) = app.known_accounts.get(&app.store, header) {
        known
    } else {
        let account = Arc::new(basic(app, credentials.trim())?);
        app.known_accounts.remember(&app.store, header, &account);
        account
    };
    match mode {
        AuthMode::BasicOauth => Ok(account),
        // The role must be the user's own: being admin does not bring it (contract §7.1).
        AuthMode::BasicRestricted if account.roles.contains(BASIC_ROLE) => Ok(account),
        AuthMode::BasicRestricted | AuthMode::OauthOnly | AuthMode::Apikey => Err(AuthFailure::Refused),
        AuthMode::Mfa => Err(AuthFailure::SecondFactor),
    }
}

fn basic(app: &App, credentials: &str) -> Result<Account, AuthFailure> {
    let decoded =
        base64::engine::general_purpose::STANDARD.decode(credentials).map_err(|_| AuthFailure::Refused)?;
    let text = String::from_utf8(decoded).map_err(|_| AuthFailure::Refused)?;
    let (user, password) = text.split_once(':').ok_or(AuthFailure::Refused)?;
    sign_in(app, user, password).ok_or(AuthFailure::Refused)
}

/// The account of a user name and password, if they fit and the user is active and not locked.
pub(crate) fn sign_in(app: &App, user_name: &str, password: &str) -> Option<Account> {
    let reader = app.store.read();
    let user = reader.rows("sys_user").find(|row| row.get("user_name").eq_ignore_ascii_case(user_name))?;
    let fits = user.get("user_password") == password_hash(user.sys_id(), password);
    let open = user.flag("active") && !user.flag("locked_out") && !user.flag("password_needs_reset");
    (fits && open).then(|| account_of(&reader, user))
}

/// The account of a `sys_user` row's sys_id, if it is active and not locked.
pub(crate) fn account_by_id(app: &App, sys_id: &str) -> Option<Account> {
    let reader = app.store.read();
    let user = reader.get("sys_user", sys_id)?;
    (user.flag("active") && !user.flag("locked_out")).then(|| account_of(&reader, user))
}

/// The account of a user name, without a password: for [`super::control`]'s acts of a person.
pub(crate) fn account_by_name(app: &App, user_name: &str) -> Option<Account> {
    let reader = app.store.read();
    let user = reader.rows("sys_user").find(|row| row.get("user_name") == user_name)?;
    Some(account_of(&reader, user))
}

/// The same, remembered until a user, role or grant changes.
pub(crate) fn known_by_id(app: &App, sys_id: &str) -> Option<Arc<Account>> {
    let key = format!("user {sys_id}");
    if let Some(known) = app.known_accounts.get(&app.store, &key) {
        return Some(known);
    }
    let account = Arc::new(account_by_id(app, sys_id)?);
    app.known_accounts.remember(&app.store, &key, &account);
    Some(account)
}
