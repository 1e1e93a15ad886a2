//! What a run would do, document by document, and why. Pure: no async, no I/O, no clock.

mod canonical;
mod category;
mod diff;
mod digest;
mod order;
mod pair;
mod readable;
mod stamp;
mod verdict;

use crate::finding::Finding;
use crate::ids::{DocumentId, SysId};
use crate::report::Action;

pub use canonical::{FilesById, Piece, attachment_of, canonical, stored_digest};
pub use category::{CategoryTree, Reach, category_value};
pub use digest::{DigestContext, LinkNumber, source_digest};
pub use order::{Node, drafts_first};
pub use pair::{Pair, Pairing, Row, pair};
pub use readable::readable;
pub use stamp::{Asked, Stamp, Unreadable, prefix};
pub use verdict::{Body, Case, Needs, Policy, Step, Verdict, epoch};

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
    /// Its article; `None` where there is none yet.
    pub row: Option<Row>,
    /// What is done.
    pub work: Work,
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
    },
    /// Files of ours that no body uses are removed.
    Clean,
    /// The article is retired, with this document's article as its replacement.
    Retire {
        /// A document of the tree, by number.
        replacement: Option<usize>,
    },
}

impl Plan {
    /// How many documents have this action.
    pub fn count(&self, action: Action) -> usize {
        self.documents.iter().filter(|planned| planned.action == action).count()
    }

    /// Whether a run would write anything an instance's reader or editor could notice.
    pub fn has_changes(&self) -> bool {
        self.documents
            .iter()
            .any(|planned| matches!(planned.action, Action::Create | Action::Update | Action::Retire))
            || !self.categories.is_empty()
    }
}
