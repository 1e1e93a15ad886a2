//! `apply`: exactly a saved plan, or a refusal.

use camino::Utf8PathBuf;

use super::publish::{self, Extent};
use super::{Context, Failure, Outcome, OverrideFlags, saved};
use crate::survey::Options;

/// Flags of `apply`.
#[derive(Debug, clap::Args)]
pub struct ApplyArgs {
    /// The plan that `kb-publish plan -o` saved
    #[arg(value_name = "FILE")]
    pub plan: Utf8PathBuf,
    /// Wait up to so many minutes for approvals, then tell what became of them
    #[arg(long, value_name = "MINUTES")]
    pub wait: Option<u32>,
    /// Do not ask before writing
    #[arg(short, long)]
    pub yes: bool,
    /// Keep the run's journal in this folder [env: KB_PUBLISH_JOURNAL]
    #[arg(long, value_name = "DIR")]
    pub journal: Option<Utf8PathBuf>,
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
        wait: args.wait,
        yes: args.yes,
        show_remote: args.show_remote,
        overwrite: Some(plan.ground.on_remote_edit.clone()),
        options: Options { take: plan.ground.take, ..Options::default() },
        journal: args.journal.clone(),
        saved: Some(plan),
        ..Extent::default()
    };
    publish::go(&extent, &args.settings, context)
}
