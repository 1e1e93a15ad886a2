//! `build`: the HTML as it would be sent, as files that a browser opens.

use camino::Utf8PathBuf;

use super::{Context, Edges, Failure, Outcome, OverrideFlags, journey, lint, settings};
use crate::text;
use crate::tree::{self, BuildError};

/// Flags of `build`.
#[derive(Debug, clap::Args)]
pub struct BuildArgs {
    /// The folder to write into; default `build` beside publish.toml
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<Utf8PathBuf>,
    /// Flags that win over `publish.toml`.
    #[command(flatten)]
    pub settings: OverrideFlags,
}

/// Writes what can be written even where something is wrong, and tells what is.
pub(super) fn run(args: &BuildArgs, context: &mut Context) -> Result<Outcome, Failure> {
    let settings = settings::resolve(context, &args.settings, |overrides| overrides)?.settings;
    let out = match &args.out {
        Some(folder) => Edges::working_directory()?.join(folder),
        None => settings.folder.join("build"),
    };
    let observer = journey::observer(context);
    let tree = tree::load(&settings, &*observer);
    tree::build(&settings, &tree, &out, &*observer).map_err(|error| match &error {
        BuildError::Write { .. } => Failure::usage("output", error.to_string())
            .because(&error)
            .help("name a folder that can be written with `--out DIR`"),
        BuildError::Compose(_) => Failure::new(Outcome::Problems, "tree-moved", error.to_string())
            .because(&error)
            .help("run `build` again"),
    })?;
    let pages = text::count(tree.documents.len(), "page");
    let outcome = lint::show(&lint::checked(&settings, tree), &settings, context);
    context.printer.note(&format!("{pages} in `{out}`"));
    Ok(outcome)
}
