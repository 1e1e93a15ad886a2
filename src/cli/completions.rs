//! `completions`: scripts that let a shell complete our commands.

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::{Cli, Context, Outcome};

/// Flags of `completions`.
#[derive(Debug, clap::Args)]
pub struct CompletionsArgs {
    /// For which shell
    #[arg(value_enum)]
    pub shell: Shell,
}

pub(super) fn run(args: &CompletionsArgs, context: &mut Context) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "kb-publish", &mut script);
    context.printer.data(&String::from_utf8_lossy(&script));
    Outcome::Done
}
