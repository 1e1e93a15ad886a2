//! Which write may be sent when: a job waits for the articles it links to, nothing else.

use std::collections::{BTreeSet, HashMap, VecDeque};

use crate::plan::{Node, Plan, Planned, Work, drafts_first};
use crate::tree::{RenderedTree, Target};

/// One article's turn. Numbers are documents of the tree, but for [`Job::Retire`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Job {
    /// POST, with everything.
    Create(usize),
    /// POST as a draft; its [`Job::Finish`] follows.
    CreateDraft(usize),
    /// Uploads and the PATCH that completes a draft of this run.
    Finish(usize),
    /// A content write to an article that was there.
    Update(usize),
    /// Removal of leftover files.
    Clean(usize),
    /// An orphan, as its position in [`Plan::documents`].
    Retire(usize),
}

/// What a job waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Need {
    /// That the document's new article is there, or will not be.
    Article(usize),
    /// That the last write to the document's article is done, or will not be.
    LastWrite(usize),
}

/// Jobs and what they wait for.
#[derive(Debug)]
pub(super) struct Schedule {
    jobs: Vec<(Job, usize)>,
    /// Jobs that wait, by what they wait for.
    waiting: HashMap<Need, Vec<usize>>,
    /// Articles that others wait for come first: `[creations, all else]`.
    ready: [VecDeque<usize>; 2],
}

impl Schedule {
    /// From the plan: documents in its order, so that runs are alike.
    pub(super) fn new(tree: &RenderedTree, plan: &Plan) -> Self {
        let created: Vec<usize> = plan
            .documents
            .iter()
            .filter(|planned| matches!(planned.work, Work::Create(_)))
            .filter_map(|planned| planned.document)
            .collect();
        let position: HashMap<usize, usize> =
            created.iter().enumerate().map(|(at, number)| (*number, at)).collect();
        let targets = |number: usize| new_targets(tree, number, &position);
        let nodes: Vec<Node> = created
            .iter()
            .map(|&number| Node {
                twice: !tree.documents[number].files.is_empty(),
                links: targets(number).into_iter().map(|target| position[&target]).collect(),
            })
            .collect();
        let drafts = drafts_first(&nodes);
        let mut schedule = Self { jobs: Vec::new(), waiting: HashMap::new(), ready: Default::default() };
        for (at, planned) in plan.documents.iter().enumerate() {
            match (&planned.work, planned.document) {
                (Work::Create(_), Some(number)) if drafts.contains(&position[&number]) => {
                    schedule.add(Job::CreateDraft(number), BTreeSet::new());
                    let mut needs = articles(targets(number));
                    needs.insert(Need::Article(number));
                    schedule.add(Job::Finish(number), needs);
                }
                (Work::Create(_), Some(number)) => {
                    schedule.add(Job::Create(number), articles(targets(number)));
                }
                (Work::Write { .. }, Some(number)) => {
                    schedule.add(Job::Update(number), articles(targets(number)));
                }
                (Work::Clean, Some(number)) => schedule.add(Job::Clean(number), BTreeSet::new()),
                (Work::Retire { replacement }, _) => {
                    // Readers are sent to what is there to be read.
                    let writes =
                        |planned: &Planned| matches!(planned.work, Work::Create(_) | Work::Write { .. });
                    let written = |number: &usize| plan.documents.get(*number).is_some_and(writes);
                    let needs = replacement.filter(written).map(Need::LastWrite).into_iter().collect();
                    schedule.add(Job::Retire(at), needs);
                }
                _ => {}
            }
        }
        schedule
    }

    fn add(&mut self, job: Job, needs: BTreeSet<Need>) {
        let number = self.jobs.len();
        self.jobs.push((job, needs.len()));
        if needs.is_empty() {
            self.make_ready(number);
        }
        for need in needs {
            self.waiting.entry(need).or_default().push(number);
        }
    }

    fn make_ready(&mut self, number: usize) {
        let lane = usize::from(!matches!(self.jobs[number].0, Job::Create(_) | Job::CreateDraft(_)));
        self.ready[lane].push_back(number);
    }

    /// The next job that waits for nothing.
    pub(super) fn next(&mut self) -> Option<Job> {
        let number = self.ready.iter_mut().find_map(VecDeque::pop_front)?;
        Some(self.jobs[number].0)
    }

    /// A job has ended, well or not: who waited for it may go on.
    pub(super) fn ended(&mut self, job: Job) {
        if let Job::Create(document) | Job::CreateDraft(document) = job {
            self.settle(Need::Article(document));
        }
        if let Job::Create(document) | Job::Finish(document) | Job::Update(document) = job {
            self.settle(Need::LastWrite(document));
        }
    }

    fn settle(&mut self, need: Need) {
        for number in self.waiting.remove(&need).unwrap_or_default() {
            self.jobs[number].1 -= 1;
            if self.jobs[number].1 == 0 {
                self.make_ready(number);
            }
        }
    }

    /// How many jobs there are.
    pub(super) fn len(&self) -> usize {
        self.jobs.len()
    }
}

fn articles(documents: BTreeSet<usize>) -> BTreeSet<Need> {
    documents.into_iter().map(Need::Article).collect()
}

/// New articles that must exist before this document can be written for good.
fn new_targets(tree: &RenderedTree, number: usize, created: &HashMap<usize, usize>) -> BTreeSet<usize> {
    let document = &tree.documents[number];
    let linked = document.references.iter().filter_map(|target| match target {
        Target::Document(target, _) => Some(target),
        _ => None,
    });
    let parent = document.columns.translation_of.as_ref().and_then(|id| tree.position(id));
    linked.chain(parent).filter(|target| *target != number && created.contains_key(target)).collect()
}
