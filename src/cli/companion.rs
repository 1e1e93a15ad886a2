//! `companion`: the optional Scripted REST resource for versioned bases.

use clap::Subcommand;

use super::{Context, Outcome};

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

pub(super) fn run(args: &CompanionArgs, context: &mut Context) -> Outcome {
    let CompanionCommand::Show(show) = &args.command;
    if !show.script {
        context.printer.data(GUIDE);
    }
    if !show.script && !show.guide {
        context.printer.data("\n## The script\n\n");
    }
    if !show.guide {
        context.printer.data(SCRIPT);
    }
    Outcome::Done
}
