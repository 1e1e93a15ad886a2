//! One document, read and outlined, its references taken as far as they go without the other documents' text.
//!
//! Runs on all cores; what it leaves is small, the text is dropped.

mod distant;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::catalog::{Catalog, is_markdown};
use super::classify::{Class, Inside, classify};
use super::files::Origin;
use super::folders::{Folders, Kind};
use super::includes::Snippets;
use super::references::{Packing, References, Target};
use super::silence::{self, Silence};
use super::{RenderedDocument, suggest, titles};
use crate::config::{NamedColumns, Settings, Status};
use crate::finding::{Code, Finding, Position, Severity};
use crate::ids::{DocPath, display_path};
use crate::render::{self, Outline, ReferenceKind};
use crate::source::{self, Document, FrontMatter, SourceFile};
use crate::text::{self, Lines};

/// Things missing in one document for which something near is looked for. Nobody reads more hints.
const MOST_HINTS: usize = 50;

/// What all documents share while they are read.
pub(super) struct Shared<'a> {
    pub(super) settings: &'a Settings,
    pub(super) options: render::Options,
    pub(super) catalog: Catalog<'a>,
    pub(super) folders: Folders,
    /// What documents that name no columns share.
    pub(super) no_columns: Arc<NamedColumns>,
}

/// A document without its text, as far as it tells without the others.
#[derive(Debug)]
pub(super) struct Draft {
    /// The numbers in its references are still those of the walk's documents and of [`Links::files`]; what
    /// configuration adds is still missing.
    pub(super) document: RenderedDocument,
    pub(super) unpublished: bool,
    /// The state it names.
    pub(super) status: Option<Status>,
    pub(super) title_at: Option<Position>,
    /// Where it names its id.
    pub(super) id_at: Option<Position>,
    pub(super) aliases_at: Box<[Position]>,
    pub(super) anchors: Anchors,
    pub(super) links: Links,
    pub(super) findings: Vec<Finding>,
    /// What comments silence, in the document and in what it includes.
    pub(super) silences: Vec<(Utf8PathBuf, Vec<Silence>)>,
    /// Its front matter cannot be read: it is checked, and not published.
    pub(super) broken: bool,
}

/// What settling the references of a document takes beside them.
#[derive(Debug)]
pub(super) struct Links {
    /// References that stand in included files, by their number; most documents have none.
    pub(super) included: Box<[(usize, Box<str>)]>,
    /// References that name no file, by their number.
    pub(super) unknown: Vec<(usize, Unknown)>,
    /// Files that references name.
    pub(super) files: Box<[Named]>,
    /// Files that its front matter names.
    pub(super) attachments: Box<[(DocPath, Position)]>,
}

/// A file that a reference names.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) path: DocPath,
    /// Where it is, unless it lies in the tree.
    pub(super) elsewhere: Option<Box<(Utf8PathBuf, Origin)>>,
}

/// Where a reference stands.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    pub(super) position: Position,
    /// The included file it stands in, below the source root; else the document.
    pub(super) included: Option<Box<str>>,
}

impl Spot {
    /// The included file it stands in.
    fn included(&self) -> Option<DocPath> {
        self.included.as_ref().and_then(|path| DocPath::parse(path).ok())
    }

    /// The file it stands in, as reports show it.
    pub(super) fn shown(&self, settings: &Settings, document: &DocPath) -> Utf8PathBuf {
        display_path(&settings.source.root, self.included().as_ref().unwrap_or(document))
    }
}

impl Links {
    /// Where the n-th reference stands.
    pub(super) fn spot(&self, number: usize, position: Position) -> Spot {
        let included = self.included.binary_search_by_key(&number, |(number, _)| *number);
        Spot { position, included: included.ok().map(|at| self.included[at].1.clone()) }
    }
}

