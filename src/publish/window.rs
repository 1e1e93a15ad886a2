//! The one request between our last look at a row and our write to it: the platform offers no lock, but the row's
//! count tells whether somebody saved it meanwhile (protocol §5.6). What rules add beside us is learnt.

use super::count::{Added, Kind};
use super::pen::{Pen, Seen};
use super::{Entry, StepError, mod_count};
use crate::ids::SysId;
use crate::plan::Stamp;
use crate::servicenow::Record;

/// Most that one write adds by rules; more is not believed.
const MOST: u32 = 4;

impl Pen {
    /// Learns what one write adds to the count, and notices when more was added: then somebody saved the article
    /// between our last read and our write. Gives the row anew where it had to be written once more to tell.
    pub(super) async fn watch(
        &self,
        row: SysId,
        seen: Seen,
        written: &Record,
        columns: &Record,
    ) -> Result<Option<Record>, StepError> {
        let after = self.seen(written);
        if !(seen.counted && after.counted) {
            return Ok(None);
        }
        let views = after.views.saturating_sub(seen.views);
        let added = after.count.saturating_sub(seen.count);
        // A view may count as an update or not.
        let least = added.saturating_sub(views).max(1);
        let kind = (Kind::of(columns), written.get("kb_knowledge_base").to_owned());
        let known = self.learnt().per_patch.get(&kind).map(|added| added.most);
        if seen.made || least <= known.unwrap_or(1) {
            if least <= MOST {
                self.learn(kind, least);
            }
            return Ok(None);
        }
        // A rule, or a person. Where the instance keeps a trail, it tells.
        if columns.has("text") {
            let (mut lost, by) = self.writer.overwritten_texts(row, &self.user).await?.unwrap_or_default();
            lost.0.retain(|column, value| !seen.held(column, value));
            if !lost.0.is_empty() {
                self.tell_overwritten(row, written, lost, by)?;
                return Ok(None);
            }
        }
        // Else the same kind of write once more does. Rules may look at the row, too, so that what other rows have
        // taught does not settle it.
        let turns_text = columns.has("text") && !seen.held("text", written.get("text"));
        let Some((again, now)) = self.probe(row, after, columns, turns_text, least).await? else {
            return Ok(None);
        };
        // What a change of state sets off does not happen twice.
        let explained = again == least || (again < least && kind.0.state && kind.0.text);
        let usual = if explained { least } else { again.min(least) };
        self.learn(kind, usual);
        if !explained && columns.has("text") {
            // More than before: somebody saved it right before the second write.
            let trail = self.writer.overwritten_texts(row, &self.user).await?.unwrap_or_default();
            self.tell_overwritten(row, written, trail.0, trail.1)?;
        } else if !explained && again < least {
            return Ok(self.doubt(row, written).await?.or(now));
        }
        Ok(now)
    }

    fn learn(&self, kind: (Kind, String), added: u32) {
        let mut learnt = self.learnt();
        let known = learnt.per_patch.entry(kind).or_insert(Added { least: added, most: added });
        (known.least, known.most) = (known.least.min(added), known.most.max(added));
    }

    /// Mends a stamp that names a count which its row has not reached: the next save by somebody else would reach it, and
    /// pass for ours. Gives the row as it is then; one that is closed by now stays as it is.
    pub(super) async fn keep_below(&self, row: SysId, written: Record) -> Result<Record, StepError> {
        let seen = self.seen(&written);
        let Ok(mut stamp) = Stamp::parse(written.get(&self.stamp_field)) else { return Ok(written) };
        if !seen.counted || stamp.mod_count <= seen.count {
            return Ok(written);
        }
        // The same stamp once more would be no write at all.
        (stamp.mod_count, stamp.time) = (seen.count.saturating_add(1), self.now().max(stamp.time + 1));
        match self.write_over(row, seen, Record::default(), &stamp, &written).await {
            Ok((mended, _)) => Ok(mended),
            Err(StepError::Refused(why)) => {
                tracing::debug!("a stamp ahead of its row could not be mended: {why}");
                Ok(written)
            }
            Err(other) => Err(other),
        }
    }

