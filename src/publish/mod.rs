//! The only part that writes: a plan carried out, journalled, survivable.
//!
//! Must not know: HTTP, terminals. What was read for the plan is the ground it stands on; nothing is planned here.

mod adopt;
mod articles;
mod categories;
mod columns;
mod companion;
mod count;
mod files;
mod journal;
mod lock;
mod outcome;
mod parcel;
mod patience;
mod pen;
mod proof;
mod refusals;
mod retire;
pub mod rollback;
mod schedule;
mod stops;
mod update;
mod wait;
mod window;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::{Id, JoinSet};

use crate::config::Settings;
use crate::event::{Event, Observer};
use crate::finding::Finding;
use crate::ids::SysId;
use crate::plan::{Planned, Row, Work};
use crate::servicenow::{ApiError, Attachment, Record, Writer};
use crate::survey::{LinkTarget, Surveyed};
use crate::tree::{ComposeError, RenderedTree};

pub use adopt::{Adopted, stamp_articles};
use categories::Categories;
pub use journal::{Entry, Head, Journal, KEPT_DAYS, NoRun, Recorded, find, list};
pub use lock::{Busy, RunLock};
pub use outcome::Outcome;
pub use patience::Over;
use pen::{Pen, Seen};
use refusals::Refusals;
use schedule::{Job, Schedule};
pub use stops::Stops;
pub use wait::wait;

/// All that a run stands on.
pub struct Ground {
    /// The settings.
    pub settings: Arc<Settings>,
    /// The rendered tree.
    pub tree: Arc<RenderedTree>,
    /// The plan, and what was read for it.
    pub surveyed: Arc<Surveyed>,
    /// The instance.
    pub writer: Writer,
    /// Written before each write.
    pub journal: Arc<Journal>,
    /// Told what goes on.
    pub observer: Arc<dyn Observer>,
    /// First 10 digits of the git commit the tree is at, if it is in git.
    pub commit: Option<String>,
}

/// What became of one planned document.
#[derive(Debug, Clone)]
pub struct Done {
    /// In words of design §9.
    pub outcome: Outcome,
    /// The row that was written.
    pub article: Option<LinkTarget>,
    /// `workflow_state` as read back.
    pub state: Option<String>,
    /// Why it failed or was left.
    pub error: Option<String>,
    /// What was noticed on the way.
    pub notes: Vec<Finding>,
}

/// What a run did.
#[derive(Debug, Default)]
pub struct RunResult {
    /// By position in [`crate::plan::Plan::documents`]; those that were not reached are missing.
    pub done: HashMap<usize, Done>,
    /// Findings that belong to no document.
    pub problems: Vec<Finding>,
    /// What ended the run early.
    pub stopped: Option<Stop>,
}

/// What ends a run before its end.
#[derive(Debug)]
pub enum Stop {
    /// Ctrl-C: what was in flight is finished.
    Interrupted,
    /// Ctrl-C twice: what became of writes in flight is not known.
    AtOnce,
    /// The instance is gone, or the credentials are (exit 3 or 4).
    Api(ApiError),
    /// The stamp did not come back whole (protocol §2): nothing else is written.
    StampLost {
        /// The column.
        stamp_field: String,
        /// What came back instead.
        got: String,
        /// The article that was written.
        article: Option<LinkTarget>,
    },
    /// The instance answered no write any more.
    Failing {
        /// What came of the last one.
        error: ApiError,
        /// How many, and for how long.
        over: Over,
    },
    /// The journal cannot be written.
    Journal(std::io::Error),
}

/// Why one article could not be written as planned.
#[derive(Debug)]
enum StepError {
    /// The run goes on without it.
    Failed(String),
    /// As [`Self::Failed`], for want of an answer, which may be the instance's fault and not the article's.
    Unanswered(ApiError),
    /// The instance's rules said no (403); the run goes on without it.
    Refused(String),
    /// A person must decide.
    Conflict(String),
    /// Another run of this project made the article after the plan was made; nothing was written here.
    MadeElsewhere,
    /// The run ends.
    Stop(Stop),
}

/// What becomes of an article that another run was faster to make.
const MADE_ELSEWHERE: &str = "made by another run of this project after the plan was made";

/// Said where the instance answers as if it had written, and has not.
const IGNORED: &str = "the write was silently ignored";

