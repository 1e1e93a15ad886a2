//! `apply`: exactly a saved plan, or a refusal.

use camino::Utf8PathBuf;

use super::flags::{PlanningFlags, WritingFlags};
use super::publish::{self, Extent};
use super::{Context, Failure, Outcome, OverrideFlags, saved};

/// Flags of `apply`.
#[derive(Debug, clap::Args)]
pub struct ApplyArgs {
    /// The plan that `kb-publish plan -o` saved
    #[arg(value_name = "FILE")]
    pub plan: Utf8PathBuf,
    /// Wait up to so many minutes for approvals, then tell what became of them
    #[arg(long, value_name = "MINUTES")]
    pub wait: Option<u32>,
    /// How it is written.
    #[command(flatten)]
    pub writing: WritingFlags,
    /// Let text that exists only in ServiceNow into `markdown` and `github` output, which are often public
    #[arg(long)]
    pub show_remote: bool,
    /// Flags that win over `publish.toml`.
    #[command(flatten)]
    pub settings: OverrideFlags,
}

pub(super) fn run(args: &ApplyArgs, context: &mut Context) -> Result<Outcome, Failure> {
    let plan = saved::read(&args.plan)?;
    if context.global.profile.is_none() && plan.ground.profile != "default" {
        context.global.profile = Some(plan.ground.profile.clone());
    }
    let extent = Extent {
        planning: PlanningFlags { show_remote: args.show_remote, ..PlanningFlags::default() },
        writing: args.writing.clone(),
        wait: args.wait,
        saved: Some(plan),
    };
    publish::go(&extent, &args.settings, context)
}
