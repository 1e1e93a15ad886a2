//! What needs all documents: links between them, folder titles, defaults by path. One thread, in the order of
//! the paths.

use std::collections::HashMap;

use super::catalog::without_extension;
use super::draft::{Anchors, Draft, Lead, Shared, Spot, Unknown, input};
use super::files::Wanted;
use super::identity::{Drafts, Names};
use super::includes::Snippets;
use super::titles::{self, Title};
use super::{RenderedDocument, RenderedTree, ResolvedReference, Target, suggest};
use crate::config::{NamedColumns, PathDefaults, PathGlob};
use crate::finding::{Code, Finding};
use crate::ids::{DocPath, DocumentId, display_path};
use crate::source::{self, SourceFile};
use crate::{render, text};

/// Broken anchors for which the target is read again to say what it has instead. Nobody reads more hints.
const MOST_ANCHOR_HINTS: usize = 50;
/// Broken links for which something near is looked for.
const MOST_DOCUMENT_HINTS: usize = 500;

/// The tree with its links, and the files that are still only names: [`Target::File`] and
/// [`RenderedDocument::files`] are indices into `wanted`.
pub(super) struct Settled {
    pub(super) tree: RenderedTree,
    pub(super) wanted: Vec<Wanted>,
    /// Where each wanted file is named first: the document of the walk, and the place in it.
    pub(super) first_use: Vec<(usize, Spot)>,
}

/// What is known of the other documents while one is settled.
struct Settling<'a> {
    shared: &'a Shared<'a>,
    files: &'a [SourceFile],
    names: &'a Names,
    /// Where each document of the walk is in the tree.
    places: Vec<Place>,
    anchors: Vec<Anchors>,
    titles: Vec<Option<Title>>,
    globs: Vec<(PathGlob, &'a PathDefaults)>,
    wanted: Vec<Wanted>,
    known: HashMap<DocPath, usize>,
    first_use: Vec<(usize, Spot)>,
    findings: Vec<Finding>,
    anchor_hints: usize,
    document_hints: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Published(usize),
    Unpublished,
    Unreadable,
}

/// Settles all documents; what is wrong is added to the findings.
pub(super) fn settle(
    shared: &Shared<'_>,
    files: &[SourceFile],
    mut drafts: Drafts,
    names: &Names,
    findings: &mut Vec<Finding>,
) -> Settled {
    let mut tree = RenderedTree::default();
    let mut places = Vec::with_capacity(files.len());
    let mut published = 0;
    for draft in &drafts {
        places.push(match draft {
            None => Place::Unreadable,
            Some(draft) if draft.broken => Place::Unreadable,
            Some(draft) if draft.front.unpublished => {
                tree.unpublished.push(draft.id.clone());
                Place::Unpublished
            }
            Some(_) => {
                published += 1;
                Place::Published(published - 1)
            }
        });
    }
    let titles =
        files.iter().zip(&drafts).map(|(file, draft)| Some(titles::title(&file.path, draft.as_ref()?)));
    let mut settling = Settling {
        shared,
        files,
        names,
        places,
        titles: titles.collect(),
        anchors: drafts
            .iter_mut()
            .map(|draft| draft.as_mut().map(|d| std::mem::take(&mut d.anchors)).unwrap_or_default())
            .collect(),
        globs: shared
            .settings
            .paths
            .iter()
            .filter_map(|p| Some((PathGlob::new(&p.matches).ok()?, p)))
            .collect(),
        wanted: Vec::new(),
        known: HashMap::new(),
        first_use: Vec::new(),
        findings: Vec::new(),
        anchor_hints: 0,
        document_hints: 0,
    };
    tree.documents.reserve_exact(published);
    for (number, draft) in drafts.into_iter().enumerate() {
        match draft {
            None => {}
            Some(draft) if draft.broken || draft.front.unpublished => settling.look_at_links(number, *draft),
            Some(draft) => tree.documents.push(settling.document(number, *draft)),
        }
    }
    findings.append(&mut settling.findings);
    Settled { tree, wanted: settling.wanted, first_use: settling.first_use }
}

