//! `check` (alias `test`): the connection test, shown live.

use anstyle::AnsiColor;
use schemars::JsonSchema;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::credentials::{self, Sources};
use super::interrupts::{self, Reading};
use super::{Context, Failure, Outcome, OverrideFlags, connect, journey, prompt, settings};
use crate::config::{Categories, Settings, Status};
use crate::publish::Stops;
use crate::report::{self, Case, Ending, Format};
use crate::servicenow::{Checker, SignInError, Step, Subject, Verdict, WRITE_PROBE, write_probe};
use crate::text;

/// The step that tells whether the account may write to the base.
const CONTRIBUTE: &str = "contribute";
/// Width of a step's name.
const NAME: usize = 14;
/// Where a step's message begins: after its mark and its name.
const INDENT: usize = 7 + 1 + NAME + 1;

/// Flags of `check`.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// Also try to create, attach, change and delete, with a draft of its own
    #[arg(long)]
    pub write_probe: bool,
    /// Do not ask before the write probe
    #[arg(short, long)]
    pub yes: bool,
    /// Flags that win over `publish.toml`.
    #[command(flatten)]
    pub settings: OverrideFlags,
}

/// `kb-publish/check/1`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "kb-publish/check/1")]
pub(super) struct CheckDocument {
    /// Always `kb-publish/check/1`.
    schema: &'static str,
    /// Root URL of the instance.
    instance: String,
    /// The profile's name.
    profile: String,
    /// In the order in which they were taken.
    steps: Vec<Step>,
}

pub(super) fn run(args: &CheckArgs, context: &mut Context) -> Result<Outcome, Failure> {
    let settings = settings::resolve(context, &args.settings, |overrides| overrides)?.settings;
    // One runtime for all: the embedded instance lives on it.
    let runtime = context.runtime()?;
    let hearing = Reading::begin(CancellationToken::new());
    let (subject, _sandbox) = runtime.block_on(hearing.until(subject(&settings, context)))?;
    let instance = subject.instance.to_string();
    let mut checker = Checker::new(subject);
    let mut steps = Vec::new();
    while let Some(step) = runtime.block_on(hearing.until(async { Ok(checker.next().await) }))? {
        // What the probe is about to find out is told after it.
        if !(args.write_probe && is_open(&step)) {
            show(context, &step);
        }
        steps.push(step);
    }
    hearing.end()?;
    if args.write_probe {
        let probed = probe(args, context, &runtime, &checker)?;
        let proven = proven(&probed, &checker);
        if let Some(open) = steps.iter_mut().find(|step| is_open(step)) {
            *open = proven.unwrap_or_else(|| open.clone());
            show(context, open);
        }
        steps.extend(probed);
    }
    let outcome = outcome(&steps);
    let told: Vec<Case> = steps.iter().map(case).collect();
    if let Some(text) =
        report::cases("check", &told, context.global.format, &context.look(&settings.folder, false))
    {
        context.printer.data(&text);
    }
    if context.global.format == Format::Json {
        let document = CheckDocument {
            schema: "kb-publish/check/1",
            instance,
            profile: settings.profile.clone(),
            steps,
        };
        let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
        text.push('\n');
        context.printer.data(&text);
    }
    Ok(outcome)
}

/// Whether the account may contribute is not known.
fn is_open(step: &Step) -> bool {
    step.name == CONTRIBUTE && step.status == Verdict::Unknown
}

/// What a draft that was made says about the account's right to contribute.
fn proven(probed: &[Step], checker: &Checker) -> Option<Step> {
    let made = probed.first().is_some_and(|step| step.status != Verdict::Fail);
    checker.base().filter(|_| made).map(Step::contributes)
}

/// The probe's steps; none where the person says no.
fn probe(
    args: &CheckArgs,
    context: &mut Context,
    runtime: &tokio::runtime::Runtime,
    checker: &Checker,
) -> Result<Vec<Step>, Failure> {
    let Some(base) = checker.base().cloned() else {
        context.printer.note("the write probe needs a knowledge base, and there is none");
        return Ok(Vec::new());
    };
    context.printer.note(&format!("The write probe {WRITE_PROBE} (knowledge base `{}`).", base.title));
    if !args.yes && context.edges.terminal.can_ask() && !prompt::confirm("Go on?", true)? {
        return Ok(Vec::new());
    }
    let Ok(options) = checker.options() else { return Ok(Vec::new()) };
    let probed = runtime.block_on(async {
        // What it made it also removes: only a second press leaves that undone.
        let stops = Stops::default();
        let watching = interrupts::watch(stops.clone(), journey::observer(context));
        let probed = stops.now.run_until_cancelled(write_probe(options, &base)).await;
        watching.abort();
        probed
    });
    let steps = probed.ok_or_else(|| {
        let message = "stopped at once: the probe's draft may be left";
        Failure::new(Outcome::Interrupted, "interrupted", message)
            .help("look for \"kb-publish write probe\" in the knowledge base, and delete it by hand")
    })?;
    for step in &steps {
        show(context, step);
    }
    Ok(steps)
}

