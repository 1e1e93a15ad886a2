//! The pen: every write is journalled before it is sent, and looked up where no answer comes (protocol §6); never
//! repeated blindly. Runs and rollbacks write with nothing else.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::count::{Added, Kind};
use super::patience::Patience;
use super::{Entry, Journal, StepError, Stop, mod_count};
use crate::ids::{Digest, Project, SysId};
use crate::plan::{Stamp, epoch, folded};
use crate::servicenow::{ApiError, IndexRow, Record, Writer};
use crate::survey::LinkTarget;

/// How often one write is tried.
pub(super) const TRIES: u32 = 4;
/// Rows looked at for an article that was made without its stamp: more than are ever in flight.
const JUST_MADE: usize = 40;
/// Seconds by which an instance's clocks may differ: its nodes', its database's.
const CLOCKS_DIFFER: i64 = 10;

/// Columns of a row that is about to be written, or was: what tells whether the row has moved, and what the journal keeps.
pub(super) const READ: &[&str] = &[
    "sys_id",
    "article_id",
    "number",
    "workflow_state",
    "sys_mod_count",
    "sys_updated_on",
    "sys_updated_by",
    "sys_view_count",
    "sys_class_name",
    "short_description",
    "text",
    "kb_knowledge_base",
    "kb_category",
    "meta",
    "meta_description",
    "roles",
    "valid_to",
    "language",
    "parent",
    "display_attachments",
    "author",
    "ownership_group",
    "can_read_user_criteria",
    "cannot_read_user_criteria",
    "published",
    "retired",
    "replacement_article",
];

/// Wait after a try without an answer: 2 s, 4 s, 8 s. The instance is in trouble; a crowd of repeats does not help it.
/// The look-up comes after the wait, right before the repeat: what happens meanwhile is seen (protocol §5.6).
pub(super) fn pause(attempt: u32) -> Duration {
    Duration::from_secs(1 << attempt.min(5))
}

/// A row when it was last read or answered: its counters, and what of it is not to change under us.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// `sys_mod_count`.
    pub(super) count: u32,
    /// Whether the row showed its count at all.
    pub(super) counted: bool,
    /// `sys_view_count`: on some instances a view counts as an update.
    pub(super) views: u32,
    title: Option<Digest>,
    text: Option<Digest>,
    /// State and stamp.
    rest: Option<Digest>,
    /// See [`Self::made`].
    pub(super) made: bool,
}

impl Seen {
    /// The same, of a row that this run has made: nobody else's yet.
    pub(super) const fn made(mut self) -> Self {
        self.made = true;
        self
    }

    /// Whether title, body, state and stamp are the same; counters and other columns are not asked.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        (self.title, self.text, self.rest) == (other.title, other.text, other.rest)
    }

    /// Whether the column, `short_description` or `text`, held this.
    pub(super) fn held(&self, column: &str, value: &str) -> bool {
        let held = if column == "text" { self.text } else { self.title };
        held == Some(Digest::of(value.as_bytes()))
    }
}

/// What the pen has learnt while writing.
#[derive(Debug, Default)]
pub(super) struct Learnt {
    /// What one write adds to `sys_mod_count`, by its kind and the base it is in; rules can tell them apart.
    pub(super) per_patch: BTreeMap<(Kind, String), Added>,
    /// A stamp has come back whole.
    stamp_proven: bool,
    /// A published version did not take a stamp alone.
    pub(super) closed_to_stamps: bool,
    /// A write to a row was answered by a new version of it.
    pub(super) makes_versions: bool,
    /// Rows that somebody saved in the same moment, and what is told of it.
    pub(super) overwritten: BTreeMap<SysId, String>,
}

impl Learnt {
    /// The least that a write of this kind adds, in whichever base.
    fn per_patch(&self, kind: Kind) -> Option<u32> {
        self.per_patch.iter().filter(|((one, _), _)| *one == kind).map(|(_, added)| added.least).min()
    }
}

/// Whether the stamp that is there is another run's for the same document. How an instance tells that a sys_id is taken
/// is not known: as any failure, or by the row that is there (contract §1.7).
fn is_anothers(there: &str, sent: &str) -> bool {
    let (Ok(there), Ok(sent)) = (Stamp::parse(there), Stamp::parse(sent)) else { return false };
    let written = |stamp: &Stamp| (stamp.time, stamp.source.clone(), stamp.stored.clone());
    there.identity == sent.identity && written(&there) != written(&sent)
}

