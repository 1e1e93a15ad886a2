//! The world outside, in one struct: environment, terminal, streams. The only place that looks at them.

use std::io::IsTerminal as _;

use camino::{Utf8Path, Utf8PathBuf};

use super::{Failure, Global};
use crate::config::{self, Env};
use crate::report::{Format, Printer, Progress};

/// Which streams a person sits at, and how wide the terminal is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Terminal {
    /// A person can type.
    pub stdin: bool,
    /// A person reads the data.
    pub stdout: bool,
    /// A person reads the log.
    pub stderr: bool,
    /// In columns; `None` where stdout is no terminal.
    pub width: Option<usize>,
    /// The same for stderr.
    pub log_width: Option<usize>,
}

impl Terminal {
    /// Whether questions can be asked: stdin and stderr are a terminal (design §8).
    pub const fn can_ask(self) -> bool {
        self.stdin && self.stderr
    }
}

/// The world outside.
#[derive(Debug, Clone, Copy)]
pub struct Edges {
    /// Looks up one environment variable; what is not UTF-8 counts as absent, in ours it becomes U+FFFD. A function and not a map, so
    /// that secrets among the variables are not copied about.
    pub env: fn(&str) -> Option<String>,
    /// Who reads and types.
    pub terminal: Terminal,
}

impl Edges {
    /// This process's environment and streams.
    pub fn real() -> Self {
        let stdout = std::io::stdout().is_terminal();
        let stderr = std::io::stderr().is_terminal();
        let width = stdout.then(|| terminal_width(std::io::stdout())).flatten();
        let log_width = stderr.then(|| terminal_width(std::io::stderr())).flatten();
        Self {
            env: |name| match std::env::var(name) {
                Ok(value) => Some(value),
                // Ours are not passed over in silence: whoever reads them refuses what cannot be meant.
                Err(std::env::VarError::NotUnicode(value)) if name.starts_with("KB_PUBLISH_") => {
                    Some(value.to_string_lossy().into_owned())
                }
                Err(_) => None,
            },
            terminal: Terminal { stdin: std::io::stdin().is_terminal(), stdout, stderr, width, log_width },
        }
    }

    /// The environment variable's value; an empty one counts as absent.
    pub fn var(&self, name: &str) -> Option<String> {
        (self.env)(name).filter(|value| !value.is_empty())
    }

    /// The variables that are settings; of secrets only the names.
    pub fn settings(&self) -> Env {
        config::environment(std::env::vars_os())
    }

    /// The working directory.
    ///
    /// # Errors
    /// It is gone, or its path is not UTF-8.
    pub fn working_directory() -> Result<Utf8PathBuf, Failure> {
        let path = std::env::current_dir()
            .map_err(|error| Failure::usage("working-directory", format!("no working directory: {error}")))?;
        Utf8PathBuf::from_path_buf(path).map_err(|path| {
            Failure::usage("working-directory", format!("the path `{}` is not UTF-8", path.display()))
        })
    }

    /// The printer these flags ask for. Progress is shown at a terminal only, and not to those who asked
    /// for less or for a log.
    pub(super) fn printer(&self, global: &Global) -> Printer {
        let color = match global.color {
            clap::ColorChoice::Auto => anstream::ColorChoice::Auto,
            clap::ColorChoice::Always => anstream::ColorChoice::Always,
            clap::ColorChoice::Never => anstream::ColorChoice::Never,
        };
        let shown = self.terminal.stderr && !global.quiet && global.verbose == 0 && self.var("CI").is_none();
        Printer::new(color, global.quiet, global.format == Format::Human, Progress::new(shown))
    }
}

/// `COLUMNS` where it is set, else what the terminal says.
#[cfg(unix)]
fn terminal_width(stream: impl std::os::fd::AsFd) -> Option<usize> {
    columns().or_else(|| width_of(terminal_size::terminal_size_of(stream)))
}

/// As on other systems.
#[cfg(not(unix))]
fn terminal_width(stream: impl std::os::windows::io::AsHandle) -> Option<usize> {
    columns().or_else(|| width_of(terminal_size::terminal_size_of(stream)))
}

fn columns() -> Option<usize> {
    std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok())
}

fn width_of(size: Option<(terminal_size::Width, terminal_size::Height)>) -> Option<usize> {
    size.map(|(terminal_size::Width(columns), _)| columns.into())
}

/// The folder relative to the git repository it lies in; empty where it lies in none.
pub(super) fn git_prefix(folder: &Utf8Path) -> Utf8PathBuf {
    let root = folder.ancestors().find(|ancestor| ancestor.join(".git").exists());
    root.and_then(|root| folder.strip_prefix(root).ok()).map(Utf8Path::to_owned).unwrap_or_default()
}
