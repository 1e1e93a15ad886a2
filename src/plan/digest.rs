//! The source digest: everything a document asks for, in 16 digits (protocol §2, `s`).
//!
//! Independent of machine, locale, time zone, line ends and byte order mark. What goes in, and in which order,
//! is part of the wire format: a change rewrites every article of every customer.

use sha2::{Digest as _, Sha256};

use super::Asked;
use crate::config::NamedColumns;
use crate::ids::{Digest, DocumentId, Project, SysId};
use crate::tree::{RenderedDocument, RenderedTree, Target};

/// What the digest needs beyond the document.
#[derive(Debug, Clone, Copy)]
pub struct DigestContext<'a> {
    /// The tree whose documents and files the references name.
    pub tree: &'a RenderedTree,
    /// The namespace of the targets' identities.
    pub project: &'a Project,
    /// `[render] link_template`.
    pub link_template: &'a str,
    /// Whether drawings that could not be made here count as if they were: what a machine that can draw them published.
    pub as_drawn: bool,
}

/// The number a link to a document goes out with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkNumber {
    /// The target's article number.
    Known(String),
    /// The target has no article and will not get one: the link goes out as plain text.
    Plain,
    /// The target's article is still to be made.
    Pending,
}

/// The digest of a document that asks for this base, category and state, or `None` while a link's number is pending.
/// Where a category was refused, what was asked for in its place counts: the one above.
pub fn source_digest(
    context: DigestContext<'_>,
    document: &RenderedDocument,
    (base, category): (SysId, Option<&[String]>),
    wanted: Asked,
    number: &dyn Fn(usize) -> LinkNumber,
) -> Option<String> {
    let mut framed = Framed(Sha256::new());
    framed.text("kb-publish-1");
    framed.text(&document.title);
    framed.bytes(document.body.bytes());
    framed.text(&document.toc.map(|depth| depth.to_string()).unwrap_or_default());
    framed.text(&base.to_string());
    framed.text(wanted.workflow_state());
    framed.list(category);
    columns(&mut framed, context.project, &document.columns);
    framed.text(context.link_template);
    framed.count(document.references.len());
    for target in document.references.iter() {
        match target {
            Target::Document(target, anchor) => {
                let target_id = &context.tree.documents.get(target)?.id;
                if *target_id == document.id {
                    framed.text("itself");
                    framed.text(anchor);
                    continue;
                }
                framed.text("document");
                framed.text(&target_id.identity(context.project, 1).to_string());
                framed.text(anchor);
                match number(target) {
                    LinkNumber::Known(number) => framed.text(&number),
                    LinkNumber::Plain => framed.text("-"),
                    LinkNumber::Pending => return None,
                }
            }
            Target::File(file, suffix) => {
                framed.text("file");
                framed.bytes(context.tree.files.get(file)?.counted.bytes());
                framed.text(suffix);
            }
            Target::AsWritten(destination) => {
                framed.text("as written");
                framed.text(destination);
            }
            Target::Undrawn(name) if context.as_drawn => {
                framed.text("file");
                framed.bytes(Digest::of(name.as_bytes()).bytes());
                framed.text("");
            }
            Target::Undrawn(_) | Target::Nowhere => framed.text("nowhere"),
        }
    }
    // What was made of the text counts where it is shown, by what it was made of: what it is called differs between
    // machines.
    let made = |file: &usize| context.tree.files.get(*file).is_some_and(|file| file.counted != file.digest);
    let files: Vec<usize> = document.files.iter().copied().filter(|file| !made(file)).collect();
    framed.count(files.len());
    for file in &files {
        let file = context.tree.files.get(*file)?;
        framed.text(&file.name);
        framed.bytes(file.counted.bytes());
    }
    Some(Digest::finish(framed.0).prefix(16))
}

/// The column that sends readers of a retired article elsewhere.
pub const REPLACEMENT: &str = "replacement_article";

/// `s` of a retired article whose readers are sent to another document's.
pub fn redirect_digest(project: &Project, successor: &DocumentId) -> String {
    let mut framed = Framed(Sha256::new());
    framed.text("redirect");
    framed.text(&successor.identity(project, 1).to_string());
    Digest::finish(framed.0).prefix(16)
}

fn columns(framed: &mut Framed, project: &Project, columns: &NamedColumns) {
    let NamedColumns {
        description,
        keywords,
        author,
        ownership_group,
        can_read,
        cannot_read,
        roles,
        valid_to,
        display_attachments,
        language,
        translation_of,
    } = columns;
    for text in [description, author, ownership_group, valid_to, language] {
        framed.optional(text.as_deref());
    }
    for list in [keywords, can_read, cannot_read, roles] {
        framed.list(list.as_deref());
    }
    framed.optional(display_attachments.map(|shown| if shown { "true" } else { "false" }));
    framed.optional(translation_of.as_ref().map(|id| id.identity(project, 1).to_string()).as_deref());
}

/// Every part goes in behind its length, so that no two documents write the same bytes.
struct Framed(Sha256);

impl Framed {
    fn count(&mut self, count: usize) {
        self.0.update((count as u64).to_le_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.update(bytes);
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// "Not named" is not the same as "named as empty".
    fn optional(&mut self, text: Option<&str>) {
        self.count(usize::from(text.is_some()));
        if let Some(text) = text {
            self.text(text);
        }
    }

    fn list(&mut self, list: Option<&[String]>) {
        match list {
            None => self.count(0),
            Some(list) => {
                self.count(list.len() + 1);
                for text in list {
                    self.text(text);
                }
            }
        }
    }
}