/// What is tested; secrets that are missing are a step of the test, not its end.
async fn subject(
    settings: &Settings,
    context: &Context,
) -> Result<(Subject, Option<crate::sandbox::Sandbox>), Failure> {
    let instance = connect::instance(settings)?;
    let network = credentials::network(settings, instance)?;
    let embedded = connect::embedded_credentials(settings, instance).await?;
    let (url, credentials, sandbox) = if let Some((url, credentials, started)) = embedded {
        (url, Ok(credentials), started)
    } else {
        let url = connect::address(instance)?;
        let found = Sources::new(settings, &url, &context.edges, network.clone(), None).credentials();
        let found = match found {
            Err(failure) if failure.outcome != Outcome::Credentials => return Err(failure),
            found => found.map_err(|failure| SignInError {
                code: "not-signed-in",
                message: failure.report.message,
                help: failure.report.help.unwrap_or_default(),
            }),
        };
        (url, found, None)
    };
    let publish = &settings.publish;
    let subject = Subject {
        instance: url,
        network,
        credentials: credentials.map(std::sync::Arc::new),
        user_name: settings.auth.username.clone(),
        knowledge_base: publish.knowledge_base.clone(),
        publishes: publish.status == Status::Published,
        creates_categories: publish.create_categories && publish.categories == Categories::Folders,
        stamp_field: publish.stamp_field.clone(),
        admin_in_place: publish.admin_in_place,
        companion: publish.companion.clone(),
        concurrency: publish.concurrency,
        max_wait: instance.max_wait,
    };
    Ok((subject, sandbox))
}

/// The first failure's code; warnings and unknowns are success.
fn outcome(steps: &[Step]) -> Outcome {
    let failed = steps.iter().filter(|step| step.status == Verdict::Fail).map(|step| match step.exit {
        2 => Outcome::Usage,
        3 => Outcome::Credentials,
        6 => Outcome::Failed,
        _ => Outcome::Unreachable,
    });
    failed.into_iter().next().unwrap_or(Outcome::Done)
}

/// One step as a line, its help below; nothing on stdout where that is for a program.
fn show(context: &mut Context, step: &Step) {
    let (mark, color) = match step.status {
        Verdict::Ok => ("ok     ", AnsiColor::Green),
        Verdict::Warn => ("warn   ", AnsiColor::Yellow),
        Verdict::Fail => ("FAIL   ", AnsiColor::Red),
        Verdict::Unknown => ("unknown", AnsiColor::Cyan),
    };
    let ink = color.on_default();
    let mut text = format!("{}{mark}{} {:<NAME$} ", ink.render(), ink.render_reset(), step.name);
    // At a terminal lines are broken between words, below one another; elsewhere they stay whole, to be searched.
    let width = context.edges.terminal.width.map(|width| width.saturating_sub(INDENT).max(24));
    let lines = |text: &str| width.map_or_else(|| vec![text.to_owned()], |width| text::wrapped(text, width));
    let gap = format!("\n{:INDENT$}", "");
    text.push_str(&lines(&step.message).join(&gap));
    for line in step.help.as_deref().map(lines).unwrap_or_default() {
        text.push_str(&gap);
        text.push_str(&line);
    }
    text.push('\n');
    if context.global.format == Format::Human {
        context.printer.data(&text);
    } else {
        tracing::info!("{}: {:?}: {}", step.name, step.status, step.message);
    }
}

/// One step for a pipeline.
fn case(step: &Step) -> Case {
    let (ending, word) = match step.status {
        Verdict::Ok => (Ending::Passed, "ok"),
        Verdict::Warn => (Ending::Warned, "warn"),
        Verdict::Fail => (Ending::Failed, "fail"),
        Verdict::Unknown => (Ending::Unknown, "unknown"),
    };
    Case {
        name: step.name.to_owned(),
        path: None,
        ending,
        word: word.to_owned(),
        message: step.message.clone(),
        help: step.help.clone(),
    }
}
