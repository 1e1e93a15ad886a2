//! `build`: the HTML as it would be sent, as files that a browser opens (design §9).
//!
//! Must not know: the instance. The same tree gives the same bytes.

use std::sync::Mutex;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;

use super::suggest::relative;
use super::{ComposeError, RenderedDocument, RenderedTree, Target, compose, read_file};
use crate::config::{Settings, Status};
use crate::event::{Event, Observer};
use crate::finding::{Code, Finding, Position, Severity};
use crate::fs;
use crate::ids::{display_path, page_path};
use crate::parallel;
use crate::render::Destination;

/// Where attachments go, below the output folder.
const FILES: &str = "files";
/// The list of all documents.
const INDEX: &str = "index.json";

/// Why a build stopped.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A document or file is not what was loaded.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// The output cannot be written.
    #[error("`{path}` cannot be written")]
    Write {
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// `index.json`.
#[derive(Debug, Serialize)]
struct Index<'a> {
    schema: &'static str,
    project: &'a str,
    documents: Vec<Entry<'a>>,
    files: Vec<FileEntry<'a>>,
    problems: Vec<ProblemEntry<'a>>,
}

#[derive(Debug, Serialize)]
struct Entry<'a> {
    id: &'a str,
    path: String,
    html: String,
    title: &'a str,
    status: &'static str,
    base: Option<&'a str>,
    category: Option<String>,
    files: Vec<String>,
    links: Vec<LinkEntry<'a>>,
}

/// A link or image, in document order. One that leads nowhere names nothing.
#[derive(Debug, Serialize)]
struct LinkEntry<'a> {
    line: u32,
    column: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    anchor: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
}

/// A finding, with the keys of every report (design §9).
#[derive(Debug, Serialize)]
struct ProblemEntry<'a> {
    severity: Severity,
    code: Code,
    message: &'a str,
    path: Option<&'a str>,
    line: Option<u32>,
    column: Option<u32>,
    help: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct FileEntry<'a> {
    name: &'a str,
    path: String,
    media_type: &'a str,
    size: u64,
    sha256: String,
}

/// Writes `DIR/<document id>.html` ([`page_path`]), `DIR/index.json` and `DIR/files/…`. Files that an earlier build left
/// and this one does not write stay.
///
/// # Errors
/// See [`BuildError`]; the first of them in the order of the documents.
pub fn build(
    settings: &Settings,
    tree: &RenderedTree,
    out: &Utf8Path,
    observer: &dyn Observer,
) -> Result<(), BuildError> {
    let total = tree.documents.len() + tree.files.len();
    observer.on(&Event::Stage { name: "writing HTML", total });
    let made = Mutex::new(std::collections::BTreeSet::new());
    let write = |path: &Utf8Path, bytes: &[u8]| {
        let put = || {
            let folder = path.parent().unwrap_or(out);
            {
                // Held until the folder is there: another page of it may be next.
                let mut made = made.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                if !made.contains(folder) {
                    std::fs::create_dir_all(folder)?;
                    made.insert(folder.to_owned());
                }
            }
            std::fs::write(path, bytes)
        };
        put().map_err(|source| BuildError::Write { path: path.to_owned(), source })
    };
    // Of documents that have one id, which is an error, the first one is written.
    let mut ids = std::collections::HashSet::new();
    let documents: Vec<_> = tree.documents.iter().filter(|document| ids.insert(&document.id)).collect();
    let written = parallel::map(documents.len(), |number| {
        let document = documents[number];
        observer.on(&Event::Step { what: document.path.as_str() });
        let html = page(settings, tree, document)?;
        write(&out.join(html_path(document)), html.as_bytes())
    });
    written.into_iter().collect::<Result<(), BuildError>>()?;
    let copied = parallel::map(tree.files.len(), |number| {
        let file = &tree.files[number];
        observer.on(&Event::Step { what: file.path.as_str() });
        write(&out.join(FILES).join(&file.name), &read_file(file)?)
    });
    copied.into_iter().collect::<Result<(), BuildError>>()?;
    let path = out.join(INDEX);
    let index = index(settings, tree).map_err(std::io::Error::other);
    let bytes = index.map_err(|source| BuildError::Write { path: path.clone(), source })?;
    fs::write_atomic(&path, bytes.as_bytes()).map_err(|source| BuildError::Write { path, source })?;
    observer.on(&Event::StageEnd);
    Ok(())
}

