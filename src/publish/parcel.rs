//! Files of articles on their way: uploaded once, removed only once their bytes are kept (protocol §5.4, §6).
//!
//! Must not know: which files an article needs.

use bytes::Bytes;

use super::pen::{Pen, TRIES};
use super::{Entry, StepError};
use crate::ids::SysId;
use crate::servicenow::{ApiError, Attachment};

/// A file on its way to an article.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parcel<'a> {
    /// Its name on the instance.
    pub(super) name: &'a str,
    /// Its MIME type.
    pub(super) media_type: &'a str,
    /// Hexadecimal SHA-256 of its bytes.
    pub(super) sha256: &'a str,
    /// What a person knows it as.
    pub(super) shown: &'a str,
}

impl Parcel<'_> {
    /// Whether an attachment holds this file: same name, same content as far as the instance tells (protocol §5.4).
    pub(super) fn is(&self, attachment: &Attachment, size: u64) -> bool {
        attachment.file_name == self.name
            && if attachment.hash.is_empty() {
                attachment.size_bytes == size
            } else {
                attachment.hash.eq_ignore_ascii_case(self.sha256)
            }
    }
}

impl Pen {
    /// Uploads a file; where no answer comes, the list tells whether it arrived.
    pub(super) async fn upload(
        &self,
        row: SysId,
        parcel: Parcel<'_>,
        bytes: Bytes,
    ) -> Result<Attachment, StepError> {
        self.write_down(&Entry::Upload {
            sys_id: row,
            file: parcel.name.to_owned(),
            sha256: parcel.sha256.to_owned(),
        })?;
        let size = bytes.len() as u64;
        let mut attempt = 0;
        loop {
            let upload = self.writer.upload(row, parcel.name, parcel.media_type, bytes.clone());
            let error = match upload.await {
                Ok(attachment) if parcel.is(&attachment, size) => return Ok(attachment),
                // Another file than was sent: stored under another name, or the answer is not ours.
                Ok(attachment) => {
                    let attached = self.writer.attachments(&[row]).await?;
                    let found = attached.into_iter().find(|attachment| parcel.is(attachment, size));
                    return Ok(found.unwrap_or(attachment));
                }
                Err(error) => error,
            };
            if !error.no_answer() {
                let named = |why: &str| format!("file `{}`: {why}", parcel.shown);
                return Err(match StepError::from(error) {
                    StepError::Failed(why) => StepError::Failed(named(&why)),
                    StepError::Refused(why) => StepError::Refused(named(&why)),
                    other => other,
                });
            }
            attempt += 1;
            self.wait_for(attempt).await;
            let attached = self.writer.attachments(&[row]).await?;
            if let Some(found) = attached.into_iter().find(|attachment| parcel.is(attachment, size)) {
                return Ok(found);
            }
            if attempt == TRIES {
                return Err(error.into());
            }
        }
    }

    /// Removes files of ours, their bytes kept first. What cannot be kept or removed stays: the stamp's `x` has
    /// the next run try again.
    pub(super) async fn remove(&self, row: SysId, leftovers: &[&Attachment]) -> Result<(), StepError> {
        for attachment in leftovers {
            let removed = self.remove_one(row, attachment).await;
            match removed {
                Ok(()) => {}
                Err(StepError::Unanswered(error)) => {
                    tracing::warn!(file = %attachment.file_name, "could not remove a file: {error}");
                }
                Err(StepError::Failed(why) | StepError::Refused(why)) => {
                    tracing::warn!(file = %attachment.file_name, "could not remove a file: {why}");
                }
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    async fn remove_one(&self, row: SysId, attachment: &Attachment) -> Result<(), StepError> {
        let bytes = match self.writer.attachment_bytes(attachment.sys_id).await {
            Ok(bytes) => bytes,
            Err(ApiError::NotFound(_)) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let sha256 = tokio::task::block_in_place(|| self.journal.keep(&bytes))?;
        self.write_down(&Entry::Remove {
            sys_id: row,
            attachment: attachment.sys_id,
            file: attachment.file_name.clone(),
            media_type: attachment.content_type.clone(),
            sha256,
        })?;
        Ok(self.writer.delete_attachment(attachment.sys_id).await?)
    }
}
