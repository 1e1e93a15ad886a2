//! `rollback`: undoes a run from its journal.

use std::sync::Arc;

use super::connect::{self, Connection};
use super::flags::WritingFlags;
use super::{Context, Failure, Outcome, OverrideFlags, interrupts, journey, prompt, settings, writing};
use crate::config::{InstanceTarget, Settings};
use crate::event::Observer;
use crate::publish::rollback::{self, Rollback, RolledBack, Undo};
use crate::publish::{NoRun, Recorded, RunLock, Stop, Stops};
use crate::report::Format;
use crate::report::rollback::{self as report, RollbackReport, UndoAction, UndoOutcome, UndoneArticle};
use crate::servicenow::{Reader, Writer};
use crate::survey;

/// Flags of `rollback`.
#[derive(Debug, clap::Args)]
pub struct RollbackArgs {
    /// The run, as `kb-publish runs` names it, or the folder that holds its journal
    #[arg(value_name = "RUN|DIR")]
    pub run: String,
    /// Show what would be undone, write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// How it is written.
    #[command(flatten)]
    pub writing: WritingFlags,
    /// Flags that win over `publish.toml`.
    #[command(flatten)]
    pub settings: OverrideFlags,
}

pub(super) fn run(args: &RollbackArgs, context: &mut Context) -> Result<Outcome, Failure> {
    let settings =
        settings::resolve(context, &args.settings, |overrides| args.writing.over(overrides))?.settings;
    let recorded =
        crate::publish::find(&writing::shelf(&settings)?, &args.run).map_err(|error| no_run(&error))?;
    let observer = journey::observer(context);
    let runtime = context.runtime()?;
    if args.dry_run {
        let planning = async {
            let connecting = connect::connect_reader(&settings, &context.edges, Arc::clone(&observer));
            let connection = connecting.await?;
            let plan = prepare(recorded, &settings, &connection, &connection.client).await?;
            Ok((plan, connection))
        };
        let (plan, connection) = runtime.block_on(interrupts::reading(planning))?;
        let report = describe(&plan, &connection.client, None, None);
        show(context, &report);
        let conflicts = plan.steps.iter().any(|step| matches!(step.undo, Undo::Conflict(_)));
        return Ok(if conflicts { Outcome::Conflicts } else { Outcome::Done });
    }
    let planning = async {
        let connecting = connect::connect_writer(&settings, &context.edges, Arc::clone(&observer));
        let connection = connecting.await?;
        let plan = prepare(recorded, &settings, &connection, &connection.client).await?;
        Ok((plan, connection))
    };
    let (plan, connection) = runtime.block_on(interrupts::reading(planning))?;
    if !confirmed(args, context, &settings, &plan, &connection)? {
        return Err(Failure::new(Outcome::Interrupted, "declined", "not agreed to; nothing was written"));
    }
    runtime.block_on(undo(context, &settings, plan, &connection, observer))
}

fn no_run(error: &NoRun) -> Failure {
    let help = match error {
        NoRun::Unknown { .. } => "`kb-publish runs` lists the runs; journals are kept for 30 days",
        NoRun::Several { .. } => "name one of them, with `--journal` and this folder",
        NoRun::Broken { .. } => "what was written can still be seen in it: it is text, one line a write",
    };
    Failure::usage("unknown-run", error.to_string()).help(help)
}

/// Compares the journal with the instance it was written on.
async fn prepare<C>(
    mut recorded: Recorded,
    settings: &Settings,
    connection: &Connection<C>,
    reader: &Reader,
) -> Result<Rollback, Failure> {
    let head = &mut recorded.head;
    let here = reader.instance().to_string();
    // The embedded instance may have moved to another port.
    let embedded = settings.instance.as_ref().is_some_and(|one| one.target == InstanceTarget::Sandbox);
    if head.instance != here && !embedded {
        let message = format!("run {} was on {}, this is {here}", head.run, head.instance);
        let help = format!("it ran under profile `{}`: pass `--profile {}`", head.profile, head.profile);
        return Err(Failure::usage("other-instance", message).help(help));
    }
    if head.project != settings.project.as_str() {
        let message =
            format!("run {} was of project `{}`, this is `{}`", head.run, head.project, settings.project);
        return Err(
            Failure::usage("other-project", message).help("run it beside that project's publish.toml")
        );
    }
    let mut plan =
        rollback::plan(recorded, reader, &connection.user.user_name).await.map_err(connect::failure)?;
    if plan.changes_in_place() {
        let road = survey::in_place(&settings.publish, &connection.user, reader).await;
        plan.take(&road.map_err(connect::failure)?);
    }
    Ok(plan)
}

/// Shows what would be undone to a person and asks.
fn confirmed(
    args: &RollbackArgs,
    context: &mut Context,
    settings: &Settings,
    plan: &Rollback,
    connection: &Connection<Writer>,
) -> Result<bool, Failure> {
    let embedded = settings.instance.as_ref().is_some_and(|one| one.target == InstanceTarget::Sandbox);
    let writes = |undo: &Undo| !matches!(undo, Undo::Nothing(_) | Undo::Conflict(_));
    let anything = plan.steps.iter().any(|step| writes(&step.undo));
    if args.writing.yes || embedded || !anything || !context.edges.terminal.can_ask() {
        return Ok(true);
    }
    let preview = describe(plan, &connection.client, None, None);
    context.printer.note(&report::human(&preview));
    prompt::confirm(&format!("Undo this on {}?", connection.client.instance()), false)
}

