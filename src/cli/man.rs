//! `man`: the manual, from the same texts as `--help`.

use camino::Utf8PathBuf;
use clap::CommandFactory as _;

use super::{Cli, Context, Failure, Outcome};

/// Flags of `man`.
#[derive(Debug, clap::Args)]
pub struct ManArgs {
    /// Write one page for each command into this folder instead
    #[arg(long, value_name = "DIR")]
    pub out: Option<Utf8PathBuf>,
}

pub(super) fn run(args: &ManArgs, context: &mut Context) -> Result<Outcome, Failure> {
    let command = Cli::command();
    let failed = |error: std::io::Error| Failure::usage("output", format!("the manual: {error}"));
    if let Some(folder) = &args.out {
        fs_err::create_dir_all(folder).map_err(failed)?;
        clap_mangen::generate_to(command, folder).map_err(failed)?;
        context.printer.note(&format!("the manual is in `{folder}`"));
    } else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page).map_err(failed)?;
        context.printer.data(&String::from_utf8_lossy(&page));
    }
    Ok(Outcome::Done)
}