/// What writes.
#[derive(Debug)]
pub(super) struct Pen {
    pub(super) writer: Writer,
    pub(super) journal: Arc<Journal>,
    pub(super) project: Project,
    pub(super) stamp_field: String,
    /// Our user name.
    pub(super) user: String,
    learnt: Mutex<Learnt>,
    patience: Patience,
}

impl Pen {
    pub(super) fn new(
        writer: Writer,
        journal: Arc<Journal>,
        project: Project,
        stamp_field: String,
        user: String,
    ) -> Self {
        let patience = Patience::new(writer.max_wait());
        Self { writer, journal, project, stamp_field, user, learnt: Mutex::default(), patience }
    }

    pub(super) fn learnt(&self) -> MutexGuard<'_, Learnt> {
        self.learnt.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits before the next try of a write that got no answer, if there is one.
    pub(super) async fn wait_for(&self, attempt: u32) {
        self.patience.unanswered();
        if attempt < TRIES {
            tokio::time::sleep(pause(attempt)).await;
        }
    }

    /// What became of an article, seen beside those before it: the run goes on without one that got no answer, but not
    /// for ever.
    pub(super) fn weighed<T>(&self, result: Result<T, StepError>) -> Result<T, StepError> {
        let Err(StepError::Unanswered(error)) = result else {
            self.patience.answered();
            return result;
        };
        Err(match self.patience.gave_up() {
            Some(over) => StepError::Stop(Stop::Failing { error, over }),
            None => StepError::Failed(error.to_string()),
        })
    }

    /// Whether a stamp has come back whole.
    pub(super) fn is_proven(&self) -> bool {
        self.learnt().stamp_proven
    }

    /// A row as it was read or answered.
    pub(super) fn seen(&self, record: &Record) -> Seen {
        let digest = |text: &str| Some(Digest::of(text.as_bytes()));
        let rest = format!("{}\0{}", record.get("workflow_state"), record.get(&self.stamp_field));
        Seen {
            count: mod_count(record),
            counted: record.has("sys_mod_count"),
            views: record.get("sys_view_count").parse().unwrap_or_default(),
            title: digest(record.get("short_description")),
            text: digest(record.get("text")),
            rest: digest(&rest),
            made: false,
        }
    }

    /// The count that a write of this kind to a row at `count` is expected to lead to: rather too low than too high,
    /// which would make the next save by somebody else look like ours.
    pub(super) fn next_count(&self, count: u32, kind: Kind) -> u32 {
        count.saturating_add(self.learnt().per_patch(kind).unwrap_or(1))
    }

    /// Server time, in seconds since 1970.
    pub(super) fn now(&self) -> i64 {
        self.writer.server_time()
    }

    /// What is told of a row that somebody saved while it was being written (protocol §5.6).
    pub(super) fn overwritten(&self, row: SysId) -> Option<String> {
        self.learnt().overwritten.get(&row).cloned()
    }

    /// One whole row.
    pub(super) async fn read(&self, row: SysId) -> Result<Option<Record>, ApiError> {
        Ok(self.writer.articles(&[row], &self.columns()).await?.into_iter().next())
    }

    /// The row and its article's other rows that are not outdated.
    pub(super) async fn versions(
        &self,
        row: SysId,
        article_id: Option<SysId>,
    ) -> Result<Vec<Record>, ApiError> {
        self.writer.versions(row, article_id, &self.columns()).await
    }

    /// [`READ`] and the stamp.
    pub(super) fn columns(&self) -> Vec<&str> {
        let mut columns = READ.to_vec();
        columns.push(&self.stamp_field);
        columns
    }

    /// Puts the stamp into what is sent.
    pub(super) fn stamp(&self, columns: &mut Record, stamp: &Stamp) {
        columns.0.insert(self.stamp_field.clone(), stamp.to_string());
    }

    /// Journals a change that is about to be sent, with what stood in its columns.
    pub(super) fn journal_update(
        &self,
        document: Option<&str>,
        row: SysId,
        columns: &Record,
        before: &Record,
    ) -> Result<(), StepError> {
        let pick = |from: &Record, keep: &dyn Fn(&str) -> bool| {
            let kept = from.0.iter().filter(|(column, _)| keep(column));
            Record(kept.map(|(column, value)| (column.clone(), value.clone())).collect())
        };
        self.write_down(&Entry::Update {
            document: document.map(str::to_owned),
            sys_id: row,
            number: before.get("number").to_owned(),
            stamp: columns.get(&self.stamp_field).to_owned(),
            before: pick(before, &|column| columns.has(column)),
            sent: pick(columns, &|column| column != "text"),
        })
    }

