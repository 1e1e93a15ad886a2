//! Files on records (contract §4).

use std::sync::Arc;

use http::StatusCode;

use super::knowledge;
use super::record::{Record, new_sys_id};
use super::records::Change;
use super::refusal::Refusal;
use super::store::{View, Writer};
use crate::ids::Digest;

/// A file to be attached.
#[derive(Debug)]
pub(crate) struct Upload<'a> {
    /// The record's table.
    pub(crate) table: &'a str,
    /// The record.
    pub(crate) sys_id: &'a str,
    /// Its name.
    pub(crate) file_name: &'a str,
    /// MIME type.
    pub(crate) content_type: &'a str,
    /// Its bytes.
    pub(crate) bytes: &'a [u8],
}

impl Change<'_> {
    /// Attaches a file to a record. One of the same name is not replaced (contract §4.2).
    ///
    /// # Errors
    /// 404 where the record is missing or hidden, 403 where it may not be changed or the file is not allowed.
    pub(crate) fn attach(&self, upload: &Upload<'_>) -> Result<Arc<Record>, Refusal> {
        let mut writer = self.app.store.write()?;
        let table = self.table(upload.table)?;
        let Some((name, target)) = Self::find(&writer, table, upload.sys_id) else {
            return Err(Refusal::no_record());
        };
        let acl = self.acl(&writer);
        if !acl.reads(name, &target) {
            return Err(Refusal::no_record());
        }
        if !acl.updates(name, &target) || !knowledge::files_open(self, &writer, name, &target) {
            return Err(Refusal::acl("Insert"));
        }
        self.check_file(upload)?;
        let record = self.put_file(&mut writer, upload, &new_sys_id())?;
        writer.commit()?;
        Ok(record)
    }

    fn check_file(&self, upload: &Upload<'_>) -> Result<(), Refusal> {
        let refused = |detail: String| Err(Refusal::new(StatusCode::FORBIDDEN, "Operation Failed", detail));
        let extension =
            upload.file_name.rsplit_once('.').map_or("", |(_, extension)| extension).to_lowercase();
        let allowed = &self.profile.attachment_extensions;
        if !allowed.is_empty()
            && !allowed.iter().any(|one| one.trim_start_matches('.').eq_ignore_ascii_case(&extension))
        {
            return refused(format!(
                "files of the type '{extension}' are not allowed (glide.attachment.extensions)"
            ));
        }
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | ' ');
        if self.profile.attachment_secure_names
            && (upload.file_name.matches('.').count() > 1 || !upload.file_name.chars().all(plain))
        {
            return refused(format!("'{}' is not a valid file name", upload.file_name));
        }
        if self.profile.attachment_mime_check {
            let said = upload.content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            let by_name =
                mime_guess::from_path(upload.file_name).first_raw().unwrap_or("application/octet-stream");
            let by_bytes = infer::get(upload.bytes).map_or(by_name, |kind| kind.mime_type());
            if said != by_name || by_bytes != by_name {
                return refused(format!(
                    "the content of '{}' does not match its type (glide.security.file.mime_type.validation)",
                    upload.file_name
                ));
            }
        }
        Ok(())
    }

    fn put_file(
        &self,
        writer: &mut Writer<'_>,
        upload: &Upload<'_>,
        id: &str,
    ) -> Result<Arc<Record>, Refusal> {
        let now = self.app.now_text();
        let size = upload.bytes.len().to_string();
        let (width, height) = match imagesize::blob_size(upload.bytes) {
            Ok(size) => (size.width.to_string(), size.height.to_string()),
            Err(_) => (String::new(), String::new()),
        };
        let file_name: String = upload.file_name.chars().take(100).collect();
        let content_type: String = upload.content_type.chars().take(100).collect();
        let record = Record::of([
            ("sys_id", id),
            ("table_name", upload.table),
            ("table_sys_id", upload.sys_id),
            ("file_name", &file_name),
            ("content_type", &content_type),
            ("size_bytes", &size),
            ("size_compressed", &size),
            ("compressed", "true"),
            ("hash", &Digest::of(upload.bytes).hex()),
            ("chunk_size_bytes", "700000"),
            ("state", "pending"),
            ("image_width", &width),
            ("image_height", &height),
            ("sys_created_on", &now),
            ("sys_updated_on", &now),
            ("sys_created_by", &self.account.user_name),
            ("sys_updated_by", &self.account.user_name),
            ("sys_mod_count", "0"),
        ]);
        writer.put_bytes(id, upload.bytes)?;
        Ok(writer.put("sys_attachment", record)?)
    }

    /// Marks a scanned file as available: uploads are `pending` until they are looked at again (contract §4.2).
    ///
    /// # Errors
    /// The file refused.
    pub(crate) fn scanned(&self, record: &Arc<Record>) -> Result<(), Refusal> {
        if record.get("state") == "pending" {
            let mut writer = self.app.store.write()?;
            if let Some(now) = writer.get("sys_attachment", record.sys_id()).cloned() {
                writer.put("sys_attachment", (*now).clone().with("state", "available"))?;
                writer.commit()?;
            }
        }
        Ok(())
    }

    /// An attachment that the account may see.
    ///
    /// # Errors
    /// 404 where it is missing or hidden.
    pub(crate) fn readable_file(&self, view: &impl View, sys_id: &str) -> Result<Arc<Record>, Refusal> {
        let row = view.get("sys_attachment", sys_id).ok_or_else(Refusal::no_record)?;
        if self.acl(view).reads("sys_attachment", row) {
            Ok(Arc::clone(row))
        } else {
            Err(Refusal::no_record())
        }
    }

    /// An attachment that the account may change; `what` it is about to do names the refusal.
    ///
    /// # Errors
    /// 404 where it is missing or hidden, 403 where its record may not be changed.
    pub(crate) fn open_file(
        &self,
        view: &impl View,
        sys_id: &str,
        what: &str,
    ) -> Result<Arc<Record>, Refusal> {
        let row = self.readable_file(view, sys_id)?;
        let table = row.get("table_name");
        if let Some(target) = view.get(table, row.get("table_sys_id"))
            && !(self.acl(view).updates(table, target) && knowledge::files_open(self, view, table, target))
        {
            return Err(Refusal::acl(what));
        }
        Ok(row)
    }

    /// Renames an attachment.
    ///
    /// # Errors
    /// 404 or 403 as for [`Change::open_file`].
    pub(crate) fn rename_file(&self, sys_id: &str, file_name: &str) -> Result<(), Refusal> {
        let mut writer = self.app.store.write()?;
        let row = self.open_file(&writer, sys_id, "Update")?;
        let name: String = file_name.chars().take(100).collect();
        let mut renamed = (*row).clone();
        renamed.set("file_name", &name);
        renamed.set("sys_mod_count", &(row.number("sys_mod_count") + 1).to_string());
        renamed.set("sys_updated_on", &self.app.now_text());
        renamed.set("sys_updated_by", &self.account.user_name);
        writer.put("sys_attachment", renamed)?;
        Ok(writer.commit()?)
    }
}

