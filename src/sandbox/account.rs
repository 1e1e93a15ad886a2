//! Users and their roles (contract §10; the fixed users: design §10), and who was seen lately.
//!
//! Must not know: how somebody signs in.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use super::record::Record;
use super::store::{Store, View};
use crate::ids::Digest;

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

/// The account of a `sys_user` row.
pub(crate) fn account_of(view: &impl View, user: &Record) -> Account {
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
pub(crate) struct KnownAccounts(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    generation: u64,
    accounts: HashMap<String, Arc<Account>>,
}

/// Most credentials remembered at once.
const REMEMBERED: usize = 100;

impl KnownAccounts {
    /// What these credentials were found to be.
    pub(crate) fn get(&self, store: &Store, header: &str) -> Option<Arc<Account>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (known.generation == store.user_generation())
            .then(|| known.accounts.get(header).map(Arc::clone))
            .flatten()
    }

    /// Keeps what they were found to be.
    pub(crate) fn remember(&self, store: &Store, header: &str, account: &Arc<Account>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let generation = store.user_generation();
        if known.generation != generation || known.accounts.len() >= REMEMBERED {
            known.accounts.clear();
            known.generation = generation;
        }
        known.accounts.insert(header.to_owned(), Arc::clone(account));
    }
}
