//! What one write adds to a row's `sys_mod_count`: one, or more where business rules write, too (protocol §2, `n`).

use crate::servicenow::Record;

/// What of a write business rules can tell from other writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kind {
    /// It sends a body.
    pub(super) text: bool,
    /// It sends a state.
    pub(super) state: bool,
}

impl Kind {
    /// The stamp alone.
    pub(super) const STAMP: Self = Self { text: false, state: false };

    /// The stamp and a state.
    pub(super) const STATE: Self = Self { text: false, state: true };

    /// A body, and a state where one is asked for.
    pub(super) const fn content(asks: bool) -> Self {
        Self { text: true, state: asks }
    }

    /// What these columns make of it.
    pub(super) fn of(columns: &Record) -> Self {
        Self { text: columns.has("text"), state: columns.has("workflow_state") }
    }
}

/// What writes of one kind add to the count: rules may look at the row, too, so that it is not always the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Added {
    /// What the next write is expected to add.
    pub(super) least: u32,
    /// What need not be a person's doing.
    pub(super) most: u32,
}
