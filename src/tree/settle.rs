//! What needs all documents: links between them, folder titles, defaults by path. One thread, in the order of
//! the paths.

use std::borrow::Cow;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _};

use super::catalog::without_page_extension;
use super::draft::{Anchors, Draft, Links, Named, Shared, Spot, Unknown, input};
use super::files::{Origin, Wanted};
use super::identity::{Drafts, Names};
use super::includes::Snippets;
use super::references::{Packing, Target};
use super::reread::Reread;
use super::{RenderedDocument, RenderedTree, suggest, titles};
use crate::config::{NamedColumns, PathDefaults, PathGlob};
use crate::finding::{Code, Finding};
use crate::ids::{DocPath, display_path};
use crate::parallel;
use crate::render;
use crate::source::{self, SourceFile};

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
    /// Titles of index pages, by their number in the walk.
    titles: HashMap<usize, String>,
    /// The folder settled last, and its category: documents of one folder come one after another.
    folder: Option<(&'a str, Option<Arc<[String]>>)>,
    defaults: Vec<Defaults<'a>>,
    knowledge_base: Option<Arc<str>>,
    wanted: Vec<Wanted>,
    known: HashMap<DocPath, usize>,
    first_use: Vec<(usize, Spot)>,
    findings: Vec<Finding>,
    reread: Reread<'a>,
    hints: Vec<Hint>,
    anchor_hints: usize,
    document_hints: usize,
}

/// Advice that is still to be looked for.
struct Hint {
    /// The number of its finding.
    finding: usize,
    near: Near,
}

/// What something near is looked for.
enum Near {
    /// A document or a file: this file links to such a path.
    Document { from: DocPath, missing: Box<str> },
    /// An anchor that this document of the walk has not.
    Anchor { of: usize, missing: Box<str> },
}

/// One table of `[[paths]]`; what it gives is shared by the documents that take it.
struct Defaults<'a> {
    glob: PathGlob,
    table: &'a PathDefaults,
    knowledge_base: Option<Arc<str>>,
    category: Option<Arc<[String]>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Published(usize),
    Unpublished,
    Unreadable,
}

/// What becomes of a link to a document.
enum Link<'a> {
    /// To this document, with this anchor.
    To(usize, Cow<'a, str>),
    /// To this anchor of the same document.
    Here(Cow<'a, str>),
    Nowhere,
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
            Some(draft) if draft.unpublished => {
                tree.unpublished.push(draft.document.id.clone());
                Place::Unpublished
            }
            Some(_) => {
                published += 1;
                Place::Published(published - 1)
            }
        });
    }
    let titles = shared.catalog.index_pages().filter_map(|number| {
        let draft = drafts.get(number)?.as_ref()?;
        Some((number, draft.document.title.clone()))
    });
    let mut settling = Settling {
        shared,
        files,
        names,
        places,
        titles: titles.collect(),
        folder: None,
        anchors: drafts
            .iter_mut()
            .map(|draft| draft.as_mut().map(|d| std::mem::take(&mut d.anchors)).unwrap_or_default())
            .collect(),
        defaults: shared.settings.paths.iter().filter_map(Defaults::new).collect(),
        knowledge_base: shared.settings.publish.knowledge_base.as_deref().map(Into::into),
        wanted: Vec::new(),
        known: HashMap::new(),
        first_use: Vec::new(),
        findings: std::mem::take(findings),
        reread: Reread::new(shared),
        hints: Vec::new(),
        anchor_hints: 0,
        document_hints: 0,
    };
    tree.documents.reserve_exact(published);
    for (number, draft) in drafts.into_iter().enumerate() {
        match draft {
            None => {}
            Some(draft) if draft.broken || draft.unpublished => settling.look_at_links(number, *draft),
            Some(draft) => tree.documents.push(settling.document(number, *draft)),
        }
    }
    settling.look_for_hints();
    *findings = settling.findings;
    Settled { tree, wanted: settling.wanted, first_use: settling.first_use }
}

impl<'a> Defaults<'a> {
    fn new(table: &'a PathDefaults) -> Option<Self> {
        Some(Self {
            glob: PathGlob::new(&table.matches).ok()?,
            table,
            knowledge_base: table.knowledge_base.as_deref().map(Into::into),
            category: table.category.as_deref().map(Into::into),
        })
    }
}

