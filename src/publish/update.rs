//! Articles that were there: read once more, completed with files, written in one PATCH (protocol §5.4–§5.6).

use super::columns::{Content, StampParts};
use super::count::Kind;
use super::files::Placed;
use super::pen::Seen;
use super::{Done, IGNORED, Outcome, Publisher, StepError, mod_count};
use crate::ids::SysId;
use crate::plan::{
    ATTACHMENTS, Asked, Body, Planned, REPLACEMENT, Road, Row, Stamp, Work, canonical, closed_columns,
    closed_road, folded, readable,
};
use crate::servicenow::{Attachment, Record};
use crate::survey::{LinkTarget, stored_body};

/// A row as it stands right before the write.
pub(super) struct Before {
    pub(super) record: Record,
    /// Its files, where they have been read.
    attached: Option<Vec<Attachment>>,
}

impl Publisher {
    /// One content write.
    pub(super) async fn update(&self, number: usize) -> Result<Done, StepError> {
        let planned = self.planned(number)?;
        let row = self.own_row(number)?;
        let (row, stamp) = stamped(&row)?;
        let Work::Write { ask, for_category, .. } = planned.work else {
            return Err(StepError::Failed("the plan writes nothing to this article".to_owned()));
        };
        if for_category
            && self.content(number, &Placed::new())?.source.as_str()
                == stamp.source.as_deref().unwrap_or_default()
        {
            return Ok(left(planned, Outcome::Unchanged));
        }
        let id = row.index.sys_id;
        let Before { record: before, attached } = self.before(planned, row).await?;
        if self.is_done_by_another(number, &before)? {
            return Ok(left(planned, Outcome::Unchanged));
        }
        let attached = match attached {
            Some(attached) => attached,
            None if self.may_have_files(number, &stamp, &before) => {
                self.ground.writer.attachments(&[id]).await?
            }
            None => Vec::new(),
        };
        refuse_edited(planned, &before, &attached)?;
        // Before anything is sent: the row would be left open.
        if !ask && self.waited_in_vain(number, &stamp)? {
            return Ok(left(planned, Outcome::Unchanged));
        }
        let mut placed = self.placed(number, &attached);
        let mut seen = self.pen.seen(&before);
        let state = before.get("workflow_state");
        let versioned = row.index.article_id.is_some();
        let closed = |error| if versioned { self.closed(error, &before) } else { error };
        let open_by_road = versioned && state == "published";
        if open_by_road && self.ground.surveyed.road == Road::Companion {
            return self.update_by_companion(number, row, &before, &attached).await;
        }
        if open_by_road {
            self.refuse_closed(number, &placed, &before)?;
            seen = self.knock(number, id, seen, &stamp, &before).await?;
        }
        // A draft that refuses a file lacks the right to files, not the right to the article.
        let closed_to_files = |error| if state == "draft" { error } else { closed(error) };
        let uploaded = self.complete(number, id, &mut placed).await.map_err(closed_to_files)?;
        if uploaded {
            seen = self.still(id, seen, &before).await?;
        }
        let content = self.content(number, &placed)?;
        let leftovers = self.leftovers(&attached, &placed);
        let asked = Asked::from(self.document(number).status);
        let next = self.stamp(
            number,
            StampParts {
                row: Some(id),
                source: Some(content.source.clone()),
                stored: content.stored.clone(),
                asked,
                leftovers: !leftovers.is_empty(),
                mod_count: self.pen.next_count(seen.count, Kind::content(ask)),
            },
        );
        let mut columns = self.columns(number, &content)?;
        if open_by_road {
            self.only_changed(&mut columns, &placed, &before);
        }
        self.pen.stamp(&mut columns, &next);
        if ask {
            self.ask(&mut columns, asked);
            bring_back(&mut columns, &before);
        }
        let written = self.patch_asking(number, id, seen, columns, &before).await.map_err(closed)?;
        let written = self.send_on(number, id, &before, written).await?;
        self.refuse_partial(number, &placed, &content, &before, &written).await?;
        let done = self.settle(number, &content, &placed, asked, &written, Outcome::Updated).await?;
        self.pen.remove(id, &leftovers).await?;
        Ok(done)
    }

