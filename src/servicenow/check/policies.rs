//! Policies that will bite: the stamp's column, chosen sys_ids, files, the sanitizer, rate limits.

use super::super::paging::table;
use super::super::query::Query;
use super::super::wire;
use super::{Checker, Step};
use crate::text;

/// Longest stamp (protocol §2).
const STAMP: usize = 200;
/// Image types that documents show most.
const IMAGES: [&str; 5] = ["png", "jpg", "jpeg", "gif", "svg"];
/// Requests in flight above which the platform queues (contract §8.4).
const POLITE: usize = 4;

impl Checker {
    pub(super) async fn stamp_column(&self) -> Step {
        let name = "stamp";
        let Some(reader) = &self.reader else { return Step::unknown(name, "not signed in") };
        let column = &self.subject.stamp_field;
        let query =
            Query::new().and("name", "=", "kb_knowledge").and("element", "=", column).order_by("sys_id");
        let call = table("sys_dictionary", query, "name,element,max_length", 2, 0);
        let rows = reader.http().send(&call, wire::rows).await.unwrap_or_default();
        let length = rows
            .iter()
            .find(|row| row.get("name") == "kb_knowledge" && row.get("element") == column)
            .and_then(|row| row.get("max_length").replace(',', "").parse::<usize>().ok());
        match length {
            Some(length) if length < STAMP => Step::fail(
                name,
                2,
                format!("the column `{column}` holds {length} characters, the stamp needs {STAMP}"),
                "choose a longer text column that pages do not show, with `stamp_field` in `[publish]`",
            ),
            Some(length) => Step::ok(name, format!("the column `{column}` holds {length} characters")),
            None => match &self.sample {
                Some(sample) if !sample.has(column) => Step::warn(
                    name,
                    format!("the column `{column}` is not there, or not readable by this account"),
                    "ask for read and write access to it, or choose another text column with `stamp_field`",
                ),
                Some(_) => {
                    Step::ok(name, format!("the column `{column}` is readable; its length is not known"))
                }
                None => Step::unknown(name, format!("the column `{column}` is seen with the first article")),
            },
        }
    }

    pub(super) fn client_sys_id(&self) -> Step {
        let name = "sys-id";
        match self.property("glide.rest.table_api.admin_only_sys_fields") {
            Some("true") if !self.is_admin() => Step::warn(
                name,
                "the instance chooses sys_ids itself (hardened)",
                "articles are then known by their stamp alone, which works; `admin`, or \
                 `glide.rest.table_api.admin_only_sys_fields` = false, gives the stronger identity",
            ),
            Some(_) => Step::ok(name, "chosen sys_ids are taken"),
            None => Step::unknown(name, "whether chosen sys_ids are taken is seen with the first article"),
        }
    }

    pub(super) fn files(&self) -> Step {
        let name = "files";
        if self.properties.is_empty() {
            return Step::unknown(name, "which files may be attached is not visible");
        }
        let extensions = self.property("glide.attachment.extensions").unwrap_or_default();
        let allowed: Vec<String> = extensions
            .split(',')
            .map(|extension| extension.trim().to_lowercase())
            .filter(|e| !e.is_empty())
            .collect();
        let refused: Vec<&str> = IMAGES
            .into_iter()
            .filter(|image| !allowed.is_empty() && !allowed.iter().any(|extension| extension == image))
            .collect();
        if !refused.is_empty() {
            return Step::warn(
                name,
                format!("files named {} may not be attached", text::list_quoted(&refused, "and")),
                "ask to add them to the property `glide.attachment.extensions`, or leave such images out",
            );
        }
        let mut notes = Vec::new();
        if self.property("glide.security.file.mime_type.validation") == Some("true") {
            notes.push("bytes that contradict a file's extension are refused (`lint` finds them)".to_owned());
        }
        if let Some(most) = self.property("com.glide.attachment.max_size").filter(|most| !most.is_empty()) {
            notes.push(format!("at most {most} MB each"));
        }
        if let Some(roles) = self.property("glide.attachment.role").filter(|roles| !roles.is_empty()) {
            notes.push(format!("only for the roles `{roles}`"));
        }
        Step::ok(
            name,
            if notes.is_empty() { "all kinds may be attached".to_owned() } else { notes.join("; ") },
        )
    }

    pub(super) fn sanitizer(&self) -> Step {
        let name = "sanitizer";
        match self.property("glide.html.sanitize_all_fields") {
            Some("false") => Step::ok(name, "HTML is stored as it is sent"),
            Some(_) => Step::ok(name, "HTML is cleaned on save; what we send is made to pass"),
            None => Step::unknown(name, "presumably HTML is cleaned on save; what we send is made to pass"),
        }
    }

    pub(super) async fn rate_limits(&self) -> Step {
        let name = "rate-limits";
        if let Some(limit) = self.limit {
            return Step::warn(
                name,
                format!("a rule allows this account {} an hour", text::count(limit, "request")),
                "a first publish needs one to three requests for each article; where it waits too long, run again: what \
                 is done is not done twice",
            );
        }
        let Some(reader) = &self.reader else { return Step::unknown(name, "not signed in") };
        let query = Query::new().and("active", "=", "true").order_by("sys_id");
        let call = table("sys_rate_limit_rules", query, "sys_id,name,active", 50, 0);
        match reader.http().send(&call, wire::rows).await {
            Ok(rows) if rows.is_empty() => Step::ok(name, "no rule applied to these requests"),
            Ok(rows) => Step::ok(
                name,
                format!(
                    "{} on the instance, none applied to these requests",
                    text::count(rows.len(), "rule")
                ),
            ),
            Err(error) if error.is_refusal() => Step::ok(name, "no rule applied to these requests"),
            Err(error) => Step::failed(name, &error),
        }
    }

    pub(super) fn concurrency(&self) -> Step {
        let name = "concurrency";
        let count = self.subject.concurrency;
        if count > POLITE {
            return Step::warn(
                name,
                format!(
                    "{count} requests in flight are more than an instance's {POLITE} integration threads"
                ),
                "the others of the integration pool wait meanwhile: keep `concurrency` at 4 unless the administrator agrees",
            );
        }
        Step::ok(name, format!("at most {} in flight", text::count(count, "request")))
    }
}
