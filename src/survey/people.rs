//! People, groups and criteria by the names that writers use for them.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;

use crate::config::NamedColumns;
use crate::finding::{Code, Finding};
use crate::ids::{DocPath, DocumentId, SysId, display_path};
use crate::plan::{Plan, Work};
use crate::servicenow::{ApiError, Reader, ReferenceTable};
use crate::tree::RenderedTree;

/// sys_ids by table and the name a document uses.
#[derive(Debug, Clone, Default)]
pub struct People(BTreeMap<(ReferenceTable, String), SysId>);

/// The columns that documents name, as the instance takes them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResolvedColumns {
    /// Column and value.
    pub values: Vec<(&'static str, String)>,
    /// The document whose article is the `parent`.
    pub parent: Option<DocumentId>,
}

/// A description as far as `meta_description` takes it: 100 characters (contract §2.2). An instance that is sent
/// more cuts it, or refuses the whole article.
pub(super) fn meta_description(text: &str) -> String {
    text.chars().take(100).collect::<String>().trim_end().to_owned()
}

impl People {
    /// What a document's named columns become; a name that was not found leaves its column out (it is a finding
    /// that stops the run before the first write).
    pub fn columns(&self, named: &NamedColumns) -> ResolvedColumns {
        let mut values = Vec::new();
        let mut text = |column: &'static str, value: Option<String>| {
            values.extend(value.map(|value| (column, value)));
        };
        text("meta_description", named.description.as_deref().map(meta_description));
        text("meta", named.keywords.as_ref().map(|words| words.join(",")));
        text("roles", named.roles.as_ref().map(|roles| roles.join(",")));
        text("valid_to", named.valid_to.clone());
        text("language", named.language.clone());
        text("display_attachments", named.display_attachments.map(|shown| shown.to_string()));
        text("author", self.one(ReferenceTable::User, named.author.as_deref()));
        text("ownership_group", self.one(ReferenceTable::Group, named.ownership_group.as_deref()));
        text("can_read_user_criteria", self.list(named.can_read.as_deref()));
        text("cannot_read_user_criteria", self.list(named.cannot_read.as_deref()));
        ResolvedColumns { values, parent: named.translation_of.clone() }
    }

    fn one(&self, table: ReferenceTable, name: Option<&str>) -> Option<String> {
        let name = name?;
        if name.is_empty() {
            return Some(String::new());
        }
        self.0.get(&(table, name.to_owned())).map(SysId::to_string)
    }

    fn list(&self, names: Option<&[String]>) -> Option<String> {
        let ids = names?.iter().filter_map(|name| self.one(ReferenceTable::UserCriteria, Some(name)));
        Some(ids.collect::<Vec<_>>().join(","))
    }
}

/// Looks up every name of every document that is written, each once.
///
/// # Errors
/// The first answer that is none.
pub(super) async fn resolve(
    root: &Utf8Path,
    tree: &RenderedTree,
    plan: &Plan,
    reader: &Reader,
) -> Result<(People, Vec<Finding>), ApiError> {
    let mut wanted: BTreeMap<(ReferenceTable, String), BTreeSet<&DocPath>> = BTreeMap::new();
    let mut roles: BTreeMap<String, BTreeSet<&DocPath>> = BTreeMap::new();
    let written = plan
        .documents
        .iter()
        .filter(|planned| matches!(planned.work, Work::Create(_) | Work::Write { .. }))
        .filter_map(|planned| tree.documents.get(planned.document?));
    for document in written {
        let asked = &document.columns;
        let criteria = asked.can_read.iter().chain(&asked.cannot_read).flatten();
        let names = (asked.author.iter().map(|name| (ReferenceTable::User, name)))
            .chain(asked.ownership_group.iter().map(|name| (ReferenceTable::Group, name)))
            .chain(criteria.map(|name| (ReferenceTable::UserCriteria, name)))
            .filter(|(_, name)| !name.is_empty());
        for (table, name) in names {
            wanted.entry((table, name.clone())).or_default().insert(&document.path);
        }
        for role in asked.roles.iter().flatten() {
            roles.entry(role.clone()).or_default().insert(&document.path);
        }
    }
    let mut people = People::default();
    let mut unknown = Vec::new();
    for ((table, name), documents) in wanted {
        match reader.references(table, &name).await?.as_slice() {
            [id] => {
                people.0.insert((table, name), *id);
            }
            found => unknown.extend(
                documents
                    .into_iter()
                    .map(|path| not_one(table, &name, found.len()).at(display_path(root, path), None)),
            ),
        }
    }
    for role in reader.unknown_roles(&roles.keys().cloned().collect()).await? {
        unknown.extend(roles.remove(&role).into_iter().flatten().map(|path| {
            Finding::new(Code::UnknownReference, format!("the instance has no role `{role}`"))
                .at(display_path(root, path), None)
                .help("name the role as `sys_user_role` does: in lower case, most often, and without spaces")
        }));
    }
    Ok((people, unknown))
}

fn not_one(table: ReferenceTable, name: &str, found: usize) -> Finding {
    let what = match table {
        ReferenceTable::User => "user",
        ReferenceTable::Group => "group",
        ReferenceTable::UserCriteria => "user criteria",
    };
    let message = match found {
        0 => format!("the instance shows this account no {what} `{name}`"),
        many => format!("{many} records answer to {what} `{name}`"),
    };
    Finding::new(Code::UnknownReference, message)
        .help("name it by its sys_id, or ask the administrator for read access")
}
