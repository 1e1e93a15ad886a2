//! The road by which a published article of a versioned base is changed (contract §2.5, protocol §7). Pure.

use std::collections::BTreeSet;

/// What of published rows a minor edit must open for files to be added and removed.
pub const ATTACHMENTS: &str = "attachments";

/// What is known of it before the first write.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Road {
    /// Nothing: the stamp, sent alone, tells.
    #[default]
    Untold,
    /// Rows are changed in place: by an `admin` who is to, or because versions are switched off.
    InPlace,
    /// An `admin` who is not to change rows in place has what everybody has: these columns are open as minor edits.
    MinorEdits(BTreeSet<String>),
    /// The companion makes a new version.
    Companion,
}

impl Road {
    /// Which of these columns it leaves closed, as far as that is known.
    pub fn closed<'c>(&self, columns: impl IntoIterator<Item = &'c str>) -> Vec<&'c str> {
        match self {
            Self::MinorEdits(open) => columns.into_iter().filter(|column| !open.contains(*column)).collect(),
            Self::Untold | Self::InPlace | Self::Companion => Vec::new(),
        }
    }

    /// What the plan says of a change that takes it.
    pub const fn words(&self) -> &'static str {
        match self {
            Self::Untold => "published version: only the write tells whether this account may change it",
            Self::InPlace => "published version, changed in place as far as the instance lets it",
            Self::MinorEdits(_) => "published version, as a minor edit as far as those go",
            Self::Companion => {
                "published version: a new one by the companion, as far as it lets this account"
            }
        }
    }
}

/// Why a row in this state could not be changed, and what would let it be.
pub fn closed_road(state: &str, why: &str) -> String {
    match state {
        "published" => format!(
            "the published article cannot be changed by this account ({why}): ask for role `admin` and set \
             `admin_in_place = true` in `[publish]`, or for `glide.knowman.versioning.enable_minor_edits` with `text`, \
             `short_description`, the stamp column and `attachments` in `glide.knowman.versioning.minor_edit_fields`, \
             or for the companion (`kb-publish companion show`)"
        ),
        "review" => format!(
            "the article waits for an approval, and this account may not change it meanwhile ({why}): have it approved \
             or rejected in ServiceNow"
        ),
        "retired" => format!(
            "the article is retired, and this account may not bring it back ({why}): ask for role `admin`, or have it \
             republished in ServiceNow"
        ),
        state => format!(
            "the article is in the state `{state}`, in which this account may not change it ({why}): ask its author, or \
             an owner of the knowledge base"
        ),
    }
}

/// The same, of columns that are not open as minor edits.
pub fn closed_columns(columns: &[&str]) -> String {
    let named = crate::text::list_quoted(columns, "and");
    closed_road("published", &format!("`admin_in_place` is off, and no minor edit opens {named}"))
}
