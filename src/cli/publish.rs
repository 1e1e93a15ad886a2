//! `publish`: connect → plan → write.

use std::sync::Arc;
use std::time::Duration;

use super::connect::{self, Connection};
use super::flags::{PlanningFlags, WritingFlags};
use super::journey::{self, Prepared};
use super::selection::Selection;
use super::{
    Context, DiffView, Failure, Outcome, OverrideFlags, PlanArgs, interrupts, prompt, settings, writing,
};
use crate::config::{Overrides, Settings};
use crate::event::Observer;
use crate::finding::{Code, Finding};
use crate::plan::{SavedPlan, View};
use crate::publish::Outcome as Done;
use crate::publish::{self, Ground, RunLock, Stops};
use crate::report::{Format, Run};
use crate::sandbox;
use crate::servicenow::Writer;
use crate::survey::Options;

/// Flags of `publish`.
#[derive(Debug, clap::Args)]
pub struct PublishArgs {
    /// What is planned.
    #[command(flatten)]
    pub planning: PlanningFlags,
    /// Wait up to so many minutes for approvals, then tell what became of them
    #[arg(long, value_name = "MINUTES")]
    pub wait: Option<u32>,
    /// Show what would be done, write nothing: the same as `plan`
    #[arg(long)]
    pub dry_run: bool,
    /// How it is written.
    #[command(flatten)]
    pub writing: WritingFlags,
    /// Flags that win over `publish.toml`.
    #[command(flatten)]
    pub settings: OverrideFlags,
}

/// What one run of `publish` or `apply` was told.
#[derive(Debug, Default)]
pub(super) struct Extent {
    pub(super) planning: PlanningFlags,
    pub(super) writing: WritingFlags,
    /// `--wait`.
    pub(super) wait: Option<u32>,
    /// Only this plan may be carried out, with what was chosen for it.
    pub(super) saved: Option<SavedPlan>,
}

impl Extent {
    fn options(&self) -> Options {
        let options = self.planning.options(View::default());
        match &self.saved {
            Some(SavedPlan { ground, .. }) => {
                Options { take: ground.take, ask_again: ground.ask_again, verify: ground.verify, ..options }
            }
            None => options,
        }
    }

    fn over(&self, overrides: Overrides) -> Overrides {
        let chosen = self.saved.as_ref().map(|plan| plan.ground.on_remote_edit.clone());
        self.planning.over(self.writing.over(overrides)).set("publish.on_remote_edit", "--take", chosen)
    }
}

pub(super) fn run(args: &PublishArgs, context: &mut Context) -> Result<Outcome, Failure> {
    if args.dry_run {
        let plan = PlanArgs {
            planning: args.planning.clone(),
            settings: args.settings.clone(),
            exit_code: false,
            diff: DiffView::Text,
            out: None,
            html: None,
        };
        return super::plan::run(&plan, context);
    }
    let extent = Extent {
        planning: args.planning.clone(),
        writing: args.writing.clone(),
        wait: args.wait,
        saved: None,
    };
    go(&extent, &args.settings, context)
}

/// Connect, plan, ask, write, report.
pub(super) fn go(extent: &Extent, flags: &OverrideFlags, context: &mut Context) -> Result<Outcome, Failure> {
    let resolved = settings::resolve(context, flags, |overrides| extent.over(overrides))?;
    let settings = Arc::new(resolved.settings);
    let observer = journey::observer(context);
    let selection = match &extent.saved {
        Some(saved) if saved.filtered => Selection::of_ids(saved.documents.keys().cloned().collect()),
        _ => Selection::new(&extent.planning.paths, extent.planning.since.as_deref(), &settings.folder)?,
    };
    let runtime = context.runtime()?;
    let (mut prepared, connection) = {
        let connecting = connect::reach_writer(&settings, &context.edges, Arc::clone(&observer));
        runtime.block_on(journey::prepare(
            &settings,
            &observer,
            extent.options(),
            &selection,
            connecting,
            |writer| &**writer,
        ))?
    };
    match refusal(&prepared, extent, &connection) {
        Some((outcome, guards)) => {
            let findings = std::mem::take(&mut prepared.findings);
            let mut report = prepared.report(&connection.client, None, findings);
            report.problems.extend(guards);
            context.show(&report, &settings.folder, extent.planning.show_remote);
            Ok(outcome)
        }
        None if !confirmed(extent, context, &prepared, &connection)? => {
            Err(Failure::new(Outcome::Interrupted, "declined", "not agreed to; nothing was written"))
        }
        None => runtime.block_on(write(extent, context, prepared, &connection, observer)),
    }
}

/// Why nothing may be written, and what to say about it.
fn refusal(
    prepared: &Prepared,
    extent: &Extent,
    connection: &Connection<Writer>,
) -> Option<(Outcome, Vec<Finding>)> {
    let mut guards = prepared.guards();
    if let Some(saved) = &extent.saved {
        // What a reviewer agreed to needs no further guard, and nothing else is let through.
        guards = prepared.moved(saved, connection.client.instance());
    }
    if prepared.has_errors() {
        return Some((Outcome::Problems, guards));
    }
    (!guards.is_empty()).then_some((Outcome::Refused, guards))
}

