//! Articles of ours whose document is gone (protocol §4).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::Surveyor;
use crate::config::{Orphans, Status};
use crate::finding::{Code, Finding};
use crate::ids::{DocumentId, SysId, display_path};
use crate::plan::{Action, Pair, Planned, REPLACEMENT, Work, redirect_digest};
use crate::servicenow::{ApiError, Record};

/// The id of the document that lies at this path; `None` where it does not read like one (protocol §1).
fn id_of_path(id: &DocumentId) -> Option<DocumentId> {
    let written = id.as_str();
    let stem = [".md", ".markdown"].iter().find_map(|ending| written.strip_suffix(ending)).unwrap_or(written);
    let folder = ["/index", "/_index", "/README"].iter().find_map(|name| stem.strip_suffix(name));
    let meant = folder.unwrap_or(stem);
    (meant != written).then(|| DocumentId::parse(meant).ok()).flatten()
}

/// Where `[redirects]` sends the readers of an article whose document is gone.
#[derive(Debug, Clone, Copy)]
enum Successor<'a> {
    /// To this document of the tree, by number.
    Document(usize),
    /// To one that is there and gets no article.
    Unpublished(&'a DocumentId),
}

/// Whether no reader will find a document's article, or the text that it is to have, when this run has done what is
/// planned. One that is to be a draft is nobody's to find in any case.
fn stays_unread(planned: &Planned, wanted: Status) -> bool {
    let conflict = planned.action == Action::Conflict;
    let asks = matches!(planned.work, Work::Write { ask: true, .. });
    planned.row.as_ref().map_or(conflict, |row| match row.index.workflow_state.as_str() {
        "retired" => !asks,
        "draft" => conflict && wanted == Status::Published,
        _ => false,
    })
}

