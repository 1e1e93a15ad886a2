//! `schema`: the JSON Schemas of what people write and pipelines read.

use clap::ValueEnum;

use super::check::CheckDocument;
use super::{Context, Outcome, auth, bases, categories, companion, config as settings_listing, init};
use crate::config;
use crate::report::adopt::AdoptReport;
use crate::report::rollback::RollbackReport;
use crate::report::runs::RunsReport;
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
    /// `publish.toml`, for editors
    Config,
    /// What `plan --format json` prints
    Plan,
    /// What `publish --format json` prints
    Run,
    /// What `check --format json` prints
    Check,
    /// What `lint --format json` prints
    Lint,
    /// What `status --format json` prints
    Status,
    /// What `adopt --format json` prints
    Adopt,
    /// What `runs --format json` prints
    Runs,
    /// What `rollback --format json` prints
    Rollback,
    /// What `init --format json` prints
    Init,
    /// What `auth … --format json` prints
    Auth,
    /// What `bases --format json` prints
    Bases,
    /// What `categories --format json` prints
    Categories,
    /// What `companion show --format json` prints
    Companion,
    /// What `config --format json` prints
    Settings,
    /// What any command prints that ends before it has more to tell
    Error,
}

pub(super) fn run(args: &SchemaArgs, context: &mut Context) -> Outcome {
    let schema = match args.name {
        Name::Config => config::schema().clone(),
        Name::Check => schema::of::<CheckDocument>("kb-publish/check/1"),
        Name::Plan => schema::plan(),
        Name::Run => schema::run(),
        Name::Lint => schema::lint(),
        Name::Status => schema::status(),
        Name::Adopt => schema::of::<AdoptReport>("kb-publish/adopt/1"),
        Name::Runs => schema::of::<RunsReport>("kb-publish/runs/1"),
        Name::Rollback => schema::of::<RollbackReport>("kb-publish/rollback/1"),
        Name::Init => init::schema(),
        Name::Auth => auth::schema(),
        Name::Bases => bases::schema(),
        Name::Categories => categories::schema(),
        Name::Companion => companion::schema(),
        Name::Settings => settings_listing::schema(),
        Name::Error => schema::error(),
    };
    context.printer.data(&format!("{schema:#}\n"));
    Outcome::Done
}
