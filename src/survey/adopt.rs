//! Articles that were there before kb-publish, bound to documents that name them (`kb.article`, protocol §1).

use std::collections::BTreeMap;

use super::Strangers;
use crate::config::Settings;
use crate::ids::SysId;
use crate::plan::{Asked, Row, Stamp, Unreadable, stored_digest};
use crate::servicenow::{ApiError, IndexRow, Reader};
use crate::tree::{RenderedDocument, RenderedTree};

/// The rows that documents adopt, by document. What cannot be adopted is refused and not made anew.
pub(super) async fn adopt(
    settings: &Settings,
    tree: &RenderedTree,
    bases: &[SysId],
    reader: &Reader,
    strangers: &mut Strangers,
) -> Result<BTreeMap<usize, Row>, ApiError> {
    let field = &settings.publish.stamp_field;
    let mut adopted = BTreeMap::new();
    for number in strangers.free.keys().copied().collect::<Vec<_>>() {
        let document = &tree.documents[number];
        let Some(named) = document.article.as_deref() else { continue };
        let rows = match SysId::parse(named) {
            Ok(id) => reader.rows_by_id(field, &[id]).await?,
            Err(_) => reader.rows_by_number(field, named).await?,
        };
        match fitting(rows, named, document, bases[number], field) {
            Ok(index) => {
                adopted.insert(number, adopted_row(index, document, settings));
            }
            Err((row, why)) => {
                strangers.refused.insert(number, (row.map(Row::new), why));
            }
        }
        strangers.free.remove(&number);
    }
    Ok(adopted)
}

/// Takes up again what a run of ours made without getting its stamp into the row, because the column that was
/// configured then did not keep it: sys_id, editor and count show that nobody else has been there.
pub(super) fn take_up(
    settings: &Settings,
    tree: &RenderedTree,
    user: &str,
    strangers: &mut Strangers,
    adopted: &mut BTreeMap<usize, Row>,
) {
    strangers.refused.retain(|number, (row, _)| {
        let ours = row.as_ref().map(|row| &row.index).filter(|index| {
            index.stamp.trim().is_empty() && index.sys_mod_count == 0 && index.sys_updated_by == user
        });
        let Some(index) = ours else { return true };
        adopted.insert(*number, adopted_row(index.clone(), &tree.documents[*number], settings));
        false
    });
}

/// The one row that may be adopted, or why there is none.
fn fitting(
    mut rows: Vec<IndexRow>,
    named: &str,
    document: &RenderedDocument,
    base: SysId,
    stamp_field: &str,
) -> Result<IndexRow, (Option<IndexRow>, String)> {
    let row = if rows.len() == 1 { rows.pop() } else { None };
    let Some(row) = row else {
        let why = match rows.len() {
            0 => format!("there is no article `{named}` that this account can see"),
            many => format!("{many} articles answer to `{named}`: name the one you mean by its sys_id"),
        };
        return Err((None, why));
    };
    let why = if row.kb_knowledge_base.is_none_or(|own| own != base) {
        format!("`{named}` lies in another knowledge base than the document asks for")
    } else {
        match Row::new(row.clone()).stamp {
            Ok(_) | Err(Unreadable::Damaged | Unreadable::Newer) => {
                format!("`{named}` carries the stamp of another document or project")
            }
            Err(Unreadable::Foreign) if !row.stamp.trim().is_empty() => {
                format!(
                    "column `{stamp_field}` of `{named}` holds other text: name another column in `stamp_field`"
                )
            }
            Err(Unreadable::Foreign) if row.short_description.trim() != document.title => {
                format!(
                    "`{named}` is called `{}`, the document `{}`: make the titles equal",
                    row.short_description, document.title
                )
            }
            Err(Unreadable::Foreign) => return Ok(row),
        }
    };
    Err((Some(row), why))
}

/// The row as if kb-publish had begun to write it: its first write finishes it.
fn adopted_row(index: IndexRow, document: &RenderedDocument, settings: &Settings) -> Row {
    let stamp = Stamp {
        project: settings.project.clone(),
        identity: document.id.identity(&settings.project, 1),
        row: Some(index.sys_id.short()),
        source: None,
        stored: stored_digest(&index.short_description, &[]),
        look: "00000000".to_owned(),
        renderer: 0,
        asked: Asked::Draft,
        leftovers: false,
        mod_count: index.sys_mod_count,
        time: 0,
        commit: None,
    };
    Row { index, stamp: Ok(stamp) }
}
