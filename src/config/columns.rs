//! Columns of an article that configuration or a document may name. Knows only [`crate::ids`].

use crate::ids::DocumentId;

/// Columns that a document, folder or `[[paths]]` names: only these are managed (protocol §4).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamedColumns {
    /// `meta_description`.
    pub description: Option<String>,
    /// `meta`.
    pub keywords: Option<Vec<String>>,
    /// `author`: name, e-mail, user name or sys_id.
    pub author: Option<String>,
    /// `ownership_group`.
    pub ownership_group: Option<String>,
    /// `can_read_user_criteria`.
    pub can_read: Option<Vec<String>>,
    /// `cannot_read_user_criteria`.
    pub cannot_read: Option<Vec<String>>,
    /// `roles`.
    pub roles: Option<Vec<String>>,
    /// `valid_to`, `YYYY-MM-DD`.
    pub valid_to: Option<String>,
    /// `display_attachments`.
    pub display_attachments: Option<bool>,
    /// `language`.
    pub language: Option<String>,
    /// `parent`, as the document id of the base-language document.
    pub translation_of: Option<DocumentId>,
}

/// The labels of a category written as `A / B`, from the base down.
pub fn category_labels(text: &str) -> Vec<String> {
    text.split(" / ").map(str::trim).filter(|label| !label.is_empty()).map(str::to_owned).collect()
}
