//! The knowledge base: there, writable as far as can be known, its articles, categories and files readable.

use reqwest::Method;

use super::super::base::Unusable;
use super::super::classify::Expect;
use super::super::error::ApiError;
use super::super::http::{Body, Call};
use super::super::paging::table;
use super::super::query::Query;
use super::super::records::Base;
use super::super::wire;
use super::{Checker, Step};
use crate::text;

/// Titles listed in a message.
const LISTED: usize = 12;

impl Checker {
    pub(super) async fn knowledge_base(&mut self) -> Step {
        let name = "knowledge-base";
        let Some(reader) = &self.reader else { return Step::unknown(name, "not signed in") };
        let bases = match reader.bases().await {
            Ok(bases) => bases,
            Err(error) => return Step::failed(name, &error),
        };
        let usable: Vec<&Base> = bases.iter().filter(|base| base.is_usable()).collect();
        let seen = listed(&usable);
        let Some(wanted) = self.subject.knowledge_base.clone() else {
            let help = format!("set `knowledge_base` in `[publish]` to one of these: {seen}");
            return Step::warn(name, "no default knowledge base is configured", help);
        };
        let visible = format!("this account sees: {seen}");
        let refuse = |message: String, help: String| Step::fail(name, 2, message, help);
        let base = match Base::named(&wanted, &bases) {
            Ok(base) => base.clone(),
            Err(Unusable::NotSeen) => {
                let help = format!(
                    "{visible}. Is the title exact? Else ask for a Can-Read and a Can-Contribute user criterion on it"
                );
                return refuse(format!("`{wanted}` is not there, or not visible"), help);
            }
            Err(Unusable::Ambiguous(several)) => {
                let message = format!("{} have the title `{wanted}`", text::count(several, "knowledge base"));
                let help = "set `knowledge_base` to a sys_id (`kb-publish bases`)".to_owned();
                return refuse(message, help);
            }
            Err(Unusable::Inactive) => return refuse(format!("`{wanted}` is inactive"), visible),
            Err(Unusable::Legacy) => {
                return refuse(format!("`{wanted}` is of the legacy kind (version 2)"), visible);
            }
        };
        let query = Query::new().and("sys_id", "=", &base.sys_id.to_string()).order_by("sys_id");
        let fields = "sys_id,owner,kb_managers,workflow.name,disable_category_editing,article_validity";
        let row = reader.http().send(&table("kb_knowledge_base", query, fields, 2, 0), wire::rows).await;
        let row = row.ok().and_then(|rows| rows.into_iter().find(|row| row.sys_id() == Some(base.sys_id)));
        let step = Step::ok(name, format!("`{}` is there and active", base.title));
        self.base = Some((base, row.unwrap_or_default()));
        step
    }

    /// Whether the account owns or manages the base; `None` where that cannot be known.
    pub(super) fn manages(&self) -> Option<bool> {
        let (_, row) = self.base.as_ref()?;
        let user = self.user.as_ref()?.sys_id?.to_string();
        if !row.has("owner") && !row.has("kb_managers") {
            return None;
        }
        Some(
            row.get("owner") == user
                || row.get("kb_managers").split(',').any(|manager| manager.trim() == user),
        )
    }

    pub(super) fn contribute(&self) -> Step {
        let name = "contribute";
        let Some((base, _)) = &self.base else {
            return Step::unknown(name, "no knowledge base to ask about");
        };
        let role = |role| self.roles.as_ref().is_some_and(|roles| roles.has(role));
        if role("admin") || role("knowledge_admin") {
            return Step::ok(name, format!("may write to `{}`, by role", base.title));
        }
        if self.manages() == Some(true) {
            return Step::ok(name, format!("may write to `{}`, as its owner or manager", base.title));
        }
        Step::unknown(name, format!("whether this account may write to `{}` is known by trying", base.title)).help(
            "`kb-publish check --write-probe` tries it with a draft; if it is refused, ask for a Can-Contribute user \
             criterion on the base",
        )
    }