impl Settling<'_> {
    fn document(&mut self, number: usize, draft: Draft) -> RenderedDocument {
        let SourceFile { path, absolute, .. } = &self.files[number];
        let settings = self.shared.settings;
        let folder_category = titles::folder_category(path, settings, &self.shared.catalog, &self.titles);
        let mut title = titles::title(path, &draft);
        titles::fit(&mut title, path, settings, &mut self.findings);
        let mut references = Vec::with_capacity(draft.references.len());
        let mut files = Vec::new();
        for (lead, spot) in draft.references {
            let position = spot.position;
            let target = self.target(number, lead, spot);
            if let Target::File(file, _) = &target {
                files.push(*file);
            }
            references.push(ResolvedReference { target, position });
        }
        for (lead, spot) in draft.attachments {
            if let Target::File(file, _) = self.target(number, lead, spot) {
                files.push(file);
            }
        }
        let defaults: Vec<&PathDefaults> = self
            .globs
            .iter()
            .filter(|(glob, _)| glob.matches(path.as_str()))
            .map(|(_, defaults)| *defaults)
            .collect();
        let last = |pick: &dyn Fn(&PathDefaults) -> bool| defaults.iter().rev().find(|d| pick(d)).copied();
        let base = draft.front.knowledge_base.as_ref().map(|base| base.value.clone());
        let by_path = last(&|d| d.knowledge_base.is_some()).and_then(|d| d.knowledge_base.clone());
        let category = draft.front.category.as_ref().map(|category| category.value.clone());
        let mut columns = draft.front.columns.clone();
        for defaults in defaults.iter().rev() {
            fill(&mut columns, &defaults.columns);
        }
        RenderedDocument {
            path: path.clone(),
            absolute: absolute.clone(),
            text: draft.text,
            id: draft.id,
            title_from_heading: title.from_heading,
            title: title.text,
            knowledge_base: base.or(by_path).or_else(|| settings.publish.knowledge_base.clone()),
            category: category
                .or_else(|| last(&|d| d.category.is_some())?.category.clone())
                .or(folder_category),
            status: draft
                .front
                .status
                .or_else(|| last(&|d| d.status.is_some())?.status)
                .unwrap_or(settings.publish.status),
            columns,
            aliases: draft.front.aliases.into_iter().map(|alias| alias.value).collect(),
            article: draft.front.article.map(|article| article.value),
            toc: draft.front.toc,
            body: draft.body,
            references,
            files,
        }
    }

    /// A document that is not published still hears of its broken links.
    fn look_at_links(&mut self, number: usize, draft: Draft) {
        for (lead, spot) in draft.references {
            if matches!(lead, Lead::Document(..) | Lead::Unknown(_)) {
                self.target(number, lead, spot);
            }
        }
    }

    fn target(&mut self, number: usize, lead: Lead, spot: Spot) -> Target {
        match lead {
            Lead::AsWritten(text) => Target::AsWritten(text),
            Lead::Nowhere => Target::Nowhere,
            Lead::Document(to, anchor) => self.document_target(number, to, &anchor, &spot),
            Lead::Unknown(unknown) => self.unknown(number, *unknown, &spot),
            Lead::File { path, absolute, suffix, origin } => {
                let file = *self.known.entry(path).or_insert_with_key(|path| {
                    self.wanted.push(Wanted { path: path.clone(), absolute, origin });
                    self.first_use.push((number, spot));
                    self.wanted.len() - 1
                });
                Target::File(file, suffix)
            }
        }
    }

    /// A path that is no file may be a document's id, an earlier id, or a redirected one.
    fn unknown(&mut self, number: usize, unknown: Unknown, spot: &Spot) -> Target {
        let Unknown { path, anchor, finding } = unknown;
        let mut names =
            [path.as_str(), without_extension(&path)].into_iter().filter_map(|id| DocumentId::parse(id).ok());
        if let Some(to) = names.find_map(|id| self.names.find(self.shared.settings, &id)) {
            return self.document_target(number, to, &anchor, spot);
        }
        let help = finding.help.clone().or_else(|| self.document_hint(number, &path, spot));
        self.findings.push(Finding { help, ..finding });
        Target::Nowhere
    }

    fn document_target(&mut self, number: usize, to: usize, anchor: &str, spot: &Spot) -> Target {
        let shown = || display_path(&self.shared.settings.source.root, &self.files[to].path);
        match self.places[to] {
            Place::Unreadable => Target::Nowhere,
            Place::Unpublished => {
                let message = format!("`{}` is not published, so the link goes out as its text", shown());
                self.tell(number, spot, Finding::new(Code::UnpublishedTarget, message));
                Target::Nowhere
            }
            Place::Published(place) => match self.anchors[to].find(anchor) {
                Some(found) if found.is_empty() => Target::Document(place, "".into()),
                Some(found) if to == number => Target::AsWritten(format!("#{found}").into()),
                Some(found) => Target::Document(place, format!("#{found}").into()),
                None => {
                    let message = format!("`{}` has no anchor `#{anchor}`", shown());
                    let finding = Finding {
                        help: self.anchor_hint(to, anchor),
                        ..Finding::new(Code::BrokenAnchor, message)
                    };
                    self.tell(number, spot, finding);
                    Target::Document(place, "".into())
                }
            },
        }
    }

    fn document_hint(&mut self, number: usize, missing: &str, spot: &Spot) -> Option<String> {
        self.document_hints += 1;
        if self.document_hints > MOST_DOCUMENT_HINTS {
            return None;
        }
        let included = spot.included.as_ref().and_then(|path| DocPath::parse(path).ok());
        let from = included.as_ref().unwrap_or(&self.files[number].path);
        suggest::document(&self.shared.catalog, &self.shared.folders, from, missing)
    }

    /// Reads the target again: its anchors are no longer there as texts.
    fn anchor_hint(&mut self, to: usize, anchor: &str) -> Option<String> {
        self.anchor_hints += 1;
        if self.anchor_hints > MOST_ANCHOR_HINTS {
            return None;
        }
        let document = source::read(&self.files[to], &self.shared.settings.source).ok()?;
        let snippets = Snippets::new(&self.shared.folders, &self.shared.settings.source, &document.path);
        let from_heading = document.front.title.is_none();
        let outline = render::outline(input(&document, from_heading, None, &snippets), &self.shared.options);
        suggest::anchor(anchor, &outline.anchors)
    }

    fn tell(&mut self, number: usize, spot: &Spot, finding: Finding) {
        self.findings.push(placed(self.shared, &self.files[number], spot, finding));
    }
}