async fn undo(
    context: &mut Context,
    settings: &Settings,
    plan: Rollback,
    connection: &Connection<Writer>,
    observer: Arc<dyn Observer>,
) -> Result<Outcome, Failure> {
    let writer = connection.client.clone();
    let state = crate::fs::state_folder(context.edges.env);
    let _lock = RunLock::take(state.as_deref(), writer.instance(), &settings.project).map_err(|busy| {
        Failure::new(Outcome::Refused, "another-run", busy.to_string()).help("wait until it has ended")
    })?;
    let user = &connection.user.user_name;
    let undoes = Some(plan.recorded.head.run.clone());
    let (journal, head) = writing::open_journal(settings, "rollback", &writer, user, undoes)?;
    let stops = Stops::default();
    let watching = interrupts::watch(stops.clone(), Arc::clone(&observer));
    let concurrency = settings.publish.concurrency;
    let (results, stopped) =
        rollback::execute(&plan, writer, Arc::clone(&journal), user, concurrency, &*observer, &stops).await;
    watching.abort();
    let report = describe(&plan, &connection.client, Some((&head.run, &results)), stopped.as_ref());
    let outcome = ending(&report, stopped.as_ref());
    writing::close_journal(&journal, outcome);
    show(context, &report);
    Ok(outcome)
}

fn show(context: &mut Context, report: &RollbackReport) {
    let text = match context.global.format {
        Format::Json => report::json(report),
        _ => report::human(report),
    };
    context.printer.data(&text);
}

fn ending(report: &RollbackReport, stopped: Option<&Stop>) -> Outcome {
    let articles = report.articles.iter().filter_map(|article| match article.outcome? {
        UndoOutcome::Conflict => Some(Outcome::Conflicts),
        UndoOutcome::Failed => Some(Outcome::Failed),
        _ => None,
    });
    Outcome::worst(stopped.map(writing::stop_outcome).into_iter().chain(articles))
}

fn describe(
    plan: &Rollback,
    reader: &Reader,
    done: Option<(&str, &[RolledBack])>,
    stopped: Option<&Stop>,
) -> RollbackReport {
    let articles = plan.steps.iter().enumerate().map(|(at, step)| {
        let (action, mut reasons) = planned(&step.undo);
        let mut state = step.state().map(str::to_owned);
        let outcome = done.map(|(_, results)| {
            let (outcome, notes, after) = became(&results[at], action);
            if action != UndoAction::Conflict {
                reasons.extend(notes);
            }
            state = after.or(state.take());
            outcome
        });
        UndoneArticle {
            sys_id: step.row().map(|row| row.to_string()),
            number: Some(step.number().to_owned()).filter(|number| !number.is_empty()),
            document: step.document().map(str::to_owned),
            title: step.title().to_owned(),
            action,
            reasons,
            outcome,
            state,
        }
    });
    RollbackReport {
        schema: "kb-publish/rollback/1",
        run: done.map(|(run, _)| run.to_owned()),
        undoes: plan.recorded.head.run.clone(),
        project: plan.recorded.head.project.clone(),
        instance: reader.instance().to_string(),
        stopped: stopped.map(|stop| writing::stop_finding(stop).message.into()),
        articles: articles.collect(),
        categories: plan.categories.clone(),
        requests: reader.counts().into(),
    }
}

fn planned(undo: &Undo) -> (UndoAction, Vec<String>) {
    match undo {
        Undo::Nothing(why) => (UndoAction::Leave, vec![why.clone()]),
        Undo::Clean => (UndoAction::Clean, vec!["files that the run uploaded".to_owned()]),
        Undo::Retire => (UndoAction::Retire, vec!["made by the run".to_owned()]),
        Undo::Conflict(why) => (UndoAction::Conflict, vec![why.clone()]),
        Undo::Restore { columns, body, .. } => {
            let mut what: Vec<String> = columns.0.keys().cloned().collect();
            if *body {
                what.insert(0, "text".to_owned());
            }
            (UndoAction::Restore, if what.is_empty() { Vec::new() } else { vec![what.join(", ")] })
        }
    }
}

fn became(result: &RolledBack, action: UndoAction) -> (UndoOutcome, Vec<String>, Option<String>) {
    match result {
        RolledBack::Undone { state, notes } => {
            let outcome = match action {
                _ if !notes.is_empty() => UndoOutcome::Conflict,
                UndoAction::Retire => UndoOutcome::Retired,
                _ => UndoOutcome::Restored,
            };
            (outcome, notes.clone(), Some(state.clone()))
        }
        RolledBack::Left => (UndoOutcome::Left, Vec::new(), None),
        RolledBack::Conflict(why) => (UndoOutcome::Conflict, vec![why.clone()], None),
        RolledBack::Failed(why) => (UndoOutcome::Failed, vec![why.clone()], None),
        RolledBack::NotReached => (UndoOutcome::Skipped, Vec::new(), None),
    }
}