    /// Puts a line into the journal; other tasks go on while the disk is waited for.
    pub(super) fn write_down(&self, entry: &Entry) -> Result<(), StepError> {
        Ok(tokio::task::block_in_place(|| self.journal.write(entry))?)
    }

    fn journal_answer(&self, written: &Record) -> Result<(), StepError> {
        Ok(self.journal.note(&Entry::Done {
            sys_id: super::row_of(written)?,
            number: written.get("number").to_owned(),
            stamp: written.get(&self.stamp_field).to_owned(),
            state: written.get("workflow_state").to_owned(),
        })?)
    }

    /// Inserts an article; `identity` is what its stamp names.
    pub(super) async fn post(
        &self,
        identity: SysId,
        document: &str,
        sys_id: SysId,
        columns: &Record,
    ) -> Result<Record, StepError> {
        let stamp = columns.get(&self.stamp_field);
        let began = self.now();
        self.write_down(&Entry::Create {
            document: document.to_owned(),
            title: columns.get("short_description").to_owned(),
            sys_id,
            stamp: stamp.to_owned(),
        })?;
        let mut attempt = 0;
        loop {
            let error = match self.writer.create_article(columns).await {
                Ok(written) if !columns.has("sys_id") || written.sys_id() == Some(sys_id) => {
                    let whole = self.whole(written).await?;
                    if is_anothers(whole.get(&self.stamp_field), stamp) {
                        return Err(StepError::MadeElsewhere);
                    }
                    return self.proven_insert(whole, stamp);
                }
                // Another row than asked for: the instance chooses ids, or the answer is not ours.
                Ok(written) => {
                    let found = self.find_inserted(identity, sys_id, stamp).await?.unwrap_or(written);
                    return self.proven_insert(self.whole(found).await?, stamp);
                }
                Err(error) => error,
            };
            // A refusal of a repeat may be the first try's success: the same sys_id twice.
            if !error.no_answer() && (attempt == 0 || error.ends_the_run()) {
                return Err(error.into());
            }
            attempt += 1;
            let again = error.no_answer() && attempt < TRIES;
            if again {
                self.wait_for(attempt).await;
            }
            if let Some(record) = self.find_inserted(identity, sys_id, stamp).await? {
                return self.proven_insert(record, stamp);
            }
            if let Some(record) = self.find_unstamped(columns, began).await? {
                return self.proven_insert(record, stamp);
            }
            if !again {
                return Err(error.into());
            }
        }
    }

    async fn find_inserted(
        &self,
        identity: SysId,
        sys_id: SysId,
        stamp: &str,
    ) -> Result<Option<Record>, StepError> {
        let rows = self.writer.rows_by_identity(&self.stamp_field, &self.project, identity, sys_id).await?;
        if let Some(row) = rows.iter().find(|row| row.stamp == stamp) {
            return Ok(self.read(row.sys_id).await?);
        }
        if rows.iter().any(|row| row.sys_id == sys_id && is_anothers(&row.stamp, stamp)) {
            return Err(StepError::MadeElsewhere);
        }
        Ok(None)
    }

    /// What this account has just made with this title and in this base, and whose stamp its column did not keep.
    async fn find_unstamped(&self, sent: &Record, began: i64) -> Result<Option<Record>, StepError> {
        let Ok(base) = SysId::parse(sent.get("kb_knowledge_base")) else { return Ok(None) };
        let (rows, _) = self.writer.newest_rows_of(&self.stamp_field, base, &self.user, JUST_MADE).await?;
        let title = folded(sent.get("short_description"));
        let fits = |row: &IndexRow| {
            let just_now = epoch(&row.sys_created_on).is_some_and(|made| made + CLOCKS_DIFFER >= began);
            just_now && Stamp::parse(&row.stamp).is_err() && folded(&row.short_description) == title
        };
        match rows.into_iter().find(fits) {
            Some(row) => Ok(self.read(row.sys_id).await?),
            None => Ok(None),
        }
    }

