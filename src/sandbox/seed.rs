//! What a fresh instance holds: users, roles, bases (design §10), and the records that PySNC's tests ask for.

use super::account::password_hash;
use super::record::Record;
use super::store::{Store, StoreError, View as _};

/// What a fresh instance holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Seed {
    /// The fixed users and the bases "IT" and "Knowledge".
    #[default]
    Demo,
    /// The same, and more users, incidents, problems and configuration items.
    Pysnc,
    /// The fixed users only, no base.
    None,
}

/// The base "IT", as in ServiceNow's demo data (contract §3).
pub(crate) const BASE_IT: &str = "a7e8a78bff0221009b20ffffffffff17";
/// The base "Knowledge".
pub(crate) const BASE_KNOWLEDGE: &str = "dfc19531bf2021003f07e2c1ac0739ab";

const ROLES: &[&str] = &[
    "admin",
    "knowledge",
    "knowledge_admin",
    "knowledge_manager",
    "itil",
    "snc_basic_auth_api_access",
    "snc_platform_rest_api_access",
];

/// User name, first name, last name, roles; the password is the user name (design §10).
const USERS: &[(&str, &str, &str, &[&str])] = &[
    ("admin", "System", "Administrator", &["admin"]),
    ("kb.admin", "Knowledge", "Admin", &["knowledge_admin", "knowledge", "knowledge_manager"]),
    ("kb.publisher", "Knowledge", "Publisher", &["knowledge"]),
    ("reader", "Rita", "Reader", &[]),
];

/// The sys_id of a seeded row: the same on every machine.
pub(crate) fn seeded_id(table: &str, name: &str) -> String {
    crate::ids::Digest::of(format!("kb-publish sandbox\0{table}\0{name}").as_bytes()).prefix(32)
}

/// Fills an instance that holds no user yet; one that does is left as it is.
///
/// # Errors
/// The file refused.
pub(crate) fn seed(store: &Store, seed: Seed, now: &str) -> Result<(), StoreError> {
    let mut writer = store.write()?;
    if writer.count("sys_user") > 0 {
        return Ok(());
    }
    let mut rows: Vec<(&str, Record)> = Vec::new();
    for role in ROLES {
        rows.push((
            "sys_user_role",
            Record::of([("sys_id", &seeded_id("sys_user_role", role)), ("name", role)]),
        ));
    }
    for (user_name, first, last, roles) in USERS {
        let id = seeded_id("sys_user", user_name);
        rows.push((
            "sys_user",
            Record::of([
                ("sys_id", &id),
                ("user_name", user_name),
                ("first_name", first),
                ("last_name", last),
                ("name", &format!("{first} {last}")),
                ("email", &format!("{user_name}@example.com")),
                ("active", "true"),
                ("user_password", &password_hash(&id, user_name)),
                ("sys_class_name", "sys_user"),
            ]),
        ));
        for role in *roles {
            rows.push((
                "sys_user_has_role",
                Record::of([
                    ("sys_id", &seeded_id("sys_user_has_role", &format!("{user_name} {role}"))),
                    ("user", &id),
                    ("role", &seeded_id("sys_user_role", role)),
                    ("state", "active"),
                    ("inherited", "false"),
                ]),
            ));
        }
    }
    if seed != Seed::None {
        for (id, title) in [(BASE_IT, "IT"), (BASE_KNOWLEDGE, "Knowledge")] {
            rows.push((
                "kb_knowledge_base",
                Record::of([
                    ("sys_id", id),
                    ("title", title),
                    ("active", "true"),
                    ("kb_version", "3"),
                    ("table", "kb_knowledge"),
                    ("owner", &seeded_id("sys_user", "kb.admin")),
                    ("application", "global"),
                ]),
            ));
        }
    }
    for (table, mut row) in rows {
        for (column, value) in [
            ("sys_created_on", now),
            ("sys_updated_on", now),
            ("sys_created_by", "admin"),
            ("sys_updated_by", "admin"),
            ("sys_mod_count", "0"),
        ] {
            row.set(column, value);
        }
        writer.put(table, row)?;
    }
    writer.commit()
}
