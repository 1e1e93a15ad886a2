//! The way that `plan` and `publish` share: connect, render, survey, plan, guard.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::connect::{self, Connection, Reached};
use super::interrupts::{self, Reading};
use super::selection::Selection;
use super::{Context, Failure, Outcome, turns};
use crate::config::{InstanceTarget, Settings};
use crate::event::Observer;
use crate::finding::{Code, Finding, Severity};
use crate::panics;
use crate::plan::{Action, Plan};
use crate::report::{Frame, Report, Run, of_plan};
use crate::servicenow::Reader;
use crate::survey::{self, Options, SurveyError, Surveyed};
use crate::text;
use crate::tree::{self, References, RenderedTree};

/// A tree and what a run would make of it.
pub(super) struct Prepared {
    pub(super) settings: Arc<Settings>,
    pub(super) tree: Arc<RenderedTree>,
    /// What is wrong with the tree, apart from it: in a large tree with many problems they are not held twice.
    pub(super) findings: Vec<Finding>,
    pub(super) surveyed: Arc<Surveyed>,
}

/// What the progress goes to.
pub(super) fn observer(context: &Context) -> Arc<dyn Observer> {
    Arc::new(context.printer.progress().clone())
}

/// Renders the tree while the connection is made and the index is read: neither waits for the other.
pub(super) async fn prepare<C: Send>(
    settings: &Arc<Settings>,
    observer: &Arc<dyn Observer>,
    options: Options,
    selection: &Selection,
    reach: impl Future<Output = Result<Reached<C>, Failure>> + Send,
    reader: impl Fn(&C) -> &Reader + Sync,
) -> Result<(Prepared, Connection<C>), Failure> {
    let load = || panics::caught(|| tree::load(settings, &**observer));
    let stopped = |what: &str| {
        Failure::new(Outcome::Failed, "internal", format!("{what} stopped; please report it"))
            .help("`-vv` shows where")
    };
    connect::instance(settings)?;
    let mut loaded = None;
    if settings.publish.knowledge_base.is_none() {
        // Only the documents can name their bases: what they leave out is told before anything is connected to.
        let tree = load().ok_or_else(|| stopped("rendering"))?;
        if let Some(problem) = survey::unnamed_base(settings, &tree) {
            return Err(survey_failure(SurveyError::Bases(vec![problem])));
        }
        loaded = Some(tree);
    }
    let cancelled = CancellationToken::new();
    let reading = interrupts::unless(&cancelled, async {
        let reached = reach.await?;
        let client = reader(&reached.client);
        let remote = survey::remote(settings, client, &**observer).await.map_err(connect::failure)?;
        tracing::info!("signed in to {} as `{}`", client.instance(), remote.user.user_name);
        let user = remote.user.clone();
        Ok((remote, reached.signed_in(user)))
    });
    let runtime = tokio::runtime::Handle::current();
    // The tree is read on this thread, which goes on to plan and to report: allocators keep a heap for each thread,
    // and what reading leaves free serves what follows.
    let (tree, hearing, read) = std::thread::scope(|scope| {
        let reading = scope.spawn(move || runtime.block_on(reading));
        let tree = loaded.or_else(load);
        let hearing = Reading::begin(cancelled.clone());
        (tree, hearing, reading.join())
    });
    let (remote, connection): (_, Connection<C>) = read.map_err(|_| stopped("reading the instance"))??;
    let mut tree = tree.ok_or_else(|| stopped("rendering"))?;
    let findings = std::mem::take(&mut tree.findings);
    let tree = Arc::new(tree);
    let only = selection.documents(&tree)?;
    let client = reader(&connection.client);
    let surveyed = survey::plan(settings, &tree, remote, client, options, only.as_ref(), &**observer);
    let surveyed = Box::pin(async { surveyed.await.map_err(survey_failure) });
    let mut surveyed = hearing.until(surveyed).await?;
    let in_turn = turns::commits_in_turn(&settings.folder, &surveyed.plan, client.server_time());
    surveyed.plan.problems.extend(in_turn);
    hearing.end()?;
    let settings = Arc::clone(settings);
    Ok((Prepared { settings, tree, findings, surveyed: Arc::new(surveyed) }, connection))
}

