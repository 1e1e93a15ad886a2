//! `runs`: the journals that runs have left.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;

use super::{Context, Failure, Outcome, OverrideFlags, settings, writing};
use crate::publish::{Entry, Recorded};
use crate::report::Format;
use crate::report::runs::{self, RunReport, RunsReport};

/// Flags of `runs`.
#[derive(Debug, clap::Args)]
pub struct RunsArgs {
    /// Look into this folder [env: KB_PUBLISH_JOURNAL]
    #[arg(long, value_name = "DIR")]
    pub journal: Option<Utf8PathBuf>,
    /// Flags that win over `publish.toml`.
    #[command(flatten)]
    pub settings: OverrideFlags,
}

pub(super) fn run(args: &RunsArgs, context: &mut Context) -> Result<Outcome, Failure> {
    let journal = args.journal.as_ref().map(ToString::to_string);
    let settings =
        settings::resolve(context, &args.settings, |overrides| overrides.journal(journal))?.settings;
    let shelf = writing::shelf(&settings)?;
    let runs = crate::publish::list(&shelf).iter().map(row).collect();
    let report = RunsReport { schema: "kb-publish/runs/1", folder: shelf.to_string(), runs };
    let text = match context.global.format {
        Format::Json => runs::json(&report),
        _ => runs::human(&report, context.table_width()),
    };
    context.printer.data(&text);
    Ok(Outcome::Done)
}

fn row(recorded: &Recorded) -> RunReport {
    let head = recorded.head.clone();
    let (mut made, mut changed) = (BTreeSet::new(), BTreeSet::new());
    let (mut uploaded, mut removed) = (0, 0);
    for (_, entry) in &recorded.entries {
        match entry {
            Entry::Create { document, .. } => {
                made.insert(document.clone());
            }
            Entry::Update { sys_id, .. } => {
                changed.insert(*sys_id);
            }
            Entry::Upload { .. } => uploaded += 1,
            Entry::Remove { .. } => removed += 1,
            _ => {}
        }
    }
    // A new article's second write is part of making it.
    for (_, entry) in &recorded.entries {
        if let Entry::Update { sys_id, document: Some(document), .. } = entry
            && made.contains(document)
        {
            changed.remove(sys_id);
        }
    }
    RunReport {
        run: head.run,
        verb: head.verb,
        started: head.started,
        project: head.project,
        instance: head.instance,
        profile: head.profile,
        user: head.user,
        commit: head.commit,
        undoes: head.undoes,
        created: made.len(),
        updated: changed.len(),
        uploaded,
        removed,
        exit: recorded.exit(),
    }
}