impl Surveyor<'_> {
    /// All of them, with what becomes of each; retired ones are past, unless their readers are sent elsewhere since.
    /// `documents` is what becomes of the tree's.
    pub(super) fn orphans(&self, documents: &[Planned]) -> Vec<Planned> {
        let project = &self.settings.project;
        let unpublished: BTreeSet<SysId> =
            self.tree.unpublished.iter().map(|id| id.identity(project, 1)).collect();
        let redirects = &self.settings.redirects;
        let heirs = if redirects.is_empty() { HashMap::new() } else { self.heirs() };
        let successors: BTreeMap<SysId, Successor<'_>> = redirects
            .iter()
            .map(|(old, new)| (old.identity(project, 1), self.successor(new, &heirs)))
            .collect();
        let planned = |pair: &Pair| {
            let identity = self.rows[pair.row].identity();
            let kept = identity.is_some_and(|identity| unpublished.contains(&identity));
            let successor = identity.and_then(|identity| successors.get(&identity).copied());
            let past = self.rows[pair.row].index.workflow_state == "retired";
            (!past || self.leads_elsewhere(pair, successor))
                .then(|| self.orphan(pair, kept, successor, documents))
        };
        self.pairing.orphans.iter().filter_map(planned).collect()
    }

    /// Retired articles whose readers somebody else has sent to where they are to go are past, too: there is nothing to ask
    /// for, least of all on each run of an account that may not change them.
    ///
    /// # Errors
    /// As [`ApiError`], where the instance is gone.
    pub(super) async fn settle_redirects(&self, planned: &mut Vec<Planned>) -> Result<(), ApiError> {
        let wanted = |planned: &Planned| {
            let row = &planned.row.as_ref()?.index;
            let Work::Retire { replacement: Some(number) } = planned.work else { return None };
            let to = self.rows[self.pairing.pairs[number].as_ref()?.row].index.sys_id;
            (row.workflow_state == "retired" && !planned.filtered).then_some((row.sys_id, to))
        };
        let late: BTreeMap<SysId, SysId> = planned.iter().filter_map(wanted).collect();
        let ids: Vec<SysId> = late.keys().copied().collect();
        let read = match self.reader.articles(&ids, &["sys_id", REPLACEMENT]).await {
            Err(error) if error.ends_the_run() => return Err(error),
            read => read.unwrap_or_default(),
        };
        let leads = |record: &Record| {
            let id = record.sys_id()?;
            let to = SysId::parse(&record.get(REPLACEMENT).to_ascii_lowercase()).ok()?;
            (late.get(&id) == Some(&to)).then_some(id)
        };
        let stands: BTreeSet<SysId> = read.iter().filter_map(leads).collect();
        planned.retain(|planned| wanted(planned).is_none_or(|(id, _)| !stands.contains(&id)));
        Ok(())
    }

    /// Aliases and redirects that name an orphan by its path: they would make a second article, or none would be sent
    /// anywhere.
    pub(super) fn paths_for_ids(&self, planned: &[Planned], orphans: &[Planned]) -> Vec<Finding> {
        let rows = orphans.iter().filter_map(|orphan| orphan.row.as_ref());
        let gone: BTreeMap<SysId, &str> =
            rows.filter_map(|row| Some((row.identity()?, row.index.number.as_str()))).collect();
        let named = |key: &str, id: &DocumentId| {
            let meant = id_of_path(id)?;
            let number = gone.get(&meant.identity(&self.settings.project, 1))?;
            let message = format!("`{key}` names the path `{id}`; the document id of {number} is `{meant}`");
            Some(Finding::new(Code::UnknownReference, message).help(format!("write `{meant}`")))
        };
        let mut findings = Vec::new();
        for planned in planned.iter().filter(|planned| matches!(planned.work, Work::Create(_))) {
            let Some(document) = planned.document.map(|number| &self.tree.documents[number]) else {
                continue;
            };
            let path = display_path(&self.settings.source.root, &document.path);
            let told = document.aliases.iter().filter_map(|alias| named("kb.aliases", alias));
            findings.extend(told.map(|finding| finding.at(path.clone(), None)));
        }
        let redirected = self.settings.redirects.keys();
        let told = |old| Some(self.settings.at_redirect(old, named("[redirects]", old)?));
        findings.extend(redirected.filter_map(told));
        findings
    }

    /// Documents by their earlier ids; of two that claim one, the first.
    fn heirs(&self) -> HashMap<&DocumentId, usize> {
        let mut heirs = HashMap::new();
        for (number, document) in self.tree.documents.iter().enumerate() {
            for alias in &document.aliases {
                heirs.entry(alias).or_insert(number);
            }
        }
        heirs
    }

    /// The document of this id, or what has taken its place since: by an alias, or a further redirect.
    fn successor<'a>(&'a self, new: &'a DocumentId, heirs: &HashMap<&DocumentId, usize>) -> Successor<'a> {
        let mut id = new;
        // Redirects run in no circle (`config` sees to it), so that this ends.
        loop {
            if let Some(number) = self.tree.position(id).or_else(|| heirs.get(id).copied()) {
                return Successor::Document(number);
            }
            match self.settings.redirects.get(id) {
                Some(next) => id = next,
                None => return Successor::Unpublished(id),
            }
        }
    }

    /// Whether a retired article of ours was last written without this successor, or with another one. One that was
    /// asked to come back and stayed retired is, too.
    fn leads_elsewhere(&self, pair: &Pair, successor: Option<Successor<'_>>) -> bool {
        let Some(Successor::Document(number)) = successor else { return false };
        let wanted = redirect_digest(&self.settings.project, &self.tree.documents[number].id);
        self.rows[pair.row].stamp().is_ok_and(|stamp| stamp.source.as_deref() != Some(&wanted))
    }

    fn orphan(
        &self,
        pair: &Pair,
        kept: bool,
        successor: Option<Successor<'_>>,
        documents: &[Planned],
    ) -> Planned {
        let row = &self.rows[pair.row];
        let retires =
            row.stamp().is_ok() && (successor.is_some() || self.settings.publish.orphans == Orphans::Retire);
        let mut reasons = vec![if kept { "document is not published" } else { "document gone" }.to_owned()];
        let (replacement, missing) = match successor {
            None => (None, None),
            Some(Successor::Document(number)) => {
                let document = &self.tree.documents[number];
                let id = &document.id;
                reasons.push(format!("redirected to {id}"));
                let unread =
                    documents.get(number).is_some_and(|planned| stays_unread(planned, document.status));
                (Some(number), unread.then(|| format!("redirected to {id}, which has no article to be read")))
            }
            Some(Successor::Unpublished(id)) => {
                (None, Some(format!("redirected to {id}, which is not published")))
            }
        };
        let mut action = if retires { Action::Retire } else { Action::Skip };
        if let Some(held) = self.held_back(pair).or(missing).filter(|_| retires) {
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
