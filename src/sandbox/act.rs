//! An act of a person, as the control endpoint and faults order it.
//!
//! Must not know: what the platform makes of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a person does, by name.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ActName {
    /// Sets `columns` of an article as in the form.
    Edit,
    /// Makes a draft version.
    Checkout,
    /// Publishes by the base's workflow.
    Publish,
    /// Approves what is in review.
    Approve,
    /// Sends back to draft what is in review.
    Reject,
    /// Retires.
    Retire,
    /// Looks at the article: counts in `sys_view_count`.
    View,
    /// Copies the article, stamp column and all, as a new draft.
    Copy,
    /// Removes the row, as an administrator can.
    Delete,
    /// Adds a row of `table` with `columns`.
    Insert,
    /// Sets `columns` of a row of `table`, asking no rule.
    Set,
}

/// An act of a person.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Act {
    /// User name; default `kb.admin`.
    #[serde(default = "default_user")]
    pub(crate) user: String,
    #[serde(rename = "act")]
    pub(crate) name: ActName,
    /// Default `kb_knowledge`.
    #[serde(default = "default_table")]
    pub(crate) table: String,
    /// The row.
    #[serde(default)]
    pub(crate) sys_id: String,
    /// Column → value.
    #[serde(default)]
    pub(crate) columns: BTreeMap<String, String>,
}

fn default_user() -> String {
    "kb.admin".to_owned()
}

fn default_table() -> String {
    "kb_knowledge".to_owned()
}

impl Act {
    /// The same act, with `{sys_id}` standing for this row.
    pub(crate) fn on(&self, sys_id: &str) -> Self {
        Self { sys_id: self.sys_id.replace("{sys_id}", sys_id), ..self.clone() }
    }
}