/// Where a reference leads, as far as one document can tell.
#[derive(Debug)]
enum Lead<'a> {
    /// Stays as it is written here.
    AsWritten(Cow<'a, str>),
    /// A document of the walk; the anchor without its `#`.
    Document(usize, Cow<'a, str>),
    /// A file below the root, and the query and fragment it was asked for with.
    File(DocPath, &'a str),
    /// A picture that was made or is to be fetched.
    Picture(Named),
    /// Nothing on disk: an id, an alias, a redirect, or broken.
    Unknown(Unknown),
    /// A drawing that was not made: the name that its picture would have.
    Undrawn(DocPath),
    /// Told already.
    Nowhere,
}

/// A link that names no file.
#[derive(Debug)]
pub(super) struct Unknown {
    /// The path below the root that it would be.
    pub(super) path: Box<str>,
    /// The decoded anchor.
    pub(super) anchor: Box<str>,
    /// What is said when it is not a document's other name.
    pub(super) finding: Finding,
}

/// The anchors of a document, as hashes: 8 bytes each.
#[derive(Debug, Default)]
pub(super) struct Anchors(Box<[u64]>);

impl Anchors {
    fn new(anchors: &[Box<str>]) -> Self {
        let mut hashes: Vec<u64> = anchors.iter().map(|anchor| hash(anchor)).collect();
        hashes.sort_unstable();
        hashes.dedup();
        Self(hashes.into())
    }

    fn has(&self, anchor: &str) -> bool {
        self.0.binary_search(&hash(anchor)).is_ok()
    }

    /// The anchor as the document spells it: links of other systems differ in case. `None` where there is none.
    pub(super) fn find<'a>(&self, anchor: &'a str) -> Option<Cow<'a, str>> {
        if anchor.is_empty() || anchor.eq_ignore_ascii_case("top") || self.has(anchor) {
            return Some(Cow::Borrowed(anchor));
        }
        Some(anchor.to_lowercase()).filter(|lower| self.has(lower)).map(Cow::Owned)
    }
}

fn hash(anchor: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    anchor.hash(&mut hasher);
    hasher.finish()
}

/// What the renderer is told of a document.
pub(super) fn input<'a>(
    document: &'a Document,
    title_from_heading: bool,
    source_link: Option<&'a str>,
    snippets: &'a Snippets<'a>,
) -> render::Input<'a> {
    render::Input {
        text: &document.text,
        body_start: document.body_start,
        title_from_heading,
        title: document.front.title.as_ref().map(|title| title.value.as_str()),
        toc: document.front.toc,
        source_link,
        includes: Some(snippets),
    }
}

/// `[render] source_link` for one document.
pub(crate) fn source_link(settings: &Settings, path: &DocPath) -> Option<String> {
    /// What a path may not hold unescaped.
    const ESCAPED: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    let template = settings.render.source_link.as_str();
    if template.is_empty() {
        return None;
    }
    let shown = display_path(&settings.source.root, path);
    let encoded = percent_encoding::utf8_percent_encode(shown.as_str(), ESCAPED).to_string();
    Some(template.replace("{path}", &encoded))
}

