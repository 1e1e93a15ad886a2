//! Documents that no stamp names: whether the sys_ids of their identities are free, or held by rows of others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::config::Settings;
use crate::ids::{DocumentId, SysId};
use crate::plan::{Pair, Pairing, Row};
use crate::servicenow::{ApiError, Reader};
use crate::tree::RenderedTree;

/// What looking up documents that the index does not know has shown.
pub(super) struct Strangers {
    /// sys_ids under which new articles can be made, by document.
    pub(super) free: BTreeMap<usize, SysId>,
    /// Documents whose sys_id is held by a row that carries no stamp of theirs, and what is said of it.
    pub(super) refused: BTreeMap<usize, (Option<Arc<Row>>, String)>,
}

/// Documents that are not in the index are looked up by identity before they are called new (protocol §3).
///
/// # Errors
/// As [`ApiError`].
pub(super) async fn look_up_new(
    settings: &Settings,
    tree: &RenderedTree,
    reader: &Reader,
    rows: &mut Vec<Arc<Row>>,
    pairing: &mut Pairing,
) -> Result<Strangers, ApiError> {
    let mut strangers = Strangers { free: BTreeMap::new(), refused: BTreeMap::new() };
    let mut open: Vec<(usize, u32)> =
        (0..pairing.pairs.len()).filter(|&n| pairing.pairs[n].is_none()).map(|n| (n, 1)).collect();
    while !open.is_empty() {
        let wanted: Vec<(usize, u32, SysId)> = open
            .drain(..)
            .map(|(number, attempt)| {
                free_identity(&tree.documents[number].id, settings, attempt, &pairing.held, number)
            })
            .collect();
        let ids: Vec<SysId> = wanted.iter().map(|(_, _, id)| *id).collect();
        let mut found: BTreeMap<SysId, Arc<Row>> = BTreeMap::new();
        for row in reader.rows_by_id(&settings.publish.stamp_field, &ids).await? {
            let row = Arc::new(Row::new(row));
            found.insert(row.article_key(), row);
        }
        for (number, attempt, id) in wanted {
            let Some(row) = found.remove(&id) else {
                strangers.free.insert(number, id);
                continue;
            };
            let identity = tree.documents[number].id.identity(&settings.project, 1);
            match row.identity() {
                Some(named) if named == identity => {
                    rows.push(row);
                    let row = rows.len() - 1;
                    let pair = Pair { row, checkout: None, published: None, renamed_from: None };
                    pairing.pairs[number] = Some(pair);
                }
                Some(_) => {
                    pairing.held.insert(id);
                    open.push((number, attempt + 1));
                }
                None => {
                    let reason = format!(
                        "{} carries this document's identity, but no stamp in `{}`: somebody removed it",
                        row.index.number, settings.publish.stamp_field
                    );
                    strangers.refused.insert(number, (Some(row), reason));
                }
            }
        }
    }
    Ok(strangers)
}

/// The first sys_id of a document that no row of the project holds (protocol §1).
fn free_identity(
    id: &DocumentId,
    settings: &Settings,
    mut attempt: u32,
    held: &BTreeSet<SysId>,
    number: usize,
) -> (usize, u32, SysId) {
    loop {
        let identity = id.identity(&settings.project, attempt);
        if !held.contains(&identity) {
            return (number, attempt, identity);
        }
        attempt += 1;
    }
}
