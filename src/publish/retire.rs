//! Orphans that are retired: only our own, as they were planned.

use std::sync::Arc;

use super::count::Kind;
use super::update::known;
use super::{Done, IGNORED, Outcome, Publisher, StepError};
use crate::finding::{Code, Finding};
use crate::ids::SysId;
use crate::plan::{Asked, REPLACEMENT, Row, Stamp, Work, redirect_digest};
use crate::servicenow::Record;
use crate::survey::LinkTarget;

impl Publisher {
    pub(super) async fn retire(&self, at: usize) -> Result<Done, StepError> {
        let planned = &self.ground.surveyed.plan.documents[at];
        let (row, stamp) = known(planned)?;
        let Work::Retire { replacement } = planned.work else {
            return Err(StepError::Failed("the plan does not retire this article".to_owned()));
        };
        let id = row.index.sys_id;
        let before = self.before(planned, row).await?.record;
        if before.get(self.stamp_field()) != row.index.stamp {
            return self.retired_by_another(row, &before);
        }
        let seen = self.pen.seen(&before);
        let columns = self.retiring(row, stamp.clone(), seen.count, replacement)?;
        self.pen.journal_update(None, id, &columns, &before)?;
        let state = row.index.workflow_state.as_str();
        let closed = |why: &str| StepError::Conflict(closed_to_retire(state, why));
        let versioned = row.index.article_id.is_some() && matches!(state, "published" | "review");
        let late = state == "retired";
        // A person set it where this account may not: there is no more to ask for.
        let set = |column: &str| columns.has(column) && columns.get(column) == before.get(column);
        let stands = late && set(REPLACEMENT);
        let written = match self.pen.patch(id, seen, &columns).await {
            Err(StepError::Refused(_)) if stands => return Ok(retired(row, &before)),
            Err(error) if stands && error.is_silence(&before, self.stamp_field()) => {
                return Ok(retired(row, &before));
            }
            Err(StepError::Refused(why)) if versioned || late => return Err(closed(&why)),
            Err(error) if error.is_silence(&before, self.stamp_field()) => return Err(closed(IGNORED)),
            other => other?,
        };
        if versioned && written.get("workflow_state") == before.get("workflow_state") {
            if written.get(self.stamp_field()) != row.index.stamp {
                // Open as a minor edit: it must not say that we asked for what was not taken.
                let mut back = Record::default();
                back.0.insert(self.stamp_field().to_owned(), row.index.stamp.clone());
                self.pen.journal_update(None, id, &back, &written)?;
                self.pen.send(id, self.pen.seen(&written), &back).await?;
            }
            return Err(closed(IGNORED));
        }
        let mut done = retired(row, &written);
        if columns.has(REPLACEMENT)
            && !written.get(REPLACEMENT).eq_ignore_ascii_case(columns.get(REPLACEMENT))
        {
            done.notes.push(without_successor(&row.index.number));
        }
        Ok(done)
    }

    /// What is sent: the stamp, the replacement, and of what is not retired yet the state.
    fn retiring(
        &self,
        row: &Row,
        mut stamp: Stamp,
        count: u32,
        replacement: Option<usize>,
    ) -> Result<Record, StepError> {
        let mut columns = Record::default();
        if let Some(number) = replacement {
            columns.0.insert(REPLACEMENT.to_owned(), self.replacement(number)?.to_string());
            stamp.source = Some(redirect_digest(&self.ground.settings.project, &self.document(number).id));
        }
        let late = row.index.workflow_state == "retired";
        if !late {
            columns.0.insert("workflow_state".to_owned(), Asked::Retired.workflow_state().to_owned());
            columns.0.insert("retired".to_owned(), super::columns::date(self.pen.now()));
        }
        stamp.asked = Asked::Retired;
        stamp.row = Some(row.index.sys_id.short());
        stamp.mod_count = self.pen.next_count(count, if late { Kind::STAMP } else { Kind::STATE });
        stamp.time = self.pen.now();
        self.pen.stamp(&mut columns, &stamp);
        Ok(columns)
    }

    /// The article that readers are sent to: without one that is there to be read they would find nothing.
    fn replacement(&self, number: usize) -> Result<SysId, StepError> {
        let cannot = |why: &str| {
            let id = &self.document(number).id;
            StepError::Failed(format!("`{id}`, which its readers are to be sent to, {why}"))
        };
        let article = self.article(number).and_then(|article| article.sys_id);
        let article = article.ok_or_else(|| cannot("has no article"))?;
        let stood = |row: &Arc<Row>| matches!(row.index.workflow_state.as_str(), "published" | "review");
        let was_there = self.planned(number)?.row.as_ref().is_some_and(stood);
        if !was_there && self.learnt().unread.contains(&number) {
            return Err(cannot("could not be written to its end, or stayed retired"));
        }
        Ok(article)
    }

    /// Another run of this project was here after the plan was made; it may have done the same.
    fn retired_by_another(&self, row: &Row, now: &Record) -> Result<Done, StepError> {
        let theirs = Stamp::parse(now.get(self.stamp_field()));
        if now.get("workflow_state") == "retired" && theirs.is_ok_and(|stamp| stamp.asked == Asked::Retired) {
            return Ok(retired(row, now));
        }
        Err(StepError::Conflict("written by another run of this project after the plan was made".to_owned()))
    }
}

/// Who may retire an article of a versioned base in this state (contract §2.4, §2.5).
fn closed_to_retire(state: &str, why: &str) -> String {
    if state == "review" {
        return format!(
            "the article waits for an approval, and this account may not retire it meanwhile ({why}): have it \
             approved or rejected in ServiceNow"
        );
    }
    if state == "retired" {
        return format!(
            "this account may not change the retired article ({why}): set its replacement article in ServiceNow, \
             or ask for role `knowledge_admin`"
        );
    }
    format!(
        "this account may not retire the published article ({why}): retire it in ServiceNow, or ask for role \
         `knowledge_admin`, or to be a manager of the knowledge base"
    )
}

/// A 2xx is not proof (contract §0.2).
fn without_successor(number: &str) -> Finding {
    let message =
        format!("the instance did not take `{REPLACEMENT}` of {number}: its readers are sent nowhere");
    Finding::new(Code::ColumnRefused, message)
        .help("older releases have no such column; else ask whether this account may write it, or set it in ServiceNow")
}

fn retired(row: &Row, written: &Record) -> Done {
    let state = written.get("workflow_state").to_owned();
    let retired = state == "retired";
    Done {
        outcome: if retired { Outcome::Retired } else { Outcome::Failed },
        article: Some(LinkTarget { number: row.index.number.clone(), sys_id: Some(row.index.sys_id) }),
        error: (!retired).then(|| format!("the instance left it in `{state}`")),
        state: Some(state),
        notes: Vec::new(),
    }
}
