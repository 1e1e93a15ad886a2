//! The companion: a Scripted REST resource that an administrator may have installed (`companion/INSTALL.md`). It
//! checks a published article out, writes the new version, and publishes it, in one call.

use reqwest::Method;
use serde::Serialize;

use super::classify::Expect;
use super::error::ApiError;
use super::http::{Answer, Body, Call};
use super::reader::Reader;
use super::records::Record;
use super::wire;
use super::writer::Writer;
use crate::ids::SysId;

/// What a companion that this program can talk to calls itself.
const CONTRACT: &str = "kb-publish-companion/1";

/// A change of a published article.
#[derive(Debug, Serialize)]
pub struct CompanionChange {
    /// What the row's `sys_mod_count` must be.
    pub sys_mod_count: String,
    /// The column of the stamp, in which `w=-` becomes the new row.
    pub stamp_field: String,
    /// Column → value; the body names files by [`CompanionFile::id`].
    pub columns: Record,
    /// Files that the body shows.
    pub files: Vec<CompanionFile>,
    /// Names of files that the new version does not keep.
    pub remove: Vec<String>,
}

/// A file of the new version.
#[derive(Debug, Serialize)]
pub struct CompanionFile {
    /// What the body calls it.
    pub id: SysId,
    /// Its name.
    pub file_name: String,
    /// MIME type.
    pub content_type: String,
    /// Its bytes; none for a file that the article has already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base64: Option<String>,
}

impl Reader {
    /// Whether a companion that this program can talk to answers at this path. What answers otherwise is none.
    ///
    /// # Errors
    /// As [`ApiError`], where the instance is gone.
    pub async fn has_companion(&self, path: &str) -> Result<bool, ApiError> {
        let call = Call {
            method: Method::GET,
            path: format!("{path}/v1"),
            query: Vec::new(),
            body: Body::None,
            expect: Expect::Json,
            what: "GET companion".to_owned(),
        };
        match self.http().send(&call, wire::result::<Record>).await {
            Ok(answer) => Ok(answer.get("companion") == CONTRACT),
            Err(ApiError::NotAnInstance { page: super::Page::Other(_) }) => Ok(false),
            Err(error) if error.ends_the_run() => Err(error),
            Err(_) => Ok(false),
        }
    }
}

impl Writer {
    /// Has the companion change a published article; the row of the new version.
    ///
    /// # Errors
    /// As [`ApiError`]; with [`ApiError::no_answer`] the version may be there all the same.
    pub async fn change_by_companion(
        &self,
        path: &str,
        article: SysId,
        change: &CompanionChange,
    ) -> Result<SysId, ApiError> {
        // Texts and lists of texts always serialise.
        let body = serde_json::to_vec(change).unwrap_or_default();
        let call = Call {
            method: Method::POST,
            path: format!("{path}/v1/articles/{article}"),
            query: Vec::new(),
            body: Body::Json(body.into()),
            expect: Expect::Json,
            what: "POST companion".to_owned(),
        };
        let read = |answer: &Answer| {
            let record: Record = wire::result(answer)?;
            record.sys_id().ok_or_else(|| answer.broken("no sys_id of the new version"))
        };
        self.http().send(&call, read).await
    }
}
