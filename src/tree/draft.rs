//! One document, read and outlined, its references taken as far as they go without the other documents' text.
//!
//! Runs on all cores; what it leaves is small, the text is dropped.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use camino::Utf8PathBuf;

use super::catalog::{Catalog, is_markdown};
use super::classify::{Class, Inside, classify};
use super::files::Origin;
use super::folders::{Folders, Kind};
use super::includes::Snippets;
use super::pictures::{self, Picture};
use super::silence::{self, Silence};
use super::suggest;
use crate::config::Settings;
use crate::finding::{Code, Finding, Position};
use crate::ids::{Digest, DocPath, DocumentId, display_path};
use crate::render::{self, Outline, ReferenceKind};
use crate::source::{self, Document, FrontMatter, SourceFile};
use crate::text;

/// What all documents share while they are read.
pub(super) struct Shared<'a> {
    pub(super) settings: &'a Settings,
    pub(super) options: render::Options,
    pub(super) catalog: Catalog<'a>,
    pub(super) folders: Folders,
}

/// A document without its text.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) id: DocumentId,
    pub(super) front: FrontMatter,
    pub(super) text: Digest,
    pub(super) body: Digest,
    /// The first H1's text, and where it stands.
    pub(super) heading: Option<(Box<str>, Position)>,
    pub(super) anchors: Anchors,
    pub(super) references: Vec<(Lead, Spot)>,
    pub(super) attachments: Vec<(Lead, Spot)>,
    pub(super) findings: Vec<Finding>,
    /// What comments silence, in the document and in what it includes.
    pub(super) silences: Vec<(Utf8PathBuf, Vec<Silence>)>,
    /// Its front matter cannot be read: it is checked, and not published.
    pub(super) broken: bool,
}

/// Where a reference stands.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    pub(super) position: Position,
    /// The included file it stands in, below the source root; else the document.
    pub(super) included: Option<Box<str>>,
}

impl Spot {
    /// The file it stands in, as reports show it.
    pub(super) fn shown(&self, settings: &Settings, document: &DocPath) -> Utf8PathBuf {
        let included = self.included.as_ref().and_then(|path| DocPath::parse(path).ok());
        display_path(&settings.source.root, included.as_ref().unwrap_or(document))
    }
}

/// Where a reference leads, as far as one document can tell.
#[derive(Debug)]
pub(super) enum Lead {
    /// Stays as it is written here.
    AsWritten(Box<str>),
    /// A document of the walk; the anchor without its `#`.
    Document(usize, Box<str>),
    /// A file below the root, and the query and fragment it was asked for with.
    File { path: DocPath, absolute: Utf8PathBuf, suffix: Box<str>, origin: Origin },
    /// Nothing on disk: an id, an alias, a redirect, or broken.
    Unknown(Box<Unknown>),
    /// Told already.
    Nowhere,
}

/// A link that names no file.
#[derive(Debug)]
pub(super) struct Unknown {
    /// The path below the root that it would be.
    pub(super) path: String,
    /// The decoded anchor.
    pub(super) anchor: String,
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
    pub(super) fn find(&self, anchor: &str) -> Option<String> {
        if anchor.is_empty() || anchor.eq_ignore_ascii_case("top") || self.has(anchor) {
            return Some(anchor.to_owned());
        }
        Some(anchor.to_lowercase()).filter(|lower| self.has(lower))
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
    let shown = display_path(&settings.source.root, path);
    let encoded = percent_encoding::utf8_percent_encode(shown.as_str(), ESCAPED).to_string();
    (!template.is_empty()).then(|| template.replace("{path}", &encoded))
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
        path: &document.path,
        shown: display_path(&shared.settings.source.root, &document.path),
        text: &document.text,
        lines: OnceCell::new(),
        anchors: Anchors::new(&outline.anchors),
        outline: &outline,
        snippets: &snippets,
        findings: Vec::new(),
    };
    let references = drafting.references();
    let attachments = drafting.attachments(&document.front);
    let broken = !document.problems.is_empty();
    if document.body().trim().is_empty() && !broken {
        let finding = Finding::new(Code::EmptyDocument, "the document has no text");
        drafting.findings.push(finding.at(drafting.shown.clone(), None));
    }
    let Drafting { anchors, mut findings, shown, .. } = drafting;
    findings.extend(document.problems);
    let mut silences = Vec::new();
    let mut silence = |path: &Utf8PathBuf, text: &str| {
        let (covered, odd) = silence::silences(text);
        findings.extend(odd.into_iter().map(|finding| Finding { path: Some(path.clone()), ..finding }));
        if !covered.is_empty() {
            silences.push((path.clone(), covered));
        }
    };
    silence(&shown, &document.text);
    snippets.each(|path, text| silence(&display_path(&shared.settings.source.root, path), text));
    findings.extend(outline.findings.into_iter().map(|finding| {
        let included = finding.path.as_ref().and_then(|path| DocPath::parse(path.as_str()).ok());
        let root = &shared.settings.source.root;
        Finding {
            path: Some(included.map_or_else(|| shown.clone(), |path| display_path(root, &path))),
            ..finding
        }
    }));
    Ok(Draft {
        text: snippets.digest(&document.text),
        body: outline.body,
        heading: outline.title.map(|heading| (heading.text, heading.position)),
        anchors,
        references,
        attachments,
        findings,
        silences,
        broken,
        id: document.id,
        front: document.front,
    })
}

