//! `schema`: the JSON Schemas of what people write and pipelines read.

use clap::ValueEnum;

use super::{Context, Failure, Outcome};
use crate::report::schema;

/// Flags of `schema`.
#[derive(Debug, clap::Args)]
pub struct SchemaArgs {
    /// Which one
    #[arg(value_enum)]
    pub name: Name,
}

/// The schemas there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Name {
    /// What `plan --format json` prints
    Plan,
    /// What `publish --format json` prints
    Run,
    /// What `lint --format json` prints
    Lint,
    /// What `status --format json` prints
    Status,
    /// What any command prints that ends before it has more to tell
    Error,
}

pub(super) fn run(args: &SchemaArgs, context: &mut Context) -> Result<Outcome, Failure> {
    let schema = match args.name {
        Name::Plan => schema::plan(),
        Name::Run => schema::run(),
        Name::Lint => schema::lint(),
        Name::Status => schema::status(),
        Name::Error => schema::error(),
    };
    context.printer.data(&format!("{schema:#}\n"));
    Ok(Outcome::Done)
}
