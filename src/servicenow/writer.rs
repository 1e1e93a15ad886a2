//! What can be written. Each operation is one request that the client never repeats by itself, but where the
//! instance did not look at it (429, a stale token): whether it was done is the caller's to find out (protocol §6).

use std::ops::Deref;

use bytes::Bytes;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use reqwest::Method;
use reqwest::header::DATE;

use super::classify::Expect;
use super::error::ApiError;
use super::http::{Answer, Body, Call};
use super::reader::Reader;
use super::records::{Attachment, Category, Record};
use super::wire;
use crate::ids::SysId;

/// Can also POST, PATCH and DELETE.
#[derive(Debug, Clone)]
pub struct Writer {
    reader: Reader,
}

/// An article as the instance has it after a write. What was asked may not be what is there (contract §0.2).
#[derive(Debug, Clone)]
pub struct Written {
    /// All columns of the row.
    pub record: Record,
    /// The instance's clock (`Date`), in seconds since 1970.
    pub server_time: i64,
}

impl Deref for Writer {
    type Target = Reader;
    fn deref(&self) -> &Reader {
        &self.reader
    }
}

impl Writer {
    /// A connection that may write.
    ///
    /// # Errors
    /// As [`Reader::new`].
    pub fn new(
        options: super::Options,
        observer: std::sync::Arc<dyn crate::event::Observer>,
    ) -> Result<Self, ApiError> {
        Ok(Self { reader: Reader::new(options, observer)? })
    }

    /// One POST.
    ///
    /// # Errors
    /// As [`ApiError`]; with [`ApiError::no_answer`] the article may be there all the same.
    pub async fn create_article(&self, columns: &Record) -> Result<Written, ApiError> {
        let call =
            write(Method::POST, "/api/now/table/kb_knowledge".to_owned(), columns, "POST kb_knowledge");
        self.http().send(&call, written).await
    }

    /// One PATCH.
    ///
    /// # Errors
    /// As [`ApiError`]; with [`ApiError::no_answer`] the change may be there all the same.
    pub async fn update_article(&self, id: SysId, columns: &Record) -> Result<Written, ApiError> {
        let path = format!("/api/now/table/kb_knowledge/{id}");
        let written =
            self.http().send(&write(Method::PATCH, path, columns, "PATCH kb_knowledge"), written).await?;
        if written.record.sys_id() == Some(id) {
            Ok(written)
        } else {
            Err(ApiError::BrokenAnswer {
                what: "PATCH kb_knowledge".to_owned(),
                why: "another row than the one written to".to_owned(),
                transaction: None,
            })
        }
    }

    /// Uploads a file to an article. The same name twice makes two files (contract §4.2).
    ///
    /// # Errors
    /// As [`ApiError`].
    pub async fn upload(
        &self,
        article: SysId,
        file_name: &str,
        content_type: &str,
        bytes: Bytes,
    ) -> Result<Attachment, ApiError> {
        let call = Call {
            method: Method::POST,
            path: "/api/now/attachment/file".to_owned(),
            query: vec![
                ("table_name", "kb_knowledge".to_owned()),
                ("table_sys_id", article.to_string()),
                ("file_name", file_name.to_owned()),
            ],
            body: Body::File(bytes, content_type.to_owned()),
            expect: Expect::Json,
            what: "POST attachment".to_owned(),
        };
        let read = |answer: &Answer| {
            wire::attachment(&wire::result(answer)?)
                .filter(|file| file.table_sys_id == article)
                .ok_or_else(|| answer.broken("no file of this article"))
        };
        self.http().send(&call, read).await
    }

    /// Removes a file; one that is not there is fine.
    ///
    /// # Errors
    /// As [`ApiError`].
    pub async fn delete_attachment(&self, id: SysId) -> Result<(), ApiError> {
        let call = Call {
            method: Method::DELETE,
            path: format!("/api/now/attachment/{id}"),
            query: Vec::new(),
            body: Body::None,
            expect: Expect::Nothing,
            what: "DELETE attachment".to_owned(),
        };
        match self.http().send(&call, |_| Ok(())).await {
            Err(ApiError::NotFound(_)) => Ok(()),
            other => other,
        }
    }

    /// Makes a category under a base (`top`) or under another category.
    ///
    /// # Errors
    /// As [`ApiError`].
    pub async fn create_category(
        &self,
        label: &str,
        value: &str,
        parent: SysId,
        top: bool,
    ) -> Result<Category, ApiError> {
        let parent_table = if top { "kb_knowledge_base" } else { "kb_category" };
        let parent_id = parent.to_string();
        let columns = [
            ("label", label),
            ("value", value),
            ("parent_id", parent_id.as_str()),
            ("parent_table", parent_table),
            ("active", "true"),
        ];
        let columns = Record(columns.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
        let call = write(Method::POST, "/api/now/table/kb_category".to_owned(), &columns, "POST kb_category");
        let read = |answer: &Answer| {
            wire::category(&wire::result(answer)?)
                .filter(|category| category.parent_id == parent)
                .ok_or_else(|| answer.broken("no category below the parent asked for"))
        };
        self.http().send(&call, read).await
    }
}

fn write(method: Method, path: String, columns: &Record, what: &str) -> Call {
    // A map of strings to strings always serialises.
    let text = serde_json::to_vec(&columns.0).unwrap_or_default();
    Call {
        method,
        path,
        query: vec![("sysparm_exclude_reference_link", "true".to_owned())],
        body: Body::Json(text.into()),
        expect: Expect::Json,
        what: what.to_owned(),
    }
}

/// The row in the answer, and the instance's clock.
fn written(answer: &Answer) -> Result<Written, ApiError> {
    let record: Record = wire::result(answer)?;
    if record.sys_id().is_none() {
        return Err(answer.broken("a row without a sys_id"));
    }
    let date = answer.headers.get(DATE).and_then(|value| value.to_str().ok());
    let server_time = date.and_then(http_date).or_else(|| updated(&record));
    let server_time = server_time.unwrap_or_else(|| jiff::Timestamp::now().as_second());
    Ok(Written { record, server_time })
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`.
fn http_date(text: &str) -> Option<i64> {
    let parser = jiff::fmt::rfc2822::DateTimeParser::new();
    parser.parse_timestamp(text).ok().map(jiff::Timestamp::as_second)
}

/// `sys_updated_on`, UTC: what the instance's clock said, where no `Date` came through.
fn updated(record: &Record) -> Option<i64> {
    let text = record.get("sys_updated_on");
    let time = DateTime::strptime("%Y-%m-%d %H:%M:%S", text).ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_instances_clock_is_read() {
        assert_eq!(http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(http_date("yesterday"), None);
        let record = Record([("sys_updated_on".to_owned(), "1994-11-06 08:49:37".to_owned())].into());
        assert_eq!(updated(&record), Some(784_111_777));
    }
}
