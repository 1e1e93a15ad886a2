//! Bodies of both sides, read and composed in batches so that never many are held.

use std::collections::{BTreeMap, BTreeSet};

use super::Surveyor;
use super::changes::{self, COLUMNS, Reference};
use crate::finding::{Code, Finding};
use crate::ids::{DocumentId, SysId, display_path};
use crate::plan::{
    Action, Body, Change, FilesById, LinkNumber, Planned, Row, Verdict, What, Work, between, canonical,
};
use crate::render::Destination;
use crate::servicenow::{ApiError, Attachment, Record};
use crate::tree::{LocalFile, Target};

/// Documents compared at a time: four requests of 40 articles side by side.
pub(super) const BATCH: usize = 160;
/// Rows to compare from which on their files are listed together.
const MANY: usize = 200;
/// Pages of files that a no-op run can always afford.
const FEW_PAGES: usize = 3;

/// What was found of one document.
pub(super) struct Judged {
    pub(super) number: usize,
    pub(super) verdict: Verdict,
    /// What changes beside the words of the text.
    pub(super) changes: Vec<Change>,
    /// Digest of title and body on the instance, where they were read.
    pub(super) remote: Option<String>,
    /// What it asks of columns that hold people.
    pub(super) references: Vec<Reference>,
}

/// What a link to an article without a number says in a diff.
const NEW_NUMBER: &str = "(new)";

/// An article that a link can lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkTarget {
    /// Its number.
    pub number: String,
    /// Its row.
    pub sys_id: Option<SysId>,
}

/// What a reference of document `own` becomes: `article` and `file` know the instance's side. A link to the page
/// it stands on needs no number: it is its anchor, or its text.
pub fn destination(
    template: &str,
    own: usize,
    target: Target<'_>,
    article: &dyn Fn(usize) -> Option<LinkTarget>,
    file: &dyn Fn(usize) -> Option<SysId>,
) -> Destination {
    match target {
        Target::AsWritten(written) => Destination::Url(written.to_owned()),
        Target::Undrawn(_) | Target::Nowhere => Destination::Plain,
        Target::Document(target, anchor) if target == own => {
            if anchor.is_empty() {
                Destination::Plain
            } else {
                Destination::Url(anchor.to_owned())
            }
        }
        Target::Document(target, anchor) => article(target).map_or(Destination::Plain, |target| {
            let sys_id = target.sys_id.map(|id| id.to_string()).unwrap_or_default();
            let url = template.replace("{number}", &target.number).replace("{sys_id}", &sys_id);
            Destination::Url(url.replace("{anchor}", anchor))
        }),
        Target::File(number, suffix) => file(number).map_or(Destination::Plain, |id| {
            // A query means nothing to an attachment; a fragment (`#page=3`) is the reader's program's.
            let fragment = suffix.find('#').map_or("", |at| &suffix[at..]);
            Destination::Url(format!("/sys_attachment.do?sys_id={id}{fragment}"))
        }),
    }
}

/// Until a file has a sys_id its content stands for it.
fn content_id(file: &LocalFile) -> SysId {
    let mut id = [0; 16];
    id.copy_from_slice(&file.digest.bytes()[..16]);
    SysId::from_bytes(id)
}

/// The files of a row.
struct Attached<'a> {
    files: &'a [Attachment],
    /// Whether they were asked for: else none are known.
    listed: bool,
}

