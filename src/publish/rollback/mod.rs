//! Undoing a run from its journal: what is still as the run left it gets its former values back, with a fresh
//! stamp; what people or later runs changed since is listed and left (protocol §9).
//!
//! Planning only reads; [`execute`] writes, with a journal of its own, so that it can be undone and repeated.

mod judge;
mod touched;
mod write;

use std::collections::BTreeMap;

use crate::ids::{Project, SysId};
use crate::plan::{ATTACHMENTS, Body, FilesById, Road, Row, canonical, closed_columns};
use crate::servicenow::{ApiError, Attachment, IndexRow, Reader, Record};
use crate::survey;

pub use judge::Undo;
use judge::{Now, judge};
use touched::{Removed, Touched, gather};
pub use write::{RolledBack, execute};

use super::Recorded;
use super::pen::READ;

/// Articles looked at in one go: one request for rows, one for files.
const BATCH: usize = 40;

/// What is undone of a run.
#[derive(Debug)]
pub struct Rollback {
    /// The run.
    pub recorded: Recorded,
    /// The articles it touched, in the order in which they are undone.
    pub steps: Vec<Step>,
    /// Categories that it made; they stay.
    pub categories: Vec<String>,
}

/// One article of it.
#[derive(Debug)]
pub struct Step {
    /// What is done.
    pub undo: Undo,
    touched: Touched,
    /// The row now, without its body; `None` where it is gone.
    now: Option<Row>,
    attached: Vec<Attachment>,
    /// Digest of its title and body.
    stored: String,
    /// Whether the body that stood there was the one its stamp told of.
    former_is_ours: bool,
}

impl Step {
    /// The row, where it is known.
    pub fn row(&self) -> Option<SysId> {
        self.now.as_ref().map(|row| row.index.sys_id).or(self.touched.row)
    }

    /// The document; `None` for an orphan.
    pub fn document(&self) -> Option<&str> {
        self.touched.document.as_deref()
    }

    /// The article's number; empty where it never got one.
    pub fn number(&self) -> &str {
        self.now.as_ref().map_or(&self.touched.number, |row| &row.index.number)
    }

    /// The article's title.
    pub fn title(&self) -> &str {
        self.now.as_ref().map_or(&self.touched.title, |row| &row.index.short_description)
    }

    /// `workflow_state` now.
    pub fn state(&self) -> Option<&str> {
        self.now.as_ref().map(|row| row.index.workflow_state.as_str())
    }

    /// What its undoing changes in place of the published row of an article with versions; nothing elsewhere.
    fn changes_in_place(&self, stamp_field: &str) -> Vec<String> {
        let Undo::Restore { columns, body, .. } = &self.undo else { return Vec::new() };
        if !self.now.as_ref().is_some_and(|row| row.index.is_published_version()) {
            return Vec::new();
        }
        let mut names: Vec<String> = columns.0.keys().cloned().collect();
        names.push(stamp_field.to_owned());
        names.extend((*body || !self.touched.removed.is_empty()).then(|| "text".to_owned()));
        names.extend((!self.touched.removed.is_empty()).then(|| ATTACHMENTS.to_owned()));
        names
    }

    /// Whether title and body are still what was compared: counters and jobs move a row, too.
    fn still_says(&self, record: &Record) -> bool {
        let files = files_by_id(&self.touched, &self.attached);
        let title = record.get("short_description").to_owned();
        Body { title, pieces: canonical(record.get("text"), &files) }.digest() == self.stored
    }

    /// Readers first get back what they lost; what they would lose goes last.
    const fn rank(&self) -> u8 {
        match self.undo {
            Undo::Restore { .. } => 0,
            Undo::Clean => 1,
            Undo::Retire => 2,
            Undo::Nothing(_) | Undo::Conflict(_) => 3,
        }
    }
}

impl Rollback {
    /// Whether published rows of articles with versions would be changed in place: only then it matters by which road.
    pub fn changes_in_place(&self) -> bool {
        self.steps.iter().any(|step| !step.changes_in_place(&self.recorded.head.stamp_field).is_empty())
    }

    /// Leaves what this road keeps closed for a person.
    pub fn take(&mut self, road: &Road) {
        for step in &mut self.steps {
            let names = step.changes_in_place(&self.recorded.head.stamp_field);
            let closed = road.closed(names.iter().map(String::as_str));
            if !closed.is_empty() {
                step.undo = Undo::Conflict(closed_columns(&closed));
            }
        }
        self.steps.sort_by_key(Step::rank);
    }
}

