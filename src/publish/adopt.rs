//! `adopt`: articles get our stamp, and nothing else of them changes.

use std::sync::Arc;

use futures_util::{StreamExt as _, stream};

use super::count::Kind;
use super::pen::Pen;
use super::{IGNORED, Journal, MADE_ELSEWHERE, StepError, Stop, Stops, mod_count};
use crate::config::Settings;
use crate::event::{Event, Observer};
use crate::plan::{adopted_stamp, closed_road};
use crate::servicenow::{IndexRow, Record, Writer};
use crate::survey::Adoption;
use crate::tree::RenderedTree;

/// What became of an adoption.
#[derive(Debug)]
pub enum Adopted {
    /// Stamped.
    Stamped,
    /// A person must decide.
    Conflict(String),
    /// It could not be written.
    Failed(String),
    /// The run ended before its turn.
    NotReached,
}

/// Stamps these articles, and gives what became of each, in their order.
pub async fn stamp_articles(
    settings: &Settings,
    tree: &RenderedTree,
    adoptions: &[&Adoption],
    (writer, journal, user): (Writer, Arc<Journal>, &str),
    observer: &dyn Observer,
    stops: &Stops,
) -> (Vec<Adopted>, Option<Stop>) {
    let field = settings.publish.stamp_field.clone();
    let pen = Pen::new(writer, journal, settings.project.clone(), field, user.to_owned());
    let mut results: Vec<Adopted> = adoptions.iter().map(|_| Adopted::NotReached).collect();
    let mut stopped = None;
    observer.on(&Event::Stage { name: "stamping", total: adoptions.len() });
    // The first goes alone: whether its stamp comes back whole decides about all others.
    for range in [0..adoptions.len().min(1), adoptions.len().min(1)..adoptions.len()] {
        let pen = &pen;
        let mut running = stream::iter(range)
            .take_while(|_| std::future::ready(!stops.soon.is_cancelled()))
            .map(|at| async move { (at, pen.weighed(stamp_one(pen, tree, adoptions[at]).await)) })
            .buffer_unordered(settings.publish.concurrency);
        while let Some((at, result)) = stops.unless_now(running.next()).await.flatten() {
            observer.on(&Event::Step { what: &tree.documents[adoptions[at].document].title });
            results[at] = match result {
                Ok(()) => Adopted::Stamped,
                Err(StepError::Conflict(why)) => Adopted::Conflict(why),
                Err(StepError::MadeElsewhere) => Adopted::Conflict(MADE_ELSEWHERE.to_owned()),
                Err(StepError::Failed(why) | StepError::Refused(why)) => Adopted::Failed(why),
                Err(StepError::Unanswered(error)) => Adopted::Failed(error.to_string()),
                Err(StepError::Stop(stop)) => {
                    stopped.get_or_insert(stop);
                    stops.soon.cancel();
                    Adopted::NotReached
                }
            };
        }
    }
    let stopped = stopped.or_else(|| stops.asked());
    observer.on(&Event::StageEnd);
    (results, stopped)
}

async fn stamp_one(pen: &Pen, tree: &RenderedTree, adoption: &Adoption) -> Result<(), StepError> {
    let Some(row) = &adoption.row else { return Ok(()) };
    let document = &tree.documents[adoption.document];
    let before = unmoved(pen, row, &adoption.stored).await?;
    let seen = pen.seen(&before);
    let identity = document.id.identity(&pen.project, 1);
    let mut stamp = adopted_stamp(row, identity, &pen.project, adoption.stored.clone());
    stamp.mod_count = pen.next_count(seen.count, Kind::STAMP);
    stamp.time = pen.now();
    let mut columns = Record::default();
    pen.stamp(&mut columns, &stamp);
    pen.journal_update(Some(document.id.as_str()), row.sys_id, &columns, &before)?;
    let versioned = row.article_id.is_some() && before.get("workflow_state") == "published";
    let written = match pen.patch(row.sys_id, seen, &columns).await {
        Err(StepError::Refused(why)) if versioned => {
            return Err(StepError::Conflict(closed_road("published", &why)));
        }
        Err(error) if error.is_silence(&before, &pen.stamp_field) => {
            return Err(StepError::Conflict(closed_road(before.get("workflow_state"), IGNORED)));
        }
        other => other?,
    };
    if pen.took(&written, &stamp) {
        Ok(())
    } else {
        Err(StepError::Conflict("the instance did not take the stamp".to_owned()))
    }
}

/// The row right before the write, if it still says what the preview compared: counters may have moved.
async fn unmoved(pen: &Pen, row: &IndexRow, stored: &str) -> Result<Record, StepError> {
    let rows = pen.versions(row.sys_id, row.article_id).await?;
    let own = |record: &&Record| record.sys_id() == Some(row.sys_id);
    if rows.iter().any(|record| !own(&record) && record.get("workflow_state") != "outdated") {
        return Err(StepError::Conflict("another version of it is there: it is checked out".to_owned()));
    }
    let record = rows.iter().find(own).cloned();
    let record = record.ok_or_else(|| StepError::Conflict("the article is gone".to_owned()))?;
    let same =
        record.get(&pen.stamp_field) == row.stamp && record.get("workflow_state") == row.workflow_state;
    if same && (mod_count(&record) == row.sys_mod_count || says(pen, &record, stored).await?) {
        return Ok(record);
    }
    let who = record.get("sys_updated_by");
    Err(StepError::Conflict(format!("changed in ServiceNow by {who} after the preview")))
}

/// Whether title and body have this digest.
async fn says(pen: &Pen, record: &Record, stored: &str) -> Result<bool, StepError> {
    let attached = pen.writer.attachments(&[super::row_of(record)?]).await?;
    Ok(crate::survey::stored_body(record, &attached).digest() == stored)
}