/// Where a document's page is, below the output folder.
fn html_path(document: &RenderedDocument) -> String {
    format!("{}.html", page_path(document.id.as_str()))
}

/// The body as it would be sent, its links and images as files beside it.
fn page(
    settings: &Settings,
    tree: &RenderedTree,
    document: &RenderedDocument,
) -> Result<String, ComposeError> {
    let own = html_path(document);
    let folder = own.rsplit_once('/').map_or("", |(folder, _)| folder);
    compose(settings, document, &tree.files, &mut |_, target| match target {
        Target::AsWritten(text) => Destination::Url(text.to_owned()),
        Target::Undrawn(_) | Target::Nowhere => Destination::Plain,
        Target::Document(to, anchor) => match tree.documents.get(to) {
            Some(to) => Destination::Url(format!("{}{anchor}", encoded(&relative(folder, &html_path(to))))),
            None => Destination::Plain,
        },
        Target::File(file, suffix) => match tree.files.get(file) {
            Some(file) => {
                let path = format!("{FILES}/{}", file.name);
                Destination::Url(format!("{}{suffix}", encoded(&relative(folder, &path))))
            }
            None => Destination::Plain,
        },
    })
}

/// A relative path as a URL. A colon in its first part would read as a scheme.
fn encoded(path: &str) -> String {
    const KEPT: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    percent_encoding::utf8_percent_encode(path, KEPT).to_string()
}

fn link<'a>(tree: &'a RenderedTree, target: Target<'a>, position: Position) -> LinkEntry<'a> {
    let Position { line, column } = position;
    let mut entry = LinkEntry { line, column, document: None, anchor: None, file: None, url: None };
    match target {
        Target::Document(to, anchor) => {
            entry.document = tree.documents.get(to).map(|document| document.id.as_str());
            entry.anchor = Some(anchor).filter(|anchor| !anchor.is_empty());
        }
        Target::File(file, _) => {
            entry.file = tree.files.get(file).map(|file| format!("{FILES}/{}", file.name));
        }
        Target::AsWritten(url) => entry.url = Some(url),
        Target::Undrawn(_) | Target::Nowhere => {}
    }
    entry
}

fn problem(finding: &Finding) -> ProblemEntry<'_> {
    ProblemEntry {
        severity: finding.severity,
        code: finding.code,
        message: &finding.message,
        path: finding.path.as_ref().map(|path| path.as_str()),
        line: finding.position.map(|at| at.line),
        column: finding.position.map(|at| at.column),
        help: finding.help.as_deref(),
    }
}

fn index(settings: &Settings, tree: &RenderedTree) -> Result<String, serde_json::Error> {
    let shown = |path| display_path(&settings.source.root, path).into_string();
    let file = |number: &usize| Some(format!("{FILES}/{}", tree.files.get(*number)?.name));
    let documents = tree.documents.iter().map(|document| Entry {
        id: document.id.as_str(),
        path: shown(&document.path),
        html: html_path(document),
        title: &document.title,
        status: match document.status {
            Status::Draft => "draft",
            Status::Published => "published",
        },
        base: document.knowledge_base.as_deref(),
        category: document.category.as_ref().map(|labels| labels.join(" / ")),
        files: document.files.iter().filter_map(file).collect(),
        links: document.references.placed().map(|(target, at)| link(tree, target, at)).collect(),
    });
    let files = tree.files.iter().map(|file| FileEntry {
        name: &file.name,
        path: if file.path.as_str().starts_with(".kb-publish/") {
            file.path.as_str().to_owned()
        } else {
            shown(&file.path)
        },
        media_type: &file.media_type,
        size: file.size,
        sha256: file.digest.hex(),
    });
    let index = Index {
        schema: "kb-publish/build/1",
        project: settings.project.as_str(),
        documents: documents.collect(),
        files: files.collect(),
        problems: tree.findings.iter().map(problem).collect(),
    };
    let mut text = serde_json::to_string_pretty(&index)?;
    text.push('\n');
    Ok(text)
}