impl Surveyor<'_> {
    /// Verdicts on documents whose bodies must be looked at.
    pub(super) async fn judge_batch(
        &self,
        batch: &[(usize, Option<String>)],
    ) -> Result<Vec<Judged>, ApiError> {
        let read: Vec<SysId> = batch
            .iter()
            .filter_map(|(number, source)| {
                let pair = self.pairing.pairs[*number].as_ref()?;
                let needs = self.case(pair, source.as_deref(), *number, &[]).needs();
                (needs.remote).then(|| self.rows[pair.row].index.sys_id)
            })
            .collect();
        let columns = [COLUMNS, &[self.settings.publish.stamp_field.as_str()]].concat();
        let records = self.reader.articles(&read, &columns).await?;
        let records: BTreeMap<SysId, Record> =
            records.into_iter().filter_map(|record| Some((record.sys_id()?, record))).collect();
        let with_files: Vec<SysId> = batch
            .iter()
            .filter_map(|(number, source)| self.needs_files(*number, source.as_deref(), &records))
            .collect();
        let listed: BTreeSet<SysId> = with_files.iter().copied().collect();
        let attachments = self.files(with_files).await?;
        let mut files: BTreeMap<SysId, Vec<Attachment>> = BTreeMap::new();
        for attachment in attachments {
            files.entry(attachment.table_sys_id).or_default().push(attachment);
        }
        let judged = tokio::task::block_in_place(|| {
            crate::parallel::map(batch.len(), |at| {
                let (number, source) = &batch[at];
                let row = self.rows[self.pairing.pairs[*number].as_ref()?.row].index.sys_id;
                let none = Vec::new();
                let attached = files.get(&row).unwrap_or(&none);
                let attached = Attached { files: attached, listed: listed.contains(&row) };
                self.judge_body(*number, source.as_deref(), records.get(&row), &attached)
            })
        });
        Ok(judged.into_iter().flatten().collect())
    }

    /// The verdict on one document, whose row has been read where its verdict needs that.
    fn judge_body(
        &self,
        number: usize,
        source: Option<&str>,
        record: Option<&Record>,
        attached: &Attached<'_>,
    ) -> Option<Judged> {
        let pair = self.pairing.pairs[number].as_ref()?;
        let document = &self.tree.documents[number];
        let remote = record.map(|record| stored_body(record, attached.files));
        let local = self.local_body(number);
        let mut changes = match (&remote, &local) {
            (Some(remote), Ok(local)) => between(remote, local),
            _ => Vec::new(),
        };
        changes.extend(record.into_iter().flat_map(|record| changes::columns(document, record)));
        if attached.listed {
            changes.extend(changes::files(document, self.tree, attached.files));
        }
        let details: Vec<String> = changes.iter().filter_map(detail).collect();
        let mut case = self.case(pair, source, number, &details);
        let saved_since =
            record.and_then(|record| saved_since(record, case.row(), &self.settings.publish.stamp_field));
        case.saved_since = saved_since.as_deref();
        let mut verdict = case.judge(remote.as_ref(), local.as_ref().ok());
        if case.looks_changed() && remote.is_some() && verdict.action == Action::Unchanged {
            self.verified().remember(&case.row().index);
        }
        if let Err(error) = local {
            verdict = Verdict {
                action: Action::Skip,
                reasons: vec![error.to_string()],
                step: crate::plan::Step::Leave,
                diff: None,
            };
        }
        if !matches!(verdict.action, Action::Update | Action::Conflict) {
            changes.clear();
        }
        let references = record.map(|record| changes::references(document, record)).unwrap_or_default();
        let remote = remote.as_ref().map(Body::digest);
        Some(Judged { number, verdict, changes, remote, references })
    }

    /// The files of these rows. Where many rows are compared, forty at a time would cost as much again as the bodies
    /// do (protocol §4): then those of all of them are listed once, if that takes fewer pages.
    async fn files(&self, rows: Vec<SysId>) -> Result<Vec<Attachment>, ApiError> {
        if rows.is_empty() || self.compared.len() < MANY {
            return self.reader.attachments(&rows).await;
        }
        let list = || {
            let most_pages = (self.compared.len() / BATCH).max(FEW_PAGES);
            self.reader.attachments_between(&self.compared, most_pages)
        };
        let Some(all) = self.listed.get_or_try_init(list).await? else {
            return self.reader.attachments(&rows).await;
        };
        let wanted: BTreeSet<SysId> = rows.into_iter().collect();
        Ok(all.iter().filter(|file| wanted.contains(&file.table_sys_id)).cloned().collect())
    }

    /// The row of a document whose files must be listed: its body shows some, or some may have to be sent. Others
    /// cost one request less for each forty (protocol §4).
    fn needs_files(
        &self,
        number: usize,
        source: Option<&str>,
        records: &BTreeMap<SysId, Record>,
    ) -> Option<SysId> {
        let pair = self.pairing.pairs[number].as_ref()?;
        let row = self.rows[pair.row].index.sys_id;
        let shows_files = records.get(&row)?.get("text").contains("sys_attachment");
        let sends_files = !self.tree.documents[number].files.is_empty()
            && self.case(pair, source, number, &[]).text_differs();
        (shows_files || sends_files || self.options.verify).then_some(row)
    }

    /// The article that a link to this document leads to: what is there and may not be written, such as one whose stamp
    /// somebody removed, can still be read.
    pub(super) fn article(&self, document: usize) -> Option<&Row> {
        if let Some(row) = self.adopted.get(&document) {
            return Some(row);
        }
        match self.pairing.pairs.get(document)? {
            Some(pair) => Some(&self.rows[pair.row]),
            None => self.strangers.get(&document)?.0.as_deref(),
        }
    }

    /// The number that a link to this document goes out with.
    pub(super) fn link_number(&self, target: usize) -> LinkNumber {
        match self.article(target) {
            Some(row) => LinkNumber::Known(row.index.number.clone()),
            // Rows that this account cannot see may be the very articles that seem to be missing.
            None if self.hidden > 0 || self.strangers.contains_key(&target) => LinkNumber::Plain,
            None if self.baseless.contains_key(&target) => LinkNumber::Plain,
            None => LinkNumber::Pending,
        }
    }

    /// The body as it would be sent; articles still to be made show as `(new)`.
    fn local_body(&self, number: usize) -> Result<Body, crate::tree::ComposeError> {
        let document = &self.tree.documents[number];
        let article = |target: usize| match self.link_number(target) {
            LinkNumber::Known(number) => {
                Some(LinkTarget { number, sys_id: self.article(target).map(|row| row.index.sys_id) })
            }
            LinkNumber::Pending => Some(LinkTarget { number: NEW_NUMBER.to_owned(), sys_id: None }),
            LinkNumber::Plain => None,
        };
        let file = |number: usize| self.tree.files.get(number).map(content_id);
        let template = &self.settings.render.link_template;
        let html = crate::tree::compose(self.settings, document, &self.tree.files, &mut |_, target| {
            destination(template, number, target, &article, &file)
        })?;
        let files: FilesById = document
            .files
            .iter()
            .filter_map(|number| self.tree.files.get(*number))
            .map(|file| (content_id(file), file.digest.prefix(8)))
            .collect();
        Ok(Body { title: document.title.clone(), pieces: canonical(&html, &files) })
    }

    /// Documents that are new while an article with the same content lost its document (design §7).
    pub(super) fn possible_renames(&self, planned: &[Planned], orphans: &[Planned]) -> Vec<Finding> {
        let stored: BTreeMap<String, &str> = orphans
            .iter()
            .filter_map(|orphan| orphan.row.as_ref())
            .filter_map(|row| Some((row.stamp().ok()?.stored, row.index.number.as_str())))
            .collect();
        if stored.is_empty() {
            return Vec::new();
        }
        let new: Vec<usize> = planned
            .iter()
            .filter(|planned| matches!(planned.work, Work::Create(_)))
            .filter_map(|planned| planned.document)
            .collect();
        let found = tokio::task::block_in_place(|| {
            crate::parallel::map(new.len(), |at| {
                let number = new[at];
                let digest = self.local_body(number).ok()?.digest();
                let article = stored.get(digest.as_str())?;
                let document = &self.tree.documents[number];
                Some(
                    possible_rename(&document.id, article)
                        .at(display_path(&self.settings.source.root, &document.path), None),
                )
            })
        });
        found.into_iter().flatten().collect()
    }
}

