//! New articles: one POST, or a draft that is completed once its files and link targets are there (protocol §5.3).

use std::collections::BTreeSet;

use super::columns::{Content, StampParts};
use super::count::Kind;
use super::files::Placed;
use super::pen::Seen;
use super::refusals;
use super::{Done, Outcome, Publisher, StepError, mod_count, row_of};
use crate::event::Event;
use crate::finding::{Code, Finding};
use crate::ids::{SysId, display_path};
use crate::plan::{Asked, Body, Piece, REPLACEMENT, Road, Stamp, Work, canonical};
use crate::servicenow::{IndexRow, Record};
use crate::survey::LinkTarget;

impl Publisher {
    /// One POST with everything.
    pub(super) async fn create(&self, number: usize) -> Result<Done, StepError> {
        let placed = Placed::new();
        let content = self.content(number, &placed)?;
        let asked = Asked::from(self.document(number).status);
        let columns = self.columns(number, &content)?;
        let written = self.insert(number, columns, &content, Some(content.source.clone()), asked).await?;
        self.settle(number, &content, &placed, asked, &written, Outcome::Created).await
    }

    /// What came of making an article; where another run was faster, and made it of the same source, it did this run's
    /// work (protocol §5.6).
    pub(super) async fn unless_done_elsewhere(
        &self,
        number: usize,
        outcome: Result<Option<Done>, StepError>,
    ) -> Result<Option<Done>, StepError> {
        if !matches!(outcome, Err(StepError::MadeElsewhere)) {
            return outcome;
        }
        let source = self.content(number, &Placed::new())?.source;
        let same = |row: &IndexRow| {
            Stamp::parse(&row.stamp).is_ok_and(|stamp| stamp.source.as_deref() == Some(source.as_str()))
        };
        let row = self.made_elsewhere(number).await?.filter(same).ok_or(StepError::MadeElsewhere)?;
        Ok(Some(Done {
            outcome: Outcome::Unchanged,
            article: self.article(number),
            state: Some(row.workflow_state),
            error: None,
            notes: Vec::new(),
        }))
    }

    /// A POST as a draft, without what is not there yet: [`Self::finish`] follows.
    pub(super) async fn create_draft(&self, number: usize) -> Result<(), StepError> {
        let content = self.content(number, &Placed::new())?;
        let columns = self.columns(number, &content)?;
        let written = self.insert(number, columns, &content, None, Asked::Draft).await?;
        let seen = self.pen.seen(&written).made();
        self.learnt().drafts.insert(number, seen);
        Ok(())
    }

    /// Uploads, then the PATCH that completes a draft of this run.
    pub(super) async fn finish(&self, number: usize) -> Result<Done, StepError> {
        let article = self.article(number);
        let row = article.and_then(|article| article.sys_id);
        let row = row.ok_or_else(|| StepError::Failed("its draft was not made".to_owned()))?;
        let mut placed = Placed::new();
        self.complete(number, row, &mut placed).await?;
        let content = self.content(number, &placed)?;
        let asked = Asked::from(self.document(number).status);
        let seen = self.learnt().drafts.get(&number).copied().unwrap_or_default();
        let stamp = self.stamp(
            number,
            StampParts {
                row: Some(row),
                source: Some(content.source.clone()),
                stored: content.stored.clone(),
                asked,
                leftovers: false,
                mod_count: self.pen.next_count(seen.count, Kind::content(asked == Asked::Published)),
            },
        );
        let mut columns = self.columns(number, &content)?;
        self.pen.stamp(&mut columns, &stamp);
        if asked == Asked::Published {
            self.ask(&mut columns, asked);
        }
        let before = Record::default();
        let written = self.patch_asking(number, row, seen, columns, &before).await?;
        self.settle(number, &content, &placed, asked, &written, Outcome::Created).await
    }

