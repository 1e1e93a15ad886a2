//! `sandbox`.

use super::{Context, Failure, Outcome};

/// Flags of `sandbox`.
#[derive(Debug, clap::Args)]
pub struct SandboxArgs {}

pub(super) fn run(_: &SandboxArgs, _: &mut Context) -> Result<Outcome, Failure> {
    Err(Failure::usage("not-there", "`sandbox` is not there yet"))
}
