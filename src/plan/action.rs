//! What a plan says of a document. Knows nothing else of the program.

use schemars::JsonSchema;
use serde::Serialize;

/// What a run does, or would do, with a document (design §1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// A new article.
    Create,
    /// An article changes.
    Update,
    /// Nothing to write.
    Unchanged,
    /// The article is taken from readers.
    Retire,
    /// A person must decide.
    Conflict,
    /// Left alone, with the reason.
    Skip,
}

impl Action {
    /// The word of design §1.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Unchanged => "unchanged",
            Self::Retire => "retire",
            Self::Conflict => "conflict",
            Self::Skip => "skip",
        }
    }
}