fn made(Picture { path, absolute }: Picture) -> Lead {
    Lead::File { path, absolute, suffix: "".into(), origin: Origin::Made }
}

struct Drafting<'a> {
    shared: &'a Shared<'a>,
    path: &'a DocPath,
    shown: Utf8PathBuf,
    text: &'a str,
    lines: OnceCell<Vec<&'a str>>,
    anchors: Anchors,
    outline: &'a Outline,
    snippets: &'a Snippets<'a>,
    findings: Vec<Finding>,
}

impl Drafting<'_> {
    fn references(&mut self) -> Vec<(Lead, Spot)> {
        let outline = self.outline;
        let lead = |reference: &render::Reference| {
            let spot = Spot { position: reference.position, included: reference.included.clone() };
            let lead = match reference.kind {
                ReferenceKind::Link => self.link(&reference.destination, &spot),
                ReferenceKind::Image => self.image(&reference.destination, &spot),
                ReferenceKind::Drawing => self.drawing(&reference.destination, &spot),
            };
            (lead, spot)
        };
        outline.references.iter().map(lead).collect()
    }

    fn attachments(&mut self, front: &FrontMatter) -> Vec<(Lead, Spot)> {
        let mut leads = Vec::with_capacity(front.attachments.len());
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
            let lead = self.file(&inside).unwrap_or_else(|| {
                let message = format!("the attached file `{}` is not there", named.value);
                let finding = self.finding(Code::BrokenLink, message, &spot);
                self.tell(finding, suggest::file(&self.shared.folders, &self.base(&spot), &inside.path));
                Lead::Nowhere
            });
            leads.push((lead, spot));
        }
        leads
    }

    fn site_roots(&self) -> &BTreeMap<String, String> {
        &self.shared.settings.render.site_roots
    }

    fn link(&mut self, destination: &str, spot: &Spot) -> Lead {
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
                return Lead::Document(document, inside.anchor.into());
            }
        }
        match self.file(&inside) {
            Some(Lead::File { path, .. }) if is_markdown(path.as_str()) => {
                let finding = self.finding(
                    Code::UnpublishedTarget,
                    format!("`{destination}` is left out of the documents, so the link goes out as its text"),
                    spot,
                );
                self.findings.push(finding.help("look at `include`, `exclude`, .gitignore and .kbignore"));
                Lead::Nowhere
            }
            Some(lead) => lead,
            None => self.unknown(destination, inside, spot),
        }
    }

    fn here(&mut self, destination: &str, anchor: &str, spot: &Spot) -> Lead {
        let fragment = destination.split_once('#').map_or("", |(_, fragment)| fragment);
        match self.anchors.find(anchor) {
            // As written where it fits: escapes stay.
            Some(found) if found == anchor => Lead::AsWritten(format!("#{fragment}").into()),
            Some(found) => Lead::AsWritten(format!("#{found}").into()),
            None => {
                let message = format!("the document has no anchor `#{anchor}`");
                let finding = self.finding(Code::BrokenAnchor, message, spot);
                let near = suggest::anchor(anchor, &self.outline.anchors);
                self.tell(finding, near);
                Lead::AsWritten(format!("#{fragment}").into())
            }
        }
    }

    fn image(&mut self, destination: &str, spot: &Spot) -> Lead {
        let missing = |what: String| (Code::MissingImage, what);
        let (code, message) = match classify(&self.base(spot), destination, self.site_roots()) {
            Class::Elsewhere => return self.distant_image(destination, spot),
            Class::Outside => return self.outside("image", destination, spot),
            Class::Empty | Class::Here { .. } => missing("the image has no source".into()),
            Class::Inside(inside) => {
                if let Some(lead) = self.file(&inside) {
                    return lead;
                }
                let near = suggest::file(&self.shared.folders, &self.base(spot), &inside.path);
                let finding =
                    self.finding(Code::MissingImage, format!("the image `{destination}` is not there"), spot);
                self.tell(finding, near);
                return Lead::Nowhere;
            }
        };
        let finding = self.finding(code, message, spot);
        self.findings.push(finding);
        Lead::Nowhere
    }

    /// An image that is no file of the tree: a large `data:` URL becomes one, and one on another host where that is
    /// asked for.
    fn distant_image(&mut self, destination: &str, spot: &Spot) -> Lead {
        let scheme = destination.trim_start().get(..5).unwrap_or_default();
        if scheme.eq_ignore_ascii_case("data:") {
            return match pictures::lifted(self.shared.settings, destination) {
                Ok(None) => Lead::AsWritten(destination.into()),
                Ok(Some(picture)) => made(picture),
                Err(reason) => {
                    let message = format!("the image is left out: {reason}");
                    let finding = self.finding(Code::MissingImage, message, spot);
                    self.findings.push(finding);
                    Lead::Nowhere
                }
            };
        }
        let url = url::Url::parse(destination.trim()).ok();
        let fetch = url.filter(|url| self.shared.settings.render.fetch_images && url.has_host());
        let place = fetch.and_then(|url| {
            let name = format!(".kb-publish/{}", Digest::of(url.as_str().as_bytes()).hex());
            Some((DocPath::parse(&name).ok()?, url))
        });
        match place {
            None => Lead::AsWritten(destination.into()),
            Some((path, url)) => Lead::File {
                path,
                absolute: Utf8PathBuf::new(),
                suffix: "".into(),
                origin: Origin::Remote(url.as_str().into()),
            },
        }
    }

    /// A code block or formula that a command draws.
    fn drawing(&mut self, destination: &str, spot: &Spot) -> Lead {
        let (language, source) = destination.split_once('\n').unwrap_or((destination, ""));
        match pictures::drawn(self.shared.settings, language, source) {
            Ok(picture) => made(picture),
            Err(reason) => {
                let message = format!("the `{language}` drawing is shown as its source: {reason}");
                let finding = self.finding(Code::DrawingFailed, message, spot);
                self.findings
                    .push(finding.help("look at its source, and at the command in `[render.diagrams]`"));
                Lead::Nowhere
            }
        }
    }

    /// The file of this name, if there is one.
    fn file(&self, inside: &Inside) -> Option<Lead> {
        for path in std::iter::once(&inside.path).chain(&inside.raw) {
            let private = path.split('/').any(|part| part == ".git");
            let found = self.shared.folders.find(path).filter(|_| !private && !inside.folder);
            if let (Some((Kind::File, absolute)), Ok(path)) = (found, DocPath::parse(path)) {
                let suffix = inside.suffix.as_str().into();
                return Some(Lead::File { path, absolute, suffix, origin: Origin::Tree });
            }
        }
        None
    }

    fn outside(&mut self, what: &str, destination: &str, spot: &Spot) -> Lead {
        let message = format!("the {what} `{destination}` leads out of the source root");
        let finding = self.finding(Code::OutsideRoot, message, spot);
        self.findings.push(finding.help("link to what lies below `root` in `[source]`, or to a URL"));
        Lead::Nowhere
    }

    fn unknown(&mut self, destination: &str, inside: Inside, spot: &Spot) -> Lead {
        let folder = self.shared.folders.find(&inside.path).is_some_and(|(kind, _)| kind == Kind::Folder);
        let (message, help) = if folder {
            (
                format!("`{destination}` is a folder without an index page"),
                Some("give it an `index.md`".to_owned()),
            )
        } else {
            (format!("`{destination}` names no document and no file"), None)
        };
        let finding = Finding { help, ..self.finding(Code::BrokenLink, message, spot) };
        Lead::Unknown(Box::new(Unknown { path: inside.path, anchor: inside.anchor, finding }))
    }

    /// The file that relative destinations count from.
    fn base(&self, spot: &Spot) -> Cow<'_, DocPath> {
        let included = spot.included.as_ref().and_then(|path| DocPath::parse(path).ok());
        included.map_or(Cow::Borrowed(self.path), Cow::Owned)
    }

    fn finding(&self, code: Code, message: impl Into<String>, spot: &Spot) -> Finding {
        let line = spot.position.line;
        let excerpt = match &spot.included {
            Some(path) => self.snippets.excerpt(path, line),
            None => self.excerpt(line),
        };
        let shown = spot.shown(self.shared.settings, self.path);
        Finding { excerpt, ..Finding::new(code, message) }.at(shown, Some(spot.position))
    }

    /// A line of the document; the lines are told apart once, and only where something is wrong.
    fn excerpt(&self, line: u32) -> Option<String> {
        let lines = self.lines.get_or_init(|| self.text.lines().collect());
        let line = lines.get(usize::try_from(line).ok()?.checked_sub(1)?)?;
        text::excerpt(line, 1).or_else(|| Some(String::new()))
    }

    fn tell(&mut self, finding: Finding, help: Option<String>) {
        self.findings.push(Finding { help: help.or(finding.help), ..finding });
    }
}