/// Reads one document of the walk.
pub(super) fn draft(shared: &Shared<'_>, file: &SourceFile) -> Result<Draft, Box<Finding>> {
    let document = source::read(file, &shared.settings.source)?;
    let link = source_link(shared.settings, &file.path);
    let snippets = Snippets::new(&shared.folders, &shared.settings.source, &file.path);
    let title_from_heading = document.front.title.is_none();
    let outline =
        render::outline(input(&document, title_from_heading, link.as_deref(), &snippets), &shared.options);
    let mut drafting = Drafting {
        shared,
        path: &file.path,
        shown: display_path(&shared.settings.source.root, &file.path).into(),
        lines: Lines::new(&document.text),
        anchors: Anchors::new(&outline.anchors),
        outline: &outline,
        snippets: &snippets,
        unknown: Vec::new(),
        files: Vec::new(),
        findings: Vec::new(),
        hints: 0,
    };
    let references = drafting.references();
    let attachments = drafting.attachments(&document.front);
    let broken = !document.problems.is_empty();
    if document.body().trim().is_empty() && !broken {
        let finding = Finding::new(Code::EmptyDocument, "the document has no text");
        drafting.findings.push(finding.at_shared(Arc::clone(&drafting.shown), None));
    }
    let Drafting { anchors, mut findings, shown, mut unknown, files, .. } = drafting;
    let large = too_large(outline.size, shared.settings.source.max_document_bytes);
    findings.extend(large.map(|finding| finding.at_shared(Arc::clone(&shown), None)));
    findings.extend(document.problems);
    let mut silences = Vec::new();
    let mut silence = |path: &Utf8Path, text: &str| {
        let (covered, odd) = silence::silences(text);
        findings.extend(odd.into_iter().map(|finding| Finding { path: Some(path.into()), ..finding }));
        if !covered.is_empty() {
            silences.push((path.to_owned(), covered));
        }
    };
    silence(&shown, &document.text);
    snippets.each(|path, text| silence(&display_path(&shared.settings.source.root, path), text));
    findings.reserve_exact(outline.findings.len());
    findings.extend(outline.findings.into_iter().map(|finding| {
        let included = finding.path.as_ref().and_then(|path| DocPath::parse(path.as_str()).ok());
        let root = &shared.settings.source.root;
        let path = included.map_or_else(|| Arc::clone(&shown), |path| display_path(root, &path).into());
        Finding { path: Some(path), ..finding }
    }));
    findings.shrink_to_fit();
    unknown.shrink_to_fit();
    let heading = outline.title.as_ref().map(|heading| (&*heading.text, heading.position));
    let title = titles::title(&file.path, document.front.title.as_ref(), heading);
    let text = snippets.digest(&document.text);
    let front = document.front;
    let included = outline.references.into_iter().enumerate();
    Ok(Draft {
        document: RenderedDocument {
            path: file.path.clone(),
            absolute: Arc::clone(&file.absolute),
            text,
            id: document.id,
            title_from_heading: title.from_heading,
            title: title.text,
            aliases: front.aliases.iter().map(|alias| alias.value.clone()).collect(),
            article: front.article.map(|article| article.value.into()),
            toc: front.toc,
            knowledge_base: front.knowledge_base.map(|base| base.value.into()),
            category: front.category.map(|category| category.value.into()),
            status: front.status.unwrap_or(shared.settings.publish.status),
            columns: if front.columns == NamedColumns::default() {
                Arc::clone(&shared.no_columns)
            } else {
                Arc::new(front.columns)
            },
            body: outline.body,
            references,
            files: Box::default(),
        },
        unpublished: front.unpublished,
        status: front.status,
        title_at: title.position,
        id_at: front.id.map(|id| id.position),
        aliases_at: front.aliases.iter().map(|alias| alias.position).collect(),
        anchors,
        links: Links {
            included: included.filter_map(|(n, one)| Some((n, one.included?))).collect(),
            unknown,
            files: files.into(),
            attachments: attachments.into(),
        },
        findings,
        silences,
        broken,
    })
}

/// A body can be many times its text: a table of many columns, short lines in boxes. From a quarter of the limit on
/// it is told (contract §1.5).
fn too_large(size: usize, most: u64) -> Option<Finding> {
    let size = size as u64;
    if size <= most / 4 {
        return None;
    }
    let what = format!("the body has {} as it is sent", text::size(size));
    if size > most {
        let message = format!("{what}; the limit is {}", text::size(most));
        let finding = Finding::new(Code::DocumentTooLarge, message);
        return Some(finding.help("split the document, or raise `max_document_bytes` in `[source]`"));
    }
    let finding = Finding { severity: Severity::Warning, ..Finding::new(Code::DocumentTooLarge, what) };
    Some(finding.help("split the document: such an article opens slowly, and instances may refuse it"))
}

struct Drafting<'a> {
    shared: &'a Shared<'a>,
    path: &'a DocPath,
    shown: Arc<Utf8Path>,
    lines: Lines<'a>,
    anchors: Anchors,
    outline: &'a Outline,
    snippets: &'a Snippets<'a>,
    unknown: Vec<(usize, Unknown)>,
    files: Vec<Named>,
    findings: Vec<Finding>,
    /// How often something near was looked for.
    hints: usize,
}

