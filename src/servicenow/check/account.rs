//! The sign-in, who it is, and its roles.

use std::collections::BTreeSet;

use super::super::auth::Credentials;
use super::super::paging::table;
use super::super::query::Query;
use super::{Checker, Step};
use crate::text;

/// Roles that matter here (contract §10).
const TELLING: [&str; 4] = ["admin", "knowledge_admin", "knowledge_manager", "knowledge"];

/// The account's active roles.
#[derive(Debug)]
pub(super) struct Roles(BTreeSet<String>);

impl Roles {
    pub(super) fn has(&self, role: &str) -> bool {
        self.0.contains(role)
    }
}

impl Checker {
    pub(super) async fn sign_in(&mut self) -> Step {
        let name = "sign-in";
        let how = match self.subject.credentials.as_deref() {
            Ok(Credentials::Basic { user, .. }) => format!("with the password of `{user}`"),
            Ok(Credentials::ApiKey(_)) => "with an API key".to_owned(),
            Ok(Credentials::Bearer(_)) => "with an access token from elsewhere".to_owned(),
            Ok(Credentials::OAuth(_)) => "with OAuth".to_owned(),
            Err(error) => return Step::fail(name, 3, error.message.clone(), error.help.clone()),
        };
        let reader = match self.open() {
            Ok(reader) => reader,
            Err(error) => return Step::failed(name, &error),
        };
        let call = table("kb_knowledge_base", Query::new().order_by("sys_id"), "sys_id", 1, 0);
        match reader.http().send(&call, |answer| Ok(answer.number("x-ratelimit-limit"))).await {
            Ok(limit) => {
                self.limit = limit;
                self.reader = Some(reader);
                Step::ok(name, format!("signed in {how}"))
            }
            Err(error) => Step::failed(name, &error),
        }
    }

    pub(super) async fn account(&mut self) -> Step {
        let name = "account";
        let Some(reader) = &self.reader else { return Step::unknown(name, "not signed in") };
        match reader.current_user().await {
            Ok(user) => {
                let step = match (&user.sys_id, user.user_name.as_str()) {
                    (Some(_), user) => Step::ok(name, format!("`{user}`")),
                    (None, "") => Step::unknown(name, "the account may not read its own record in sys_user").help(
                        "set `username` in `[auth]`: without it, a change by this account looks like a person's",
                    ),
                    (None, user) => Step::unknown(
                        name,
                        format!("presumably `{user}`: the account may not read its own record in sys_user"),
                    ),
                };
                self.user = Some(user);
                step
            }
            Err(error) => Step::failed(name, &error),
        }
    }

    pub(super) async fn roles(&mut self) -> Step {
        let name = "roles";
        let user = self.user.as_ref().and_then(|user| user.sys_id);
        let (Some(reader), Some(user)) = (&self.reader, user) else {
            return Step::unknown(name, "unknown, because the account is");
        };
        let roles = match reader.roles(user).await {
            Ok(roles) => roles,
            Err(error) if error.is_refusal() => {
                return Step::unknown(name, "the account may not read its roles; that is common");
            }
            Err(error) => return Step::failed(name, &error),
        };
        if roles.is_empty() {
            return Step::unknown(name, "no role is visible; that is common for accounts without admin");
        }
        let telling: Vec<&str> = TELLING.into_iter().filter(|role| roles.contains(*role)).collect();
        let step = if telling.is_empty() {
            Step::warn(
                name,
                format!("none of the roles for knowledge among {}", text::count(roles.len(), "role")),
                "ask for the role `knowledge`, and for a Can-Contribute user criterion on the knowledge base",
            )
        } else {
            Step::ok(name, text::list_quoted(&telling, "and"))
        };
        self.roles = Some(Roles(roles));
        step
    }
}
