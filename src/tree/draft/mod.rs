//! One document, read and outlined, its references taken as far as they go without the other documents' text.
//!
//! Runs on all cores; what it leaves is small, the text is dropped.

mod distant;
mod leads;

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::RenderedDocument;
use super::catalog::Catalog;
use super::files::Origin;
use super::folders::Folders;
use super::includes::Snippets;
use super::references::References;
use super::silence::{self, Silence};
use super::titles::{self, Title};
use crate::config::{NamedColumns, Settings, Status};
use crate::finding::{Code, Finding, Position, Severity};
use crate::ids::{Digest, DocPath, display_path};
use crate::render::{self, Outline};
use crate::source::{self, Document, SourceFile};
use crate::text::{self, Lines};

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
    /// Where it names what it translates.
    pub(super) translation_at: Option<Position>,
    pub(super) anchors: Anchors,
    pub(super) links: Links,
    pub(super) findings: Vec<Finding>,
    /// What comments silence, in the document and in what it includes.
    pub(super) silences: Vec<(Utf8PathBuf, Vec<Silence>)>,
    /// Files that it includes.
    pub(super) includes: Box<[DocPath]>,
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
    fn new(anchors: &render::Anchors) -> Self {
        let mut hashes: Vec<u64> = anchors.iter().map(hash).collect();
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
    let mut document = source::read(file, &shared.settings.source)?;
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
    let Drafting { anchors, mut findings, shown, mut unknown, files, .. } = drafting;
    let broken = !document.problems.is_empty();
    let most = shared.settings.source.max_document_bytes;
    let empty = (document.body().trim().is_empty() && !broken)
        .then(|| Finding::new(Code::EmptyDocument, "the document has no text"));
    let of_all = empty.into_iter().chain(too_large(outline.size, most));
    findings.extend(of_all.map(|finding| finding.at_shared(Arc::clone(&shown), None)));
    findings.append(&mut document.problems);
    let silences = silences(shared, &shown, &document.text, &snippets, &mut findings);
    findings.reserve_exact(outline.findings.len());
    findings.extend(outline.findings.into_iter().map(|finding| below_root(finding, shared, &shown)));
    findings.shrink_to_fit();
    unknown.shrink_to_fit();
    let heading = outline.title.as_ref().map(|heading| (&*heading.text, heading.position));
    let title = titles::title(&file.path, document.front.title.as_ref(), heading);
    let fingerprint = snippets.fingerprint(&document.text);
    let mut parts = Vec::new();
    snippets.each(|path, _| parts.push(path.clone()));
    let front = &document.front;
    let included = outline.references.into_iter().enumerate();
    Ok(Draft {
        unpublished: front.unpublished,
        status: front.status,
        title_at: title.position,
        id_at: front.id.as_ref().map(|id| id.position),
        translation_at: front.translation_at,
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
        includes: parts.into(),
        broken,
        document: rendered(shared, file, document, title, fingerprint, outline.body, references),
    })
}

/// The document as its front matter and its place name it, without the files that its references name.
fn rendered(
    shared: &Shared<'_>,
    file: &SourceFile,
    document: Document,
    title: Title,
    fingerprint: u64,
    body: Digest,
    references: References,
) -> RenderedDocument {
    let front = document.front;
    RenderedDocument {
        path: file.path.clone(),
        absolute: Arc::clone(&file.absolute),
        fingerprint,
        id: document.id,
        title_from_heading: title.from_heading,
        title: title.text,
        aliases: front.aliases.into_iter().map(|alias| alias.value).collect(),
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
        body,
        references,
        files: Box::default(),
    }
}

/// What comments silence in the document and in what it includes; what is odd about them is a finding.
fn silences(
    shared: &Shared<'_>,
    shown: &Utf8Path,
    text: &str,
    snippets: &Snippets<'_>,
    findings: &mut Vec<Finding>,
) -> Vec<(Utf8PathBuf, Vec<Silence>)> {
    let mut silences = Vec::new();
    let mut look = |path: &Utf8Path, text: &str| {
        let (covered, odd) = silence::silences(text);
        findings.extend(odd.into_iter().map(|finding| Finding { path: Some(path.into()), ..finding }));
        if !covered.is_empty() {
            silences.push((path.to_owned(), covered));
        }
    };
    look(shown, text);
    snippets.each(|path, text| look(&display_path(&shared.settings.source.root, path), text));
    silences
}

/// A finding of the renderer, which knows included files by their paths below the root and the document by none.
fn below_root(finding: Finding, shared: &Shared<'_>, shown: &Arc<Utf8Path>) -> Finding {
    let included = finding.path.as_ref().and_then(|path| DocPath::parse(path.as_str()).ok());
    let root = &shared.settings.source.root;
    let path = included.map_or_else(|| Arc::clone(shown), |path| display_path(root, &path).into());
    Finding { path: Some(path), ..finding }
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
