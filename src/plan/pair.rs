//! Which article on the instance is which document's (protocol §1).

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::{Stamp, Unreadable, epoch};
use crate::ids::{DocumentId, Project, SysId};
use crate::servicenow::IndexRow;
use crate::tree::RenderedDocument;

/// A row of the remote index. Its stamp is kept as text alone: of a large index most are never looked at again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// As the instance holds it.
    pub index: Box<IndexRow>,
    /// The stamp it is treated as carrying, where that is not the one it carries.
    assumed: Option<Box<Stamp>>,
}

impl Row {
    /// With the stamp it carries.
    pub fn new(index: impl Into<Box<IndexRow>>) -> Self {
        Self { index: index.into(), assumed: None }
    }

    /// As if it carried this stamp.
    pub fn assuming(index: Box<IndexRow>, stamp: Stamp) -> Self {
        Self { index, assumed: Some(Box::new(stamp)) }
    }

    /// Its stamp.
    ///
    /// # Errors
    /// Why it cannot be worked with.
    pub fn stamp(&self) -> Result<Stamp, Unreadable> {
        match &self.assumed {
            Some(stamp) => Ok((**stamp).clone()),
            None => Stamp::parse(&self.index.stamp),
        }
    }

    /// Whether its stamp is not one that stands on the instance.
    pub const fn is_assumed(&self) -> bool {
        self.assumed.is_some()
    }

    /// Whether a count that is not the stamp's may be that of rules that write after us: right then, in the name of
    /// this account (protocol §4).
    pub fn looks_ours(&self, stamp: &Stamp, user: &str) -> bool {
        let later = epoch(&self.index.sys_updated_on).is_none_or(|updated| updated > stamp.time + 10);
        self.carries(stamp) && !later && self.index.sys_updated_by == user
    }

    /// The document that the stamp names, also where the rest of the stamp is damaged.
    pub fn identity(&self) -> Option<SysId> {
        match self.stamp() {
            Ok(stamp) => Some(stamp.identity),
            Err(Unreadable::Damaged) => super::stamp::identity_of(&self.index.stamp),
            Err(Unreadable::Foreign | Unreadable::Newer) => None,
        }
    }

    /// What all versions of its article have in common (contract §2.5).
    pub fn article_key(&self) -> SysId {
        self.index.article_id.unwrap_or(self.index.sys_id)
    }

    /// Whether the stamp column holds nothing but what is left of a stamp of this project: it was cut, re-encoded or
    /// emptied, and no person's text is lost when it is written anew.
    pub fn lost_its_stamp(&self, project: &Project) -> bool {
        self.stamp().is_err() && super::stamp::is_remnant(&self.index.stamp, project)
    }

    fn is_first_version(&self) -> bool {
        self.article_key() == self.index.sys_id
    }

    /// Whether it is neither what readers see or saw, nor what they no longer may: on its way to being published.
    fn is_in_the_making(&self) -> bool {
        !matches!(self.index.workflow_state.as_str(), "published" | "outdated" | "retired")
    }

    /// Whether the stamp was written to this very row, and not copied to it.
    pub fn is_own(&self) -> bool {
        self.stamp().is_ok_and(|stamp| self.carries(&stamp))
    }

    /// Whether this stamp of it was written to this very row, and not copied to it.
    pub fn carries(&self, stamp: &Stamp) -> bool {
        match &stamp.row {
            Some(row) => *row == self.index.sys_id.short(),
            // Only inserts leave it open: a later version has it from the one it was checked out from.
            None => self.is_first_version() && self.index.is_at(stamp.mod_count),
        }
    }
}

/// A document's article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The current row, as an index into the rows.
    pub row: usize,
    /// A version in the making beside a published row that we did not write: somebody's checkout.
    pub checkout: Option<usize>,
    /// What readers see meanwhile, where the current row is a version of ours that waits to be published.
    pub published: Option<usize>,
    /// The alias under which the article was found.
    pub renamed_from: Option<DocumentId>,
}

/// Documents and rows, brought together.
#[derive(Debug, Default)]
pub struct Pairing {
    /// For each document its article.
    pub pairs: Vec<Option<Pair>>,
    /// Articles of the project that no document asks for.
    pub orphans: Vec<Pair>,
    /// Copies and other further articles with a document's stamp: (document, row). Never written.
    pub duplicates: Vec<(usize, usize)>,
    /// sys_ids that rows of the project hold, under which no new article can be made.
    pub held: BTreeSet<SysId>,
}