/// Attributes of attachments: alt texts and the like (contract §4.1).
pub(crate) const ATTRIBUTES: &str = "sys_attachment_attribute";

/// The attributes of an attachment.
pub(crate) fn attributes(view: &impl View, attachment: &str) -> Vec<Arc<Record>> {
    view.rows(ATTRIBUTES).filter(|row| row.get("attachment") == attachment).cloned().collect()
}

fn remove(writer: &mut Writer<'_>, sys_id: &str) -> Result<(), Refusal> {
    writer.delete("sys_attachment", sys_id)?;
    writer.delete_bytes(sys_id)?;
    for row in attributes(writer, sys_id) {
        writer.delete(ATTRIBUTES, row.sys_id())?;
    }
    Ok(())
}

/// Removes an attachment.
///
/// # Errors
/// 404 where it is missing or hidden, 403 where its record may not be changed.
pub(crate) fn delete_in(change: &Change<'_>, writer: &mut Writer<'_>, sys_id: &str) -> Result<(), Refusal> {
    change.open_file(writer, sys_id, "Delete")?;
    remove(writer, sys_id)
}

fn of_record(view: &impl View, sys_id: &str) -> Vec<Arc<Record>> {
    view.rows("sys_attachment").filter(|row| row.get("table_sys_id") == sys_id).cloned().collect()
}

/// Removes all attachments of a record that is removed itself.
///
/// # Errors
/// The file refused.
pub(crate) fn delete_all(writer: &mut Writer<'_>, sys_id: &str) -> Result<(), Refusal> {
    for row in of_record(writer, sys_id) {
        remove(writer, row.sys_id())?;
    }
    Ok(())
}

/// Copies all attachments of one record to another; old and new `sys_id`s.
///
/// # Errors
/// The file refused.
pub(crate) fn copy_all(
    change: &Change<'_>,
    writer: &mut Writer<'_>,
    table: &str,
    from: &str,
    to: &str,
) -> Result<Vec<(String, String)>, Refusal> {
    let mut copied = Vec::new();
    for row in of_record(writer, from) {
        let bytes = writer.bytes(row.sys_id())?.unwrap_or_default();
        let id = new_sys_id();
        let upload = Upload {
            table,
            sys_id: to,
            file_name: row.get("file_name"),
            content_type: row.get("content_type"),
            bytes: &bytes,
        };
        change.put_file(writer, &upload, &id)?;
        for attribute in attributes(writer, row.sys_id()) {
            let own = (*attribute).clone().with("attachment", &id).with("sys_id", &new_sys_id());
            writer.put(ATTRIBUTES, own)?;
        }
        copied.push((row.sys_id().to_owned(), id));
    }
    Ok(copied)
}
