//! Columns and files that change, told one by one with what stands there now (protocol §4: "the plan shows the value
//! that stands there beside ours").

use std::collections::BTreeSet;

use super::people::{People, meta_description};
use crate::config::NamedColumns;
use crate::plan::{Asked, Change, Plan, What, Work};
use crate::servicenow::{Attachment, Record};
use crate::text;
use crate::tree::{LocalFile, RenderedDocument, RenderedTree};

/// Columns read of an article that is compared, its title and body included, and who saved it last: the index is
/// older. References come with a name to show.
pub(super) const COLUMNS: &[&str] = &[
    "sys_id",
    "short_description",
    "text",
    "meta",
    "meta_description",
    "valid_to",
    "roles",
    "language",
    "display_attachments",
    "author",
    "author.name",
    "ownership_group",
    "ownership_group.name",
    "can_read_user_criteria",
    "cannot_read_user_criteria",
    "sys_mod_count",
    "sys_updated_on",
    "sys_updated_by",
];

/// What a document asks of a column that holds people: known once their names are looked up.
#[derive(Debug, Clone)]
pub(super) struct Reference {
    /// Which column.
    what: What,
    /// As stored: a sys_id, or several.
    stored: String,
    /// As it is shown.
    before: String,
    /// As the document has it.
    after: String,
}

/// The columns that the document names and the instance has otherwise; people apart.
pub(super) fn columns(document: &RenderedDocument, record: &Record) -> Vec<Change> {
    let named = &document.columns;
    let stored = |column: &str| record.get(column);
    let list = |words: &Option<Vec<String>>| words.as_ref().map(|words| words.join(","));
    let description = named.description.as_deref().map(meta_description);
    let asked = [
        (What::Keywords, "meta", list(&named.keywords)),
        (What::Description, "meta_description", description),
        (What::ValidTo, "valid_to", named.valid_to.clone()),
        (What::Roles, "roles", list(&named.roles)),
        (What::Language, "language", named.language.clone()),
        (
            What::DisplayAttachments,
            "display_attachments",
            named.display_attachments.map(|shown| shown.to_string()),
        ),
    ];
    asked.into_iter().filter_map(|(what, column, after)| Change::of(what, stored(column), &after?)).collect()
}

/// What the document asks of columns that hold people.
pub(super) fn references(document: &RenderedDocument, record: &Record) -> Vec<Reference> {
    let named = &document.columns;
    let join = |names: &Option<Vec<String>>| names.as_ref().map(|names| names.join(", "));
    let asked = [
        (What::Author, "author", named.author.clone()),
        (What::OwnershipGroup, "ownership_group", named.ownership_group.clone()),
        (What::CanRead, "can_read_user_criteria", join(&named.can_read)),
        (What::CannotRead, "cannot_read_user_criteria", join(&named.cannot_read)),
    ];
    let reference = |(what, column, after): (What, &str, Option<String>)| {
        let stored = record.get(column).to_owned();
        let name = record.get(&format!("{column}.name"));
        let before = if name.is_empty() { stored.clone() } else { name.to_owned() };
        Some(Reference { what, stored, before, after: after? })
    };
    asked.into_iter().filter_map(reference).collect()
}

/// Files that come, and files of ours that go; one that takes another's place is one change.
pub(super) fn files(
    document: &RenderedDocument,
    tree: &RenderedTree,
    attached: &[Attachment],
) -> Vec<Change> {
    let local: Vec<&LocalFile> = document.files.iter().filter_map(|number| tree.files.get(*number)).collect();
    let kept: BTreeSet<&str> = local.iter().map(|file| file.name.as_str()).collect();
    let mut gone: Vec<&Attachment> = attached
        .iter()
        .filter(|file| !kept.contains(file.file_name.as_str()) && file.carries_its_hash())
        .collect();
    let mut changes = Vec::new();
    for file in local {
        if attached.iter().any(|attachment| attachment.file_name == file.name) {
            continue;
        }
        let former = gone.iter().position(|old| stem(&old.file_name) == stem(&file.name));
        let former = former.map(|at| gone.remove(at));
        changes.push(Change {
            what: What::File,
            name: Some(file.path.file_name().to_owned()),
            before: former.map(told),
            after: Some(format!("{}, {}", text::size(file.size), file.digest.prefix(8))),
        });
    }
    changes.extend(gone.into_iter().map(|old| Change {
        what: What::File,
        name: Some(old.file_name.clone()),
        before: Some(told(old)),
        after: None,
    }));
    changes
}

/// `1.2 KB, 3f2a91c0`.
fn told(file: &Attachment) -> String {
    let size = text::size(file.size_bytes);
    match file.digits() {
        Some(digits) => format!("{size}, {digits}"),
        None => size,
    }
}

/// A file's name without the hash in it.
fn stem(name: &str) -> (&str, &str) {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    (stem.rsplit_once('-').map_or(stem, |(stem, _)| stem), extension)
}

/// Adds what is known only once the plan stands: states, and columns that hold people.
pub(super) fn settle(
    tree: &RenderedTree,
    plan: &mut Plan,
    references: &std::collections::BTreeMap<usize, Vec<Reference>>,
    people: &People,
) {
    for planned in &mut plan.documents {
        let Some(number) = planned.document else { continue };
        let document = &tree.documents[number];
        let Work::Write { ask, .. } = planned.work else { continue };
        let mut added: Vec<Change> = Vec::new();
        if let Some(row) = planned.row.as_ref().filter(|_| ask) {
            let wanted: Asked = document.status.into();
            added.extend(Change::of(What::State, &row.index.workflow_state, wanted.workflow_state()));
        }
        let named = references.get(&number).into_iter().flatten();
        let differs = named.filter(|reference| !same(reference, &document.columns, people));
        let before = added.len();
        added.extend(differs.filter_map(|one| Change::of(one.what, &one.before, &one.after)));
        for change in &added[before..] {
            planned.reasons.retain(|reason| reason != "columns");
            planned.reasons.push(change.what.words().to_owned());
        }
        // Columns stand before files, links and cells.
        planned.changes.splice(0..0, added);
        planned.changes.sort_by_key(|change| change.what as u8);
    }
}

/// Whether the names a document uses are who stands there; an unknown name is a finding of its own.
fn same(reference: &Reference, named: &NamedColumns, people: &People) -> bool {
    let column = match reference.what {
        What::Author => "author",
        What::OwnershipGroup => "ownership_group",
        What::CanRead => "can_read_user_criteria",
        _ => "cannot_read_user_criteria",
    };
    let ids = |text: &str| -> BTreeSet<String> {
        text.split(',').map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()).collect()
    };
    let resolved = people.columns(named).values.into_iter().find(|(name, _)| *name == column);
    resolved.is_none_or(|(_, value)| ids(&value) == ids(&reference.stored))
}