    /// Inserts the article and remembers its number.
    async fn insert(
        &self,
        number: usize,
        mut columns: Record,
        content: &Content,
        source: Option<String>,
        asked: Asked,
    ) -> Result<Record, StepError> {
        let Work::Create(sys_id) = self.planned(number)?.work else {
            return Err(StepError::Failed("the plan makes no article for this document".to_owned()));
        };
        let (chooses_ids, after_insert) = {
            let learnt = self.learnt();
            (learnt.chooses_ids, learnt.after_insert)
        };
        let whole = source.is_some();
        let mut stamp = self.stamp(
            number,
            StampParts {
                row: (!chooses_ids).then_some(sys_id),
                source,
                stored: content.stored.clone(),
                asked,
                leftovers: false,
                mod_count: after_insert.unwrap_or_default(),
            },
        );
        self.pen.stamp(&mut columns, &stamp);
        columns.0.insert("article_type".to_owned(), "text".to_owned());
        if !chooses_ids {
            columns.0.insert("sys_id".to_owned(), sys_id.to_string());
        }
        let base = self.ground.surveyed.bases[number];
        let kind = refusals::Kind::of(base, &columns);
        if let Some(why) = self.learnt().refusals.turns_away(&kind) {
            return Err(StepError::Refused(why));
        }
        // No sys_id holds two runs apart: what is left between them is one request (protocol §8).
        if chooses_ids && self.made_elsewhere(number).await?.is_some() {
            return Err(StepError::MadeElsewhere);
        }
        let written = self.post(number, sys_id, &mut stamp, &mut columns).await;
        match &written {
            Ok(_) => self.learnt().refusals.taken(base),
            Err(StepError::Refused(why)) => self.learnt().refusals.refused(kind, why),
            Err(_) => {}
        }
        let written = written?;
        let row = row_of(&written)?;
        let article = LinkTarget { number: written.get("number").to_owned(), sys_id: Some(row) };
        let count = mod_count(&written);
        let noticed = {
            let mut learnt = self.learnt();
            let noticed = row != sys_id && !learnt.chooses_ids;
            learnt.made.insert(number, Some(article));
            let least = learnt.after_insert.map_or(count, |least| least.min(count));
            learnt.after_insert = Some(if least <= 4 { least } else { 0 });
            learnt.chooses_ids |= row != sys_id;
            learnt.takes_ids |= row == sys_id;
            noticed
        };
        if noticed {
            self.ground.observer.on(&Event::Note(
                "the instance chooses sys_ids itself: articles are known by their stamps alone",
            ));
        }
        // Named for the row it was to have; a draft's is written anew with its body.
        let named_wrongly = stamp.row.as_ref().is_some_and(|named| *named != row.short());
        let misnamed = whole && named_wrongly && !is_closed(&written);
        let ahead = written.has("sys_mod_count") && stamp.mod_count > count;
        if misnamed || ahead {
            return self.restamp(number, row, &written, content.stored.clone(), asked, whole).await;
        }
        Ok(written)
    }

    /// The POST. Refused, it is repeated without the sys_id: an instance may refuse what it did not choose
    /// (contract §1.7). One that has taken a sys_id of ours before refuses for another reason.
    async fn post(
        &self,
        number: usize,
        sys_id: SysId,
        stamp: &mut Stamp,
        columns: &mut Record,
    ) -> Result<Record, StepError> {
        let first = match self.post_asking(number, sys_id, stamp, columns).await {
            Err(StepError::Refused(why)) => why,
            other => return other,
        };
        // How an instance words that a sys_id is taken is not known (contract §1.7).
        if self.made_elsewhere(number).await?.is_some() {
            return Err(StepError::MadeElsewhere);
        }
        let taken_before =
            self.ground.surveyed.rows.iter().any(|row| row.identity() == Some(row.index.sys_id));
        let hopeless = {
            let learnt = self.learnt();
            learnt.takes_ids || learnt.refuses_without_id
        };
        if stamp.row.is_none() || taken_before || hopeless || says_already_there(&first) {
            return Err(StepError::Refused(first));
        }
        stamp.row = None;
        self.pen.stamp(columns, stamp);
        columns.0.remove("sys_id");
        let written = self.post_asking(number, sys_id, stamp, columns).await;
        match written {
            Err(StepError::Refused(_)) => {
                self.learnt().refuses_without_id = true;
                Err(StepError::Refused(first))
            }
            other => other,
        }
    }

    /// The article's row where another run was faster to make it; its number is remembered.
    async fn made_elsewhere(&self, number: usize) -> Result<Option<IndexRow>, StepError> {
        let Work::Create(sys_id) = self.planned(number)?.work else { return Ok(None) };
        let settings = &self.ground.settings;
        let identity = self.document(number).id.identity(&settings.project, 1);
        let writer = &self.ground.writer;
        let rows = writer
            .rows_by_identity(&settings.publish.stamp_field, &settings.project, identity, sys_id)
            .await?;
        let ours = |row: &IndexRow| Stamp::parse(&row.stamp).is_ok_and(|stamp| stamp.identity == identity);
        let row = rows.into_iter().find(ours);
        if let Some(row) = &row {
            let article = LinkTarget { number: row.number.clone(), sys_id: Some(row.sys_id) };
            self.learnt().made.insert(number, Some(article));
        }
        Ok(row)
    }