impl Settling<'_> {
    fn document(&mut self, number: usize, draft: Draft) -> RenderedDocument {
        let settings = self.shared.settings;
        let Draft { mut document, mut status, title_at, links, .. } = draft;
        titles::fit(&mut document, title_at, settings, &mut self.findings);
        self.links(number, &mut document, links);
        let folder_category = self.folder_category(number);
        // Later tables win.
        let matching = self.defaults.iter().rev().filter(|one| one.glob.matches(document.path.as_str()));
        for defaults in matching {
            let knowledge_base = document.knowledge_base.take();
            document.knowledge_base = knowledge_base.or_else(|| defaults.knowledge_base.clone());
            document.category = document.category.take().or_else(|| defaults.category.clone());
            status = status.or(defaults.table.status);
            if defaults.table.columns != NamedColumns::default() {
                fill(Arc::make_mut(&mut document.columns), &defaults.table.columns);
            }
        }
        document.knowledge_base = document.knowledge_base.or_else(|| self.knowledge_base.clone());
        document.category = document.category.or(folder_category);
        document.status = status.unwrap_or(settings.publish.status);
        document
    }

    /// Settles where references lead, and the files.
    fn links(&mut self, number: usize, document: &mut RenderedDocument, mut draft: Links) {
        let mut packing = Packing::from(std::mem::take(&mut document.references));
        let mut files = Vec::new();
        let mut unknown = std::mem::take(&mut draft.unknown).into_iter().peekable();
        let mut reference = 0;
        while let Some((target, position)) = packing.get(reference) {
            let spot = || draft.spot(reference, position);
            match target {
                Target::AsWritten(_) | Target::Undrawn(_) => {}
                Target::Nowhere => {
                    if let Some((_, unknown)) = unknown.next_if(|(number, _)| *number == reference) {
                        let anchor = unknown.anchor.clone();
                        let link = self.unknown(number, unknown, &anchor, &spot());
                        put(&mut packing, reference, link);
                    }
                }
                Target::Document(to, anchor) => {
                    let anchor = anchor.strip_prefix('#').unwrap_or(anchor).to_owned();
                    match self.document_target(number, to, &anchor, spot) {
                        Link::To(to, found) if found == anchor => packing.set_document(reference, to),
                        Link::Here(found) if found == anchor => packing.set_as_written(reference),
                        link => put(&mut packing, reference, link),
                    }
                }
                Target::File(file, _) => match draft.files.get(file) {
                    Some(named) => {
                        let file = self.wanted(number, named, spot);
                        packing.set_file(reference, file);
                        files.push(file);
                    }
                    None => packing.set(reference, Target::Nowhere),
                },
            }
            reference += 1;
        }
        for (path, position) in draft.attachments {
            let named = Named { path, elsewhere: None };
            files.push(self.wanted(number, &named, || Spot { position, included: None }));
        }
        document.references = packing.finish();
        document.files = files.into();
    }

    /// The number of a file among the wanted ones.
    fn wanted(&mut self, number: usize, named: &Named, spot: impl FnOnce() -> Spot) -> usize {
        let path = &named.path;
        if let Some(file) = self.known.get(path) {
            return *file;
        }
        let file = self.wanted.len();
        let (absolute, origin) = if let Some(elsewhere) = &named.elsewhere {
            (**elsewhere).clone()
        } else {
            // It was there when the document was read, and folders are listed once.
            let found = self.shared.folders.find(path.as_str()).map(|(_, absolute)| absolute);
            (found.unwrap_or_default(), Origin::Tree)
        };
        self.wanted.push(Wanted { path: path.clone(), absolute, origin });
        self.first_use.push((number, spot()));
        self.known.insert(path.clone(), file);
        file
    }

    fn folder_category(&mut self, number: usize) -> Option<Arc<[String]>> {
        let files = self.files;
        let folder = files[number].path.folder();
        if let Some((_, category)) = self.folder.as_ref().filter(|(settled, _)| *settled == folder) {
            return category.clone();
        }
        let shared = self.shared;
        let category = titles::folder_category(folder, shared.settings, &shared.catalog, &self.titles);
        self.folder = Some((folder, category.clone()));
        category
    }

    /// A document that is not published still hears of its broken links.
    fn look_at_links(&mut self, number: usize, draft: Draft) {
        let Draft { document, mut links, .. } = draft;
        let mut unknown = std::mem::take(&mut links.unknown).into_iter().peekable();
        for (reference, (target, position)) in document.references.placed().enumerate() {
            let spot = || links.spot(reference, position);
            if let Target::Document(to, anchor) = target {
                let anchor = anchor.strip_prefix('#').unwrap_or(anchor);
                self.document_target(number, to, anchor, spot);
            } else if let Some((_, unknown)) = unknown.next_if(|(number, _)| *number == reference) {
                let anchor = unknown.anchor.clone();
                self.unknown(number, unknown, &anchor, &spot());
            }
        }
    }

    /// A path that is no file may be a document's id, an earlier id, or a redirected one.
    fn unknown<'t>(&mut self, number: usize, unknown: Unknown, anchor: &'t str, spot: &Spot) -> Link<'t> {
        let Unknown { path, finding, .. } = unknown;
        let find = |id| self.names.find(self.shared.settings, id);
        if let Some(to) = find(&path).or_else(|| find(without_page_extension(&path))) {
            return self.document_target(number, to, anchor, || spot.clone());
        }
        if finding.help.is_none() && self.document_hints < MOST_DOCUMENT_HINTS {
            self.document_hints += 1;
            let included = spot.included.as_ref().and_then(|path| DocPath::parse(path).ok());
            let from = included.unwrap_or_else(|| self.files[number].path.clone());
            self.look_later(Near::Document { from, missing: path });
        }
        self.findings.push(finding);
        Link::Nowhere
    }

    fn document_target<'t>(
        &mut self,
        number: usize,
        to: usize,
        anchor: &'t str,
        spot: impl FnOnce() -> Spot,
    ) -> Link<'t> {
        let shown = || display_path(&self.shared.settings.source.root, &self.files[to].path);
        match self.places[to] {
            Place::Unreadable => Link::Nowhere,
            Place::Unpublished => {
                let message = format!("`{}` is not published, so the link goes out as its text", shown());
                self.tell(number, &spot(), Finding::new(Code::UnpublishedTarget, message));
                Link::Nowhere
            }
            Place::Published(place) => match self.anchors[to].find(anchor) {
                Some(found) if to == number && !found.is_empty() => Link::Here(found),
                Some(found) => Link::To(place, found),
                None => {
                    let message = format!("`{}` has no anchor `#{anchor}`", shown());
                    if self.anchor_hints < MOST_ANCHOR_HINTS {
                        self.anchor_hints += 1;
                        self.look_later(Near::Anchor { of: to, missing: anchor.into() });
                    }
                    self.tell(number, &spot(), Finding::new(Code::BrokenAnchor, message));
                    Link::To(place, Cow::Borrowed(""))
                }
            },
        }
    }

    /// Notes that the next finding is to have a hint.
    fn look_later(&mut self, near: Near) {
        self.hints.push(Hint { finding: self.findings.len(), near });
    }

    /// Looks for all hints, on all cores: each may take as long as a document.
    fn look_for_hints(&mut self) {
        let (shared, files, hints) = (self.shared, self.files, std::mem::take(&mut self.hints));
        let found = parallel::map(hints.len(), |number| hints[number].near.found(shared, files));
        for (hint, help) in hints.iter().zip(found) {
            if let Some(help) = help {
                self.findings[hint.finding].help = Some(Cow::Owned(help));
            }
        }
    }

    fn tell(&mut self, number: usize, spot: &Spot, finding: Finding) {
        let finding = self.reread.placed(&self.files[number], spot, finding);
        self.findings.push(finding);
    }
}