    /// Whether a row that [`Self::patch`] gave carries the stamp that was sent. Where a second write measured or mended the
    /// first, count and time are that one's.
    pub(super) fn took(&self, written: &Record, sent: &Stamp) -> bool {
        let there = Stamp::parse(written.get(&self.stamp_field));
        let this = |there: Stamp| {
            let timely = there.time >= sent.time || there.time == 0;
            timely && Stamp { mod_count: sent.mod_count, time: sent.time, ..there } == *sent
        };
        there.is_ok_and(this)
    }

    /// What one write adds, measured by a second one that changes nothing but the stamp's count, which becomes what is
    /// there then if rules added `expected`, and white space at the body's end, where the first write changed the body,
    /// too. Also the row as that write left it, where it was taken. `None` where there is nothing to measure: somebody
    /// has saved the row since, which the next run sees.
    async fn probe(
        &self,
        row: SysId,
        after: Seen,
        sent: &Record,
        turns_text: bool,
        expected: u32,
    ) -> Result<Option<(u32, Option<Record>)>, StepError> {
        let Some(there) = self.read(row).await? else { return Ok(None) };
        let now = self.seen(&there);
        let Ok(mut stamp) = Stamp::parse(there.get(&self.stamp_field)) else { return Ok(None) };
        if !now.says_the_same(&after) {
            return Ok(None);
        }
        stamp.mod_count = now.count.saturating_add(expected);
        let mut columns = Record::default();
        if sent.has("text") {
            let text = there.get("text");
            let text = match text.strip_suffix('\n') {
                Some(without) if turns_text => without.to_owned(),
                None if turns_text => format!("{text}\n"),
                _ => text.to_owned(),
            };
            columns.0.insert("text".to_owned(), text);
        }
        match self.write_over(row, now, columns, &stamp, &there).await {
            Ok((again, before)) => {
                let added = mod_count(&again).saturating_sub(before.count).clamp(1, MOST);
                Ok(Some((added, Some(again))))
            }
            // Closed by what was just written, as the next one of its kind will be: no reason to cry wolf, nor to ask again.
            Err(StepError::Refused(_)) => Ok(Some((expected, None))),
            Err(StepError::Conflict(_)) => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// A stamp alone was written over somebody's save, which must not pass for ours: the stamp is made one that
    /// has the next run look at the body. Gives the row anew.
    async fn doubt(&self, row: SysId, written: &Record) -> Result<Option<Record>, StepError> {
        let Ok(mut stamp) = Stamp::parse(written.get(&self.stamp_field)) else { return Ok(None) };
        (stamp.time, stamp.mod_count) = (0, 0);
        // The probe has been there since.
        let Some(now) = self.read(row).await? else { return Ok(None) };
        match self.write_over(row, self.seen(&now), Record::default(), &stamp, &now).await {
            Ok((doubted, _)) => Ok(Some(doubted)),
            Err(StepError::Refused(_)) => Ok(None),
            Err(other) => Err(other),
        }
    }

    async fn write_over(
        &self,
        row: SysId,
        seen: Seen,
        mut columns: Record,
        stamp: &Stamp,
        before: &Record,
    ) -> Result<(Record, Seen), StepError> {
        self.stamp(&mut columns, stamp);
        self.journal_update(None, row, &columns, before)?;
        self.send(row, seen, &columns).await
    }

    /// Journals what can be known of a save that was written over.
    fn tell_overwritten(
        &self,
        row: SysId,
        written: &Record,
        lost: Record,
        by: Option<String>,
    ) -> Result<(), StepError> {
        let mut message =
            "conflict: overwritten: somebody saved this article in the moment between our last look and our write"
                .to_owned();
        if let Some(by) = &by {
            message = message.replace("somebody", by);
        }
        message.push_str(if lost.0.is_empty() {
            "; the instance shows this account no history, so ask an administrator for what `sys_audit` holds of it"
        } else {
            "; the text that was written over is in the run's journal"
        });
        let number = written.get("number").to_owned();
        self.write_down(&Entry::Overwritten { sys_id: row, number, lost, by })?;
        self.learnt().overwritten.insert(row, message);
        Ok(())
    }
}
