//! Files of articles: which are there, which are ours, which no body uses.

use std::collections::HashMap;

use super::{Entry, Publisher, StepError};
use crate::ids::SysId;
use crate::servicenow::Attachment;
use crate::tree::LocalFile;

/// Whether an attachment holds this file: same name, same content as far as the instance tells (protocol §5.4).
pub(super) fn is_same(attachment: &Attachment, file: &LocalFile) -> bool {
    attachment.file_name == file.name
        && if attachment.hash.is_empty() {
            attachment.size_bytes == file.size
        } else {
            attachment.hash.eq_ignore_ascii_case(&file.digest.hex())
        }
}

/// Whether we uploaded it, on whatever machine: its name carries its own hash and its uploader is this account.
pub(super) fn is_ours(attachment: &Attachment, user: &str) -> bool {
    let stem = attachment.file_name.rsplit_once('.').map_or(attachment.file_name.as_str(), |(stem, _)| stem);
    let Some((_, digits)) = stem.rsplit_once('-') else { return false };
    let hex = digits.len() == 8 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let named = hex && (attachment.hash.is_empty() || attachment.hash.get(..8) == Some(digits));
    named && attachment.sys_created_by == user
}

/// A document's files on its row, by number in the tree.
pub(super) type Placed = HashMap<usize, SysId>;

impl Publisher {
    /// The files that the document needs and the row already has.
    pub(super) fn placed(&self, number: usize, attached: &[Attachment]) -> Placed {
        let tree = &self.ground.tree;
        let found = tree.documents[number].files.iter().filter_map(|&file| {
            let local = tree.files.get(file)?;
            let attachment =
                attached.iter().filter(|attachment| is_same(attachment, local)).map(|a| a.sys_id).min()?;
            Some((file, attachment))
        });
        found.collect()
    }

    /// Uploads what is missing.
    pub(super) async fn complete(
        &self,
        number: usize,
        row: SysId,
        placed: &mut Placed,
    ) -> Result<(), StepError> {
        for &file in &self.ground.tree.documents[number].files {
            if placed.contains_key(&file) {
                continue;
            }
            let Some(local) = self.ground.tree.files.get(file) else { continue };
            let attachment = self.upload(row, local).await?;
            placed.insert(file, attachment.sys_id);
        }
        Ok(())
    }

    /// Files of ours on the row that the document does not use.
    pub(super) fn leftovers<'f>(&self, attached: &'f [Attachment], placed: &Placed) -> Vec<&'f Attachment> {
        let user = &self.ground.surveyed.remote.user.user_name;
        attached
            .iter()
            .filter(|attachment| {
                is_ours(attachment, user) && !placed.values().any(|id| *id == attachment.sys_id)
            })
            .collect()
    }

    /// Removes leftovers. A refusal loses nothing: the stamp's `x` has the next run try again.
    pub(super) async fn remove(&self, row: SysId, leftovers: &[&Attachment]) -> Result<(), StepError> {
        for attachment in leftovers {
            self.ground.journal.write(&Entry::Remove {
                sys_id: row.to_string(),
                attachment: attachment.sys_id.to_string(),
                file: &attachment.file_name,
            })?;
            match self.ground.writer.delete_attachment(attachment.sys_id).await {
                Ok(()) => {}
                Err(error) if error.ends_the_run() => return Err(error.into()),
                Err(error) => {
                    tracing::warn!(file = %attachment.file_name, "could not remove a file: {error}");
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attachment(name: &str, hash: &str, by: &str) -> Attachment {
        Attachment {
            sys_id: SysId::from_bytes([1; 16]),
            table_sys_id: SysId::from_bytes([2; 16]),
            file_name: name.to_owned(),
            content_type: "image/png".to_owned(),
            size_bytes: 3,
            hash: hash.to_owned(),
            sys_created_by: by.to_owned(),
        }
    }

    #[test]
    fn only_files_that_carry_their_own_hash_and_our_name_are_ours() {
        assert!(is_ours(&attachment("net-0123abcd.png", "0123abcdef", "me"), "me"));
        assert!(is_ours(&attachment("net-0123abcd.png", "", "me"), "me"));
        assert!(!is_ours(&attachment("net-0123abcd.png", "0123abcdef", "ann"), "me"));
        assert!(!is_ours(&attachment("net-0123abcd.png", "ffffffffff", "me"), "me"), "another content");
        assert!(!is_ours(&attachment("holiday-20240101.png", "0123abcdef", "me"), "me"), "a date is no hash");
        assert!(!is_ours(&attachment("net.png", "0123abcdef", "me"), "me"));
    }
}
