//! What a run would do, document by document, and why. Pure: no async, no I/O, no clock.

mod action;
mod adopt;
mod body;
mod canonical;
mod category;
mod change;
mod diff;
mod digest;
mod order;
mod pair;
mod readable;
mod road;
mod saved;
mod stamp;
mod validity;
mod verdict;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::finding::Finding;
use crate::ids::{DocumentId, SysId};

pub use action::Action;
pub use adopt::{By, Titles, adoptable, adopted_stamp, folded, only, similarity};
pub use body::Body;
pub use canonical::{FilesById, Piece, attachment_of, canonical, stored_digest};
pub use category::{CategoryTree, Reach, category_value, inactive_help};
pub use change::{Change, What, between};
pub use diff::View;
pub use digest::{DigestContext, LinkNumber, REPLACEMENT, redirect_digest, source_digest};
pub use order::{Node, drafts_first};
pub use pair::{Pair, Pairing, Row, pair};
pub use readable::readable;
pub use road::{ATTACHMENTS, Road, closed_columns, closed_road};
pub use saved::{Pin, SCHEMA as SAVED_PLAN_SCHEMA, SavedGround, SavedPlan};
pub use stamp::{Asked, Stamp, Unreadable, epoch, prefix};
pub use validity::{Validity, later, validity};
pub use verdict::{Case, EDITED, Needs, Policy, RETIRED, Step, Take, Verdict};

/// What a run would do.
#[derive(Debug, Default)]
pub struct Plan {
    /// The tree's documents in their order, then the orphans.
    pub documents: Vec<Planned>,
    /// Categories to make, parents before children: base and labels.
    pub categories: Vec<(SysId, Vec<String>)>,
    /// What planning found wrong.
    pub problems: Vec<Finding>,
}

/// What a run would do with one document or orphan.
#[derive(Debug, Clone)]
pub struct Planned {
    /// Its number in the tree; `None` for an orphan.
    pub document: Option<usize>,
    /// What is shown.
    pub action: Action,
    /// Why, most telling first.
    pub reasons: Vec<String>,
    /// Readable difference, where there is one to show.
    pub diff: Option<String>,
    /// What changes beside the words of the text, where there is an article to compare with.
    pub changes: Vec<Change>,
    /// Digest of its article's title and body, where they were read.
    pub remote: Option<String>,
    /// Its article; `None` where there is none yet.
    pub row: Option<Arc<Row>>,
    /// Its new `valid_to`, where it is extended.
    pub valid_to: Option<String>,
    /// What is done.
    pub work: Work,
    /// Left out by a filter: neither shown nor done.
    pub filtered: bool,
}

/// What is done for one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// Nothing.
    Leave,
    /// A new article under this sys_id.
    Create(SysId),
    /// A content write to its article; the state goes along where `ask` is set.
    Write {
        /// Whether the state goes along.
        ask: bool,
        /// The document's former id, where it was renamed.
        renamed_from: Option<DocumentId>,
        /// Only the category is asked for anew: where it is refused again, nothing is written.
        for_category: bool,
    },
    /// Files of ours that no body uses are removed.
    Clean,
    /// The article is retired, with this document's article as its replacement.
    Retire {
        /// A document of the tree, by number.
        replacement: Option<usize>,
    },
}

/// Fewer orphans than these are never taken for a moved root or a wrong project name.
const FEW: usize = 5;

impl Plan {
    /// How many documents have this action.
    pub fn count(&self, action: Action) -> usize {
        self.shown().filter(|planned| planned.action == action).count()
    }

    /// What no filter left out.
    pub fn shown(&self) -> impl Iterator<Item = &Planned> {
        self.documents.iter().filter(|planned| !planned.filtered)
    }

    /// Keeps only these documents; in a filtered plan nothing is an orphan.
    pub fn filter(&mut self, documents: &BTreeSet<usize>) {
        for planned in &mut self.documents {
            if !planned.document.is_some_and(|number| documents.contains(&number)) {
                planned.filtered = true;
                planned.work = Work::Leave;
            }
        }
    }

    /// How many articles lose their document, where that looks like a moved root or a wrong project name and not
    /// like editing: more than half of the project, or a fifth of it while as many are made anew.
    pub fn mass_orphans(&self) -> Option<usize> {
        let orphans = self.shown().filter(|planned| planned.document.is_none()).count();
        let articles = self.shown().filter(|planned| planned.row.is_some()).count();
        let created = self.count(Action::Create);
        let moved = orphans * 5 > articles && created * 5 > articles;
        (orphans >= FEW && (orphans * 2 > articles || moved)).then_some(orphans)
    }

    /// Whether a run would write anything an instance's reader or editor could notice.
    pub fn has_changes(&self) -> bool {
        self.shown().any(|planned| matches!(planned.action, Action::Create | Action::Update | Action::Retire))
            || !self.categories.is_empty()
    }
}
