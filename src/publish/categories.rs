//! Categories that are made before the articles (protocol §5.2): one at a time, listed again before each.

use std::collections::BTreeSet;

use super::patience::{Over, Patience};
use super::pen::{TRIES, pause};
use super::{Entry, Ground, Outcome, Publisher, RunResult, Stop, Stops};
use crate::event::Event;
use crate::finding::{Code, Finding};
use crate::ids::SysId;
use crate::plan::{CategoryTree, Work, category_value, inactive_help};
use crate::servicenow::ApiError;

/// The categories of all bases, as a run finds or makes them.
#[derive(Debug, Default)]
pub(super) struct Categories {
    /// Those that are there, those that were missing included as far as the instance allowed them.
    pub(super) tree: CategoryTree,
    /// Those whose making got no answer, by base: the next run makes them.
    unanswered: Vec<(SysId, Vec<String>)>,
}

impl Categories {
    /// Whether this one, or one above it, was left out for want of an answer.
    pub(super) fn went_unanswered(&self, base: SysId, labels: &[String]) -> bool {
        self.unanswered.iter().any(|(other, above)| *other == base && labels.starts_with(above))
    }
}

/// What became of one category.
enum Made {
    Is,
    Refused(String),
    /// Why, and the path of the inactive category that is in the way.
    Inactive(String, String),
    Unanswered(String),
}

/// Makes the categories that are missing.
pub(super) async fn make(
    ground: &Ground,
    stops: &Stops,
    problems: &mut Vec<Finding>,
) -> Result<Categories, Stop> {
    let mut categories = Categories { tree: ground.surveyed.categories.clone(), ..Categories::default() };
    let missing = &ground.surveyed.plan.categories;
    if missing.is_empty() {
        return Ok(categories);
    }
    ground.observer.on(&Event::Stage { name: "making categories", total: missing.len() });
    let mut left: Vec<(SysId, &[String])> = Vec::new();
    let patience = Patience::new(ground.writer.max_wait());
    let mut over = None;
    for (base, labels) in missing {
        let below = left.iter().any(|(other, above)| other == base && labels.starts_with(above));
        if below {
            continue;
        }
        if stops.soon.is_cancelled() {
            break;
        }
        let made = match over {
            None => make_one(ground, &mut categories.tree, *base, labels, &patience).await?,
            Some(Over { writes, .. }) => {
                Made::Unanswered(format!("not asked for, {writes} before it got no answer"))
            }
        };
        match &made {
            Made::Unanswered(_) => over = over.or(patience.gave_up()),
            Made::Is | Made::Refused(_) | Made::Inactive(..) => patience.answered(),
        }
        match made {
            Made::Is => {
                ground.observer.on(&Event::Step { what: &labels.join(" / ") });
                continue;
            }
            Made::Refused(why) => problems.push(refusal(labels, &why).help(
                "its articles go to the nearest category above; ask a knowledge manager to make it, or for role \
                 `knowledge_manager`",
            )),
            Made::Inactive(why, path) => problems.push(refusal(labels, &why).help(inactive_help(&path))),
            Made::Unanswered(why) => {
                categories.unanswered.push((*base, labels.clone()));
                problems.push(refusal(labels, &why).help(
                    "its articles go to the nearest category above; the next run makes it and moves them",
                ));
            }
        }
        left.push((*base, labels));
    }
    ground.observer.on(&Event::StageEnd);
    Ok(categories)
}

