//! The report as data: the JSON of design §9 is this, serialised.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::finding::Finding;
use crate::plan::{Action, Change};
use crate::publish::Outcome;
use crate::servicenow;

/// The report of a plan or of a run.
#[derive(Debug, Clone)]
pub struct Report {
    /// The namespace of the document ids.
    pub project: String,
    /// Root URL of the instance.
    pub instance: String,
    /// The profile's name.
    pub profile: String,
    /// The run's id, `None` for a plan.
    pub run: Option<String>,
    /// How long the run took, `None` for a plan.
    pub duration_ms: Option<u64>,
    /// Ordered by path; orphans last, by title.
    pub documents: Vec<DocumentReport>,
    /// Categories that are made.
    pub categories: Vec<CategoryReport>,
    /// Everything found wrong, documents' findings and the plan's.
    pub problems: Vec<Finding>,
    /// What was really sent, OAuth apart.
    pub requests: RequestCounts,
    /// Hints for a person, most useful first; not part of the JSON.
    pub hints: Vec<String>,
}

/// Requests by method.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub struct RequestCounts {
    /// Reads.
    pub get: u64,
    /// New records and files.
    pub post: u64,
    /// Changes.
    pub patch: u64,
    /// Removed files of ours.
    pub delete: u64,
}

impl From<servicenow::RequestCounts> for RequestCounts {
    fn from(counts: servicenow::RequestCounts) -> Self {
        let servicenow::RequestCounts { get, post, patch, delete } = counts;
        Self { get, post, patch, delete }
    }
}

/// Actions counted; each action is there, with 0 where none.
pub type Summary = BTreeMap<Action, usize>;

/// One document, or one orphan.
#[derive(Debug, Clone)]
pub struct DocumentReport {
    /// `None` for an orphan.
    pub id: Option<String>,
    /// Relative to `publish.toml`; `None` for an orphan.
    pub path: Option<String>,
    /// What is to be done.
    pub action: Action,
    /// Why, most telling first.
    pub reasons: Vec<String>,
    /// `None` before it exists.
    pub article: Option<Article>,
    /// The base's title.
    pub base: Option<String>,
    /// `A / B`.
    pub category: Option<String>,
    /// `short_description`.
    pub title: String,
    /// Unified diff of the readable text.
    pub diff: Option<String>,
    /// What changes beside the words of the text.
    pub changes: Vec<Change>,
    /// What became of it, `None` in a plan.
    pub outcome: Option<Outcome>,
    /// Why it failed.
    pub error: Option<String>,
}

/// Its article on the instance.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Article {
    /// The row.
    pub sys_id: String,
    /// `KB…`.
    pub number: String,
    /// `workflow_state` as read back.
    pub state: String,
    /// Where a person opens it.
    pub url: String,
}

/// A category that is made.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CategoryReport {
    /// `A / B`.
    pub path: String,
    /// Always create so far.
    pub action: Action,
}

impl Report {
    /// Its documents counted by action.
    pub fn summary(&self) -> Summary {
        use Action::{Conflict, Create, Retire, Skip, Unchanged, Update};
        let mut summary: Summary = [Create, Update, Unchanged, Retire, Conflict, Skip]
            .into_iter()
            .map(|action| (action, 0))
            .collect();
        for document in &self.documents {
            *summary.entry(document.action).or_default() += 1;
        }
        summary
    }
}
