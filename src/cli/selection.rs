//! `PATHS` and `--since REF`: a filter on the whole plan. Nothing is an orphan in a filtered run.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use super::{Edges, Failure, git};
use crate::tree::{RenderedTree, Target};

/// What was asked for; empty is everything.
#[derive(Debug, Clone, Default)]
pub(super) struct Selection {
    /// Documents or folders, absolute.
    paths: Vec<Utf8PathBuf>,
    /// Files that changed since a git revision, absolute.
    changed: Option<BTreeSet<Utf8PathBuf>>,
    /// Document ids of a saved plan that was filtered itself.
    ids: Option<BTreeSet<String>>,
}

impl Selection {
    /// Reads paths relative to the working directory and asks git what changed.
    ///
    /// # Errors
    /// Exit 2: a path that is not there, a revision that git does not know.
    pub(super) fn new(
        paths: &[Utf8PathBuf],
        since: Option<&str>,
        folder: &Utf8Path,
    ) -> Result<Self, Failure> {
        let here = Edges::working_directory()?;
        let paths = paths.iter().map(|path| {
            here.join(path).canonicalize_utf8().map_err(|error| {
                Failure::usage("path", format!("`{path}` cannot be found: {error}"))
                    .help("name documents or folders of the doc tree")
            })
        });
        let paths = paths.collect::<Result<Vec<_>, _>>()?;
        let changed = since.map(|revision| git::changed_since(folder, revision)).transpose()?;
        Ok(Self { paths, changed, ids: None })
    }

    /// These documents, by id.
    pub(super) fn of_ids(ids: BTreeSet<String>) -> Self {
        Self { ids: Some(ids), ..Self::default() }
    }

    /// The documents it names; `None` is all of them.
    ///
    /// # Errors
    /// Exit 2: a path that names no document.
    pub(super) fn documents(&self, tree: &RenderedTree) -> Result<Option<BTreeSet<usize>>, Failure> {
        if let Some(ids) = &self.ids {
            let named = |number: &usize| ids.contains(tree.documents[*number].id.as_str());
            return Ok(Some((0..tree.documents.len()).filter(named).collect()));
        }
        if self.paths.is_empty() && self.changed.is_none() {
            return Ok(None);
        }
        let absolute: Vec<Utf8PathBuf> = tree
            .documents
            .iter()
            .map(|document| {
                document.absolute.canonicalize_utf8().unwrap_or_else(|_| document.absolute.to_path_buf())
            })
            .collect();
        for path in &self.paths {
            if !absolute.iter().any(|document| document.starts_with(path)) {
                return Err(Failure::usage("path", format!("`{path}` names no document that is published"))
                    .help("name documents or folders below `root` of `[source]`; drafts, and what `exclude` leaves out, are none"));
            }
        }
        let named = |number: &usize| {
            self.paths.is_empty() || self.paths.iter().any(|path| absolute[*number].starts_with(path))
        };
        let affected = self.changed.as_ref().map(|changed| affected(tree, &absolute, changed));
        let since = |number: &usize| affected.as_ref().is_none_or(|affected| affected.contains(number));
        Ok(Some(with_translations(tree, (0..tree.documents.len()).filter(named).filter(since).collect())))
    }
}

/// A document, its base-language document and the other translations of it are published together.
fn with_translations(tree: &RenderedTree, mut chosen: BTreeSet<usize>) -> BTreeSet<usize> {
    let translations = tree.translations();
    loop {
        // A translation may have translations of its own.
        let halves = translations.iter().filter(|(one, base)| chosen.contains(one) != chosen.contains(base));
        let joining: Vec<usize> = halves.flat_map(|(one, base)| [*one, *base]).collect();
        if joining.is_empty() {
            return chosen;
        }
        chosen.extend(joining);
    }
}

/// Documents that changed, and those that show something of what changed: their files, the documents they link
/// to (anchors, titles), the index pages of their folders (categories). Too many do no harm: only what really
/// differs is written.
fn affected(
    tree: &RenderedTree,
    absolute: &[Utf8PathBuf],
    changed: &BTreeSet<Utf8PathBuf>,
) -> BTreeSet<usize> {
    let own: BTreeSet<usize> =
        (0..tree.documents.len()).filter(|&n| changed.contains(&absolute[n])).collect();
    let folders: Vec<&str> = own
        .iter()
        .map(|&number| &tree.documents[number].path)
        .filter(|path| crate::tree::is_index(path))
        .map(crate::ids::DocPath::folder)
        .collect();
    let below = |path: &str, folder: &str| {
        folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    };
    let touched = |number: &usize| {
        let document = &tree.documents[*number];
        let shows = document.files.iter().filter_map(|file| tree.files.get(*file));
        own.contains(number)
            || shows.into_iter().any(|file| changed.contains(&file.absolute))
            || folders.iter().any(|folder| below(document.path.as_str(), folder))
            || document.references.iter().any(|target| match target {
                Target::Document(target, _) => own.contains(&target),
                _ => false,
            })
    };
    (0..tree.documents.len()).filter(touched).collect()
}
