//! `--wait`: looks after articles that wait for an approval, until it comes, is refused, or time is over.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::{Done, Outcome, RunResult, Stops};
use crate::config::{Settings, Status};
use crate::event::{Event, Observer};
use crate::ids::SysId;
use crate::plan::{Action, Planned};
use crate::servicenow::{ApiError, Reader};
use crate::survey::{LinkTarget, Surveyed};
use crate::tree::RenderedTree;

/// First and longest pause between two looks.
const PAUSES: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(60));

/// Waits at most `limit` for what was asked to be published and is neither published nor a draft, that of earlier
/// runs included, and puts what became of it into the result.
///
/// # Errors
/// The instance is gone, or the credentials are.
pub async fn wait(
    (settings, tree, surveyed): (&Settings, &RenderedTree, &Surveyed),
    result: &mut RunResult,
    reader: &Reader,
    limit: Duration,
    observer: &dyn Observer,
    stops: &Stops,
) -> Result<(), ApiError> {
    let mut waiting: BTreeMap<SysId, usize> = surveyed
        .plan
        .documents
        .iter()
        .enumerate()
        .filter(|(_, planned)| wants_to_be_published(tree, planned))
        .filter_map(|(at, planned)| Some((in_between(result.done.get(&at), planned, settings)?, at)))
        .collect();
    let (end, mut pause) = (Instant::now() + limit, PAUSES.0);
    if waiting.is_empty() {
        return Ok(());
    }
    observer.on(&Event::Stage { name: "waiting for approvals", total: waiting.len() });
    loop {
        let ids: Vec<SysId> = waiting.keys().copied().collect();
        for record in reader.articles(&ids, &["number", "workflow_state"]).await? {
            let Some((id, at)) = record.sys_id().and_then(|id| Some((id, *waiting.get(&id)?))) else {
                continue;
            };
            let state = record.get("workflow_state");
            let planned = &surveyed.plan.documents[at];
            let outcome = became(state, planned.action, settings);
            let article = LinkTarget { number: record.get("number").to_owned(), sys_id: Some(id) };
            let done = result.done.entry(at).or_insert_with(|| Done {
                outcome,
                article: None,
                state: None,
                error: None,
                notes: Vec::new(),
            });
            (done.outcome, done.article, done.state) = (outcome, Some(article), Some(state.to_owned()));
            if outcome != Outcome::InReview {
                waiting.remove(&id);
                observer.on(&Event::Step { what: record.get("number") });
            }
        }
        let left = end.saturating_duration_since(Instant::now());
        if waiting.is_empty() || left.is_zero() {
            break;
        }
        tokio::select! {
            () = tokio::time::sleep(pause.min(left)) => {}
            () = stops.soon.cancelled() => {
                result.stopped = stops.asked();
                break;
            }
        }
        pause = (pause * 3 / 2).min(PAUSES.1);
    }
    observer.on(&Event::StageEnd);
    Ok(())
}

fn wants_to_be_published(tree: &RenderedTree, planned: &Planned) -> bool {
    let document = planned.document.and_then(|number| tree.documents.get(number));
    !planned.filtered && document.is_some_and(|document| document.status == Status::Published)
}

/// The row of an article that is on its way from draft to published.
fn in_between(done: Option<&Done>, planned: &Planned, settings: &Settings) -> Option<SysId> {
    let (row, state) = match done {
        Some(done) if matches!(done.outcome, Outcome::InReview | Outcome::LeftDraft) => {
            (done.article.as_ref()?.sys_id?, done.state.as_deref()?)
        }
        None if planned.action == Action::Unchanged => {
            let row = &planned.row.as_ref()?.index;
            (row.sys_id, row.workflow_state.as_str())
        }
        _ => return None,
    };
    (became(state, planned.action, settings) == Outcome::InReview).then_some(row)
}

/// What an article in this state is for the report.
fn became(state: &str, action: Action, settings: &Settings) -> Outcome {
    let accepted = settings.publish.accept.iter().any(|accepted| accepted == state);
    match state {
        "draft" | "retired" | "outdated" => Outcome::LeftDraft,
        _ if state == "published" || accepted => match action {
            Action::Create => Outcome::Created,
            Action::Update => Outcome::Updated,
            _ => Outcome::Unchanged,
        },
        _ => Outcome::InReview,
    }
}
