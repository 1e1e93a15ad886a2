//! `[[paths]]`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::settings::Status;

/// A text or a list of texts.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(in crate::config) enum Texts {
    /// One text; separators are the key's.
    One(String),
    /// A list.
    Many(Vec<String>),
}

impl Texts {
    /// Its parts, trimmed, empty ones left out; a single text is split at `separator`.
    pub(in crate::config) fn parts(&self, separator: &str) -> Vec<String> {
        let cut = |text: &str| -> Vec<String> {
            text.split(separator).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
        };
        match self {
            Self::One(text) => cut(text),
            Self::Many(texts) => {
                texts.iter().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect()
            }
        }
    }
}

/// One `[[paths]]` table.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct PathTable {
    /// A glob relative to the source root.
    pub(in crate::config) r#match: String,
    /// The base of these documents, by title or sys_id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::config) knowledge_base: Option<String>,
    /// Their state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::config) status: Option<Status>,
    /// Their category: `A / B`, or a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::config) category: Option<Texts>,
    /// `meta_description`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::config) description: Option<String>,
    /// `meta`: a list, or text with commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::config) keywords: Option<Texts>,
    /// A user, by name, e-mail or sys_id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::config) author: Option<String>,
    /// A group, by name or sys_id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::config) ownership_group: Option<String>,
    /// User criteria that may read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::config) can_read: Option<Texts>,
    /// User criteria that may not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::config) cannot_read: Option<Texts>,
    /// Roles that may read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::config) roles: Option<Texts>,
    /// Last day of validity, `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::config) valid_to: Option<String>,
    /// Whether articles show their file list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::config) display_attachments: Option<bool>,
    /// Language code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::config) language: Option<String>,
}
