//! The rules of the knowledge tables: states, defaults, bases (contract §2.3, §2.4, §2.7, §3).

mod acts;
mod audit;
mod categories;
mod versions;

use std::sync::Arc;

pub(crate) use audit::audit;
use categories::{before_category, refresh_paths};
pub(crate) use versions::{files_open, locked_columns};
use versions::{next_version, outdate_others, set_version};

use super::account::password_hash;
use super::profile::PublishMode;
use super::record::{Record, Value};
use super::records::{Change, Values};
use super::refusal::Refusal;
use super::sanitize::plain_text;
use super::store::{View, Writer};

/// What is set on a row before it is added.
///
/// # Errors
/// As the platform's rules refuse.
pub(crate) fn before_insert(
    change: &Change<'_>,
    writer: &mut Writer<'_>,
    table: &str,
    record: &mut Record,
    values: &Values,
) -> Result<(), Refusal> {
    match table {
        "kb_knowledge" => before_article(change, writer, record, values),
        "kb_category" => before_category(change, writer, record, None),
        "kb_knowledge_base" => {
            let taken = writer
                .rows("kb_knowledge_base")
                .any(|base| base.get("title").eq_ignore_ascii_case(record.get("title")));
            if taken { Err(Refusal::business_rule(table, "Duplicate Knowledge Base")) } else { Ok(()) }
        }
        "sys_user" => {
            before_user(record, None);
            Ok(())
        }
        "task" | "incident" | "problem" | "change_request" => {
            let now = change.app.now_text();
            if record.get("opened_at").is_empty() {
                record.set("opened_at", &now);
            }
            if record.get("opened_by").is_empty() {
                record.set("opened_by", &change.account.sys_id);
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn before_article(
    change: &Change<'_>,
    writer: &mut Writer<'_>,
    record: &mut Record,
    values: &Values,
) -> Result<(), Refusal> {
    if record.get("author").is_empty() {
        record.set("author", &change.account.sys_id);
    }
    if record.get("valid_to").is_empty() && !values.contains_key("valid_to") {
        record.set("valid_to", &default_valid_to(change, writer, record));
    }
    if record.get("meta_description").is_empty() {
        fill_meta_description(record);
    }
    if change.profile.duplicate_numbers
        && let Some(other) = writer.rows("kb_knowledge").last()
    {
        let number = other.get("number").to_owned();
        record.set("number", &number);
    }
    enter_state(change, "draft", record)?;
    if change.profile.versioned() && record.get("article_id").is_empty() {
        let id = record.sys_id().to_owned();
        record.set("article_id", &id);
        record.set("latest", "true");
        let version = if record.get("workflow_state") == "published" { "1.0" } else { "0.01" };
        set_version(change, writer, record, version)?;
    }
    Ok(())
}

fn default_valid_to(change: &Change<'_>, view: &impl View, record: &Record) -> String {
    let days = view
        .get("kb_knowledge_base", record.get("kb_knowledge_base"))
        .map_or(0, |base| base.number("article_validity"));
    match i64::try_from(days) {
        Ok(days @ 1..=100_000) => {
            let later = change.app.now() + jiff::SignedDuration::from_hours(24 * days);
            later.strftime("%Y-%m-%d").to_string()
        }
        _ => "2100-01-01".to_owned(),
    }
}

/// The first 100 characters of the body's text (contract §2.2).
fn fill_meta_description(record: &mut Record) {
    if let Some(Value::Text(text)) = record.value("text") {
        let start: String = plain_text(text).chars().take(100).collect();
        record.set("meta_description", &start);
    }
}

/// Checks a wanted state against the instance's way of publishing, and fills the dates that go with it.
fn enter_state(change: &Change<'_>, before: &str, record: &mut Record) -> Result<(), Refusal> {
    let wanted = record.get("workflow_state").to_owned();
    if wanted == before {
        return Ok(());
    }
    if wanted == "published" && !change.internal {
        match change.profile.publish {
            PublishMode::Direct => {}
            PublishMode::StaysDraft => record.set("workflow_state", before),
            PublishMode::ApprovalReview => record.set("workflow_state", "review"),
            PublishMode::Scheduled => record.set("workflow_state", "scheduled_publish"),
            PublishMode::Forbidden => return Err(Refusal::acl("Update")),
        }
    }
    let today = change.app.today();
    match record.get("workflow_state") {
        "published" if change.profile.fill_published_date && record.get("published").is_empty() => {
            record.set("published", &today);
        }
        "retired" if record.get("retired").is_empty() => record.set("retired", &today),
        _ => {}
    }
    Ok(())
}

fn before_user(record: &mut Record, before: Option<&Record>) {
    let full = format!("{} {}", record.get("first_name"), record.get("last_name"));
    record.set("name", full.trim());
    let password = record.get("user_password").to_owned();
    if !password.is_empty() && before.is_none_or(|before| before.get("user_password") != password) {
        let hash = password_hash(record.sys_id(), &password);
        record.set("user_password", &hash);
    }
}

/// What happens once a row is there.
///
/// # Errors
/// The file refused.
pub(crate) fn after_insert(
    change: &Change<'_>,
    writer: &mut Writer<'_>,
    table: &str,
    record: Arc<Record>,
) -> Result<Arc<Record>, Refusal> {
    if table == "kb_knowledge" { touch(change, writer, record) } else { Ok(record) }
}

/// The switch `last_editor`: a business rule touches the article after a write.
fn touch(change: &Change<'_>, writer: &mut Writer<'_>, record: Arc<Record>) -> Result<Arc<Record>, Refusal> {
    let editor = &change.profile.last_editor;
    if editor.is_empty() || change.internal {
        return Ok(record);
    }
    let mut touched = (*record).clone();
    touched.set("sys_updated_by", editor);
    touched.set("sys_mod_count", &(record.number("sys_mod_count") + 1).to_string());
    Ok(writer.put("kb_knowledge", touched)?)
}

/// What is set on a row before it is changed.
///
/// # Errors
/// As the platform's rules refuse.
pub(crate) fn before_update(
    change: &Change<'_>,
    writer: &mut Writer<'_>,
    table: &str,
    before: &Record,
    record: &mut Record,
) -> Result<(), Refusal> {
    match table {
        "kb_knowledge" => {
            enter_state(change, before.get("workflow_state"), record)?;
            let base = record.get("kb_knowledge_base");
            let base_moves = base != before.get("kb_knowledge_base");
            if base_moves
                && !change.internal
                && !writer
                    .get("kb_knowledge_base", base)
                    .is_some_and(|base| change.account.is_admin() || change.acl(writer).contributes(base))
            {
                return Err(Refusal::acl("Update"));
            }
            let state = record.get("workflow_state").to_owned();
            let state_moves = change.profile.versioned() && state != before.get("workflow_state");
            if state_moves && state == "retired" && versions::is_checked_out(writer, before) {
                return Err(Refusal::business_rule(table, "Retire checked out article"));
            }
            if state_moves {
                let version = next_version(writer, before, &state);
                set_version(change, writer, record, &version)?;
            }
            Ok(())
        }
        "kb_category" => before_category(change, writer, record, Some(before)),
        "sys_user" => {
            before_user(record, Some(before));
            Ok(())
        }
        _ => Ok(()),
    }
}

/// What happens once a row is changed: an older published version becomes outdated.
///
/// # Errors
/// The file refused.
pub(crate) fn after_update(
    change: &Change<'_>,
    writer: &mut Writer<'_>,
    table: &str,
    before: &Record,
    record: Arc<Record>,
) -> Result<Arc<Record>, Refusal> {
    if table == "kb_category" {
        refresh_paths(writer, record.sys_id())?;
    }
    if table != "kb_knowledge" {
        return Ok(record);
    }
    let published =
        record.get("workflow_state") == "published" && before.get("workflow_state") != "published";
    if published && change.profile.versioned() {
        outdate_others(change, writer, &record)?;
    }
    touch(change, writer, record)
}