/// Shows the plan to a person and asks; nobody is asked about the sandbox, about nothing, or where nobody sits.
fn confirmed(
    extent: &Extent,
    context: &mut Context,
    prepared: &Prepared,
    connection: &Connection<Writer>,
) -> Result<bool, Failure> {
    let asks = context.edges.terminal.can_ask()
        && !extent.writing.yes
        && !prepared.in_sandbox()
        && prepared.surveyed.plan.has_changes();
    if !asks {
        return Ok(true);
    }
    let report = prepared.report(&connection.client, None, prepared.findings.clone());
    let look = context.look(&prepared.settings.folder, true);
    context.printer.note(&crate::report::report(&report, Format::Human, &look));
    let question = format!("Write this to {}?", connection.client.instance());
    prompt::confirm(&question, false)
}

/// Carries the plan out and reports what became of it.
async fn write(
    extent: &Extent,
    context: &mut Context,
    mut prepared: Prepared,
    connection: &Connection<Writer>,
    observer: Arc<dyn Observer>,
) -> Result<Outcome, Failure> {
    let settings = Arc::clone(&prepared.settings);
    let writer = connection.client.clone();
    let started = std::time::Instant::now();
    let state = crate::fs::state_folder(context.edges.env);
    let _lock = match RunLock::take(state.as_deref(), writer.instance(), &settings.project) {
        Ok(lock) => lock,
        Err(busy) => {
            let findings = std::mem::take(&mut prepared.findings);
            let mut report = prepared.report(&connection.client, None, findings);
            report.problems.push(
                Finding::new(Code::AnotherRun, busy.to_string())
                    .help("wait until it has ended, then run again"),
            );
            context.show(&report, &settings.folder, extent.planning.show_remote);
            return Ok(Outcome::Refused);
        }
    };
    let verb = if extent.saved.is_some() { "apply" } else { "publish" };
    let user = &prepared.surveyed.remote.user.user_name;
    let (journal, head) = writing::open_journal(&settings, verb, &writer, user, None)?;
    let ground = Ground {
        settings: Arc::clone(&settings),
        tree: Arc::clone(&prepared.tree),
        surveyed: Arc::clone(&prepared.surveyed),
        writer,
        journal: Arc::clone(&journal),
        observer,
        commit: head.commit.clone(),
    };
    let stops = Stops::default();
    let watching = interrupts::watch(stops.clone(), Arc::clone(&ground.observer));
    let (reader, observer) = (ground.writer.clone(), Arc::clone(&ground.observer));
    let mut result = publish::execute(ground, &stops).await;
    if let Some(minutes) = extent.wait.filter(|_| result.stopped.is_none()) {
        let stands = (&*settings, &*prepared.tree, &*prepared.surveyed);
        let limit = Duration::from_secs(u64::from(minutes) * 60);
        let waited = publish::wait(stands, &mut result, &reader, limit, &*observer, &stops).await;
        result.stopped = result.stopped.take().or(waited.err().map(publish::Stop::Api));
    }
    watching.abort();
    let run = Run { id: &head.run, duration: started.elapsed(), result: &result };
    let findings = std::mem::take(&mut prepared.findings);
    let mut report = prepared.report(&connection.client, Some(run), findings);
    report.problems.extend(result.stopped.as_ref().map(writing::stop_finding));
    if prepared.in_sandbox() {
        report.hints.push(sandbox_hint(&settings, connection));
    }
    let outcome = ending(&report, &settings, result.stopped.as_ref());
    writing::close_journal(&journal, outcome);
    context.show(&report, &settings.folder, extent.planning.show_remote);
    Ok(outcome)
}

fn ending(report: &crate::report::Report, settings: &Settings, stopped: Option<&publish::Stop>) -> Outcome {
    let stop = stopped.map(writing::stop_outcome);
    let documents = report.documents.iter().filter_map(|document| match document.outcome? {
        Done::Failed => Some(Outcome::Failed),
        Done::Conflict => Some(Outcome::Conflicts),
        Done::InReview | Done::LeftDraft => {
            let state = document.article.as_ref().map(|article| article.state.as_str()).unwrap_or_default();
            (!settings.publish.accept.iter().any(|accepted| accepted == state))
                .then_some(Outcome::NotAccepted)
        }
        _ => None,
    });
    Outcome::worst(stop.into_iter().chain(documents))
}

/// Where a person can read what was published.
fn sandbox_hint(settings: &Settings, connection: &Connection<Writer>) -> String {
    let url = connection.client.instance();
    if connection.sandbox.is_none() {
        return format!("read it at {url}/kb");
    }
    let data = settings.folder.join(".kb-publish/sandbox.db");
    // Another program may hold the usual port: only on this run's own do the links above work.
    let port = match url.url().port() {
        Some(sandbox::DEFAULT_PORT) | None => String::new(),
        Some(port) => format!(" --port {port}"),
    };
    let quote = if data.as_str().contains(char::is_whitespace) { "\"" } else { "" };
    format!("to read it, run `kb-publish sandbox --data {quote}{data}{quote}{port}` and open {url}/kb")
}
