//! Published articles of versioned bases by the companion, where one is installed (protocol §7): checked out, written
//! and published in one call; what became of it is read back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::columns::{Content, StampParts};
use super::files::Placed;
use super::pen::{Seen, pause};
use super::{Done, Outcome, Publisher, StepError, mod_count};
use crate::ids::SysId;
use crate::plan::{Asked, Row, Stamp};
use crate::servicenow::{Attachment, CompanionChange, CompanionFile, Record};

/// Most bytes of files in one call: scripted resources take 10 MB in all (contract §1.5), and base64 adds a third.
const MOST_BYTES: u64 = 6 * 1024 * 1024;
/// How often it is called for one change.
const CALLS: u32 = 3;
/// `sys_mod_count` of a version that was made, written and published.
const COUNT: u32 = 2;

impl Publisher {
    /// One content write by the companion.
    pub(super) async fn update_by_companion(
        &self,
        number: usize,
        row: &Row,
        before: &Record,
        attached: &[Attachment],
    ) -> Result<Done, StepError> {
        // Until the new version has files of its own, their content stands for them.
        let stand_ins: Placed = self
            .document(number)
            .files
            .iter()
            .filter_map(|&file| Some((file, stand_in(self.ground.tree.files.get(file)?.digest.bytes()))))
            .collect();
        let content = self.content(number, &stand_ins)?;
        let change = self.change(number, &content, before, attached)?;
        self.pen.journal_update(
            Some(self.document(number).id.as_str()),
            row.index.sys_id,
            &change.columns,
            before,
        )?;
        let version = self.send_by_companion(row, before, change).await?;
        let written = self.version(row, version).await?;
        let placed = self.placed(number, &self.pen.writer.attachments(&[version]).await?);
        let asked = Asked::from(self.document(number).status);
        self.settle(number, &content, &placed, asked, &written, Outcome::Updated).await
    }

    fn change(
        &self,
        number: usize,
        content: &Content,
        before: &Record,
        attached: &[Attachment],
    ) -> Result<CompanionChange, StepError> {
        let stamp = self.stamp(
            number,
            StampParts {
                row: None,
                source: Some(content.source.clone()),
                stored: content.stored.clone(),
                asked: Asked::from(self.document(number).status),
                leftovers: false,
                mod_count: COUNT,
            },
        );
        let mut columns = self.columns(number, content)?;
        self.pen.stamp(&mut columns, &stamp);
        let here = self.placed(number, attached);
        let (mut files, mut total) = (Vec::new(), 0);
        for &file in &self.document(number).files {
            let Some(local) = self.ground.tree.files.get(file) else { continue };
            let base64 = if here.contains_key(&file) {
                None
            } else {
                total += local.size;
                if total > MOST_BYTES {
                    return Err(StepError::Conflict(
                        "its new files are more than the companion takes in one call (6 MB): check the article out and \
                         publish it in ServiceNow, or split it"
                            .to_owned(),
                    ));
                }
                let bytes = tokio::task::block_in_place(|| crate::tree::read_file(local))?;
                Some(STANDARD.encode(bytes))
            };
            files.push(CompanionFile {
                id: stand_in(local.digest.bytes()),
                file_name: local.name.clone(),
                content_type: local.media_type.clone(),
                base64,
            });
        }
        let unused = self.leftovers(attached, &here);
        Ok(CompanionChange {
            sys_mod_count: mod_count(before).to_string(),
            stamp_field: self.stamp_field().to_owned(),
            columns,
            files,
            remove: unused.into_iter().map(|file| file.file_name.clone()).collect(),
        })
    }

    /// One call. Where no answer comes, the article's versions tell whether it was done. A row that only counters
    /// moved, so that the companion refuses it, is no conflict: it is called again.
    async fn send_by_companion(
        &self,
        row: &Row,
        before: &Record,
        mut change: CompanionChange,
    ) -> Result<SysId, StepError> {
        let path = self.ground.settings.publish.companion.as_str();
        let mut seen = self.pen.seen(before);
        for left in (0..CALLS).rev() {
            let error = match self.pen.writer.change_by_companion(path, row.index.sys_id, &change).await {
                Ok(version) => return Ok(version),
                Err(error) if error.ends_the_run() && !error.no_answer() => return Err(error.into()),
                Err(error) => error,
            };
            let refused = || StepError::Conflict(format!("the companion: {error}"));
            if !error.no_answer() && !error.is_conflict() {
                return Err(refused());
            }
            if error.no_answer() {
                // The call may still be at work: what it checked out is not somebody's.
                tokio::time::sleep(pause(CALLS - left)).await;
            }
            let rows = self.pen.versions(row.index.sys_id, row.index.article_id).await?;
            if let Some(version) = self.made_by_companion(row, &rows, &change) {
                return Ok(version);
            }
            let now = match rows.as_slice() {
                [only] if only.sys_id() == Some(row.index.sys_id) => self.pen.seen(only),
                _ => Seen::default(),
            };
            let moved = !now.says_the_same(&seen);
            if error.no_answer() && moved {
                return Err(StepError::Conflict(format!(
                    "the companion gave no answer ({error}), and the article has moved: look at it in ServiceNow"
                )));
            }
            if error.is_conflict() && (moved || now.count == seen.count) {
                return Err(refused());
            }
            if left == 0 {
                return Err(error.into());
            }
            seen = now;
            change.sys_mod_count = seen.count.to_string();
        }
        Err(StepError::Failed("the companion gave no answer".to_owned()))
    }

    /// The version that this change has made.
    fn made_by_companion(&self, row: &Row, rows: &[Record], change: &CompanionChange) -> Option<SysId> {
        let key = |stamp: Stamp| (stamp.source, stamp.time);
        let sent = Stamp::parse(change.columns.get(self.stamp_field())).ok().map(key)?;
        let ours = |record: &&Record| {
            let there = Stamp::parse(record.get(self.stamp_field())).ok().map(key);
            record.sys_id() != Some(row.index.sys_id) && there.as_ref() == Some(&sent)
        };
        rows.iter().find(ours).and_then(Record::sys_id)
    }

    /// The new version as the instance has it, with our stamp on it.
    async fn version(&self, row: &Row, version: SysId) -> Result<Record, StepError> {
        let record = self.pen.read(version).await?;
        let record = record.ok_or_else(|| {
            StepError::Conflict(format!("the companion names version {version}, which is not there"))
        })?;
        let named = Stamp::parse(record.get(self.stamp_field())).ok();
        let own = named.is_some_and(|stamp| stamp.row.as_deref() == Some(version.short().as_str()));
        if own && record.get("number") == row.index.number {
            Ok(record)
        } else {
            Err(StepError::Conflict(format!(
                "the new version {version} does not carry the stamp as it was sent"
            )))
        }
    }
}

fn stand_in(digest: &[u8; 32]) -> SysId {
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    SysId::from_bytes(id)
}