/// The reason that a change gives, where it is not one of the text.
fn detail(change: &Change) -> Option<String> {
    match (change.what, &change.name, &change.after) {
        (What::Title | What::Link | What::Cell, ..) => None,
        (What::File, Some(name), Some(_)) => Some(format!("file {name}")),
        (What::File, Some(name), None) => Some(format!("without file {name}")),
        (what, ..) => Some(what.words().to_owned()),
    }
}

fn possible_rename(id: &DocumentId, article: &str) -> Finding {
    let message =
        format!("document `{id}` is new and says the same as article {article}, whose document is gone");
    Finding::new(Code::PossibleRename, message)
        .help("if it was moved, name its former document id in `kb.aliases`: it keeps its article and number")
}

/// Who saved the row, and when, after the index showed it, if somebody did: what was read is their text then. Another
/// stamp is another run's, which is told from a person's save before the write.
fn saved_since(record: &Record, row: &Row, stamp_field: &str) -> Option<String> {
    let index = &row.index;
    let count = record.get("sys_mod_count").parse::<u32>().ok();
    let counted = index.counted && count.is_some_and(|count| count != index.sys_mod_count);
    let later = record.has("sys_updated_on") && record.get("sys_updated_on") != index.sys_updated_on;
    let moved = record.get(stamp_field) == index.stamp && (counted || later);
    moved.then(|| format!("{} on {}", record.get("sys_updated_by"), record.get("sys_updated_on")))
}

/// Title and body of a row with these files, as the instance holds them.
pub(crate) fn stored_body(record: &Record, attached: &[Attachment]) -> Body {
    Body {
        title: record.get("short_description").to_owned(),
        pieces: canonical(record.get("text"), &files_by_id(attached)),
    }
}

/// What references in a stored body stand for.
pub(crate) fn files_by_id(attached: &[Attachment]) -> FilesById {
    attached.iter().filter_map(|file| Some((file.sys_id, file.digits()?.to_owned()))).collect()
}
