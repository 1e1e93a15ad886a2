//! The rendered tree: documents stream through [`crate::source`] and [`crate::render`] on all cores,
//! bodies are dropped, and what stays is what planning needs. The one place where the two meet.
//!
//! Must not know: the instance, plans.

mod build;
mod catalog;
mod classify;
mod compose;
mod draft;
mod drawing;
mod external;
mod files;
mod folders;
mod identity;
mod includes;
mod load;
mod names;
mod parts;
mod pictures;
mod references;
mod reread;
mod settle;
mod silence;
mod suggest;
#[cfg(test)]
mod tests;
mod titles;
mod translations;

use std::collections::HashMap;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use crate::config::{NamedColumns, Settings, Status};
use crate::finding::Finding;
use crate::ids::{Digest, DocPath, DocumentId};

pub use build::{BuildError, build};
pub(crate) use catalog::is_index;
pub use compose::{ComposeError, compose, read_file};
pub(crate) use draft::source_link;
pub use external::{UrlPlace, external_urls};
pub use load::{load, options};
pub use references::{References, Target};
pub(crate) use silence::Silences;

/// The whole tree, checked: links resolved, files hashed, findings collected.
#[derive(Debug, Default)]
pub struct RenderedTree {
    /// Documents that want an article, ordered by path. Unpublished ones are not among them.
    pub documents: Vec<RenderedDocument>,
    /// Files that documents show or offer, each once.
    pub files: Vec<LocalFile>,
    /// Ids of documents that are there but not published (`draft: true`, `kb.publish: false`).
    pub unpublished: Vec<DocumentId>,
    /// Everything found wrong, ordered by path and position.
    pub findings: Vec<Finding>,
    /// What comments in the documents silence.
    pub(crate) silences: Silences,
}

/// A document with everything but its body.
#[derive(Debug, Clone)]
pub struct RenderedDocument {
    /// Its path below the source root.
    pub path: DocPath,
    /// Its file.
    pub absolute: Arc<Utf8Path>,
    /// A hash of the file's text (LF, no BOM) and of what it includes: a file that changes between plan and send
    /// is noticed by it.
    pub fingerprint: u64,
    /// Its id.
    pub id: DocumentId,
    /// `short_description`.
    pub title: String,
    /// The first H1 is the title and leaves the body.
    pub title_from_heading: bool,
    /// Its earlier ids.
    pub aliases: Box<[DocumentId]>,
    /// The existing article it adopts: number or sys_id.
    pub article: Option<Box<str>>,
    /// Depth of its table of contents, if it has one.
    pub toc: Option<u8>,
    /// The base it asks for, by title or sys_id; `None` where nothing names one.
    pub knowledge_base: Option<Arc<str>>,
    /// Category labels from the base down, folder titles included; `None` is "not managed".
    pub category: Option<Arc<[String]>>,
    /// The state it asks for.
    pub status: Status,
    /// The columns it names, `[[paths]]` included.
    pub columns: Arc<NamedColumns>,
    /// See [`crate::render::Outline::body`].
    pub body: Digest,
    /// Its links and images, resolved, in document order.
    pub references: References,
    /// Files it shows or offers, as indices into [`RenderedTree::files`], each once, in order of first use;
    /// `kb.attachments` included.
    pub files: Box<[usize]>,
}

/// A file that goes to the instance as an attachment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalFile {
    /// Its path below the source root; below `.kb-publish` for a picture that was made or fetched.
    pub path: DocPath,
    /// The file itself.
    pub absolute: Utf8PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// SHA-256 of the bytes that are uploaded. Text files (SVG, …) are uploaded with LF line ends, so that
    /// the same tree gives the same digest on every operating system (protocol §2).
    pub digest: Digest,
    /// What the source digest counts: its content, or of a picture that a command drew what it was drawn from, since
    /// programs and fonts differ between machines (protocol §2).
    pub counted: Digest,
    /// The MIME type its bytes and extension agree on.
    pub media_type: String,
    /// `<stem>-<first 8 hex of its SHA-256>.<ext>`, only `A-Z a-z 0-9 . _ -`, one dot (protocol §5.4).
    pub name: String,
}

impl RenderedTree {
    /// A finding with the weight that `[lint]` gives it; `None` where it is off, or a comment silences it.
    pub fn weigh(&self, finding: Finding, settings: &Settings) -> Option<Finding> {
        load::weigh(finding, settings, &self.silences)
    }

    /// The number of a document.
    pub fn position(&self, id: &DocumentId) -> Option<usize> {
        self.documents.iter().position(|document| document.id == *id)
    }

    /// Each translation with the document that it translates, by number.
    pub fn translations(&self) -> Vec<(usize, usize)> {
        let bases = || self.documents.iter().map(|document| document.columns.translation_of.as_ref());
        if bases().all(|base| base.is_none()) {
            return Vec::new();
        }
        let numbers: HashMap<&DocumentId, usize> =
            self.documents.iter().enumerate().map(|(number, document)| (&document.id, number)).collect();
        let pair = |(number, base): (usize, Option<&DocumentId>)| Some((number, *numbers.get(base?)?));
        bases().enumerate().filter_map(pair).collect()
    }
}
