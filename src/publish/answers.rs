//! Writes whose answer may not come (protocol §6): looked up before they are repeated, never repeated blindly.

use std::time::Duration;

use super::{Entry, Publisher, StepError, Stop, mod_count};
use crate::ids::SysId;
use crate::servicenow::{Attachment, Record};
use crate::tree::LocalFile;

/// How often one write is tried.
const TRIES: u32 = 4;

/// Wait before the next try: 1 s, 2 s, 4 s. The instance is in trouble; a crowd of repeats does not help it.
fn pause(attempt: u32) -> Duration {
    Duration::from_secs(1 << attempt.min(5))
}

impl Publisher {
    /// Inserts an article; `identity` is what its stamp names.
    pub(super) async fn post(
        &self,
        identity: SysId,
        document: &str,
        sys_id: SysId,
        columns: &Record,
    ) -> Result<Record, StepError> {
        let stamp = columns.get(self.stamp_field());
        self.ground.journal.write(&Entry::Create { document, sys_id: sys_id.to_string(), stamp })?;
        let mut attempt = 0;
        loop {
            let error = match self.ground.writer.create_article(columns).await {
                Ok(written) => return self.proven(written, stamp),
                Err(error) => error,
            };
            // A refusal of a repeat may be the first try's success: the same sys_id twice.
            if !error.no_answer() && (attempt == 0 || error.ends_the_run()) {
                return Err(error.into());
            }
            if let Some(record) = self.find_inserted(identity, sys_id, stamp).await? {
                return self.proven(record, stamp);
            }
            attempt += 1;
            if attempt == TRIES || !error.no_answer() {
                return Err(error.into());
            }
            tokio::time::sleep(pause(attempt)).await;
        }
    }

    async fn find_inserted(
        &self,
        identity: SysId,
        sys_id: SysId,
        stamp: &str,
    ) -> Result<Option<Record>, StepError> {
        let settings = &self.ground.settings;
        let rows = self
            .ground
            .writer
            .rows_by_identity(&settings.publish.stamp_field, &settings.project, identity, sys_id)
            .await?;
        let Some(row) = rows.into_iter().find(|row| row.stamp == stamp) else { return Ok(None) };
        Ok(self.read(row.sys_id).await?)
    }

    /// One whole row.
    pub(super) async fn read(&self, row: SysId) -> Result<Option<Record>, crate::servicenow::ApiError> {
        let mut columns = super::update::READ.to_vec();
        columns.push(self.stamp_field());
        Ok(self.ground.writer.articles(&[row], &columns).await?.into_iter().next())
    }

    /// Changes an article that stands at `count`. The caller has journalled what stood there.
    pub(super) async fn patch(&self, row: SysId, count: u32, columns: &Record) -> Result<Record, StepError> {
        let stamp = columns.get(self.stamp_field());
        let mut attempt = 0;
        loop {
            let error = match self.ground.writer.update_article(row, columns).await {
                Ok(written) => return self.proven(written, stamp),
                Err(error) => error,
            };
            if !error.no_answer() {
                return Err(error.into());
            }
            let there = self.read(row).await?;
            let Some(record) = there else {
                return Err(StepError::Conflict(
                    "the article is gone, or hidden from this account".to_owned(),
                ));
            };
            if record.get(self.stamp_field()) == stamp {
                return self.proven(record, stamp);
            }
            if mod_count(&record) != count {
                let who = record.get("sys_updated_by");
                return Err(StepError::Conflict(format!(
                    "changed in ServiceNow by {who} while it was being written"
                )));
            }
            attempt += 1;
            if attempt == TRIES {
                return Err(error.into());
            }
            tokio::time::sleep(pause(attempt)).await;
        }
    }

    /// Checks that the stamp came back whole (protocol §2) and learns what a write adds to the count.
    fn proven(&self, written: Record, stamp: &str) -> Result<Record, StepError> {
        let got = written.get(self.stamp_field());
        if got == stamp {
            self.learnt().stamp_proven = true;
            return Ok(written);
        }
        if self.learnt().stamp_proven {
            return Ok(written);
        }
        Err(StepError::Stop(Stop::StampLost {
            stamp_field: self.stamp_field().to_owned(),
            got: got.to_owned(),
        }))
    }

    /// Uploads a file; where no answer comes, the list tells whether it arrived.
    pub(super) async fn upload(&self, row: SysId, file: &LocalFile) -> Result<Attachment, StepError> {
        let bytes = bytes::Bytes::from(tokio::task::block_in_place(|| crate::tree::read_file(file))?);
        self.ground.journal.write(&Entry::Upload { sys_id: row.to_string(), file: &file.name })?;
        let mut attempt = 0;
        loop {
            let upload = self.ground.writer.upload(row, &file.name, &file.media_type, bytes.clone());
            let error = match upload.await {
                Ok(attachment) => return Ok(attachment),
                Err(error) => error,
            };
            if !error.no_answer() {
                return match StepError::from(error) {
                    StepError::Failed(why) => Err(StepError::Failed(format!("file `{}`: {why}", file.path))),
                    other => Err(other),
                };
            }
            let attached = self.ground.writer.attachments(&[row]).await?;
            if let Some(found) =
                attached.into_iter().find(|attachment| super::files::is_same(attachment, file))
            {
                return Ok(found);
            }
            attempt += 1;
            if attempt == TRIES {
                return Err(error.into());
            }
            tokio::time::sleep(pause(attempt)).await;
        }
    }

    /// Server time, in seconds since 1970.
    pub(super) fn now(&self) -> i64 {
        self.ground.writer.server_time()
    }
}
