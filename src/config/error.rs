//! What is wrong with a configuration: every problem at once, each at its place, never with a secret.
//!
//! Knows only [`crate::finding`]; how problems are printed is [`crate::report`]'s.

use std::fmt;

use camino::Utf8PathBuf;

use crate::finding::Position;

/// One thing to mend in `publish.toml`, a variable or a flag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    /// One sentence without a full stop, names in backticks.
    pub message: String,
    /// The file; `None` where a flag or a variable is at fault.
    pub path: Option<Utf8PathBuf>,
    /// Where in the file.
    pub position: Option<Position>,
    /// The line it stands on; left out where a secret may stand on it.
    pub excerpt: Option<String>,
    /// What to do about it.
    pub help: Option<String>,
}

impl ConfigProblem {
    /// A problem without a place.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), path: None, position: None, excerpt: None, help: None }
    }

    /// The same, with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.path {
            write!(f, "{path}:")?;
            if let Some(at) = self.position {
                write!(f, "{}:{}:", at.line, at.column)?;
            }
            f.write_str(" ")?;
        }
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

/// All problems of a configuration, in the order of their places. Exit 2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<ConfigProblem>);

impl From<ConfigProblem> for ConfigErrors {
    fn from(problem: ConfigProblem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}