/// The finding at its place, with the line of a file that is no longer in memory.
pub(super) fn placed(shared: &Shared<'_>, document: &SourceFile, spot: &Spot, finding: Finding) -> Finding {
    let settings = &shared.settings.source;
    let line = spot.position.line;
    let excerpt = match spot.included.as_ref().and_then(|path| shared.folders.find(path)) {
        Some((_, absolute)) => source::read_snippet(&absolute, settings).ok().map(|(text, _)| text),
        None => source::read(document, settings).ok().map(|document| document.text),
    };
    let excerpt = excerpt.and_then(|text| text::excerpt(&text, line));
    Finding { excerpt, ..finding }.at(spot.shown(shared.settings, &document.path), Some(spot.position))
}

/// Columns that are not named yet take the default.
fn fill(columns: &mut NamedColumns, defaults: &NamedColumns) {
    fn one<T: Clone>(column: &mut Option<T>, default: Option<&T>) {
        if column.is_none() {
            *column = default.cloned();
        }
    }
    one(&mut columns.description, defaults.description.as_ref());
    one(&mut columns.keywords, defaults.keywords.as_ref());
    one(&mut columns.author, defaults.author.as_ref());
    one(&mut columns.ownership_group, defaults.ownership_group.as_ref());
    one(&mut columns.can_read, defaults.can_read.as_ref());
    one(&mut columns.cannot_read, defaults.cannot_read.as_ref());
    one(&mut columns.roles, defaults.roles.as_ref());
    one(&mut columns.valid_to, defaults.valid_to.as_ref());
    one(&mut columns.display_attachments, defaults.display_attachments.as_ref());
    one(&mut columns.language, defaults.language.as_ref());
    one(&mut columns.translation_of, defaults.translation_of.as_ref());
}