    /// A POST with the state in it: refused, it is repeated once as a draft; the stamp keeps what was asked
    /// (protocol §5.5).
    async fn post_asking(
        &self,
        number: usize,
        sys_id: SysId,
        stamp: &Stamp,
        columns: &mut Record,
    ) -> Result<Record, StepError> {
        let document = self.document(number).id.as_str();
        self.ask(columns, stamp.asked);
        match self.pen.post(stamp.identity, document, sys_id, columns).await {
            Err(StepError::Refused(_)) if stamp.asked == Asked::Published => {
                columns.0.remove("published");
                columns.0.insert("workflow_state".to_owned(), "draft".to_owned());
                self.pen.post(stamp.identity, document, sys_id, columns).await
            }
            other => other,
        }
    }

    /// A PATCH with the state in it: refused for the state's sake, it is repeated once without (protocol §5.5).
    pub(super) async fn patch_asking(
        &self,
        number: usize,
        row: SysId,
        seen: Seen,
        mut columns: Record,
        before: &Record,
    ) -> Result<Record, StepError> {
        let document = self.document(number).id.as_str();
        self.pen.journal_update(Some(document), row, &columns, before)?;
        match self.pen.patch(row, seen, &columns).await {
            Err(StepError::Refused(_)) if columns.has("workflow_state") => {
                // Without the state nothing of what goes with it: a row that stays retired keeps sending its readers on.
                for column in ["workflow_state", "published", "retired", REPLACEMENT] {
                    columns.0.remove(column);
                }
                self.pen.patch(row, seen, &columns).await
            }
            other => other,
        }
    }

    /// Whether the stamp alone may be written anew. A row that is published already may be closed to that, which costs one
    /// refusal for each run, and reads later; where it is known to be, it is left.
    fn may_restamp(&self, written: &Record) -> bool {
        let road = &self.ground.surveyed.road;
        let knows_it_closed = || {
            self.pen.learnt().closed_to_stamps
                || *road == Road::Companion
                || !road.closed([self.stamp_field()]).is_empty()
        };
        !is_closed(written) || !knows_it_closed()
    }

    /// Writes the stamp alone anew: with the row the server chose, or the body as the server stored it; open where it
    /// is not `whole`, so that the next run tries again.
    async fn restamp(
        &self,
        number: usize,
        row: SysId,
        written: &Record,
        stored: String,
        asked: Asked,
        whole: bool,
    ) -> Result<Record, StepError> {
        let count = mod_count(written);
        let sent = Stamp::parse(written.get(self.stamp_field()));
        let stamp = self.stamp(
            number,
            StampParts {
                row: Some(row),
                source: sent.as_ref().ok().and_then(|stamp| stamp.source.clone()).filter(|_| whole),
                stored,
                asked,
                leftovers: sent.is_ok_and(|stamp| stamp.leftovers),
                mod_count: self.pen.next_count(count, Kind::STAMP),
            },
        );
        let mut columns = Record::default();
        self.pen.stamp(&mut columns, &stamp);
        self.pen.journal_update(Some(self.document(number).id.as_str()), row, &columns, written)?;
        let again = match self.pen.patch(row, self.pen.seen(written), &columns).await {
            // The article is as it is to be; a stamp that does not fit costs only reads.
            Err(StepError::Refused(why)) => {
                tracing::debug!("the stamp could not be written anew: {why}");
                written.clone()
            }
            other => other?,
        };
        if is_closed(written) && !self.pen.took(&again, &stamp) {
            self.pen.learnt().closed_to_stamps = true;
        }
        Ok(again)
    }

