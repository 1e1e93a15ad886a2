//! Versions of articles: who may change which row, and how versions are counted (contract §2.5).

use std::sync::Arc;

use crate::sandbox::profile::Versioning;
use crate::sandbox::record::{Record, new_sys_id};
use crate::sandbox::records::{Change, Values};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::{View, Writer};

pub(super) fn set_version(
    change: &Change<'_>,
    writer: &mut Writer<'_>,
    record: &mut Record,
    version: &str,
) -> Result<(), Refusal> {
    let id = new_sys_id();
    let now = change.app.now_text();
    let row = Record::of([
        ("sys_id", &id),
        ("version", version),
        ("knowledge", record.sys_id()),
        ("author", &change.account.sys_id),
        ("sys_created_on", &now),
        ("sys_updated_on", &now),
        ("sys_created_by", &change.account.user_name),
        ("sys_updated_by", &change.account.user_name),
        ("sys_mod_count", "0"),
    ]);
    writer.put("kb_version", row)?;
    record.set("version", &id);
    let display = format!("{} v{version}", record.get("number"));
    record.set("display_number", &display);
    Ok(())
}

/// State changes add 0.01; publishing jumps to the next whole number (contract §2.5).
pub(super) fn next_version(view: &impl View, before: &Record, state: &str) -> String {
    let current = view.get("kb_version", before.get("version")).map_or("0.0", |row| row.get("version"));
    let (whole, part) = current.split_once('.').unwrap_or((current, "0"));
    let whole: u64 = whole.parse().unwrap_or(0);
    let part: u64 =
        if part.len() == 1 { part.parse::<u64>().unwrap_or(0) * 10 } else { part.parse().unwrap_or(0) };
    if state == "published" && before.get("workflow_state") != "retired" {
        format!("{}.0", whole + 1)
    } else {
        let next = part + 1;
        format!("{}.{:02}", whole + next / 100, next % 100)
    }
}

/// Whether somebody works on a newer version of a row: it is not retired meanwhile (contract §2.7).
pub(super) fn is_checked_out(view: &impl View, row: &Record) -> bool {
    let article = row.get("article_id");
    !article.is_empty()
        && view.rows("kb_knowledge").any(|other| {
            other.get("article_id") == article
                && other.sys_id() != row.sys_id()
                && other.get("workflow_state") == "draft"
        })
}

/// Columns of a row that this write leaves as they are.
///
/// # Errors
/// 403 where versioning or the row's state refuses the write as a whole (contract §2.5).
pub(crate) fn locked_columns(
    change: &Change<'_>,
    view: &impl View,
    table: &str,
    before: &Record,
    values: &Values,
) -> Result<Vec<String>, Refusal> {
    if table != "kb_knowledge" || change.internal || !change.profile.versioned() {
        return Ok(Vec::new());
    }
    if may_edit(change, view, before) {
        let own = ["number", "article_id", "version", "latest", "base_version", "display_number"];
        return Ok(own.map(str::to_owned).to_vec());
    }
    let columns = change.schema.table("kb_knowledge").map(|table| &table.columns);
    let named = columns.into_iter().flatten().filter(|(name, _)| values.contains_key(*name));
    let minor = minor_edits(change, view, before);
    let mut locked = Vec::new();
    for (name, _) in named {
        if minor && change.profile.minor_edit_fields.iter().any(|field| field == name) {
            continue;
        }
        locked.push(name.clone());
    }
    if !locked.is_empty() && change.profile.versioning != Versioning::OnBlockedSilent {
        return Err(Refusal::acl("Update"));
    }
    Ok(locked)
}

/// Whether a row may be changed as a whole under versioning (contract §2.5).
fn may_edit(change: &Change<'_>, view: &impl View, row: &Record) -> bool {
    let admin = change.account.is_admin() && change.profile.versioning == Versioning::OnAdminBypass;
    let base = view.get("kb_knowledge_base", row.get("kb_knowledge_base"));
    let owner = base.is_some_and(|base| base.get("owner") == change.account.sys_id);
    match row.get("workflow_state") {
        _ if admin => true,
        "draft" => {
            change.account.has("knowledge_admin")
                || owner
                || row.get("author") == change.account.sys_id
                || row.get("revised_by") == change.account.sys_id
                || row.get("sys_created_by") == change.account.user_name
        }
        "review" | "pending_retirement" | "scheduled_publish" => {
            base.is_some_and(|base| change.acl(view).runs(base))
        }
        _ => false,
    }
}

/// Whether minor edits of this published row are open to the account.
fn minor_edits(change: &Change<'_>, view: &impl View, row: &Record) -> bool {
    row.get("workflow_state") == "published"
        && !change.profile.minor_edit_fields.is_empty()
        && view
            .get("kb_knowledge_base", row.get("kb_knowledge_base"))
            .is_some_and(|base| change.acl(view).runs(base))
}

/// Whether files of a row may be added and removed by the account.
pub(crate) fn files_open(change: &Change<'_>, view: &impl View, table: &str, row: &Record) -> bool {
    if table != "kb_knowledge" || change.internal || !change.profile.versioned() {
        return true;
    }
    may_edit(change, view, row)
        || (minor_edits(change, view, row)
            && change.profile.minor_edit_fields.iter().any(|field| field == "attachments"))
}

/// An older published version is outdated once a newer one is published.
///
/// # Errors
/// The file refused.
pub(super) fn outdate_others(
    change: &Change<'_>,
    writer: &mut Writer<'_>,
    record: &Record,
) -> Result<(), Refusal> {
    let older: Vec<Arc<Record>> = writer
        .rows("kb_knowledge")
        .filter(|row| {
            row.get("article_id") == record.get("article_id")
                && row.sys_id() != record.sys_id()
                && row.get("workflow_state") == "published"
        })
        .cloned()
        .collect();
    for row in older {
        let mut outdated = (*row).clone();
        outdated.set("workflow_state", "outdated");
        outdated.set("sys_mod_count", &(row.number("sys_mod_count") + 1).to_string());
        outdated.set("sys_updated_on", &change.app.now_text());
        outdated.set("sys_updated_by", &change.account.user_name);
        writer.put("kb_knowledge", outdated)?;
    }
    Ok(())
}
