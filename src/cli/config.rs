//! `config`.

use super::{Context, Failure, Outcome};

/// Flags of `config`.
#[derive(Debug, clap::Args)]
pub struct ConfigArgs {}

pub(super) fn run(_: &ConfigArgs, _: &mut Context) -> Result<Outcome, Failure> {
    Err(Failure::usage("not-there", "`config` is not there yet"))
}