impl Near {
    fn found(&self, shared: &Shared<'_>, files: &[SourceFile]) -> Option<String> {
        let (of, missing) = match self {
            Self::Document { from, missing } => {
                return suggest::document(&shared.catalog, &shared.folders, from, missing);
            }
            Self::Anchor { of, missing } => (*of, missing),
        };
        // Its anchors are no longer there as texts.
        let document = source::read(&files[of], &shared.settings.source).ok()?;
        let snippets = Snippets::new(&shared.folders, &shared.settings.source, &document.path);
        let from_heading = document.front.title.is_none();
        let outline = render::outline(input(&document, from_heading, None, &snippets), &shared.options);
        suggest::anchor(missing, &outline.anchors)
    }
}

/// Writes down where a link leads.
fn put(packing: &mut Packing, reference: usize, link: Link<'_>) {
    match link {
        Link::To(document, anchor) => packing.set(reference, Target::Document(document, &hashed(&anchor))),
        Link::Here(anchor) => packing.set(reference, Target::AsWritten(&hashed(&anchor))),
        Link::Nowhere => packing.set(reference, Target::Nowhere),
    }
}

/// The anchor with its `#`; nothing for none.
fn hashed(anchor: &str) -> String {
    if anchor.is_empty() { String::new() } else { format!("#{anchor}") }
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