impl<'a> Drafting<'a> {
    fn references(&mut self) -> References {
        let outline = self.outline;
        let mut packing = Packing::with_capacity(outline.references.len());
        for (number, reference) in outline.references.iter().enumerate() {
            let at = reference.position;
            let spot = Spot { position: at, included: reference.included.clone() };
            let lead = match reference.kind {
                ReferenceKind::Link => self.link(&reference.destination, &spot),
                ReferenceKind::Image => self.image(&reference.destination, &spot),
                ReferenceKind::Drawing => self.drawing(&reference.destination, false, &spot),
                ReferenceKind::InlineDrawing => self.drawing(&reference.destination, true, &spot),
            };
            match lead {
                Lead::AsWritten(text) => packing.push(Target::AsWritten(&text), at),
                Lead::Document(to, anchor) if anchor.is_empty() => packing.push(Target::Document(to, ""), at),
                Lead::Document(to, anchor) => packing.push(Target::Document(to, &format!("#{anchor}")), at),
                Lead::File(path, suffix) => {
                    packing.push(Target::File(self.files.len(), suffix), at);
                    self.files.push(Named { path, elsewhere: None });
                }
                Lead::Picture(named) => {
                    packing.push(Target::File(self.files.len(), ""), at);
                    self.files.push(named);
                }
                Lead::Unknown(unknown) => {
                    packing.push(Target::Nowhere, at);
                    self.unknown.push((number, unknown));
                }
                Lead::Undrawn(path) => packing.push(Target::Undrawn(path.file_name()), at),
                Lead::Nowhere => packing.push(Target::Nowhere, at),
            }
        }
        packing.finish()
    }

    fn attachments(&mut self, front: &FrontMatter) -> Vec<(DocPath, Position)> {
        let mut files = Vec::with_capacity(front.attachments.len());
        for named in &front.attachments {
            let spot = Spot { position: named.position, included: None };
            let inside = match classify(self.path, &named.value, self.site_roots()) {
                Class::Inside(inside) => inside,
                Class::Outside => {
                    self.outside("attachment", &named.value, &spot);
                    continue;
                }
                _ => {
                    let message = format!("`{}` is not a file that can be attached", named.value);
                    let finding = self.finding(Code::BrokenLink, message, &spot);
                    self.findings.push(finding.help("name a file relative to the document"));
                    continue;
                }
            };
            if let Some(path) = self.file(&inside) {
                files.push((path, named.position));
            } else {
                let message = format!("the attached file `{}` is not there", named.value);
                let finding = self.finding(Code::BrokenLink, message, &spot);
                self.tell_with_file(finding, &inside.path, &spot);
            }
        }
        files
    }

    fn site_roots(&self) -> &BTreeMap<String, String> {
        &self.shared.settings.render.site_roots
    }

