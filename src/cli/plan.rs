//! `plan`: the dry run.

use camino::Utf8PathBuf;

use super::{Context, DiffView, Failure, Outcome, OverrideFlags};

/// Flags of `plan`.
#[derive(Debug, clap::Args)]
pub struct PlanArgs {
    /// Only these documents or folders; nothing is an orphan then
    #[arg(value_name = "PATHS", hide = true)]
    pub paths: Vec<Utf8PathBuf>,
    /// Only documents changed since this git revision, and those they affect
    #[arg(long, value_name = "REF", hide = true)]
    pub since: Option<String>,
    /// Save the plan, for `kb-publish apply`
    #[arg(short, long, value_name = "FILE", hide = true)]
    pub out: Option<Utf8PathBuf>,
    /// Write a review site into this folder
    #[arg(long, value_name = "DIR", hide = true)]
    pub html: Option<Utf8PathBuf>,
    /// Exit 10 when changes are pending
    #[arg(long)]
    pub exit_code: bool,
    /// What diffs compare
    #[arg(long, value_enum, default_value = "text", value_name = "VIEW")]
    pub diff: DiffView,
    /// Let text that exists only in ServiceNow into `markdown` and `github` output, which are often public
    #[arg(long)]
    pub show_remote: bool,
    /// Flags that win over `publish.toml`.
    #[command(flatten)]
    pub settings: OverrideFlags,
}

pub(super) fn run(_: &PlanArgs, _: &mut Context) -> Result<Outcome, Failure> {
    Err(Failure::usage("not-there", "`plan` is not there yet"))
}
