//! `build`.

use super::{Context, Failure, Outcome};

/// Flags of `build`.
#[derive(Debug, clap::Args)]
pub struct BuildArgs {}

pub(super) fn run(_: &BuildArgs, _: &mut Context) -> Result<Outcome, Failure> {
    Err(Failure::usage("not-there", "`build` is not there yet"))
}
