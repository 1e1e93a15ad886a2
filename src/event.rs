//! What happens while a run goes on, told to whoever wants to show it.
//!
//! Knows nobody: stages emit events, [`crate::report`] decides what they look like.

/// Something a watcher may want to know now. What must not be lost is in the report, not here.
#[derive(Debug)]
pub enum Event<'a> {
    /// A stage begins: `total` steps, 0 where the number is not known.
    Stage {
        /// Two or three words in the -ing form: "reading the index".
        name: &'static str,
        /// How many steps it has.
        total: usize,
    },
    /// One step of the stage is done.
    Step {
        /// What it was about: a title or a path.
        what: &'a str,
    },
    /// The instance asked for patience, or a request is tried again.
    Waiting {
        /// For how long.
        time: std::time::Duration,
        /// A fragment: "the instance limits requests (429)".
        why: &'a str,
    },
    /// A remark for the log: shown at once, above the progress.
    Note(&'a str),
    /// The stage is over.
    StageEnd,
}

/// Takes events, from any thread.
pub trait Observer: Send + Sync {
    /// Called at once, so it must not block.
    fn on(&self, event: &Event<'_>);
}

/// Watches nothing.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Observer for Silent {
    fn on(&self, _: &Event<'_>) {}
}
