//! What a run says of a document. Knows nothing else of the program.

use schemars::JsonSchema;
use serde::Serialize;

/// What became of a document (design §9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Written as a new article.
    Created,
    /// Written.
    Updated,
    /// Nothing to write.
    Unchanged,
    /// Retired.
    Retired,
    /// Left for a person.
    Conflict,
    /// Not written, or not known to be written.
    Failed,
    /// Left alone.
    Skipped,
    /// Written; an approval, or the day it is scheduled for, is pending.
    InReview,
    /// Written; the instance left it a draft.
    LeftDraft,
}