/// Brings documents and rows together.
pub fn pair(documents: &[RenderedDocument], rows: &[Arc<Row>], project: &Project) -> Pairing {
    let mut by_identity: HashMap<SysId, Vec<usize>> = HashMap::new();
    let mut held = BTreeSet::new();
    let originals = Originals::new(rows);
    let mut copies = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        if let Some(identity) = row.identity() {
            held.insert(row.index.sys_id);
            held.extend(row.index.article_id);
            match originals.of(row) {
                Some(original) => copies.push((original, number)),
                None => by_identity.entry(identity).or_default().push(number),
            }
        }
    }
    let ids: BTreeSet<&DocumentId> = documents.iter().map(|document| &document.id).collect();
    let mut pairing = Pairing { held, ..Pairing::default() };
    let handed_on = handed_on(documents, rows, project, &by_identity);
    for (number, document) in documents.iter().enumerate() {
        let own = document.id.identity(project, 1);
        let mut found = match handed_on.get(&own) {
            // A hand-over that was cut short: what is not the heir's was this document's already.
            Some(heir) if *heir != number => {
                let (theirs, rest) = by_title(rows, by_identity.remove(&own), &documents[*heir].title);
                by_identity.extend((!theirs.is_empty()).then_some((own, theirs)));
                (!rest.is_empty()).then_some((own, rest, None))
            }
            _ => by_identity.remove(&own).map(|rows| (own, rows, None)),
        };
        for alias in &document.aliases {
            if found.is_some() {
                break;
            }
            // An alias that is a living document's id names that document's article, unless it is handed on.
            let identity = alias.identity(project, 1);
            if handed_on.get(&identity) == Some(&number) {
                let (own, rest) = by_title(rows, by_identity.remove(&identity), &document.title);
                by_identity.extend((!rest.is_empty()).then_some((identity, rest)));
                found = (!own.is_empty()).then(|| (identity, own, Some(alias.clone())));
            } else if !ids.contains(alias) {
                found = by_identity.remove(&identity).map(|rows| (identity, rows, Some(alias.clone())));
            }
        }
        pairing.pairs.push(found.map(|(identity, candidates, renamed_from)| {
            let (pair, others) = choose(rows, &candidates, identity, renamed_from);
            pairing.duplicates.extend(others.into_iter().map(|row| (number, row)));
            pair
        }));
    }
    let mut orphans: BTreeMap<SysId, Pair> = BTreeMap::new();
    for (identity, candidates) in by_identity {
        let (pair, _) = choose(rows, &candidates, identity, None);
        orphans.insert(rows[pair.row].index.sys_id, pair);
    }
    for (original, copy) in copies {
        let is_original =
            |pair: &Option<Pair>| pair.as_ref().is_some_and(|pair| rows[pair.row].article_key() == original);
        let document = pairing.pairs.iter().position(is_original);
        pairing.duplicates.extend(document.map(|document| (document, copy)));
    }
    pairing.orphans = orphans.into_values().collect();
    pairing.duplicates.sort_unstable();
    pairing
}

/// Which articles are people's copies of which: a copy keeps the stamp of its original, also where that was renamed or
/// retired since.
struct Originals<'r> {
    rows: &'r [Arc<Row>],
    /// Articles by what stamps call their rows; most runs never ask.
    by_row: OnceCell<HashMap<String, SysId>>,
}

impl<'r> Originals<'r> {
    const fn new(rows: &'r [Arc<Row>]) -> Self {
        Self { rows, by_row: OnceCell::new() }
    }

    /// The article whose row this row's stamp was written to, if that is there and another.
    fn of(&self, row: &Row) -> Option<SysId> {
        // All that most rows are asked.
        if row.index.stamp.contains(&format!(" w={} ", row.index.sys_id.short())) {
            return None;
        }
        let written_to = row.stamp().ok()?.row?;
        let by_row = self.by_row.get_or_init(|| {
            self.rows.iter().map(|row| (row.index.sys_id.short(), row.article_key())).collect()
        });
        by_row.get(&written_to).copied().filter(|original| *original != row.article_key())
    }
}

