//! One Markdown file, read: its identity, its front matter, its text.

use std::sync::Arc;

use camino::Utf8Path;

use crate::config::{NamedColumns, Status};
use crate::finding::{Finding, Position};
use crate::ids::{DocPath, DocumentId};

/// A document as found by the walk, unread.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Its path below the source root, NFC.
    pub path: DocPath,
    /// The file itself; on disk the name may be NFD.
    pub absolute: Arc<Utf8Path>,
    /// Its document id where front matter names none (protocol §1).
    pub id: DocumentId,
}

/// A document as read: text in UTF-8 with LF line ends and no BOM.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its path below the source root.
    pub path: DocPath,
    /// `kb.id`, else derived from the path (protocol §1).
    pub id: DocumentId,
    /// What its front matter says, as far as it can be read.
    pub front: FrontMatter,
    /// What is wrong with the front matter: such a document is checked, and not published.
    pub problems: Vec<Finding>,
    /// The whole text, front matter included, so that positions are the writer's.
    pub text: String,
    /// Where the Markdown begins in [`Self::text`], in bytes.
    pub body_start: usize,
}

impl Document {
    /// The Markdown after the front matter.
    pub fn body(&self) -> &str {
        &self.text[self.body_start..]
    }
}

/// A value and where it stands in the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At<T> {
    /// What.
    pub value: T,
    /// Where.
    pub position: Position,
}

/// The keys of design §7. `None` is "not named", so not managed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FrontMatter {
    /// `title`.
    pub title: Option<At<String>>,
    /// False with `draft: true` or `kb.publish: false`.
    pub unpublished: bool,
    /// `kb.id`.
    pub id: Option<At<DocumentId>>,
    /// `kb.aliases`.
    pub aliases: Vec<At<DocumentId>>,
    /// `kb.article`: number or sys_id of an existing article to adopt.
    pub article: Option<At<String>>,
    /// `kb.status`.
    pub status: Option<Status>,
    /// `kb.knowledge_base`.
    pub knowledge_base: Option<At<String>>,
    /// `kb.category`: labels from the base down.
    pub category: Option<At<Vec<String>>>,
    /// `kb.attachments`: further files, relative to the document.
    pub attachments: Vec<At<String>>,
    /// `kb.toc`: depth of a table of contents at the top.
    pub toc: Option<u8>,
    /// Where `kb.translation_of` stands.
    pub translation_at: Option<Position>,
    /// Columns named by the document.
    pub columns: NamedColumns,
}