    /// Reads back what became of the article's last write.
    pub(super) async fn settle(
        &self,
        number: usize,
        content: &Content,
        placed: &Placed,
        asked: Asked,
        written: &Record,
        outcome: Outcome,
    ) -> Result<Done, StepError> {
        let record = written;
        let row = row_of(record)?;
        let state = record.get("workflow_state").to_owned();
        let mut notes = Vec::new();
        let files = self.digests(placed);
        let stored = Body {
            title: record.get("short_description").to_owned(),
            pieces: canonical(record.get("text"), &files),
        };
        if record.has("text") && stored.digest() != content.stored {
            notes.extend(self.rewritten(number, &stored, content));
            let bodiless =
                !says_something(&stored.pieces) && says_something(&canonical(&content.html, &files));
            let lost = if bodiless {
                Some(("body", "text"))
            } else {
                stored.title.is_empty().then_some(("title", "short_description"))
            };
            let lost = lost.filter(|(_, column)| record.has(column));
            if self.may_restamp(record) {
                self.restamp(number, row, written, stored.digest(), asked, lost.is_none()).await?;
            }
            if let Some((part, column)) = lost {
                return Err(StepError::Failed(format!(
                    "the instance stored {} without its {part}: may this account write the column `{column}`?",
                    record.get("number")
                )));
            }
        }
        notes.extend(self.refused_columns(number, record)?);
        let article = LinkTarget { number: record.get("number").to_owned(), sys_id: Some(row) };
        let error = self.pen.overwritten(row);
        let outcome = match (asked, state.as_str()) {
            _ if error.is_some() => Outcome::Conflict,
            (Asked::Published, "published") | (Asked::Draft | Asked::Retired, _) => outcome,
            (Asked::Published, "draft" | "retired" | "outdated") => Outcome::LeftDraft,
            // A review, a date to come, or a state of the customer's own on the way.
            (Asked::Published, _) => Outcome::InReview,
        };
        Ok(Done { outcome, article: Some(article), state: Some(state), error, notes })
    }

    /// A 2xx is not proof (contract §0.2): columns that are not there, or that this account may not write, are passed
    /// over without a word.
    fn refused_columns(&self, number: usize, written: &Record) -> Result<Option<Finding>, StepError> {
        let sent = self.named(number)?;
        let refused: Vec<&str> = sent
            .0
            .iter()
            .filter(|(column, value)| !same_value(value, written.get(column)))
            .map(|(column, _)| column.as_str())
            .collect();
        if refused.is_empty() {
            return Ok(None);
        }
        let document = self.document(number);
        let columns = crate::text::list_quoted(&refused, "and");
        let message = format!("the instance did not take {columns} of `{}`", document.id);
        let finding = Finding::new(Code::ColumnRefused, message)
            .at(display_path(&self.ground.settings.source.root, &document.path), None)
            .help("it has no such column (a plugin's, perhaps), or this account may not write or read it");
        Ok(Some(finding))
    }

    /// The instance's own rules changed title or body on the way in.
    fn rewritten(&self, number: usize, stored: &Body, content: &Content) -> Vec<Finding> {
        let document = self.document(number);
        let mut findings = Vec::new();
        if stored.title != document.title {
            let message = format!("the instance stored another title than `{}`", document.title);
            findings.push(
                Finding::new(Code::ColumnRefused, message).help(
                    "a rule of the instance changes `short_description`: readers see what it makes of it",
                ),
            );
        }
        let as_titled = Body { title: document.title.clone(), pieces: stored.pieces.clone() };
        if as_titled.digest() != content.stored {
            let message = format!("the instance stored `{}` otherwise than it was sent", document.id);
            findings.push(Finding::new(Code::UnsupportedHtml, message).help(
                "its sanitizer keeps less than the platform's default list, or a rule changes bodies: compare the article, or ask \
                 the administrator for `HTMLSanitizerConfig`",
            ));
        }
        let path = display_path(&self.ground.settings.source.root, &document.path);
        findings.into_iter().map(|finding| finding.at(path.clone(), None)).collect()
    }
}

/// What follows the write that publishes, or hands to approvers, may be refused for ever on a versioned base
/// (protocol §7).
fn is_closed(written: &Record) -> bool {
    written.get("workflow_state") != "draft" && !written.get("article_id").is_empty()
}

/// Whether a body holds words or pictures.
fn says_something(pieces: &[Piece]) -> bool {
    pieces.iter().any(|piece| match piece {
        Piece::Text(text) => !text.trim().is_empty(),
        Piece::Open(name, _) => name == "img",
        Piece::Close(_) => false,
    })
}

/// Whether a refusal is that of a record with this sys_id being there already: hidden from this account.
fn says_already_there(why: &str) -> bool {
    let why = why.to_lowercase();
    ["unique", "duplicate", "already exist"].iter().any(|word| why.contains(word))
}

/// Lists count as sets, flags in either spelling, and sys_ids in either case.
fn same_value(sent: &str, stored: &str) -> bool {
    let parts = |text: &str| {
        text.split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| {
                SysId::parse(&part.to_ascii_lowercase()).map_or_else(|_| part.to_owned(), |id| id.to_string())
            })
            .collect::<BTreeSet<_>>()
    };
    let flag = |text: &str| match text {
        "1" => "true".to_owned(),
        "0" => "false".to_owned(),
        other => other.to_owned(),
    };
    sent.trim() == stored.trim() || flag(sent) == flag(stored) || parts(sent) == parts(stored)
}
