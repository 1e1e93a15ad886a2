//! What the instance's tables say, in our types. Columns and their meaning: contract §2–§4.

use std::collections::BTreeMap;

use crate::ids::SysId;

/// Any row, column by column, as stored values (`sysparm_display_value=false`, no reference links).
/// `null` and `""` are both the empty text (contract §1.3).
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct Record(pub BTreeMap<String, String>);

impl Record {
    /// The column's value; empty where the answer does not hold it.
    pub fn get(&self, column: &str) -> &str {
        self.0.get(column).map_or("", String::as_str)
    }

    /// Whether the answer held this column at all: the platform leaves out what does not exist or may not be read.
    pub fn has(&self, column: &str) -> bool {
        self.0.contains_key(column)
    }

    /// The row's sys_id, if it is one.
    pub fn sys_id(&self) -> Option<SysId> {
        self.id("sys_id")
    }

    /// The sys_id in a column, if it is one; databases that compare without case may tell it in either.
    pub fn id(&self, column: &str) -> Option<SysId> {
        SysId::parse(&self.get(column).to_ascii_lowercase()).ok()
    }
}

/// The signed-in account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrentUser {
    /// `None` where `sys_user` may not be read.
    pub sys_id: Option<SysId>,
    /// `user_name`: what `sys_created_by` and `sys_updated_by` hold.
    pub user_name: String,
}

/// A `kb_knowledge_base` row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// Its id.
    pub sys_id: SysId,
    /// Its name.
    pub title: String,
    /// Inactive bases take no articles (contract §3).
    pub active: bool,
    /// `3`; `2` is the legacy kind that is skipped. Empty where not readable.
    pub kb_version: String,
}

/// A `kb_category` row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// Its id.
    pub sys_id: SysId,
    /// Display name.
    pub label: String,
    /// The base, or the category above.
    pub parent_id: SysId,
    /// Whether the parent is a base (`parent_table=kb_knowledge_base`).
    pub top: bool,
    /// Inactive ones take no new articles; those in it stay (contract §3).
    pub active: bool,
}

/// One row of the remote index (protocol §3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexRow {
    /// The row.
    pub sys_id: SysId,
    /// The first version's row; `None` on instances without versioning.
    pub article_id: Option<SysId>,
    /// `None` on instances without versioning.
    pub latest: Option<bool>,
    /// `KB…`.
    pub number: String,
    /// The title as stored, for orphans and messages.
    pub short_description: String,
    /// `draft`, `review`, `published`, `retired`, … (contract §2.3).
    pub workflow_state: String,
    /// Its base.
    pub kb_knowledge_base: Option<SysId>,
    /// Its category.
    pub kb_category: Option<SysId>,
    /// `YYYY-MM-DD`, empty for none; `None` where the answer does not hold it.
    pub valid_to: Option<String>,
    /// `YYYY-MM-DD hh:mm:ss`, UTC: the oldest of several rows with one stamp is a document's article (protocol §1).
    pub sys_created_on: String,
    /// Counts effective updates; 0 where it is not shown.
    pub sys_mod_count: u32,
    /// Whether the count is shown to this account: else it tells nothing.
    pub counted: bool,
    /// `YYYY-MM-DD hh:mm:ss`, UTC.
    pub sys_updated_on: String,
    /// User name.
    pub sys_updated_by: String,
    /// The stamp column as stored; checked to begin with the asked prefix.
    pub stamp: String,
}

impl IndexRow {
    /// Whether it is known to have been written to no more than this often.
    pub const fn is_at(&self, mod_count: u32) -> bool {
        self.counted && self.sys_mod_count == mod_count
    }

    /// Whether it is the published row of an article with versions: closed to most accounts (contract §2.5).
    pub fn is_published_version(&self) -> bool {
        self.article_id.is_some() && self.workflow_state == "published"
    }
}

/// All rows of a project, and what could not be seen.
#[derive(Debug, Clone, Default)]
pub struct Index {
    /// Rows that match the query exactly, ordered by sys_id.
    pub rows: Vec<Box<IndexRow>>,
    /// Rows that the instance sent though they were not asked for: dropped.
    pub dropped: usize,
    /// Rows that `X-Total-Count` counted but no page showed: hidden from this account by access rules.
    pub hidden: usize,
    /// Rows that came without the stamp column: it does not exist, or this account may not read it.
    pub columnless: usize,
}

/// A `sys_attachment` row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its id.
    pub sys_id: SysId,
    /// The record it hangs on.
    pub table_sys_id: SysId,
    /// Its name.
    pub file_name: String,
    /// MIME type.
    pub content_type: String,
    /// Bytes.
    pub size_bytes: u64,
    /// Hexadecimal SHA-256 of the original bytes; empty on older instances (contract §4.2).
    pub hash: String,
    /// User name of the uploader.
    pub sys_created_by: String,
}

impl Attachment {
    /// The first 8 hexadecimal digits of its content's SHA-256: as the instance tells, else as its name carries them
    /// (protocol §5.4); `None` where neither does.
    pub fn digits(&self) -> Option<&str> {
        self.hash.get(..8).or_else(|| self.named_digits())
    }

    /// Whether its name carries its own hash, as those of our files do (protocol §5.4).
    pub fn carries_its_hash(&self) -> bool {
        self.named_digits().is_some_and(|named| self.digits() == Some(named))
    }

    fn named_digits(&self) -> Option<&str> {
        let stem = self.file_name.rsplit_once('.').map_or(self.file_name.as_str(), |(stem, _)| stem);
        let (_, digits) = stem.rsplit_once('-')?;
        let hex = digits.len() == 8 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        hex.then_some(digits)
    }
}