    /// A row that was asked to come back and stays retired sends its readers where it sent them before.
    async fn send_on(
        &self,
        number: usize,
        row: SysId,
        before: &Record,
        written: Record,
    ) -> Result<Record, StepError> {
        let lost = !before.get(REPLACEMENT).is_empty() && written.get(REPLACEMENT).is_empty();
        let Some(mut stamp) = Stamp::parse(written.get(self.stamp_field())).ok().filter(|_| lost) else {
            return Ok(written);
        };
        if written.get("workflow_state") != "retired" {
            return Ok(written);
        }
        stamp.mod_count = self.pen.next_count(mod_count(&written), Kind::STAMP);
        stamp.time = self.pen.now();
        let mut columns = Record::default();
        for column in ["retired", REPLACEMENT] {
            columns.0.insert(column.to_owned(), before.get(column).to_owned());
        }
        self.pen.stamp(&mut columns, &stamp);
        self.pen.journal_update(Some(self.document(number).id.as_str()), row, &columns, &written)?;
        match self.pen.patch(row, self.pen.seen(&written), &columns).await {
            // Where it may not be written, the redirect is asked for again once it is configured.
            Err(StepError::Refused(why)) => {
                tracing::debug!("`{REPLACEMENT}` could not be put back: {why}");
                Ok(written)
            }
            other => other,
        }
    }

    /// A version that does not let this account in is a conflict: people decide.
    fn closed(&self, error: StepError, before: &Record) -> StepError {
        let state = before.get("workflow_state");
        match error {
            StepError::Refused(why) => StepError::Conflict(closed_road(state, &why)),
            error if error.is_silence(before, self.stamp_field()) => {
                StepError::Conflict(closed_road(state, IGNORED))
            }
            error => error,
        }
    }

    /// Removes leftovers of an earlier run; no other write.
    pub(super) async fn clean(&self, number: usize) -> Result<Done, StepError> {
        let planned = self.planned(number)?;
        let (row, _) = known(planned)?;
        let id = row.index.sys_id;
        let attached = match self.listed.get(&id) {
            Some(attached) => attached.clone(),
            None => self.ground.writer.attachments(&[id]).await?,
        };
        let placed = self.placed(number, &attached);
        let mut leftovers = self.leftovers(&attached, &placed);
        if leftovers.is_empty() {
            return Ok(left(planned, Outcome::Unchanged));
        }
        // Another run may have written a body since that shows them, or be about to.
        let now = self.pen.read(id).await?.unwrap_or_default();
        if now.get(self.stamp_field()) == row.index.stamp {
            leftovers.retain(|file| !now.get("text").contains(&file.sys_id.to_string()));
            self.pen.remove(id, &leftovers).await?;
        }
        Ok(left(planned, Outcome::Unchanged))
    }

    /// Reads the row and its other versions, and compares with the plan (protocol §5.6).
    pub(super) async fn before(&self, planned: &Planned, row: &Row) -> Result<Before, StepError> {
        let index = &row.index;
        let rows = self.pen.versions(index.sys_id, index.article_id).await?;
        let (own, others): (Vec<Record>, Vec<Record>) =
            rows.into_iter().partition(|record| record.sys_id() == Some(index.sys_id));
        let Some(record) = own.into_iter().next() else {
            return Err(StepError::Conflict("the article is gone, or hidden from this account".to_owned()));
        };
        let record = self.pen.whole(record).await?;
        // Beside a version of ours that waits to be published stands what readers see meanwhile.
        let waits = index.workflow_state != "published";
        let expected = |state: &str| state == "outdated" || (waits && state == "published");
        if let Some(other) = others.iter().find(|other| !expected(other.get("workflow_state"))) {
            let who = other.get("sys_updated_by");
            let state = other.get("workflow_state");
            return Err(StepError::Conflict(format!(
                "another version of it is {state} in ServiceNow, by {who}"
            )));
        }
        let moved = mod_count(&record) != index.sys_mod_count
            || record.get("sys_updated_on") != index.sys_updated_on
            || record.get(self.stamp_field()) != index.stamp;
        if !moved {
            return Ok(Before { record, attached: None });
        }
        // Counters, jobs and other columns move a row too: only title and body are a conflict (protocol §4).
        let attached = self.ground.writer.attachments(&[index.sys_id]).await?;
        let same_stamp = record.get(self.stamp_field()) == index.stamp;
        let same_state = record.get("workflow_state") == index.workflow_state;
        let digest = stored_body(&record, &attached).digest();
        let untouched = match &planned.remote {
            Some(remote) => *remote == digest,
            None => row.stamp().is_ok_and(|stamp| stamp.stored == digest),
        };
        let other_run = Stamp::parse(record.get(self.stamp_field())).is_ok() && !same_stamp;
        if other_run || (same_stamp && same_state && untouched) {
            return Ok(Before { record, attached: Some(attached) });
        }
        let (who, when) = (record.get("sys_updated_by"), record.get("sys_updated_on"));
        Err(StepError::Conflict(format!("changed in ServiceNow by {who} on {when}, after the plan was made")))
    }