impl StepError {
    /// Whether a write to this row was silently ignored: versions that are no drafts may be closed, which looks like a
    /// lost stamp, but nothing else of such a row can be written either (contract §2.4).
    fn is_silence(&self, before: &Record, stamp_field: &str) -> bool {
        let may_be_closed = !before.get("article_id").is_empty() && before.get("workflow_state") != "draft";
        matches!(self, Self::Stop(Stop::StampLost { got, .. }) if may_be_closed && got == before.get(stamp_field))
    }
}

impl From<ApiError> for StepError {
    fn from(error: ApiError) -> Self {
        if error.ends_the_run() {
            Self::Stop(Stop::Api(error))
        } else if error.no_answer() {
            Self::Unanswered(error)
        } else if error.is_forbidden() {
            Self::Refused(refused(&error))
        } else {
            Self::Failed(error.to_string())
        }
    }
}

/// What is made anew lacks a right that can be named; for what is there already, whoever asked knows the roads.
fn refused(error: &ApiError) -> String {
    match error {
        ApiError::Forbidden(refusal) if refusal.what.starts_with("POST") => {
            format!("{error}; {}", error.help())
        }
        _ => error.to_string(),
    }
}

impl From<ComposeError> for StepError {
    fn from(error: ComposeError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<std::io::Error> for StepError {
    fn from(error: std::io::Error) -> Self {
        Self::Stop(Stop::Journal(error))
    }
}

/// What is learnt while writing.
#[derive(Debug, Default)]
struct Learnt {
    /// Articles of this run, by document; `None` for those that could not be made.
    made: HashMap<usize, Option<LinkTarget>>,
    /// Documents whose article could not be written to its end, or stayed retired.
    unread: HashSet<usize>,
    /// Drafts that this run made and is to finish, as they were answered.
    drafts: HashMap<usize, Seen>,
    /// The instance chooses sys_ids itself.
    chooses_ids: bool,
    /// It has taken a sys_id of ours in this run.
    takes_ids: bool,
    /// It refuses new articles without a sys_id of ours, too.
    refuses_without_id: bool,
    /// Bases that take new articles of this account, and those that do not.
    refusals: Refusals,
    /// The least `sys_mod_count` after an insert; not known at first.
    after_insert: Option<u32>,
    /// The row whose stamp was written to see whether its column keeps it, by document.
    proof: Option<(usize, Arc<Row>)>,
}

struct Publisher {
    ground: Ground,
    pen: Pen,
    /// The look's digest.
    look: String,
    categories: Categories,
    /// Files of the rows that are only to be cleaned, read together (protocol §4).
    listed: HashMap<SysId, Vec<Attachment>>,
    learnt: Mutex<Learnt>,
}

/// Carries the plan out.
///
/// Never fails as a whole: what could not be done is in the result, document by document.
pub async fn execute(ground: Ground, stops: &Stops) -> RunResult {
    let mut result = RunResult::default();
    let preparing = async {
        let categories = categories::make(&ground, stops, &mut result.problems).await?;
        Ok((categories, list_leftovers(&ground).await.map_err(Stop::Api)?))
    };
    let prepared = stops.unless_now(preparing).await.unwrap_or(Err(Stop::AtOnce));
    let (categories, listed) = match prepared {
        Ok(prepared) => prepared,
        Err(stop) => {
            result.stopped = Some(stop);
            return result;
        }
    };
    let look = crate::render::look_digest(&crate::tree::options(&ground.settings));
    let pen = Pen::new(
        ground.writer.clone(),
        Arc::clone(&ground.journal),
        ground.settings.project.clone(),
        ground.settings.publish.stamp_field.clone(),
        ground.surveyed.remote.user.user_name.clone(),
    );
    let mut learnt = Learnt::default();
    for base in ground.surveyed.rows.iter().filter_map(|row| row.index.kb_knowledge_base) {
        learnt.refusals.taken(base);
    }
    let learnt = Mutex::new(learnt);
    let publisher = Arc::new(Publisher { ground, pen, look, categories, listed, learnt });
    if !stops.soon.is_cancelled() {
        stops.unless_now(publisher.prove(&mut result)).await;
    }
    run(&publisher, stops, &mut result).await;
    if result.stopped.is_none() {
        let emptied = stops.unless_now(publisher.emptied(&result)).await;
        result.problems.extend(emptied.unwrap_or_default());
    }
    result
}

/// The files of all rows whose leftovers are to be removed and nothing else, forty rows a request. A list that was
/// refused is asked for again row by row.
async fn list_leftovers(ground: &Ground) -> Result<HashMap<SysId, Vec<Attachment>>, ApiError> {
    let rows: Vec<SysId> = ground
        .surveyed
        .plan
        .documents
        .iter()
        .filter(|planned| matches!(planned.work, Work::Clean))
        .filter_map(|planned| Some(planned.row.as_ref()?.index.sys_id))
        .collect();
    let mut listed: HashMap<SysId, Vec<Attachment>> = HashMap::new();
    match ground.writer.attachments(&rows).await {
        Ok(attached) => {
            listed.extend(rows.into_iter().map(|row| (row, Vec::new())));
            for attachment in attached {
                listed.entry(attachment.table_sys_id).or_default().push(attachment);
            }
        }
        Err(error) if error.ends_the_run() => return Err(error),
        Err(_) => {}
    }
    Ok(listed)
}

/// Jobs run as tasks of their own, so that bodies are composed on all cores while answers are awaited; how many
/// requests are in flight is the client's to limit.
async fn run(publisher: &Arc<Publisher>, stops: &Stops, result: &mut RunResult) {
    let ground = &publisher.ground;
    let plan = &ground.surveyed.plan;
    let position: HashMap<usize, usize> =
        plan.documents.iter().enumerate().filter_map(|(at, planned)| Some((planned.document?, at))).collect();
    let at_of = |job: Job| match job {
        Job::Retire(at) => at,
        Job::Create(number)
        | Job::CreateDraft(number)
        | Job::Finish(number)
        | Job::Update(number)
        | Job::Clean(number) => position[&number],
    };
    let mut schedule = Schedule::new(&ground.tree, plan);
    ground.observer.on(&Event::Stage { name: "writing", total: schedule.len() });
    let mut running: JoinSet<Result<Option<Done>, StepError>> = JoinSet::new();
    let mut jobs: HashMap<Id, Job> = HashMap::new();
    loop {
        while running.len() < publisher.at_once() && result.stopped.is_none() && !stops.soon.is_cancelled() {
            let Some(job) = schedule.next() else { break };
            let publisher = Arc::clone(publisher);
            jobs.insert(running.spawn(async move { publisher.job(job).await }).id(), job);
        }
        let Some(ended) = stops.unless_now(running.join_next_with_id()).await.flatten() else { break };
        let (id, outcome) = match ended {
            Ok(ended) => ended,
            Err(error) => {
                (error.id(), Err(StepError::Failed("an internal error; please report it".to_owned())))
            }
        };
        let Some(job) = jobs.remove(&id) else { continue };
        schedule.ended(job);
        let at = at_of(job);
        ground.observer.on(&Event::Step { what: &publisher.title(&plan.documents[at]) });
        match outcome {
            Ok(None) => {}
            Ok(Some(done)) => {
                result.done.insert(at, done);
            }
            Err(error) => result.fail(at, error),
        }
    }
    for job in jobs.values() {
        let error = "the run was stopped while it was being written: the next one looks what became of it";
        result.fail(at_of(*job), StepError::Failed(error.to_owned()));
    }
    if result.stopped.is_none() && (!jobs.is_empty() || schedule.next().is_some()) {
        result.stopped = stops.asked();
    }
    ground.observer.on(&Event::StageEnd);
}

impl Publisher {
    /// The first write goes alone: whether its stamp comes back whole decides about all others. Then twice as
    /// many jobs as requests may be in flight, so that the next body is ready when an answer comes.
    fn at_once(&self) -> usize {
        if self.pen.is_proven() { self.ground.settings.publish.concurrency * 2 } else { 1 }
    }

    async fn job(&self, job: Job) -> Result<Option<Done>, StepError> {
        let outcome = self.pen.weighed(self.turn(job).await);
        if let (Job::Create(number) | Job::CreateDraft(number), Err(_)) = (job, &outcome) {
            // What another run made meanwhile can be linked to.
            self.learnt().made.entry(number).or_insert(None);
        }
        let written = match job {
            Job::Create(number) | Job::CreateDraft(number) | Job::Finish(number) | Job::Update(number) => {
                number
            }
            Job::Clean(_) | Job::Retire(_) => return outcome,
        };
        let retired = |done: &Done| done.state.as_deref() == Some("retired");
        if outcome.as_ref().map_or(true, |done| done.as_ref().is_some_and(retired)) {
            self.learnt().unread.insert(written);
        }
        outcome
    }

    async fn turn(&self, job: Job) -> Result<Option<Done>, StepError> {
        match job {
            Job::Create(number) => {
                let created = self.create(number).await.map(Some);
                self.unless_done_elsewhere(number, created).await
            }
            Job::CreateDraft(number) => {
                let drafted = self.create_draft(number).await.map(|()| None);
                self.unless_done_elsewhere(number, drafted).await
            }
            // Its draft could not be made, or is another run's.
            Job::Finish(number) if !self.learnt().drafts.contains_key(&number) => Ok(None),
            Job::Finish(number) => self.finish(number).await.map(Some),
            Job::Update(number) => self.update(number).await.map(Some),
            Job::Clean(number) => self.clean(number).await.map(Some),
            Job::Retire(at) => self.retire(at).await.map(Some),
        }
    }

    fn title(&self, planned: &Planned) -> String {
        match planned.document.and_then(|number| self.ground.tree.documents.get(number)) {
            Some(document) => document.title.clone(),
            None => planned.row.as_ref().map(|row| row.index.short_description.clone()).unwrap_or_default(),
        }
    }

    fn planned(&self, number: usize) -> Result<&Planned, StepError> {
        let plan = &self.ground.surveyed.plan;
        // Documents stand in the plan in the tree's order.
        let found = plan.documents.get(number).filter(|planned| planned.document == Some(number));
        found.ok_or_else(|| StepError::Failed("the plan does not know this document".to_owned()))
    }

    fn learnt(&self) -> MutexGuard<'_, Learnt> {
        self.learnt.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The article that a link to this document leads to.
    fn article(&self, number: usize) -> Option<LinkTarget> {
        if let Some(made) = self.learnt().made.get(&number) {
            return made.clone();
        }
        let row = self.planned(number).ok()?.row.as_ref()?;
        Some(LinkTarget { number: row.index.number.clone(), sys_id: Some(row.index.sys_id) })
    }

    fn stamp_field(&self) -> &str {
        &self.ground.settings.publish.stamp_field
    }
}

impl RunResult {
    /// Notes why a document was not written as planned.
    fn fail(&mut self, at: usize, error: StepError) {
        match error {
            StepError::Stop(stop) => {
                match &stop {
                    Stop::StampLost { article, .. } => {
                        let lost = "its stamp did not come back whole".to_owned();
                        let article = article.clone();
                        self.done.insert(at, Done { article, ..Done::without(Outcome::Failed, lost) });
                    }
                    Stop::Failing { error, .. } => {
                        self.done.insert(at, Done::without(Outcome::Failed, error.to_string()));
                    }
                    Stop::Interrupted | Stop::AtOnce | Stop::Api(_) | Stop::Journal(_) => {}
                }
                self.stopped.get_or_insert(stop);
            }
            StepError::Unanswered(error) => {
                self.done.insert(at, Done::without(Outcome::Failed, error.to_string()));
            }
            StepError::Failed(error) | StepError::Refused(error) => {
                self.done.insert(at, Done::without(Outcome::Failed, error));
            }
            StepError::Conflict(error) => {
                self.done.insert(at, Done::without(Outcome::Conflict, error));
            }
            StepError::MadeElsewhere => {
                self.done.insert(at, Done::without(Outcome::Conflict, MADE_ELSEWHERE.to_owned()));
            }
        }
    }
}

impl Done {
    fn without(outcome: Outcome, error: String) -> Self {
        Self { outcome, article: None, state: None, error: Some(error), notes: Vec::new() }
    }
}

/// A row's `sys_mod_count`.
fn mod_count(record: &crate::servicenow::Record) -> u32 {
    record.get("sys_mod_count").parse().unwrap_or_default()
}

/// The row that an answer is about.
fn row_of(record: &crate::servicenow::Record) -> Result<SysId, StepError> {
    record.sys_id().ok_or_else(|| StepError::Failed("the instance's answer names no sys_id".to_owned()))
}
