//! `[publish]`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::settings::{Categories, OnRemoteEdit, Orphans, Restyle, Status};

/// `[publish]`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct PublishTable {
    /// The default base, by title or sys_id; where none is named, each document must name one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::config) knowledge_base: Option<String>,
    /// The state articles are brought to.
    pub(in crate::config) status: Status,
    /// Whether the folders of the tree are categories of the base.
    pub(in crate::config) categories: Categories,
    /// Category under which the folders' categories hang, such as `Docs / VPN`, so that two projects can share a base.
    pub(in crate::config) category_root: String,
    /// Whether categories that are not there are made.
    pub(in crate::config) create_categories: bool,
    /// What happens to articles of ours whose document is gone.
    pub(in crate::config) orphans: Orphans,
    /// Most articles retired in one run; more is refused.
    pub(in crate::config) max_retire: u32,
    /// Most documents written in one run; more is refused. Without it there is no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::config) max_changes: Option<u32>,
    /// What happens to an article that a person edited in ServiceNow.
    pub(in crate::config) on_remote_edit: OnRemoteEdit,
    /// Whether an account with role `admin` changes published articles of versioned bases in place, without a new version.
    pub(in crate::config) admin_in_place: bool,
    /// States that count as success for `status = "published"`; add `review` where approval is the normal way.
    pub(in crate::config) accept: Vec<String>,
    /// Articles that search hides within so many days are pointed out; 0 switches that off.
    pub(in crate::config) warn_expiry_days: u32,
    /// Days from today that such an article's validity is extended to, where its document leaves the day open; 0 switches that off.
    pub(in crate::config) extend_expiry_days: u32,
    /// When articles whose look alone changed (theme, renderer) are rewritten.
    pub(in crate::config) restyle: Restyle,
    /// Requests in flight.
    #[schemars(range(min = 1, max = 16))]
    pub(in crate::config) concurrency: u32,
    /// The text column of `kb_knowledge` that holds the stamp.
    pub(in crate::config) stamp_field: String,
    /// Where the companion answers, if an administrator has installed it; empty: it is not looked for (experimental).
    pub(in crate::config) companion: String,
}

impl Default for PublishTable {
    fn default() -> Self {
        Self {
            knowledge_base: None,
            status: Status::Draft,
            categories: Categories::Folders,
            category_root: String::new(),
            create_categories: true,
            orphans: Orphans::Report,
            max_retire: 10,
            max_changes: None,
            on_remote_edit: OnRemoteEdit::Keep,
            admin_in_place: false,
            accept: vec!["published".into()],
            warn_expiry_days: 30,
            extend_expiry_days: 0,
            restyle: Restyle::All,
            concurrency: 4,
            stamp_field: "description".into(),
            companion: "/api/global/kb_publish".into(),
        }
    }
}
