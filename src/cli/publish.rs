//! `publish`: connect → plan → write.

use camino::Utf8PathBuf;
use clap::ValueEnum;

use super::{Context, Failure, Outcome, OverrideFlags};

/// Flags of `publish`.
#[derive(Debug, clap::Args)]
pub struct PublishArgs {
    /// Only these documents or folders; nothing is an orphan then
    #[arg(value_name = "PATHS", hide = true)]
    pub paths: Vec<Utf8PathBuf>,
    /// Only documents changed since this git revision, and those they affect
    #[arg(long, value_name = "REF", hide = true)]
    pub since: Option<String>,
    /// Settle conflicts: keep what stands in ServiceNow, or write the document over it
    #[arg(long, value_enum, value_name = "SIDE", hide = true)]
    pub take: Option<Take>,
    /// Read all bodies and file lists of the instance, not only what looks changed
    #[arg(long, hide = true)]
    pub verify: bool,
    /// Ask again for states that the instance did not grant
    #[arg(long, hide = true)]
    pub ask_again: bool,
    /// Do not ask before writing
    #[arg(short, long)]
    pub yes: bool,
    /// Show what would be done, write nothing: the same as `plan`
    #[arg(long)]
    pub dry_run: bool,
    /// Most articles retired in this run
    #[arg(long, value_name = "N")]
    pub max_retire: Option<u32>,
    /// Most documents written in this run
    #[arg(long, value_name = "N")]
    pub max_changes: Option<u32>,
    /// Let text that exists only in ServiceNow into `markdown` and `github` output, which are often public
    #[arg(long)]
    pub show_remote: bool,
    /// Flags that win over `publish.toml`.
    #[command(flatten)]
    pub settings: OverrideFlags,
}

/// Whose text stays in a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Take {
    /// The document's
    Local,
    /// The article's
    Remote,
}

pub(super) fn run(_: &PublishArgs, _: &mut Context) -> Result<Outcome, Failure> {
    Err(Failure::usage("not-there", "`publish` is not there yet"))
}