fn survey_failure(error: SurveyError) -> Failure {
    match error {
        SurveyError::Api(error) => connect::failure(error),
        SurveyError::Bases(problems) => {
            let mut words = problems.iter().map(ToString::to_string);
            let first = words.next().unwrap_or_default();
            let mut failure = Failure::usage("unknown-base", first)
                .help("name one by its title or sys_id in `knowledge_base`");
            failure.report.causes = words.collect();
            failure
        }
        SurveyError::NoStampColumn { .. } => Failure::usage("stamp-column", error.to_string()).help(
            "name a text column of at least 200 characters that this account may read and write, in `stamp_field` of `[publish]`",
        ),
        SurveyError::Newer { .. } => {
            Failure::usage("newer-stamp", error.to_string()).help("upgrade kb-publish")
        }
    }
}

impl Prepared {
    /// Lets go of what only writing and the review site need: in a large tree it makes room for the report.
    pub(super) fn make_room(&mut self) {
        let no_columns = Arc::default();
        for document in Arc::get_mut(&mut self.tree).into_iter().flat_map(|tree| &mut tree.documents) {
            document.references = References::default();
            document.files = Box::default();
            document.columns = Arc::clone(&no_columns);
        }
    }

    /// The report of the plan, or of a run, with these findings of the tree.
    pub(super) fn report(&self, reader: &Reader, run: Option<Run<'_>>, findings: Vec<Finding>) -> Report {
        let requests = reader.counts().into();
        let frame =
            Frame { settings: &self.settings, tree: &self.tree, instance: reader.instance(), requests };
        of_plan(frame, &self.surveyed, run, findings)
    }

    /// Whether anything was found that keeps every article from being written.
    pub(super) fn has_errors(&self) -> bool {
        let problems = self.findings.iter().chain(&self.surveyed.plan.problems);
        problems.into_iter().any(|finding| finding.severity == Severity::Error)
    }

    /// More than a run may do in one go (design §6, exit 8).
    pub(super) fn guards(&self) -> Vec<Finding> {
        let plan: &Plan = &self.surveyed.plan;
        let publish = &self.settings.publish;
        let retired = plan.count(Action::Retire);
        let changed = plan.count(Action::Create) + plan.count(Action::Update) + retired;
        let mut findings = Vec::new();
        let articles = |number| text::count(number, "article");
        if retired > publish.max_retire as usize {
            let message =
                format!("{} would be retired, {} allowed in one run", articles(retired), publish.max_retire);
            findings.push(
                Finding::new(Code::MaxRetire, message).help("check the plan, then pass `--max-retire`"),
            );
        }
        if let Some(most) = publish.max_changes.filter(|most| changed > *most as usize) {
            let message = format!("{} would be written, {most} allowed in one run", articles(changed));
            findings.push(
                Finding::new(Code::MaxChanges, message).help("check the plan, then pass `--max-changes`"),
            );
        }
        let lost = plan
            .mass_orphans()
            .filter(|lost| publish.max_changes.is_none_or(|most| (most as usize) < changed + lost));
        if let Some(lost) = lost {
            let message = format!("{lost} articles lose their document in one run");
            findings.push(Finding::new(Code::MassOrphans, message).help(format!(
                "check `root`, `include` and `project`; if it is meant, pass `--max-changes {}`",
                changed + lost
            )));
        }
        findings
    }

    /// Whether the instance is the embedded one.
    pub(super) fn in_sandbox(&self) -> bool {
        self.settings.instance.as_ref().is_some_and(|instance| instance.target == InstanceTarget::Sandbox)
    }
}