/// Articles whose document was renamed while another took its former id: by the identity of that id, the document
/// that inherits. It has no article of its own, names the id as an alias, and the title is its and not the other's.
fn handed_on(
    documents: &[RenderedDocument],
    rows: &[Arc<Row>],
    project: &Project,
    by_identity: &HashMap<SysId, Vec<usize>>,
) -> HashMap<SysId, usize> {
    let mut heirs: HashMap<SysId, usize> = HashMap::new();
    let aliased: Vec<usize> =
        (0..documents.len()).filter(|&number| !documents[number].aliases.is_empty()).collect();
    if aliased.is_empty() {
        return heirs;
    }
    let living: HashMap<&DocumentId, &RenderedDocument> =
        documents.iter().map(|document| (&document.id, document)).collect();
    let is_theirs = |row: &usize, heir: &RenderedDocument, other: &RenderedDocument| {
        let title = rows[*row].index.short_description.as_str();
        title == heir.title && title != other.title
    };
    for &number in &aliased {
        let heir = &documents[number];
        let inherits = heir.aliases.iter().find_map(|alias| {
            let other = living.get(alias).filter(|other| other.id != heir.id)?;
            let identity = alias.identity(project, 1);
            let held = by_identity.get(&identity)?;
            held.iter().any(|row| is_theirs(row, heir, other)).then_some(identity)
        });
        if let Some(identity) = inherits {
            heirs.entry(identity).or_insert(number);
        }
    }
    // One that has an article of its own inherits only where it hands that on: in a chain, or two that swap.
    loop {
        let given: BTreeSet<SysId> = heirs.keys().copied().collect();
        let stays = |number: usize| {
            let own = documents[number].id.identity(project, 1);
            by_identity.contains_key(&own) && !given.contains(&own)
        };
        heirs.retain(|_, number| !stays(*number));
        if heirs.len() == given.len() {
            return heirs;
        }
    }
}

/// Rows whose article has this title, and the others.
fn by_title(rows: &[Arc<Row>], candidates: Option<Vec<usize>>, title: &str) -> (Vec<usize>, Vec<usize>) {
    let candidates = candidates.unwrap_or_default();
    let named: BTreeSet<SysId> = candidates
        .iter()
        .filter(|number| rows[**number].index.short_description == title)
        .map(|number| rows[*number].article_key())
        .collect();
    candidates.into_iter().partition(|number| named.contains(&rows[*number].article_key()))
}

/// The document's article among the rows whose stamp names it, and the rows of other articles.
fn choose(
    rows: &[Arc<Row>],
    candidates: &[usize],
    identity: SysId,
    renamed_from: Option<DocumentId>,
) -> (Pair, Vec<usize>) {
    let age = |number: &usize| (&rows[*number].index.sys_created_on, rows[*number].index.sys_id);
    let by_id = candidates.iter().copied().filter(|&n| rows[n].article_key() == identity).min_by_key(age);
    let by_own = || candidates.iter().copied().filter(|&n| rows[n].is_own()).min_by_key(age);
    let oldest = || candidates.iter().copied().min_by_key(age);
    let chosen = by_id.or_else(by_own).or_else(oldest).unwrap_or_default();
    let key = rows[chosen].article_key();
    let (versions, others): (Vec<usize>, Vec<usize>) =
        candidates.iter().partition(|&&number| rows[number].article_key() == key);
    let state = |number: usize| rows[number].index.workflow_state.as_str();
    let newest = |number: &usize| {
        let row = &rows[*number].index;
        (row.latest.unwrap_or(false), row.sys_updated_on.clone(), row.sys_id)
    };
    let published =
        versions.iter().copied().filter(|&number| state(number) == "published").max_by_key(newest);
    let last = versions.iter().copied().max_by_key(newest);
    // A version that we wrote and that waits to be published is the article's current text; somebody's is not.
    let ours = last.filter(|&number| rows[number].is_in_the_making() && rows[number].is_own());
    let current = ours.or(published).or(last).unwrap_or(chosen);
    let checkout = versions.iter().copied().find(|&number| {
        number != current && published.is_some() && rows[number].is_in_the_making() && !rows[number].is_own()
    });
    let published = published.filter(|&number| number != current);
    (Pair { row: current, checkout, published, renamed_from }, others)
}
