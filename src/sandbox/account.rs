//! Who is calling: users, passwords, roles (contract §7.1, §10; the fixed users: design §10).
//!
//! Tokens and keys are [`super::oauth`]'s, browser sessions [`super::sessions`]'s.

use std::collections::BTreeSet;
use std::sync::Arc;

use base64::Engine as _;
use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::app::App;
use super::profile::AuthMode;
use super::record::Record;
use super::store::View;
use crate::ids::Digest;

/// The role that Basic takes where it is restricted (contract §7.1).
const BASIC_ROLE: &str = "snc_basic_auth_api_access";

/// A signed-in user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    /// Of the `sys_user` row.
    pub(crate) sys_id: String,
    /// What `sys_created_by` and `sys_updated_by` hold.
    pub(crate) user_name: String,
    /// Display name.
    pub(crate) name: String,
    /// Names of all active roles.
    pub(crate) roles: BTreeSet<String>,
}

impl Account {
    /// Whether the user has a role; `admin` has all.
    pub(crate) fn has(&self, role: &str) -> bool {
        self.roles.contains(role) || self.is_admin()
    }

    /// Whether the user is an administrator.
    pub(crate) fn is_admin(&self) -> bool {
        self.roles.contains("admin")
    }
}

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
        return super::oauth::account_of_key(app, headers).ok_or(AuthFailure::Refused);
    };
    let Some((scheme, credentials)) = header.split_once(' ') else { return Err(AuthFailure::Refused) };
    if scheme.eq_ignore_ascii_case("bearer") && mode != AuthMode::Apikey {
        return super::oauth::account_of_token(app, credentials.trim());
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

fn account_of(view: &impl View, user: &Record) -> Account {
    let roles = view
        .rows("sys_user_has_role")
        .filter(|row| row.get("user") == user.sys_id() && row.get("state") == "active")
        .filter_map(|row| view.get("sys_user_role", row.get("role")))
        .map(|role| role.get("name").to_owned())
        .collect();
    Account {
        sys_id: user.sys_id().to_owned(),
        user_name: user.get("user_name").to_owned(),
        name: user.get("name").to_owned(),
        roles,
    }
}

/// What `user_password` holds.
pub(crate) fn password_hash(user_sys_id: &str, password: &str) -> String {
    Digest::of(format!("{user_sys_id}\0{password}").as_bytes()).hex()
}

/// Credentials and users that were checked lately, so that each password is hashed and its roles are gathered once.
/// Forgotten whenever a user, role or grant changes.
#[derive(Debug, Default)]
pub(crate) struct KnownAccounts(std::sync::Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    generation: u64,
    accounts: std::collections::HashMap<String, Arc<Account>>,
}

/// Most credentials remembered at once.
const REMEMBERED: usize = 100;

impl KnownAccounts {
    fn get(&self, store: &super::store::Store, header: &str) -> Option<Arc<Account>> {
        let known = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        (known.generation == store.user_generation())
            .then(|| known.accounts.get(header).map(Arc::clone))
            .flatten()
    }

    fn remember(&self, store: &super::store::Store, header: &str, account: &Arc<Account>) {
        let mut known = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let generation = store.user_generation();
        if known.generation != generation || known.accounts.len() >= REMEMBERED {
            known.accounts.clear();
            known.generation = generation;
        }
        known.accounts.insert(header.to_owned(), Arc::clone(account));
    }
}
