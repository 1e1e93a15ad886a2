//! `lint`.

use super::{Context, Failure, Outcome};

/// Flags of `lint`.
#[derive(Debug, clap::Args)]
pub struct LintArgs {}

pub(super) fn run(_: &LintArgs, _: &mut Context) -> Result<Outcome, Failure> {
    Err(Failure::usage("not-there", "`lint` is not there yet"))
}