/// Compares what the journal holds with what stands on the instance. Reads only.
///
/// # Errors
/// As [`ApiError`].
pub async fn plan(recorded: Recorded, reader: &Reader, user: &str) -> Result<Rollback, ApiError> {
    let field = recorded.head.stamp_field.clone();
    let mut all = gather(&recorded.entries);
    find_unanswered(&mut all, reader, &recorded.head.project, &field).await?;
    let mut columns = READ.to_vec();
    columns.extend([field.as_str(), "latest", "sys_created_on"]);
    let mut steps = Vec::with_capacity(all.len());
    let mut rest = all.into_iter().peekable();
    while rest.peek().is_some() {
        let batch: Vec<Touched> = rest.by_ref().take(BATCH).collect();
        let ids: Vec<SysId> = batch.iter().filter_map(|touched| touched.row).collect();
        let (records, attached) =
            futures_util::future::try_join(reader.articles(&ids, &columns), reader.attachments(&ids)).await?;
        let mut records: BTreeMap<SysId, Record> =
            records.into_iter().filter_map(|record| Some((record.sys_id()?, record))).collect();
        for touched in batch {
            let record = touched.row.and_then(|row| records.remove(&row));
            let own = |file: &&Attachment| Some(file.table_sys_id) == touched.row;
            let files = attached.iter().filter(own).cloned().collect();
            steps.push(step(&recorded, touched, record, files, user));
        }
    }
    steps.sort_by_key(Step::rank);
    let categories = recorded.entries.iter().filter_map(|(_, entry)| match entry {
        super::Entry::Category { path } => Some(path.clone()),
        _ => None,
    });
    let categories = categories.collect();
    Ok(Rollback { recorded, steps, categories })
}

/// Inserts whose answer never came are looked up by what their stamp names.
async fn find_unanswered(
    all: &mut [Touched],
    reader: &Reader,
    project: &str,
    stamp_field: &str,
) -> Result<(), ApiError> {
    let Ok(project) = Project::parse(project) else { return Ok(()) };
    for touched in all.iter_mut().filter(|touched| touched.row.is_none()) {
        let (Some(identity), Some(asked)) = (touched.identity(), touched.made) else { continue };
        let rows = reader.rows_by_identity(stamp_field, &project, identity, asked).await?;
        let own = rows.iter().find(|row| touched.stamps.contains(&row.stamp));
        touched.row = own.or_else(|| rows.iter().find(|row| row.sys_id == asked)).map(|row| row.sys_id);
    }
    Ok(())
}

fn step(
    recorded: &Recorded,
    touched: Touched,
    record: Option<Record>,
    attached: Vec<Attachment>,
    user: &str,
) -> Step {
    let leave = |undo: Undo, touched: Touched| Step {
        undo,
        touched,
        now: None,
        attached: Vec::new(),
        stored: String::new(),
        former_is_ours: true,
    };
    let Some(mut record) = record else {
        let never = touched.made.is_some() && touched.row.is_none();
        let undo = if never {
            Undo::Nothing("it was never made".to_owned())
        } else {
            Undo::Conflict("the article is gone, or hidden from this account".to_owned())
        };
        return leave(undo, touched);
    };
    let Some(index) = index_row(&record, &recorded.head.stamp_field) else {
        return leave(Undo::Conflict("the instance names no such article".to_owned()), touched);
    };
    let files = files_by_id(&touched, &attached);
    let digest =
        |title: &str, text: &str| Body { title: title.to_owned(), pieces: canonical(text, &files) }.digest();
    let row = Row::new(index);
    let stored = digest(record.get("short_description"), record.get("text"));
    let former = match touched.body_at.map(|at| recorded.body_before(at)) {
        None => None,
        Some(Ok(text)) => Some(digest(former_title(&touched, &record), &text)),
        Some(Err(error)) => {
            let why = format!("its former body cannot be read from the journal: {error}");
            return leave(Undo::Conflict(why), touched);
        }
    };
    let now = Now { record: &record, row: &row, stored: &stored, former: former.as_deref(), user };
    let undo = judge(&touched, now, &recorded.head.stamp_field);
    record.0.remove("text");
    let stamped = crate::plan::Stamp::parse(touched.before.get(&recorded.head.stamp_field));
    let former_is_ours = match (&former, &stamped) {
        (Some(former), Ok(stamp)) => *former == stamp.stored,
        _ => true,
    };
    Step { undo, touched, now: Some(row), attached, stored, former_is_ours }
}

/// The title that stood there: the journal holds it only where the run wrote one.
fn former_title<'t>(touched: &'t Touched, now: &'t Record) -> &'t str {
    let column = "short_description";
    if touched.before.has(column) { touched.before.get(column) } else { now.get(column) }
}

/// What references in bodies of the article stand for, those of files that are gone included.
fn files_by_id(touched: &Touched, attached: &[Attachment]) -> FilesById {
    let digits = |file: &Removed| Some((file.attachment, file.sha256.get(..8)?.to_owned()));
    let mut files = survey::files_by_id(attached);
    files.extend(touched.removed.iter().filter_map(digits));
    files
}

fn index_row(record: &Record, stamp_field: &str) -> Option<IndexRow> {
    let id = |column: &str| SysId::parse(record.get(column)).ok();
    let own = |column: &str| record.get(column).to_owned();
    Some(IndexRow {
        sys_id: record.sys_id()?,
        article_id: id("article_id"),
        latest: record.has("latest").then(|| record.get("latest") == "true"),
        number: own("number"),
        short_description: own("short_description"),
        workflow_state: own("workflow_state"),
        kb_knowledge_base: id("kb_knowledge_base"),
        kb_category: id("kb_category"),
        sys_mod_count: super::mod_count(record),
        counted: record.has("sys_mod_count"),
        valid_to: record.has("valid_to").then(|| own("valid_to")),
        sys_created_on: own("sys_created_on"),
        sys_updated_on: own("sys_updated_on"),
        sys_updated_by: own("sys_updated_by"),
        stamp: own(stamp_field),
    })
}
