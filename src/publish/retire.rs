//! Orphans that are retired: only our own, with the state they were planned in.

use super::pen::Seen;
use super::update::known;
use super::{Done, Outcome, Publisher, StepError, mod_count};
use crate::plan::{Asked, Work};
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
        let Some(before) = self.pen.read(id).await? else {
            return Err(StepError::Conflict("the article is gone, or hidden from this account".to_owned()));
        };
        let count = mod_count(&before);
        if before.get(self.stamp_field()) != row.index.stamp || count != row.index.sys_mod_count {
            let who = before.get("sys_updated_by");
            return Err(StepError::Conflict(format!(
                "changed in ServiceNow by {who} after the plan was made"
            )));
        }
        let mut stamp = stamp.clone();
        stamp.asked = Asked::Retired;
        stamp.row = Some(id.short());
        stamp.mod_count = self.pen.next_count(count);
        stamp.time = self.pen.now();
        let mut columns = Record::default();
        self.pen.stamp(&mut columns, &stamp);
        columns.0.insert("workflow_state".to_owned(), Asked::Retired.workflow_state().to_owned());
        columns.0.insert("retired".to_owned(), super::columns::date(self.pen.now()));
        if let Some(target) =
            replacement.and_then(|number| self.article(number)).and_then(|article| article.sys_id)
        {
            columns.0.insert("replacement_article".to_owned(), target.to_string());
        }
        self.pen.journal_update(None, id, &columns, &before)?;
        let written = self.pen.patch(id, Seen::of(&before), &columns).await?;
        let state = written.get("workflow_state").to_owned();
        let retired = state == "retired";
        Ok(Done {
            outcome: if retired { Outcome::Retired } else { Outcome::Failed },
            article: Some(LinkTarget { number: row.index.number.clone(), sys_id: Some(id) }),
            error: (!retired).then(|| format!("the instance left it in `{state}`")),
            state: Some(state),
            notes: Vec::new(),
        })
    }
}
