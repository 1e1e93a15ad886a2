//! What can be written. Each operation is one request that the client never repeats by itself, but where the
//! instance did not look at it (429, a stale token): whether it was done is the caller's to find out (protocol §6).

use std::ops::Deref;

use bytes::Bytes;
use reqwest::Method;

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

    /// One POST; the article as the instance has it then.
    ///
    /// # Errors
    /// As [`ApiError`]; with [`ApiError::no_answer`] the article may be there all the same.
    pub async fn create_article(&self, columns: &Record) -> Result<Record, ApiError> {
        let call =
            write(Method::POST, "/api/now/table/kb_knowledge".to_owned(), columns, "POST kb_knowledge");
        self.http().send(&call, written).await
    }

    /// One PATCH; the article as the instance has it then. That is the row itself, or a version that the instance made of
    /// it instead: what an `admin`'s write to a published row does is not established (contract §2.5).
    ///
    /// # Errors
    /// As [`ApiError`]; with [`ApiError::no_answer`] the change may be there all the same.
    pub async fn update_article(&self, id: SysId, columns: &Record) -> Result<Record, ApiError> {
        let path = format!("/api/now/table/kb_knowledge/{id}");
        let written =
            self.http().send(&write(Method::PATCH, path, columns, "PATCH kb_knowledge"), written).await?;
        let is_version_of_it = || {
            ["article_id", "base_version"].iter().any(|column| SysId::parse(written.get(column)) == Ok(id))
        };
        if written.sys_id() == Some(id) || is_version_of_it() {
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

/// The row in the answer: what was asked for may not be what is there (contract §0.2).
fn written(answer: &Answer) -> Result<Record, ApiError> {
    let record: Record = wire::result(answer)?;
    if record.sys_id().is_none() {
        return Err(answer.broken("a row without a sys_id"));
    }
    Ok(record)
}