    /// Another run of this project got here first: with the same source it did this run's work, with another it
    /// is the later word of somebody else (protocol §5.6).
    fn is_done_by_another(&self, number: usize, record: &Record) -> Result<bool, StepError> {
        let row = self.own_row(number)?;
        if record.get(self.stamp_field()) == row.index.stamp {
            return Ok(false);
        }
        let now = Stamp::parse(record.get(self.stamp_field())).ok();
        let source = self.content(number, &Placed::new())?.source;
        if now.and_then(|stamp| stamp.source).as_deref() == Some(source.as_str()) {
            return Ok(true);
        }
        Err(StepError::Conflict("written by another run of this project after the plan was made".to_owned()))
    }

    /// Planned only because a link's target or its category was to be made, which failed: the article already says so.
    fn waited_in_vain(&self, number: usize, stamp: &Stamp) -> Result<bool, StepError> {
        let document = self.document(number);
        let failed = document.references.iter().any(|target| match target {
            crate::tree::Target::Document(target, _) => self.article(target).is_none(),
            _ => false,
        });
        let base = self.ground.surveyed.bases[number];
        let waits =
            document.category.as_deref().is_some_and(|labels| self.categories.went_unanswered(base, labels));
        if !(failed || waits) {
            return Ok(false);
        }
        let content = self.content(number, &Placed::new())?;
        Ok(stamp.source.as_deref() == Some(content.source.as_str()))
    }

    /// Whether the row can have files that matter: then they are listed.
    fn may_have_files(&self, number: usize, stamp: &Stamp, record: &Record) -> bool {
        !self.document(number).files.is_empty()
            || stamp.leftovers
            || stamp.source.is_none()
            || record.get("text").contains("sys_attachment.do")
    }

    /// Minor edits open single columns: one that is closed refuses the write even where it says what stands there.
    fn only_changed(&self, columns: &mut Record, placed: &Placed, before: &Record) {
        let files = self.digests(placed);
        columns.0.retain(|column, value| {
            let there = before.get(column);
            let same =
                there == value || (column == "text" && canonical(there, &files) == canonical(value, &files));
            !before.has(column) || !same
        });
    }

    /// What is known to be closed beforehand is not even knocked at: an `admin` would be let in.
    fn refuse_closed(&self, number: usize, placed: &Placed, before: &Record) -> Result<(), StepError> {
        let road = &self.ground.surveyed.road;
        if !matches!(road, Road::MinorEdits(_)) {
            return Ok(());
        }
        let content = self.content(number, placed)?;
        let mut columns = self.columns(number, &content)?;
        self.only_changed(&mut columns, placed, before);
        let uploads = self.document(number).files.iter().any(|file| !placed.contains_key(file));
        let names = columns.0.keys().map(String::as_str).chain([self.stamp_field()]);
        let closed = road.closed(names.chain(uploads.then_some(ATTACHMENTS)));
        if closed.is_empty() { Ok(()) } else { Err(StepError::Conflict(closed_columns(&closed))) }
    }

    /// A published row where versions are kept may be closed: the stamp alone is sent first, so that a refusal
    /// leaves no upload and no half-written article (protocol §7). Returns the row's count after it.
    async fn knock(
        &self,
        number: usize,
        row: SysId,
        seen: Seen,
        stamp: &Stamp,
        before: &Record,
    ) -> Result<Seen, StepError> {
        if self.pen.learnt().makes_versions {
            return Err(StepError::Conflict(closed_road(
                "published",
                "the instance makes new versions instead",
            )));
        }
        let mut knocking = stamp.clone();
        knocking.source = None;
        knocking.row = Some(row.short());
        knocking.mod_count = self.pen.next_count(seen.count, Kind::STAMP);
        knocking.time = self.pen.now();
        let mut columns = Record::default();
        self.pen.stamp(&mut columns, &knocking);
        self.pen.journal_update(Some(self.document(number).id.as_str()), row, &columns, before)?;
        let written = match self.pen.patch(row, seen, &columns).await {
            Ok(written) => written,
            Err(StepError::Refused(why)) => return Err(StepError::Conflict(closed_road("published", &why))),
            Err(error) if error.is_silence(before, self.stamp_field()) => {
                return Err(StepError::Conflict(closed_road("published", IGNORED)));
            }
            Err(other) => return Err(other),
        };
        if !self.pen.took(&written, &knocking) {
            return Err(StepError::Conflict(closed_road("published", IGNORED)));
        }
        self.same_words(before, &written)?;
        Ok(self.pen.seen(&written))
    }

    /// Uploads took their time: the row is looked at once more, so that the window stays one request (protocol §5.6).
    async fn still(&self, row: SysId, seen: Seen, before: &Record) -> Result<Seen, StepError> {
        let Some(now) = self.pen.read(row).await? else {
            return Err(StepError::Conflict("the article is gone, or hidden from this account".to_owned()));
        };
        let now = self.pen.whole(now).await?;
        let now_seen = self.pen.seen(&now);
        if now_seen != seen {
            self.same_words(before, &now)?;
        }
        Ok(now_seen)
    }

