//! How a command ended, and the exit code of each ending (design §8): nowhere else.

use std::process::ExitCode;

use crate::report;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Done, or nothing to do.
    Done,
    /// Problems in the documents.
    Problems,
    /// Usage or configuration.
    Usage,
    /// Credentials refused or missing.
    Credentials,
    /// The instance does not answer as an instance.
    Unreachable,
    /// Conflicts left for a person.
    Conflicts,
    /// Some or all articles failed.
    Failed,
    /// Written, but in a state that is not in `accept`.
    NotAccepted,
    /// Refused before any write.
    Refused,
    /// `plan --exit-code`: changes pending.
    Pending,
    /// Interrupted.
    Interrupted,
}

impl Outcome {
    /// Every ending, in the order of the codes.
    pub const ALL: [Self; 11] = [
        Self::Done,
        Self::Problems,
        Self::Usage,
        Self::Credentials,
        Self::Unreachable,
        Self::Conflicts,
        Self::Failed,
        Self::NotAccepted,
        Self::Refused,
        Self::Pending,
        Self::Interrupted,
    ];

    /// The exit code (design §8).
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Problems => 1,
            Self::Usage => 2,
            Self::Credentials => 3,
            Self::Unreachable => 4,
            Self::Conflicts => 5,
            Self::Failed => 6,
            Self::NotAccepted => 7,
            Self::Refused => 8,
            Self::Pending => 10,
            Self::Interrupted => 130,
        }
    }

    /// What the code means, as the README has it.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done, or nothing to do",
            Self::Problems => "problems in the documents; nothing was written",
            Self::Usage => "usage or configuration, an unknown or inactive knowledge base included",
            Self::Credentials => "credentials refused or missing",
            Self::Unreachable => {
                "the instance is unreachable, asleep, in maintenance, answers with a page, or asks to wait too long"
            }
            Self::Conflicts => "conflicts left for a person; everything else was done",
            Self::Failed => "some or all articles failed; everything else was done",
            Self::NotAccepted => "written, but some are in a state that is not in `accept`",
            Self::Refused => "refused before any write: a guard, or a saved plan whose ground moved",
            Self::Pending => "`plan --exit-code`: changes are pending",
            Self::Interrupted => "interrupted; what was in flight is finished",
        }
    }

    /// Of several endings at once, the one that is told (design §8): what cut the run short first, then
    /// what failed, then what waits for a person.
    pub fn worst(outcomes: impl IntoIterator<Item = Self>) -> Self {
        outcomes.into_iter().max_by_key(|outcome| outcome.rank()).unwrap_or(Self::Done)
    }

    const fn rank(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Pending => 1,
            Self::NotAccepted => 2,
            Self::Conflicts => 3,
            Self::Failed => 4,
            Self::Refused => 5,
            Self::Problems => 6,
            Self::Unreachable => 7,
            Self::Credentials => 8,
            Self::Usage => 9,
            Self::Interrupted => 10,
        }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(outcome.code())
    }
}

/// A command that ended before it had a report.
#[derive(Debug)]
pub struct Failure {
    /// Decides the exit code.
    pub outcome: Outcome,
    /// What is shown.
    pub report: Box<report::Failure>,
}

impl Failure {
    /// An ending with a stable code and a message: a lower-case fragment without a full stop.
    pub fn new(outcome: Outcome, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { outcome, report: Box::new(report::Failure::new(code, message)) }
    }

    /// Exit 2.
    pub fn usage(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Outcome::Usage, code, message)
    }

    /// The same, with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.report.help = Some(help.into());
        self
    }

    /// The same, with what led to this error, outermost first.
    #[must_use]
    pub fn because(mut self, error: &dyn std::error::Error) -> Self {
        let mut cause = error.source();
        while let Some(error) = cause {
            self.report.causes.push(error.to_string());
            cause = error.source();
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::Outcome;

    #[test]
    fn what_cut_the_run_short_is_told_first() {
        use Outcome::{
            Conflicts, Credentials, Done, Failed, NotAccepted, Pending, Problems, Refused, Unreachable,
        };
        assert_eq!(Outcome::worst([Conflicts, Failed, NotAccepted, Unreachable]), Unreachable);
        assert_eq!(Outcome::worst([Failed, Credentials]), Credentials);
        assert_eq!(Outcome::worst([NotAccepted, Conflicts, Failed]), Failed);
        assert_eq!(Outcome::worst([Pending, Conflicts]), Conflicts);
        assert_eq!(Outcome::worst([Done, Pending]), Pending);
        // `publish` looks at the documents before it looks at its guards; `plan` says the same.
        assert_eq!(Outcome::worst([Problems, Refused]), Problems);
        assert_eq!(Outcome::worst([]), Done);
    }

    #[test]
    fn codes_are_distinct_and_in_order() {
        let codes: Vec<u8> = Outcome::ALL.iter().map(|outcome| outcome.code()).collect();
        assert!(codes.is_sorted_by(|a, b| a < b), "{codes:?}");
        let mut ranks: Vec<u8> = Outcome::ALL.iter().map(|outcome| outcome.rank()).collect();
        ranks.sort_unstable();
        ranks.dedup();
        assert_eq!(ranks.len(), Outcome::ALL.len());
    }
}
