//! `plan`: the dry run.

use std::sync::Arc;

use camino::Utf8PathBuf;

use super::flags::PlanningFlags;
use super::selection::Selection;
use super::{Context, DiffView, Failure, Outcome, OverrideFlags, connect, journey, saved, settings, site};
use crate::plan::{Action, View};

/// Flags of `plan`.
#[derive(Debug, clap::Args)]
pub struct PlanArgs {
    /// What is planned.
    #[command(flatten)]
    pub planning: PlanningFlags,
    /// Save the plan, for `kb-publish apply`
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<Utf8PathBuf>,
    /// Write a review site into this folder: an overview, and each document that changes before and after.
    /// Text that exists only in ServiceNow is in it
    #[arg(long, value_name = "DIR")]
    pub html: Option<Utf8PathBuf>,
    /// Exit 10 when changes are pending
    #[arg(long)]
    pub exit_code: bool,
    /// What diffs compare
    #[arg(long, value_enum, default_value = "text", value_name = "VIEW")]
    pub diff: DiffView,
    /// Flags that win over `publish.toml`.
    #[command(flatten)]
    pub settings: OverrideFlags,
}

/// Plans with a connection that cannot write, and shows the plan.
pub(super) fn run(args: &PlanArgs, context: &mut Context) -> Result<Outcome, Failure> {
    let flags = &args.planning;
    let resolved = settings::resolve(context, &args.settings, |overrides| flags.over(overrides))?;
    let settings = Arc::new(resolved.settings);
    let observer = journey::observer(context);
    let selection = Selection::new(&flags.paths, flags.since.as_deref(), &settings.folder)?;
    let view = if args.diff == DiffView::Html { View::Html } else { View::Text };
    let options = flags.options(view);
    let edges = &context.edges;
    let planning = async {
        let connecting = connect::reach_reader(&settings, edges, Arc::clone(&observer));
        journey::prepare(&settings, &observer, options, &selection, connecting, |reader| reader).await
    };
    // One runtime for all: the embedded instance lives on it.
    let runtime = context.runtime()?;
    let (mut prepared, connection) = runtime.block_on(planning)?;
    let guards = prepared.guards();
    let mut endings = Vec::new();
    if prepared.has_errors() {
        endings.push(Outcome::Problems);
    }
    if !guards.is_empty() {
        endings.push(Outcome::Refused);
    }
    if prepared.surveyed.plan.count(Action::Conflict) > 0 {
        endings.push(Outcome::Conflicts);
    }
    if args.exit_code && prepared.surveyed.plan.has_changes() {
        endings.push(Outcome::Pending);
    }
    if args.out.is_none() && args.html.is_none() {
        prepared.make_room();
    }
    let findings = std::mem::take(&mut prepared.findings);
    let mut report = prepared.report(&connection.client, None, findings);
    report.problems.extend(guards);
    if args.diff == DiffView::None {
        report.documents.iter_mut().for_each(|document| document.diff = None);
    }
    if let Some(path) = &args.out {
        saved::write(path, &prepared.saved(connection.client.instance(), options))?;
    }
    if let Some(folder) = &args.html {
        runtime.block_on(site::write(folder, &prepared, &connection.client, &report))?;
        context.printer.note(&format!("the review site is at `{}`", folder.join("index.html")));
    }
    // A large tree and its report are not held side by side.
    drop(prepared);
    context.show(&report, &settings.folder, flags.show_remote);
    Ok(Outcome::worst(endings))
}