    /// Whether title and body still are what they were when the row was read first.
    fn same_words(&self, before: &Record, now: &Record) -> Result<(), StepError> {
        let same = ["short_description", "text"]
            .iter()
            .all(|column| !now.has(column) || now.get(column) == before.get(column));
        if same {
            return Ok(());
        }
        let who = now.get("sys_updated_by");
        let who = if who == self.pen.user { "somebody" } else { who };
        Err(StepError::Conflict(format!("changed in ServiceNow by {who} while it was being written")))
    }

    /// An answer in which only part of the columns took is put back at once (protocol §7).
    async fn refuse_partial(
        &self,
        number: usize,
        placed: &Placed,
        content: &Content,
        before: &Record,
        written: &Record,
    ) -> Result<(), StepError> {
        let record = written;
        let text_stayed = record.has("text") && record.get("text") == before.get("text");
        let title_stayed = record.has("short_description")
            && record.get("short_description") == before.get("short_description");
        let files = self.digests(placed);
        let sent = |title: &str, text: &str| {
            Body { title: title.to_owned(), pieces: canonical(text, &files) }.digest()
        };
        let took = sent(record.get("short_description"), record.get("text")) == content.stored;
        if took || !text_stayed && !title_stayed {
            return Ok(());
        }
        // What stays the same after all may be what the instance's rules make of either version: a style dropped, a prefix
        // set. Words and links tell whether one was passed over.
        let wanted_title = &self.document(number).title;
        let reads = |text: &str| readable(&canonical(text, &files));
        let kept_text = text_stayed
            && sent(wanted_title, before.get("text")) != content.stored
            && reads(before.get("text")) != reads(&content.html);
        let kept_title =
            title_stayed && !folded(before.get("short_description")).contains(&folded(wanted_title));
        if !kept_text && !kept_title {
            return Ok(());
        }
        let row = super::row_of(record)?;
        let named = self.named(number)?;
        let sent =
            ["short_description", "text", "workflow_state", "published", "retired", self.stamp_field()];
        let mut back = Record::default();
        for column in named.0.keys().map(String::as_str).chain(sent) {
            if before.has(column) && record.get(column) != before.get(column) {
                back.0.insert(column.to_owned(), before.get(column).to_owned());
            }
        }
        if !back.0.is_empty() {
            self.pen.journal_update(Some(self.document(number).id.as_str()), row, &back, record)?;
            // The stamp's count is one the row has left behind; a body that is unchanged is still not an edit.
            self.pen.send(row, self.pen.seen(record), &back).await?;
        }
        let column = if kept_text { "text" } else { "short_description" };
        let why = format!("`{column}` was not taken");
        Err(StepError::Conflict(if before.get("article_id").is_empty() {
            format!("the instance did not take the change ({why}): may this account write that column?")
        } else {
            closed_road(before.get("workflow_state"), &why)
        }))
    }
}

/// What a row that was retired has beside its state.
fn bring_back(columns: &mut Record, before: &Record) {
    if before.get("workflow_state") != "retired" {
        return;
    }
    columns.0.insert("retired".to_owned(), String::new());
    if !before.get(REPLACEMENT).is_empty() {
        // Its readers would still be sent to the article that took its place.
        columns.0.insert(REPLACEMENT.to_owned(), String::new());
    }
}

/// Scripts can change a body and leave counts and dates as they are: what was read for the plan must be there.
fn refuse_edited(planned: &Planned, now: &Record, attached: &[Attachment]) -> Result<(), StepError> {
    let Some(read) = &planned.remote else { return Ok(()) };
    if stored_body(now, attached).digest() == *read {
        return Ok(());
    }
    let (who, when) = (now.get("sys_updated_by"), now.get("sys_updated_on"));
    Err(StepError::Conflict(format!("changed in ServiceNow by {who} on {when}, after the plan was made")))
}

/// What a document that was not written looks like.
fn left(planned: &Planned, outcome: Outcome) -> Done {
    let row = planned.row.as_ref().map(|row| &row.index);
    Done {
        outcome,
        article: row.map(|row| LinkTarget { number: row.number.clone(), sys_id: Some(row.sys_id) }),
        state: row.map(|row| row.workflow_state.clone()),
        error: None,
        notes: Vec::new(),
    }
}

/// The planned row with a readable stamp: nothing else is ever written to.
pub(super) fn known(planned: &Planned) -> Result<(&Row, Stamp), StepError> {
    let row = planned.row.as_deref();
    row.ok_or_else(unstamped).and_then(stamped)
}

fn stamped(row: &Row) -> Result<(&Row, Stamp), StepError> {
    let stamp = row.stamp().map_err(|_| unstamped())?;
    Ok((row, stamp))
}

fn unstamped() -> StepError {
    StepError::Failed("the article carries no stamp of this project".to_owned())
}
