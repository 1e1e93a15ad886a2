//! The run over all documents: walk, read on all cores, settle what needs all of them, then hash their files.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use super::RenderedTree;
use super::catalog::Catalog;
use super::draft::{Shared, draft};
use super::files::{Limits, Origin, Wanted, inspect};
use super::folders::Folders;
use super::identity::{Drafts, Names};
use super::parts::{Parts, check_navigation};
use super::pictures::{self, Picture};
use super::reread::Reread;
use super::settle::{Settled, settle};
use super::silence::Silences;
use super::translations::Translations;
use crate::config::Settings;
use crate::event::{Event, Observer};
use crate::finding::{Code, Finding, Severity};
use crate::ids::display_path;
use crate::panics;
use crate::parallel;
use crate::render;
use crate::source::{self, SourceFile, Walked};
use crate::web;

/// Time limit of one image on another host.
const FETCH_TIMEOUT: Duration = Duration::from_secs(30);

/// What the renderer is told of the whole tree.
pub fn options(settings: &Settings) -> render::Options {
    render::Options {
        highlight: settings.render.highlight.clone(),
        dialects: settings.render.dialects,
        variables: settings.render.variables.clone(),
        drawings: settings.render.diagrams.keys().cloned().collect(),
        formulas: settings.render.formulas,
    }
}

/// Reads, checks and outlines all documents. What is wrong is in the findings; nothing here fails.
pub fn load(settings: &Settings, observer: &dyn Observer) -> RenderedTree {
    let Walked { files, mut findings, root } = source::walk(&settings.source);
    let shared = Shared {
        settings,
        options: options(settings),
        catalog: Catalog::new(&files),
        folders: Folders::new(&root),
        no_columns: Arc::default(),
    };
    observer.on(&Event::Stage { name: "reading documents", total: files.len() });
    let read = parallel::map(files.len(), |number| {
        // Boxed, so that lists of them can be moved and grown without holding each twice.
        let result = panics::caught(|| draft(&shared, &files[number]).map(Box::new));
        let result = result.unwrap_or_else(|| Err(Box::new(stopped(settings, &files[number]))));
        observer.on(&Event::Step { what: files[number].path.as_str() });
        result
    });
    observer.on(&Event::StageEnd);
    let mut unpublished = BTreeSet::new();
    let mut silences = Silences::default();
    let mut parts = Parts::default();
    let mut drafts: Drafts = Vec::with_capacity(read.len());
    for (file, result) in files.iter().zip(read) {
        let draft = result.map_err(|told| findings.push(*told)).ok().map(|mut draft| {
            findings.append(&mut draft.findings);
            for (path, silenced) in draft.silences.drain(..) {
                silences.add(path, silenced);
            }
            std::mem::take(&mut draft.includes).into_iter().for_each(|part| parts.add(part, &file.path));
            if draft.unpublished {
                unpublished.insert(display_path(&settings.source.root, &file.path));
            }
            draft
        });
        drafts.push(draft);
    }
    let names = Names::new(&files, &drafts, settings, &mut findings);
    names.check_redirects(&drafts, settings, &mut findings);
    let translations = Translations::new(&files, &mut drafts, &names, settings);
    translations.check(&drafts, &mut findings);
    let settled = settle(&shared, &files, drafts, &names, &mut findings);
    translations.check_languages(&settled.tree.documents, &mut findings);
    parts.check(&settled.tree.documents, settings, &mut findings);
    check_navigation(&settled.tree.documents, settings, &mut findings);
    let mut tree = attach(settled, &shared, &files, &root, observer, &mut findings);
    tree.findings = weighed(findings, settings, &unpublished, &silences);
    tree.silences = silences;
    tree
}

/// What is told of a document whose reading panicked: it is left alone as one that cannot be read.
fn stopped(settings: &Settings, file: &SourceFile) -> Finding {
    let message = "the document cannot be read: the renderer fails at it";
    let finding = Finding::new(Code::Unreadable, message)
        .help("please report it with the document; `-vv` shows where it stopped");
    finding.at(display_path(&settings.source.root, &file.path), None)
}