async fn make_one(
    ground: &Ground,
    tree: &mut CategoryTree,
    base: SysId,
    labels: &[String],
    patience: &Patience,
) -> Result<Made, Stop> {
    let Some((label, above)) = labels.split_last() else { return Ok(Made::Is) };
    let reach = tree.reach(base, above, None);
    if reach.depth < above.len() {
        return Ok(match tree.inactive(base, above) {
            Some(path) => Made::Inactive(format!("`{path}` above it is inactive"), path),
            None => Made::Refused("the category above it is missing".to_owned()),
        });
    }
    let parent = reach.nearest.unwrap_or(base);
    let (mut refused, mut unanswered) = (false, None);
    for attempt in 1..=TRIES {
        // Another publisher may have made it since the plan.
        tree.extend(ground.writer.subcategories(parent).await.map_err(Stop::Api)?);
        if tree.reach(base, labels, None).depth == labels.len() {
            return Ok(Made::Is);
        }
        if attempt == 1 {
            ground.journal.write(&Entry::Category { path: labels.join(" / ") }).map_err(Stop::Journal)?;
        }
        match ground.writer.create_category(label, &category_value(label), parent, above.is_empty()).await {
            Ok(category) => {
                tree.extend([category]);
                return Ok(Made::Is);
            }
            // Left out, its articles lie above it until the next run: it is worth some patience.
            Err(error) if error.no_answer() => {
                unanswered = Some(error.to_string());
                patience.unanswered();
                if attempt < TRIES {
                    tokio::time::sleep(pause(attempt)).await;
                }
            }
            Err(error) if error.ends_the_run() => return Err(Stop::Api(error)),
            // Once more: a rule that forbids twins says no when somebody else was faster, and a category that is
            // refused by mishap, by whatever stands in between, would be missing for good.
            Err(_) if !refused => refused = true,
            Err(error) => return Ok(refused_for(tree, base, labels, error.to_string())),
        }
    }
    let listed: Result<Vec<_>, ApiError> = ground.writer.subcategories(parent).await;
    tree.extend(listed.map_err(Stop::Api)?);
    let there = tree.reach(base, labels, None).depth == labels.len();
    Ok(match unanswered {
        _ if there => Made::Is,
        Some(why) => Made::Unanswered(why),
        None => refused_for(tree, base, labels, "the instance refused it twice".to_owned()),
    })
}

/// A rule that forbids twins counts inactive ones, too.
fn refused_for(tree: &CategoryTree, base: SysId, labels: &[String], why: String) -> Made {
    match tree.inactive(base, labels) {
        Some(path) => Made::Inactive(format!("an inactive category has this name ({why})"), path),
        None => Made::Refused(why),
    }
}

fn refusal(labels: &[String], why: &str) -> Finding {
    Finding::new(Code::CategoryRefused, format!("category `{}` could not be made: {why}", labels.join(" / ")))
}

/// Most categories that are looked at once a run has left them.
const MOST_LEFT: usize = 40;

impl Publisher {
    /// Categories that this run took the last article from. They stay: kb-publish deletes none.
    pub(super) async fn emptied(&self, result: &RunResult) -> Vec<Finding> {
        let plan = &self.ground.surveyed.plan;
        let mut left: BTreeSet<(SysId, SysId)> = BTreeSet::new();
        for (at, done) in &result.done {
            let planned = &plan.documents[*at];
            // What was only cleaned has moved nowhere, and a run of nothing else has read no category.
            if matches!(planned.work, Work::Clean) {
                continue;
            }
            let Some(row) = planned.row.as_ref().map(|row| &row.index) else { continue };
            let (Some(base), Some(from)) = (row.kb_knowledge_base, row.kb_category) else { continue };
            let stays = match planned.document {
                Some(number) if done.outcome != Outcome::Failed => {
                    let labels = self.document(number).category.as_deref();
                    let base = self.ground.surveyed.bases[number];
                    let reach = |labels| self.categories.tree.reach(base, labels, Some(from));
                    labels.is_none_or(|labels| reach(labels).nearest == Some(from))
                }
                Some(_) => true,
                None => done.outcome != Outcome::Retired,
            };
            if !stays {
                left.insert((base, from));
            }
        }
        let mut findings = Vec::new();
        for (base, category) in left.into_iter().take(MOST_LEFT) {
            match self.pen.writer.is_empty_category(category).await {
                Ok(true) => findings.push(self.empty(base, category).await),
                Ok(false) => {}
                Err(error) => {
                    tracing::debug!("whether a category is empty could not be told: {error}");
                    break;
                }
            }
        }
        findings.sort_by(|a, b| a.message.cmp(&b.message));
        findings
    }

    async fn empty(&self, base: SysId, category: SysId) -> Finding {
        let mut tree = self.categories.tree.clone();
        if tree.path(category).is_none() {
            // Its path is only for the message.
            tree.extend(self.pen.writer.categories(base).await.unwrap_or_default());
        }
        let name = tree.path(category).unwrap_or_else(|| category.to_string());
        Finding::new(Code::EmptyCategory, format!("category `{name}` holds no article any more"))
            .help("kb-publish removes no category; a knowledge manager can, in ServiceNow")
    }
}
