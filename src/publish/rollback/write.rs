//! The writes of a rollback, article by article: files, one PATCH, files that are no longer used.

use std::sync::Arc;

use futures_util::{StreamExt as _, stream};

use super::{Rollback, Step, Undo};
use crate::event::{Event, Observer};
use crate::ids::{Project, SysId};
use crate::plan::{Asked, Stamp, closed_road};
use crate::publish::count::Kind;
use crate::publish::files::is_ours;
use crate::publish::parcel::Parcel;
use crate::publish::pen::{Pen, Seen};
use crate::publish::{IGNORED, Journal, MADE_ELSEWHERE, Recorded, StepError, Stop, Stops, mod_count};
use crate::servicenow::{Attachment, Record, Writer};

/// What became of one article.
#[derive(Debug)]
pub enum RolledBack {
    /// As before the run; what was not taken or stays a person's is told.
    Undone {
        /// `workflow_state` as read back.
        state: String,
        /// What is not as before.
        notes: Vec<String>,
    },
    /// Nothing was to be done.
    Left,
    /// A person must decide.
    Conflict(String),
    /// It could not be written.
    Failed(String),
    /// The run ended before its turn.
    NotReached,
}

/// Undoes what the plan says, and gives what became of each step, in the plan's order.
pub async fn execute(
    plan: &Rollback,
    writer: Writer,
    journal: Arc<Journal>,
    user: &str,
    concurrency: usize,
    observer: &dyn Observer,
    stops: &Stops,
) -> (Vec<RolledBack>, Option<Stop>) {
    let head = &plan.recorded.head;
    let mut results: Vec<RolledBack> = plan.steps.iter().map(|_| RolledBack::NotReached).collect();
    let Ok(project) = Project::parse(&head.project) else { return (results, None) };
    let pen = Pen::new(writer, journal, project, head.stamp_field.clone(), user.to_owned());
    let undoer = Undoer { pen, recorded: &plan.recorded };
    observer.on(&Event::Stage { name: "undoing", total: plan.steps.len() });
    let mut stopped = None;
    // What readers get back comes before what is taken from them: one rank after another.
    let mut at = 0;
    while at < plan.steps.len() {
        let rank = plan.steps[at].rank();
        let end = at + plan.steps[at..].iter().take_while(|step| step.rank() == rank).count();
        let undoer = &undoer;
        let mut running = stream::iter(at..end)
            .take_while(|_| std::future::ready(!stops.soon.is_cancelled()))
            .map(|number| async move { (number, undoer.pen.weighed(undoer.undo(&plan.steps[number]).await)) })
            .buffer_unordered(concurrency.max(1));
        while let Some((number, result)) = stops.unless_now(running.next()).await.flatten() {
            observer.on(&Event::Step { what: plan.steps[number].title() });
            results[number] = match result {
                Ok(done) => done,
                Err(StepError::Conflict(why) | StepError::Refused(why)) => RolledBack::Conflict(why),
                Err(StepError::MadeElsewhere) => RolledBack::Conflict(MADE_ELSEWHERE.to_owned()),
                Err(StepError::Failed(why)) => RolledBack::Failed(why),
                Err(StepError::Unanswered(error)) => RolledBack::Failed(error.to_string()),
                Err(StepError::Stop(stop)) => {
                    stopped.get_or_insert(stop);
                    stops.soon.cancel();
                    RolledBack::NotReached
                }
            };
        }
        if stops.soon.is_cancelled() {
            stopped = stopped.or_else(|| stops.asked());
            break;
        }
        at = end;
    }
    observer.on(&Event::StageEnd);
    (results, stopped)
}

struct Undoer<'a> {
    pen: Pen,
    recorded: &'a Recorded,
}