    /// An answer that leaves out what is known by it (a rule cut it, or the column is hidden): the row is read.
    pub(super) async fn whole(&self, written: Record) -> Result<Record, StepError> {
        let lacks = |column: &&str| !written.has(column);
        let known =
            ["number", "workflow_state", "sys_mod_count", "short_description", "text", &self.stamp_field];
        if !known.iter().any(lacks) {
            return Ok(written);
        }
        Ok(self.read(super::row_of(&written)?).await?.unwrap_or(written))
    }

    /// Changes an article; gives the row as it stands then. The caller has journalled what stood there.
    pub(super) async fn patch(&self, row: SysId, seen: Seen, columns: &Record) -> Result<Record, StepError> {
        let (written, seen) = self.send(row, seen, columns).await?;
        let now = self.watch(row, seen, &written, columns).await?;
        self.keep_below(row, now.unwrap_or(written)).await
    }

    /// One PATCH with its repeats; also the row as it stood before the one that was answered.
    pub(super) async fn send(
        &self,
        row: SysId,
        mut seen: Seen,
        columns: &Record,
    ) -> Result<(Record, Seen), StepError> {
        let stamp = columns.get(&self.stamp_field);
        let mut attempt = 0;
        loop {
            let error = match self.writer.update_article(row, columns).await {
                // Written again, it would make another one.
                Ok(written) if written.sys_id() != Some(row) => {
                    self.learnt().makes_versions = true;
                    let named = ["display_number", "number", "sys_id"].map(|column| written.get(column));
                    let version = named.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
                    return Err(StepError::Refused(format!(
                        "the instance made a new version of it instead, `{version}`, which is yours to remove"
                    )));
                }
                Ok(written) => return Ok((self.proven(self.whole(written).await?, stamp)?, seen)),
                Err(error) => error,
            };
            // A refusal of a repeat may be the first try's success: what it published is closed.
            let refused = !error.no_answer();
            if refused && (attempt == 0 || error.ends_the_run()) {
                return Err(error.into());
            }
            attempt += 1;
            if !refused {
                self.wait_for(attempt).await;
            }
            let there = self.read(row).await?;
            let Some(record) = there else {
                return Err(StepError::Conflict(
                    "the article is gone, or hidden from this account".to_owned(),
                ));
            };
            if record.get(&self.stamp_field) == stamp {
                return Ok((self.proven(record, stamp)?, seen));
            }
            if refused {
                return Err(error.into());
            }
            let now = self.seen(&record);
            if !now.says_the_same(&seen) {
                let who = record.get("sys_updated_by");
                return Err(StepError::Conflict(format!(
                    "changed in ServiceNow by {who} while it was being written"
                )));
            }
            // Counters and jobs may have touched it meanwhile.
            seen = Seen { made: seen.made, ..now };
            if attempt == TRIES {
                return Err(error.into());
            }
        }
    }

    /// As [`Self::proven`]; an article that was made without its stamp is journalled under the one that was sent, so
    /// that a rollback finds it.
    fn proven_insert(&self, written: Record, stamp: &str) -> Result<Record, StepError> {
        if written.get(&self.stamp_field).trim() != stamp {
            self.journal.note(&Entry::Done {
                sys_id: super::row_of(&written)?,
                number: written.get("number").to_owned(),
                stamp: stamp.to_owned(),
                state: written.get("workflow_state").to_owned(),
            })?;
        }
        self.proven(written, stamp)
    }

    /// Checks that the stamp came back whole (protocol §2). Where the column has shown that it keeps stamps, one that
    /// still holds a former stamp was not written, which the caller tells.
    fn proven(&self, written: Record, stamp: &str) -> Result<Record, StepError> {
        let got = written.get(&self.stamp_field);
        let whole = got.trim() == stamp;
        if whole || (self.learnt().stamp_proven && Stamp::parse(got).is_ok()) {
            // That the column is empty, as a rollback may want it, proves nothing.
            self.learnt().stamp_proven |= whole && !stamp.is_empty();
            self.journal_answer(&written)?;
            return Ok(written);
        }
        let article = written
            .sys_id()
            .map(|row| LinkTarget { number: written.get("number").to_owned(), sys_id: Some(row) });
        let (stamp_field, got) = (self.stamp_field.clone(), got.to_owned());
        Err(StepError::Stop(Stop::StampLost { stamp_field, got, article }))
    }
}
