//! Where a document's references lead, as far as it can tell by itself.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::catalog::is_markdown;
use super::super::classify::{Class, Inside, classify};
use super::super::folders::Kind;
use super::super::references::{Packing, References, Target};
use super::super::suggest;
use super::{Drafting, Named, Spot, Unknown};
use crate::finding::{Code, Finding, Position};
use crate::ids::DocPath;
use crate::render::ReferenceKind;
use crate::source::FrontMatter;

/// Things missing in one document for which something near is looked for. Nobody reads more hints.
const MOST_HINTS: usize = 50;

/// Advice where a tool would compute a destination: braces stand in it.
fn computed(destination: &str) -> Option<Cow<'static, str>> {
    let braces = destination.starts_with('{') || destination.contains("{{") || destination.contains("{%");
    braces.then_some(Cow::Borrowed(
        "nothing is computed here: write the path, or name it in `[render.variables]`",
    ))
}

/// Where a reference leads, as far as one document can tell.
#[derive(Debug)]
pub(super) enum Lead<'a> {
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

impl<'a> Drafting<'a> {
    pub(super) fn references(&mut self) -> References {
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

    pub(super) fn attachments(&mut self, front: &FrontMatter) -> Vec<(DocPath, Position)> {
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
        if let Some(document) = self.page(destination) {
            return Lead::Document(document, inside.anchor);
        }
        match self.file(&inside).or_else(|| self.attachment_of_wiki(destination)) {
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

    /// The page of a wiki that is called so, wherever it lies, or that has this path from the root; in any case, and its
    /// file may have hyphens for spaces.
    fn page(&self, destination: &str) -> Option<usize> {
        let name = destination.split('#').next().unwrap_or_default();
        if !self.shared.options.dialects.wiki_links || name.is_empty() {
            return None;
        }
        if name.contains('/') {
            let catalog = &self.shared.catalog;
            return catalog.document(name, false).or_else(|| catalog.in_any_case(name));
        }
        let files = [format!("{name}.md"), format!("{}.md", name.replace(' ', "-"))];
        let called_so = files.iter().find_map(|file| match self.shared.catalog.named(file) {
            [document] => Some(*document),
            _ => None,
        });
        called_so.or_else(|| self.shared.catalog.page(name))
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
                let file = self.file(&inside).or_else(|| self.attachment_of_wiki(destination));
                let named = file.as_ref().is_some_and(|path| is_markdown(path.as_str()));
                if named || file.is_none() && self.page(destination).is_some() {
                    let message = format!("`{destination}` is a document, no image");
                    let finding = self.finding(Code::MissingImage, message, spot);
                    self.findings.push(finding.help("link to it, or include it: `--8<-- \"file.md\"`"));
                    return Lead::Nowhere;
                }
                if let Some(path) = file {
                    return Lead::File(path, inside.suffix);
                }
                let message = format!("the image `{destination}` is not there");
                let help = computed(destination);
                let finding = Finding { help, ..self.finding(Code::MissingImage, message, spot) };
                self.tell_with_file(finding, &inside.path, spot);
                return Lead::Nowhere;
            }
        };
        let finding = self.finding(code, message, spot);
        self.findings.push(finding);
        Lead::Nowhere
    }

    /// Obsidian names files by their paths from the root, or by their names alone where no two are called so.
    fn attachment_of_wiki(&self, destination: &str) -> Option<DocPath> {
        if !self.shared.options.dialects.wiki_links {
            return None;
        }
        let path = destination.split(['?', '#']).next().unwrap_or_default();
        let path = percent_encoding::percent_decode_str(path).decode_utf8().ok()?;
        let path = crate::ids::nfc(&*path);
        match self.shared.folders.kind(&path) {
            Some(Kind::File) => DocPath::parse(&path).ok(),
            _ => self.shared.folders.named(&path),
        }
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
            (format!("`{destination}` names no document and no file"), computed(destination))
        };
        let finding = Finding { help, ..self.finding(Code::BrokenLink, message, spot) };
        Lead::Unknown(Unknown { path: inside.path.into(), anchor: inside.anchor.into(), finding })
    }

    /// The file that relative destinations count from.
    fn base(&self, spot: &Spot) -> Cow<'_, DocPath> {
        spot.included().map_or(Cow::Borrowed(self.path), Cow::Owned)
    }

    pub(super) fn finding(&self, code: Code, message: impl Into<Box<str>>, spot: &Spot) -> Finding {
        let excerpt = match &spot.included {
            Some(path) => self.snippets.excerpt(path, spot.position),
            None => self.lines.excerpt(spot.position),
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