    fn link(&mut self, destination: &'a str, spot: &Spot) -> Lead<'a> {
        let inside = match classify(&self.base(spot), destination, self.site_roots()) {
            Class::Elsewhere => return Lead::AsWritten(destination.into()),
            Class::Here { anchor } => return self.here(destination, &anchor, spot),
            Class::Inside(inside) => inside,
            Class::Empty => {
                let finding = self.finding(Code::BrokenLink, "the link has no destination", spot);
                self.findings.push(finding);
                return Lead::Nowhere;
            }
            Class::Outside => return self.outside("link", destination, spot),
        };
        for path in std::iter::once(&inside.path).chain(&inside.raw) {
            if let Some(document) = self.shared.catalog.document(path, inside.folder) {
                return Lead::Document(document, inside.anchor);
            }
        }
        match self.file(&inside) {
            Some(path) if is_markdown(path.as_str()) => {
                let finding = self.finding(
                    Code::UnpublishedTarget,
                    format!("`{destination}` is left out of the documents, so the link goes out as its text"),
                    spot,
                );
                self.findings.push(finding.help("look at `include`, `exclude`, .gitignore and .kbignore"));
                Lead::Nowhere
            }
            Some(path) => Lead::File(path, inside.suffix),
            None => self.unknown(destination, inside, spot),
        }
    }

    fn here(&mut self, destination: &'a str, anchor: &str, spot: &Spot) -> Lead<'a> {
        let fragment = destination.split_once('#').map_or("", |(_, fragment)| fragment);
        match self.anchors.find(anchor) {
            // As written where it fits: escapes stay, marks are composed.
            Some(found) if found == anchor && anchor.is_ascii() => {
                Lead::AsWritten(format!("#{fragment}").into())
            }
            Some(found) => Lead::AsWritten(format!("#{found}").into()),
            None => {
                let message = format!("the document has no anchor `#{anchor}`");
                let finding = self.finding(Code::BrokenAnchor, message, spot);
                let near = self.hinting().then(|| suggest::anchor(anchor, &self.outline.anchors)).flatten();
                self.tell(finding, near);
                Lead::AsWritten(format!("#{fragment}").into())
            }
        }
    }

    fn image(&mut self, destination: &'a str, spot: &Spot) -> Lead<'a> {
        let missing = |what: String| (Code::MissingImage, what);
        let (code, message) = match classify(&self.base(spot), destination, self.site_roots()) {
            Class::Elsewhere => return self.distant_image(destination, spot),
            Class::Outside => return self.outside("image", destination, spot),
            Class::Empty | Class::Here { .. } => missing("the image has no source".into()),
            Class::Inside(inside) => {
                if let Some(path) = self.file(&inside) {
                    return Lead::File(path, inside.suffix);
                }
                let finding =
                    self.finding(Code::MissingImage, format!("the image `{destination}` is not there"), spot);
                self.tell_with_file(finding, &inside.path, spot);
                return Lead::Nowhere;
            }
        };
        let finding = self.finding(code, message, spot);
        self.findings.push(finding);
        Lead::Nowhere
    }

    /// The file of this name, if there is one.
    fn file(&self, inside: &Inside<'_>) -> Option<DocPath> {
        for path in std::iter::once(&inside.path).chain(&inside.raw) {
            let private = path.split('/').any(|part| part == ".git");
            let found = self.shared.folders.kind(path).filter(|_| !private && !inside.folder);
            if let (Some(Kind::File), Ok(path)) = (found, DocPath::parse(path)) {
                return Some(path);
            }
        }
        None
    }

    fn outside(&mut self, what: &str, destination: &str, spot: &Spot) -> Lead<'a> {
        let message = format!("the {what} `{destination}` leads out of the source root");
        let finding = self.finding(Code::OutsideRoot, message, spot);
        self.findings.push(finding.help("link to what lies below `root` in `[source]`, or to a URL"));
        Lead::Nowhere
    }

    fn unknown(&mut self, destination: &str, inside: Inside<'_>, spot: &Spot) -> Lead<'a> {
        let folder = self.shared.folders.kind(&inside.path) == Some(Kind::Folder);
        let (message, help) = if folder {
            (
                format!("`{destination}` is a folder without an index page"),
                Some(Cow::Borrowed("give it an `index.md`")),
            )
        } else {
            (format!("`{destination}` names no document and no file"), None)
        };
        let finding = Finding { help, ..self.finding(Code::BrokenLink, message, spot) };
        Lead::Unknown(Unknown { path: inside.path.into(), anchor: inside.anchor.into(), finding })
    }

    /// The file that relative destinations count from.
    fn base(&self, spot: &Spot) -> Cow<'_, DocPath> {
        spot.included().map_or(Cow::Borrowed(self.path), Cow::Owned)
    }

    fn finding(&self, code: Code, message: impl Into<Box<str>>, spot: &Spot) -> Finding {
        let line = spot.position.line;
        let excerpt = match &spot.included {
            Some(path) => self.snippets.excerpt(path, line),
            None => self.lines.excerpt(line),
        };
        let shown = match &spot.included {
            Some(_) => spot.shown(self.shared.settings, self.path).into(),
            None => Arc::clone(&self.shown),
        };
        let excerpt = excerpt.map(Into::into);
        Finding { excerpt, ..Finding::new(code, message) }.at_shared(shown, Some(spot.position))
    }

    /// Whether something near may still be looked for.
    const fn hinting(&mut self) -> bool {
        self.hints += 1;
        self.hints <= MOST_HINTS
    }

    /// Tells that a file is missing, with the one that was probably meant.
    fn tell_with_file(&mut self, finding: Finding, missing: &str, spot: &Spot) {
        let near = self.hinting().then(|| suggest::file(&self.shared.folders, &self.base(spot), missing));
        self.tell(finding, near.flatten());
    }

    fn tell(&mut self, finding: Finding, help: Option<String>) {
        self.findings.push(Finding { help: help.map(Cow::Owned).or(finding.help), ..finding });
    }
}
