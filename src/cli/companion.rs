//! `companion`: the optional Scripted REST resource for versioned bases.

use clap::Subcommand;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Context, Outcome};
use crate::report::Format;

/// What `companion show --format json` calls itself.
const SCHEMA: &str = "kb-publish/companion/1";
/// The resource's script.
const SCRIPT: &str = include_str!("../../companion/kb_publish_companion.js");
/// How it is installed, and what goes over the wire.
const GUIDE: &str = include_str!("../../companion/INSTALL.md");
/// What `--help` says of it.
pub(super) const ABOUT: &str = "EXPERIMENTAL: the companion is a Scripted REST resource that an administrator can install on \
                                an instance with article versions. With it a published article is checked out, written and \
                                published in one call, with the rights of the account that calls; kb-publish notices it and \
                                uses it. Its script was tested under Node, and the calls against the sandbox: it was never \
                                run on a real instance.";

/// Flags of `companion`.
#[derive(Debug, clap::Args)]
pub struct CompanionArgs {
    /// What to do
    #[command(subcommand)]
    pub command: CompanionCommand,
}

/// Verbs of `companion`.
#[derive(Debug, Subcommand)]
pub enum CompanionCommand {
    /// Print the resource's install guide and its script (experimental)
    Show(ShowArgs),
}

/// Flags of `companion show`.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// Only the script, to be pasted into a Script Include
    #[arg(long, conflicts_with = "guide")]
    pub script: bool,
    /// Only the install guide
    #[arg(long)]
    pub guide: bool,
}

#[derive(Serialize, JsonSchema)]
struct Document {
    schema: &'static str,
    /// The install guide, Markdown; null with `--script`.
    guide: Option<&'static str>,
    /// The Script Include, JavaScript; null with `--guide`.
    script: Option<&'static str>,
}

/// The JSON Schema of what `--format json` prints.
pub(super) fn schema() -> serde_json::Value {
    crate::report::schema::of::<Document>(SCHEMA)
}

pub(super) fn run(args: &CompanionArgs, context: &mut Context) -> Outcome {
    let CompanionCommand::Show(show) = &args.command;
    let guide = (!show.script).then_some(GUIDE);
    let script = (!show.guide).then_some(SCRIPT);
    if context.global.format == Format::Json {
        let document = Document { schema: SCHEMA, guide, script };
        context.printer.data(&(serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"));
        return Outcome::Done;
    }
    let heading = (guide.is_some() && script.is_some()).then_some("\n## The script\n\n");
    for part in [guide, heading, script].into_iter().flatten() {
        context.printer.data(part);
    }
    Outcome::Done
}
