//! Articles of ours whose document is gone (protocol §4).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Surveyor;
use crate::config::Orphans;
use crate::ids::{DocumentId, SysId};
use crate::plan::{Action, Pair, Planned, Work};

impl Surveyor<'_> {
    /// All of them, with what becomes of each; retired ones are past.
    pub(super) fn orphans(&self) -> Vec<Planned> {
        let project = &self.settings.project;
        let unpublished: BTreeSet<SysId> =
            self.tree.unpublished.iter().map(|id| id.identity(project, 1)).collect();
        let successors: BTreeMap<SysId, &DocumentId> =
            self.settings.redirects.iter().map(|(old, new)| (old.identity(project, 1), new)).collect();
        let orphans = self.pairing.orphans.iter();
        orphans
            .filter(|pair| self.rows[pair.row].index.workflow_state != "retired")
            .map(|pair| {
                let identity = self.rows[pair.row].identity();
                let kept = identity.is_some_and(|identity| unpublished.contains(&identity));
                let successor = identity.and_then(|identity| successors.get(&identity).copied());
                self.orphan(pair, kept, successor)
            })
            .collect()
    }

    fn orphan(&self, pair: &Pair, kept: bool, successor: Option<&DocumentId>) -> Planned {
        let row = &self.rows[pair.row];
        let replacement =
            successor.and_then(|id| self.tree.documents.iter().position(|document| document.id == *id));
        let retires =
            row.stamp().is_ok() && (successor.is_some() || self.settings.publish.orphans == Orphans::Retire);
        let mut reasons = vec![if kept { "document is not published" } else { "document gone" }.to_owned()];
        reasons.extend(successor.map(|id| format!("redirected to {id}")));
        let mut action = if retires { Action::Retire } else { Action::Skip };
        if let Some(held) = self.held_back(pair).filter(|_| retires) {
            action = Action::Conflict;
            reasons.insert(0, held);
        }
        Planned {
            document: None,
            action,
            reasons,
            diff: None,
            changes: Vec::new(),
            remote: None,
            valid_to: None,
            row: Some(Arc::clone(row)),
            work: if action == Action::Retire { Work::Retire { replacement } } else { Work::Leave },
            filtered: false,
        }
    }

    /// What keeps an article from being retired: a version of it in the making (contract §2.7).
    fn held_back(&self, pair: &Pair) -> Option<String> {
        if let Some(checkout) = pair.checkout {
            let who = &self.rows[checkout].index.sys_updated_by;
            return Some(format!("checked out in ServiceNow by {who}"));
        }
        let state = &self.rows[pair.row].index.workflow_state;
        pair.published.map(|_| format!("a new version of it is in {state}"))
    }
}