    pub(super) async fn articles(&mut self) -> Step {
        let name = "articles";
        let Some(reader) = &self.reader else { return Step::unknown(name, "not signed in") };
        let query = self.base.as_ref().map_or_else(Query::new, |(base, _)| {
            Query::new().and("kb_knowledge_base", "=", &base.sys_id.to_string())
        });
        let fields = format!(
            "sys_id,number,workflow_state,article_id,latest,version,language,parent,ownership_group,{}",
            self.subject.stamp_field
        );
        let call = table("kb_knowledge", query.order_by("sys_id"), &fields, 1, 0);
        let read =
            |answer: &super::super::http::Answer| Ok((wire::rows(answer)?, answer.number("x-total-count")));
        match reader.http().send(&call, read).await {
            Ok((rows, total)) => {
                self.sample = rows.into_iter().next();
                let total = total.unwrap_or_default();
                match (&self.sample, total) {
                    (Some(_), _) => Step::ok(name, format!("{} readable", text::count(total, "article"))),
                    (None, 0) => Step::ok(name, "none yet; the table can be read"),
                    (None, hidden) => Step::warn(
                        name,
                        format!(
                            "{} there, but access rules hide the first from this account",
                            text::count(hidden, "article")
                        ),
                        "articles that this account cannot see cannot be kept equal: ask for a Can-Read user criterion",
                    ),
                }
            }
            Err(error) => Step::failed(name, &error),
        }
    }

    pub(super) async fn categories(&self) -> Step {
        let name = "categories";
        let (Some(reader), Some((base, row))) = (&self.reader, &self.base) else {
            return Step::unknown(name, "no knowledge base to ask about");
        };
        let query = Query::new().and("parent_id", "=", &base.sys_id.to_string());
        let call = table("kb_category", query.order_by("sys_id"), "sys_id,label,parent_id", 1, 0);
        let counted =
            reader.http().send(&call, |answer| Ok(answer.number("x-total-count").unwrap_or_default())).await;
        let count = match counted {
            Ok(count) => count,
            Err(ApiError::Forbidden(refusal)) => {
                return Step::warn(
                    name,
                    format!("categories cannot be read: {refusal}"),
                    "ask for read access to kb_category, or set `categories = \"none\"`",
                );
            }
            Err(error) => return Step::failed(name, &error),
        };
        let seen =
            format!("{} at the top", text::count(count, "category").replace("categorys", "categories"));
        let role = |role| self.roles.as_ref().is_some_and(|roles| roles.has(role));
        let closed = row.get("disable_category_editing") == "true";
        let manages = role("admin") || role("knowledge_admin") || self.manages() == Some(true);
        if self.subject.creates_categories && closed && !manages {
            return Step::warn(
                name,
                format!("{seen}; category editing is off in `{}`", base.title),
                "new folders go to the nearest existing category: ask to be made manager of the base (role \
                 `knowledge_manager`), or to have category editing switched on",
            );
        }
        Step::ok(name, seen)
    }

    pub(super) async fn attachments(&self) -> Step {
        let name = "attachments";
        let Some(reader) = &self.reader else { return Step::unknown(name, "not signed in") };
        let call = Call {
            method: Method::GET,
            path: "/api/now/attachment".to_owned(),
            query: vec![("sysparm_limit", "1".to_owned())],
            body: Body::None,
            expect: Expect::Json,
            what: "GET attachment".to_owned(),
        };
        match reader.http().send(&call, wire::rows).await {
            Ok(_) => Step::ok(name, "the Attachment API answers"),
            Err(ApiError::Forbidden(refusal)) => Step::warn(
                name,
                format!("the Attachment API is closed: {refusal}"),
                "images cannot be published: ask for access to the Attachment API (create on sys_attachment, and a \
                 role of `glide.attachment.role` where that is set)",
            ),
            Err(error) => Step::failed(name, &error),
        }
    }
}

fn listed(bases: &[&Base]) -> String {
    if bases.is_empty() {
        return "none".to_owned();
    }
    let titles: Vec<&str> = bases.iter().take(LISTED).map(|base| base.title.as_str()).collect();
    let more = bases.len().saturating_sub(LISTED);
    let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{tail}", text::list_quoted(&titles, if more > 0 { "," } else { "and" }))
}
