//! Files of articles: which are there, which are ours, which no body uses.

use std::collections::HashMap;

use super::parcel::Parcel;
use super::{Publisher, StepError};
use crate::ids::SysId;
use crate::plan::FilesById;
use crate::servicenow::Attachment;
use crate::tree::LocalFile;

/// Whether we uploaded it, on whatever machine: its name carries its own hash and its uploader is this account.
pub(super) fn is_ours(attachment: &Attachment, user: &str) -> bool {
    attachment.carries_its_hash() && attachment.sys_created_by == user
}

fn parcel<'f>(file: &'f LocalFile, sha256: &'f str) -> Parcel<'f> {
    Parcel { name: &file.name, media_type: &file.media_type, sha256, shown: file.path.as_str() }
}

/// A document's files on its row, by number in the tree.
pub(super) type Placed = HashMap<usize, SysId>;

impl Publisher {
    /// The files that the document needs and the row already has.
    pub(super) fn placed(&self, number: usize, attached: &[Attachment]) -> Placed {
        let tree = &self.ground.tree;
        let found = tree.documents[number].files.iter().filter_map(|&file| {
            let local = tree.files.get(file)?;
            let sha256 = local.digest.hex();
            let parcel = parcel(local, &sha256);
            let same = attached.iter().filter(|attachment| parcel.is(attachment, local.size));
            Some((file, same.map(|attachment| attachment.sys_id).min()?))
        });
        found.collect()
    }

    /// What references to these files stand for in a body.
    pub(super) fn digests(&self, placed: &Placed) -> FilesById {
        let files = placed.iter();
        files
            .filter_map(|(file, id)| Some((*id, self.ground.tree.files.get(*file)?.digest.prefix(8))))
            .collect()
    }

    /// Uploads what is missing; whether anything was.
    pub(super) async fn complete(
        &self,
        number: usize,
        row: SysId,
        placed: &mut Placed,
    ) -> Result<bool, StepError> {
        let before = placed.len();
        for &file in &self.ground.tree.documents[number].files {
            if placed.contains_key(&file) {
                continue;
            }
            let Some(local) = self.ground.tree.files.get(file) else { continue };
            let bytes = tokio::task::block_in_place(|| crate::tree::read_file(local))?;
            let sha256 = local.digest.hex();
            let attachment = self.pen.upload(row, parcel(local, &sha256), bytes.into()).await?;
            placed.insert(file, attachment.sys_id);
        }
        Ok(placed.len() > before)
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
