//! What a fresh instance holds: users, roles, bases (design §10).

use super::account::password_hash;
use super::record::Record;
use super::schema::{Plugin, Schema};
use super::seed_pysnc;
use super::store::{Store, StoreError, View as _};

/// What a fresh instance holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Seed {
    /// The fixed users and the bases "IT" and "Knowledge".
    #[default]
    Demo,
    /// The same, and the users, groups, problems and the like that PySNC's tests ask for.
    Pysnc,
    /// The fixed users only, no base.
    None,
}

/// The base "IT", as in ServiceNow's demo data (contract §3).
pub(crate) const BASE_IT: &str = "a7e8a78bff0221009b20ffffffffff17";
/// The base "Knowledge".
pub(crate) const BASE_KNOWLEDGE: &str = "dfc19531bf2021003f07e2c1ac0739ab";
/// The role `admin`, as in ServiceNow's demo data.
pub(crate) const ROLE_ADMIN: &str = "2831a114c611228501d4ea6c309d626d";
/// The user `admin`, as in ServiceNow's demo data.
pub(crate) const USER_ADMIN: &str = "6816f79cc0a8016401c5a33be04be441";

const ROLES: &[&str] = &[
    "admin",
    "knowledge",
    "knowledge_admin",
    "knowledge_manager",
    "itil",
    "snc_basic_auth_api_access",
    "snc_platform_rest_api_access",
    "problem_admin",
    "oauth_admin",
    "user_admin",
];

/// User name, first name, last name, roles; the password is the user name (design §10).
const USERS: &[(&str, &str, &str, &[&str])] = &[
    ("admin", "System", "Administrator", &["admin"]),
    ("kb.admin", "Knowledge", "Admin", &["knowledge_admin", "knowledge", "knowledge_manager"]),
    ("kb.publisher", "Knowledge", "Publisher", &["knowledge"]),
    ("reader", "Rita", "Reader", &[]),
];

/// Name and description of the publishing workflows that a base can have (contract §2.4).
const WORKFLOWS: &[&str] =
    &["Knowledge - Instant Publish", "Knowledge - Approval Publish", "Knowledge - Instant Retire"];

/// The sys_id of a seeded row: the same on every machine.
pub(crate) fn seeded_id(table: &str, name: &str) -> String {
    match (table, name) {
        ("sys_user", "admin") => USER_ADMIN.to_owned(),
        ("sys_user_role", "admin") => ROLE_ADMIN.to_owned(),
        _ => crate::ids::Digest::of(format!("kb-publish sandbox\0{table}\0{name}").as_bytes()).prefix(32),
    }
}

/// Rows to be written, with the defaults of their tables.
pub(crate) struct Rows<'a> {
    schema: Schema,
    now: &'a str,
    made: Vec<(&'static str, Record)>,
}

impl Rows<'_> {
    /// Adds a row; the columns that are not named get their defaults.
    pub(crate) fn add(&mut self, table: &'static str, sys_id: &str, columns: &[(&str, &str)]) {
        let mut row = Record::default();
        if let Some(table) = self.schema.table(table) {
            for (name, column) in &table.columns {
                row.set(name, column.default);
            }
            if table.column("sys_class_name").is_some() {
                row.set("sys_class_name", table.name());
            }
        }
        for (column, value) in [
            ("sys_id", sys_id),
            ("sys_created_on", self.now),
            ("sys_updated_on", self.now),
            ("sys_created_by", "admin"),
            ("sys_updated_by", "admin"),
        ] {
            row.set(column, value);
        }
        for (column, value) in columns {
            row.set(column, value);
        }
        self.made.push((table, row));
    }

    /// Adds a user who signs in with the user name as password.
    pub(crate) fn add_user(
        &mut self,
        sys_id: &str,
        user_name: &str,
        first: &str,
        last: &str,
        more: &[(&str, &str)],
    ) {
        let name = format!("{first} {last}");
        let email = format!("{user_name}@example.com");
        let hash = password_hash(sys_id, user_name);
        let mut columns = vec![
            ("user_name", user_name),
            ("first_name", first),
            ("last_name", last),
            ("name", name.as_str()),
            ("email", email.as_str()),
            ("user_password", hash.as_str()),
        ];
        columns.extend_from_slice(more);
        self.add("sys_user", sys_id, &columns);
    }

    /// Gives a user a role.
    pub(crate) fn grant(&mut self, user: &str, role: &str) {
        let id = seeded_id("sys_user_has_role", &format!("{user} {role}"));
        self.add("sys_user_has_role", &id, &[("user", user), ("role", &seeded_id("sys_user_role", role))]);
    }
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
    let mut rows = Rows { schema: Schema::new(&[] as &[Plugin], &[]), now, made: Vec::new() };
    for role in ROLES {
        rows.add("sys_user_role", &seeded_id("sys_user_role", role), &[("name", role)]);
    }
    for (user_name, first, last, roles) in USERS {
        let id = seeded_id("sys_user", user_name);
        let department = if *user_name == "admin" && seed == Seed::Pysnc { seed_pysnc::FINANCE } else { "" };
        rows.add_user(&id, user_name, first, last, &[("department", department)]);
        for role in *roles {
            rows.grant(&id, role);
        }
    }
    for workflow in WORKFLOWS {
        let id = seeded_id("wf_workflow", workflow);
        rows.add("wf_workflow", &id, &[("name", workflow), ("table", "kb_knowledge")]);
    }
    if seed != Seed::None {
        bases(&mut rows);
    }
    if seed == Seed::Pysnc {
        seed_pysnc::fill(&mut rows);
    }
    for (table, row) in rows.made {
        writer.put(table, row)?;
    }
    writer.commit()
}

fn bases(rows: &mut Rows<'_>) {
    for (id, title) in [(BASE_IT, "IT"), (BASE_KNOWLEDGE, "Knowledge")] {
        rows.add(
            "kb_knowledge_base",
            id,
            &[
                ("title", title),
                ("owner", &seeded_id("sys_user", "kb.admin")),
                ("workflow", &seeded_id("wf_workflow", WORKFLOWS[0])),
                ("retire_workflow", &seeded_id("wf_workflow", WORKFLOWS[2])),
            ],
        );
    }
}