/// Reads the files that documents show or offer, and puts them in their place.
fn attach(
    settled: Settled,
    shared: &Shared<'_>,
    documents: &[SourceFile],
    root: &Utf8Path,
    observer: &dyn Observer,
    findings: &mut Vec<Finding>,
) -> RenderedTree {
    let Settled { mut tree, mut wanted, first_use } = settled;
    let refused = fetch(&mut wanted, shared.settings, observer);
    let source = &shared.settings.source;
    let limits = Limits { bytes: source.max_file_bytes, pixels: source.max_image_pixels };
    observer.on(&Event::Stage { name: "reading files", total: wanted.len() });
    let inspected = inspect(&wanted, root, limits);
    let mut reread = Reread::new(shared);
    let mut by_name: HashMap<String, usize> = HashMap::new();
    let mut places: Vec<Option<usize>> = Vec::with_capacity(wanted.len());
    for (number, (inspected, (document, spot))) in inspected.into_iter().zip(first_use).enumerate() {
        let inspected = refused.get(&number).map_or(inspected, |finding| Err(finding.clone()));
        let mut tell = |finding| findings.push(reread.placed(&documents[document], &spot, finding));
        places.push(match inspected {
            Ok((file, odd)) => {
                observer.on(&Event::Step { what: file.path.as_str() });
                odd.into_iter().for_each(&mut tell);
                // One name is one content: twins in different folders are one file.
                let fresh = tree.files.len();
                let place = *by_name.entry(file.name.clone()).or_insert(fresh);
                if place == fresh {
                    tree.files.push(file);
                }
                Some(place)
            }
            Err(finding) => {
                tell(finding);
                None
            }
        });
    }
    observer.on(&Event::StageEnd);
    let place = |wanted: usize| places.get(wanted).copied().flatten();
    for document in &mut tree.documents {
        document.references.renumber_files(place);
        let mut seen = BTreeSet::new();
        let files = std::mem::take(&mut document.files);
        document.files = files.iter().copied().filter_map(place).filter(|file| seen.insert(*file)).collect();
    }
    tree
}

/// Fetches images on other hosts that were not fetched before. What could not be fetched, by its number.
fn fetch(wanted: &mut [Wanted], settings: &Settings, observer: &dyn Observer) -> HashMap<usize, Finding> {
    let mut refused = HashMap::new();
    let mut missing = Vec::new();
    for (number, file) in wanted.iter_mut().enumerate() {
        let Origin::Remote(url) = &file.origin else { continue };
        match pictures::fetched(settings, url) {
            Some(Picture { path, absolute }) => (file.path, file.absolute) = (path, absolute),
            None => missing.push((number, url.to_string())),
        }
    }
    if missing.is_empty() {
        return refused;
    }
    observer.on(&Event::Stage { name: "fetching images", total: missing.len() });
    let urls: Vec<String> = missing.iter().map(|(_, url)| url.clone()).collect();
    let told = |url: &str| observer.on(&Event::Step { what: url });
    let most = settings.source.max_file_bytes;
    for ((number, url), answer) in missing.iter().zip(web::fetch(&urls, FETCH_TIMEOUT, most, &told)) {
        match answer.and_then(|bytes| pictures::keep_fetched(settings, url, &bytes)) {
            Ok(Picture { path, absolute }) => {
                (wanted[*number].path, wanted[*number].absolute) = (path, absolute);
            }
            Err(reason) => {
                let finding = Finding::new(
                    Code::MissingImage,
                    format!("the image `{url}` cannot be fetched: {reason}"),
                );
                refused.insert(*number, finding);
            }
        }
    }
    observer.on(&Event::StageEnd);
    refused
}

/// A finding with the weight that `[lint]` gives it; `None` where it is off, or a comment silences it.
pub(super) fn weigh(mut finding: Finding, settings: &Settings, silences: &Silences) -> Option<Finding> {
    if finding.code.may_be_lowered() {
        if silences.cover(&finding) {
            return None;
        }
        let root = settings.source.root.as_str();
        let path = finding.path.as_deref().map(|path| match root {
            "" | "." => path.as_str(),
            _ => path.strip_prefix(root).map_or(path.as_str(), Utf8Path::as_str),
        });
        finding.severity = settings.lint.weight(finding.code, path).unwrap_or(Some(finding.severity))?;
    }
    Some(finding)
}

/// Severities as `[lint.severity]` wants them, what is off left out, ordered by place. What is wrong in a
/// document that is not published stops nobody.
fn weighed(
    findings: Vec<Finding>,
    settings: &Settings,
    unpublished: &BTreeSet<Utf8PathBuf>,
    silences: &Silences,
) -> Vec<Finding> {
    let weigh = |finding: Finding| {
        let mut finding = weigh(finding, settings, silences)?;
        let unpublished = finding.path.as_ref().is_some_and(|path| unpublished.contains(&**path));
        if unpublished && finding.code.may_be_lowered() {
            finding.severity = Severity::Warning;
        }
        Some(finding)
    };
    let mut findings: Vec<Finding> = findings.into_iter().filter_map(weigh).collect();
    findings.sort_by(|one, other| {
        let key =
            |finding: &Finding| (finding.position.map_or((0, 0), |at| (at.line, at.column)), finding.code);
        // Most stand beside others of their file.
        let path = match (&one.path, &other.path) {
            (Some(path), Some(next)) if Arc::ptr_eq(path, next) => Ordering::Equal,
            (path, next) => {
                path.as_ref().map(|path| path.as_str()).cmp(&next.as_ref().map(|path| path.as_str()))
            }
        };
        path.then_with(|| key(one).cmp(&key(other))).then_with(|| one.message.cmp(&other.message))
    });
    // Documents that include one file tell the same of it.
    findings.dedup();
    findings
}
