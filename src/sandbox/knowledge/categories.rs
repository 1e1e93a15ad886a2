//! Categories: paths, script names, twins (contract §3).

use std::sync::Arc;

use crate::sandbox::record::Record;
use crate::sandbox::records::Change;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::{View, Writer};

pub(super) fn before_category(
    change: &Change<'_>,
    view: &impl View,
    record: &mut Record,
    before: Option<&Record>,
) -> Result<(), Refusal> {
    if record.get("value").is_empty() {
        let value: String = record
            .get("label")
            .to_lowercase()
            .chars()
            .map(|c| if c.is_alphanumeric() { c } else { '_' })
            .collect();
        record.set("value", &value);
    }
    let twin = view.rows("kb_category").any(|other| {
        other.sys_id() != record.sys_id()
            && other.get("parent_id") == record.get("parent_id")
            && other.get("label").eq_ignore_ascii_case(record.get("label"))
    });
    let moved = before.is_none_or(|before| {
        before.get("label") != record.get("label") || before.get("parent_id") != record.get("parent_id")
    });
    if twin && moved && change.profile.refuse_duplicate_categories {
        return Err(Refusal::business_rule("kb_category", "Duplicate Knowledge Category"));
    }
    let path = full_category(view, record);
    record.set("full_category", &path);
    Ok(())
}

/// Labels from the base down, joined by ` / ` (contract §3).
fn full_category(view: &impl View, record: &Record) -> String {
    let mut labels = vec![record.get("label").to_owned()];
    let mut at = (record.get("parent_table").to_owned(), record.get("parent_id").to_owned());
    while at.0 == "kb_category" && labels.len() < 100 {
        let Some(parent) = view.get("kb_category", &at.1) else { break };
        labels.push(parent.get("label").to_owned());
        at = (parent.get("parent_table").to_owned(), parent.get("parent_id").to_owned());
    }
    labels.reverse();
    labels.join(" / ")
}

/// A category's new label shows in the paths of all below it.
pub(super) fn refresh_paths(writer: &mut Writer<'_>, category: &str) -> Result<(), Refusal> {
    let mut parents = vec![category.to_owned()];
    let mut done = 0;
    while done < parents.len() && parents.len() < 10_000 {
        let parent = parents[done].clone();
        let children: Vec<Arc<Record>> =
            writer.rows("kb_category").filter(|row| row.get("parent_id") == parent).cloned().collect();
        for child in children {
            let path = full_category(writer, &child);
            if path != child.get("full_category") {
                writer.put("kb_category", (*child).clone().with("full_category", &path))?;
            }
            if !parents.iter().any(|id| id == child.sys_id()) {
                parents.push(child.sys_id().to_owned());
            }
        }
        done += 1;
    }
    Ok(())
}
