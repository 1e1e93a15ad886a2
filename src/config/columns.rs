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

/// The labels of a category written as `A / B`, from the base down. A `/` that stands alone only separates, wherever it
/// stands; labels may hold others.
pub fn category_labels(text: &str) -> Vec<String> {
    let mut spaced = format!(" {} ", text.trim());
    while spaced.contains(" / / ") {
        spaced = spaced.replace(" / / ", " / ");
    }
    spaced.split(" / ").map(str::trim).filter(|label| !label.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_slash_that_stands_alone_separates() {
        let labels = |text| super::category_labels(text).join("|");
        assert_eq!(labels("Docs / TCP/IP / X"), "Docs|TCP/IP|X");
        assert_eq!(labels("/ A / / B /"), "A|B");
        assert_eq!(labels(" /etc  and so / on/ "), "/etc  and so|on/");
        assert_eq!(
            (labels("/"), labels(""), labels(" / / / ")),
            (String::new(), String::new(), String::new())
        );
    }
}
