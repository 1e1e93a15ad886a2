//! Whether the stamp column keeps a stamp, seen on an article that is there before another one is made
//! (protocol §2: "stop before the second article").

use std::sync::Arc;

use super::count::Kind;
use super::update::known;
use super::{IGNORED, Publisher, RunResult, StepError, mod_count};
use crate::plan::{Planned, Row, Stamp, Work};
use crate::servicenow::Record;

impl Publisher {
    /// Where no article of the project carries a stamp as long as any of this run, and one that is taken up again could:
    /// its stamp is written first, alone.
    pub(super) async fn prove(&self, result: &mut RunResult) {
        let surveyed = &self.ground.surveyed;
        let makes_some = surveyed.plan.documents.iter().any(|one| matches!(one.work, Work::Create(_)));
        if !makes_some || surveyed.rows.iter().any(|row| self.is_as_long_as_any(row)) {
            return;
        }
        let unstamped = |planned: &&Planned| {
            let row = planned.row.as_ref().filter(|_| matches!(planned.work, Work::Write { .. }));
            row.is_some_and(|row| Stamp::parse(&row.index.stamp).is_err())
        };
        let Some(at) = surveyed.plan.documents.iter().position(|planned| unstamped(&planned)) else { return };
        let planned = &surveyed.plan.documents[at];
        match self.prove_on(planned).await {
            Ok(row) => self.learnt().proof = planned.document.map(|number| (number, Arc::new(row))),
            // Its own turn tells what else is wrong with it.
            Err(StepError::Stop(stop)) => result.fail(at, StepError::Stop(stop)),
            Err(_) => {}
        }
    }

    /// Whether a row's stamp shows that the column takes those of this run: one without the row's id, without a source or
    /// without the commit is shorter.
    fn is_as_long_as_any(&self, row: &Row) -> bool {
        row.stamp().is_ok_and(|stamp| {
            let commit = stamp.commit.is_some() || self.ground.commit.is_none();
            stamp.row.is_some() && stamp.source.is_some() && commit
        })
    }

    /// Writes the stamp alone; gives the row as it is then.
    async fn prove_on(&self, planned: &Planned) -> Result<Row, StepError> {
        let (row, stamp) = known(planned)?;
        let id = row.index.sys_id;
        let before = self.before(planned, row).await?.record;
        let seen = self.pen.seen(&before);
        let mut stamp = stamp.clone();
        // One that is shorter than others of this run would prove nothing.
        stamp.row = Some(id.short());
        stamp.source = Some("0".repeat(16));
        stamp.commit.clone_from(&self.ground.commit);
        stamp.mod_count = self.pen.next_count(seen.count, Kind::STAMP);
        stamp.time = self.pen.now();
        let mut columns = Record::default();
        self.pen.stamp(&mut columns, &stamp);
        let document = planned.document.map(|number| self.document(number).id.as_str());
        self.pen.journal_update(document, id, &columns, &before)?;
        let written = match self.pen.patch(id, seen, &columns).await {
            // A closed row proves nothing.
            Err(error) if error.is_silence(&before, self.stamp_field()) => {
                return Err(StepError::Failed(IGNORED.to_owned()));
            }
            other => other?,
        };
        let mut index = row.index.clone();
        index.sys_mod_count = mod_count(&written);
        written.get("sys_updated_on").clone_into(&mut index.sys_updated_on);
        written.get("sys_updated_by").clone_into(&mut index.sys_updated_by);
        written.get(self.stamp_field()).clone_into(&mut index.stamp);
        Ok(Row::new(index))
    }

    /// A document's row as it is to be compared with: what [`Self::prove`] wrote counts.
    pub(super) fn own_row(&self, number: usize) -> Result<Arc<Row>, StepError> {
        let proof = self.learnt().proof.clone();
        if let Some((_, row)) = proof.filter(|(proven, _)| *proven == number) {
            return Ok(row);
        }
        let planned = self.planned(number)?;
        known(planned)?;
        let row = planned.row.clone();
        row.ok_or_else(|| StepError::Failed("the plan names no article for this document".to_owned()))
    }
}