impl Undoer<'_> {
    async fn undo(&self, step: &Step) -> Result<RolledBack, StepError> {
        match &step.undo {
            Undo::Nothing(_) => Ok(RolledBack::Left),
            Undo::Conflict(why) => Ok(RolledBack::Conflict(why.clone())),
            Undo::Clean => self.clean(step).await,
            Undo::Retire => self.retire(step).await,
            Undo::Restore { columns, body, kept } => self.restore(step, columns, *body, kept).await,
        }
    }

    /// The row once more, right before it is written (protocol §5.6).
    async fn before(&self, step: &Step) -> Result<(SysId, Record), StepError> {
        let gone = || StepError::Conflict("the article is gone, or hidden from this account".to_owned());
        let index = &step.now.as_ref().ok_or_else(gone)?.index;
        let rows = self.pen.versions(index.sys_id, index.article_id).await?;
        let other = |record: &&Record| {
            record.sys_id() != Some(index.sys_id) && record.get("workflow_state") != "outdated"
        };
        if let Some(other) = rows.iter().find(other) {
            let (state, who) = (other.get("workflow_state"), other.get("sys_updated_by"));
            return Err(StepError::Conflict(format!(
                "another version of it is {state} in ServiceNow, by {who}"
            )));
        }
        let record = rows.into_iter().find(|row| row.sys_id() == Some(index.sys_id)).ok_or_else(gone)?;
        let same = record.get(&self.pen.stamp_field) == index.stamp
            && record.get("workflow_state") == index.workflow_state;
        let untouched = mod_count(&record) == index.sys_mod_count;
        if !(same && (untouched || step.still_says(&record))) {
            let who = record.get("sys_updated_by");
            return Err(StepError::Conflict(format!("changed in ServiceNow by {who} just now")));
        }
        Ok((index.sys_id, record))
    }

    async fn clean(&self, step: &Step) -> Result<RolledBack, StepError> {
        let Some(row) = step.row() else { return Ok(RolledBack::Left) };
        self.pen.remove(row, &self.no_longer_used(step)).await?;
        Ok(RolledBack::Left)
    }

    /// Files that the run uploaded and that the article did not have before.
    fn no_longer_used<'s>(&self, step: &'s Step) -> Vec<&'s Attachment> {
        let touched = &step.touched;
        let ours = |file: &&Attachment| {
            is_ours(file, &self.pen.user)
                && touched.uploaded.contains(&file.file_name)
                && !touched.removed.iter().any(|gone| gone.file == file.file_name)
        };
        step.attached.iter().filter(ours).collect()
    }

    async fn retire(&self, step: &Step) -> Result<RolledBack, StepError> {
        let (row, before) = self.before(step).await?;
        let mut stamp = now_stamp(step)?;
        let mut seen = self.pen.seen(&before);
        seen = self.knock(step, row, seen, &stamp, &before).await?;
        stamp.asked = Asked::Retired;
        self.freshen(&mut stamp, row, seen, Kind::STATE);
        let mut columns = Record::default();
        self.pen.stamp(&mut columns, &stamp);
        columns.0.insert("workflow_state".to_owned(), Asked::Retired.workflow_state().to_owned());
        columns.0.insert("retired".to_owned(), crate::publish::columns::date(self.pen.now()));
        self.pen.journal_update(step.document(), row, &columns, &before)?;
        let written = self.patch(row, seen, &columns, &before).await?;
        Ok(self.told(row, &columns, &written, &[]))
    }

    async fn restore(
        &self,
        step: &Step,
        columns: &Record,
        body: bool,
        kept: &[String],
    ) -> Result<RolledBack, StepError> {
        let (row, before) = self.before(step).await?;
        let mut seen = self.knock(step, row, self.pen.seen(&before), &now_stamp(step)?, &before).await?;
        let back = self.upload(step, row).await?;
        if !back.is_empty() {
            let now = self.pen.read(row).await?;
            let now = now.ok_or_else(|| StepError::Conflict("the article is gone".to_owned()))?;
            if now.get("text") != before.get("text") {
                return Err(StepError::Conflict("changed in ServiceNow just now".to_owned()));
            }
            seen = self.pen.seen(&now);
        }
        let mut columns = columns.clone();
        if body || !back.is_empty() {
            columns.0.insert("text".to_owned(), self.body(step, &before, &back)?);
        }
        let unused = self.no_longer_used(step);
        let former = step.touched.before.get(&self.pen.stamp_field);
        match Stamp::parse(former) {
            Ok(mut stamp) => {
                stamp.leftovers |= !unused.is_empty();
                self.freshen(&mut stamp, row, seen, Kind::of(&columns));
                if !step.former_is_ours {
                    // A person's text stood there, under a stamp of ours: it must not pass for ours now.
                    (stamp.time, stamp.mod_count) = (0, 0);
                }
                self.pen.stamp(&mut columns, &stamp);
            }
            // It was nobody's before the run, and is again.
            Err(_) => {
                columns.0.insert(self.pen.stamp_field.clone(), former.to_owned());
            }
        }
        self.pen.journal_update(step.document(), row, &columns, &before)?;
        let written = self.patch(row, seen, &columns, &before).await?;
        let done = self.told(row, &columns, &written, kept);
        self.pen.remove(row, &unused).await?;
        Ok(done)
    }

    /// The one PATCH. A version that is no draft may be closed without a word (contract §2.4).
    async fn patch(
        &self,
        row: SysId,
        seen: Seen,
        columns: &Record,
        before: &Record,
    ) -> Result<Record, StepError> {
        match self.pen.patch(row, seen, columns).await {
            Err(error) if error.is_silence(before, &self.pen.stamp_field) => {
                Err(StepError::Conflict(closed_road(before.get("workflow_state"), IGNORED)))
            }
            other => other,
        }
    }

    /// Brings removed files back; gives their former and their new sys_ids.
    async fn upload(&self, step: &Step, row: SysId) -> Result<Vec<(SysId, SysId)>, StepError> {
        let mut back = Vec::new();
        for gone in &step.touched.removed {
            let parcel = Parcel {
                name: &gone.file,
                media_type: &gone.media_type,
                sha256: &gone.sha256,
                shown: &gone.file,
            };
            let bytes = tokio::task::block_in_place(|| self.recorded.bytes(&gone.sha256))
                .map_err(|error| StepError::Failed(format!("file `{}`: {error}", gone.file)))?;
            let size = bytes.len() as u64;
            let there = step.attached.iter().find(|file| parcel.is(file, size));
            let id = match there {
                Some(there) => there.sys_id,
                None => self.pen.upload(row, parcel, bytes).await?.sys_id,
            };
            back.push((gone.attachment, id));
        }
        Ok(back)
    }

    /// The former body, or where the run wrote none the present one, with files under their new ids.
    fn body(&self, step: &Step, before: &Record, back: &[(SysId, SysId)]) -> Result<String, StepError> {
        let mut text = match step.touched.body_at {
            Some(at) => tokio::task::block_in_place(|| self.recorded.body_before(at))?,
            None => before.get("text").to_owned(),
        };
        for (old, new) in back {
            text = text.replace(&old.to_string(), &new.to_string());
        }
        Ok(text)
    }

    /// A published row of a versioned base may be closed: the stamp alone is sent first (protocol §7).
    async fn knock(
        &self,
        step: &Step,
        row: SysId,
        seen: Seen,
        stamp: &Stamp,
        before: &Record,
    ) -> Result<Seen, StepError> {
        let versioned = step.now.as_ref().is_some_and(|row| row.index.article_id.is_some());
        if !versioned || before.get("workflow_state") != "published" {
            return Ok(seen);
        }
        let mut columns = Record::default();
        let mut stamp = stamp.clone();
        self.freshen(&mut stamp, row, seen, Kind::STAMP);
        self.pen.stamp(&mut columns, &stamp);
        self.pen.journal_update(step.document(), row, &columns, before)?;
        let written = match self.pen.patch(row, seen, &columns).await {
            Err(StepError::Refused(why)) => return Err(StepError::Conflict(closed_road("published", &why))),
            Err(StepError::Stop(Stop::StampLost { .. })) => None,
            other => Some(other?),
        };
        match written.filter(|written| self.pen.took(written, &stamp)) {
            Some(written) => Ok(self.pen.seen(&written)),
            None => Err(StepError::Conflict(closed_road("published", IGNORED))),
        }
    }

    fn freshen(&self, stamp: &mut Stamp, row: SysId, seen: Seen, kind: Kind) {
        stamp.row = Some(row.short());
        stamp.mod_count = self.pen.next_count(seen.count, kind);
        stamp.time = self.pen.now();
    }

    /// What of the former values was not taken (contract §0.2: a 2xx is not proof).
    fn told(&self, row: SysId, sent: &Record, written: &Record, kept: &[String]) -> RolledBack {
        let state = written.get("workflow_state").to_owned();
        let mut notes: Vec<String> =
            kept.iter().map(|column| format!("`{column}` stays: a person changed it since")).collect();
        for (column, value) in &sent.0 {
            let got = written.get(column);
            let took = match Stamp::parse(value) {
                Ok(stamp) if *column == self.pen.stamp_field => self.pen.took(written, &stamp),
                _ => got == value,
            };
            if column == "workflow_state" && !took {
                notes.push(format!("the instance keeps it in {got}, not in {value}"));
            } else if column != "text" && written.has(column) && !took {
                notes.push(format!("the instance did not take `{column}`"));
            }
        }
        notes.extend(self.pen.overwritten(row));
        RolledBack::Undone { state, notes }
    }
}

fn now_stamp(step: &Step) -> Result<Stamp, StepError> {
    let row = step.now.as_ref();
    let stamp = row.and_then(|row| row.stamp().ok());
    stamp.ok_or_else(|| StepError::Failed("the article carries no stamp of this project".to_owned()))
}
