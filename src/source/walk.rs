//! Finds the documents: walks the root, holds every name against include, exclude and ignore files, and gives
//! each document its id.
//!
//! Must not know: what is in a document.

use std::collections::BTreeSet;
use std::path::Path;

use camino::{Utf8Path, Utf8PathBuf};
use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use walkdir::{DirEntry, WalkDir};

use super::document::SourceFile;
use crate::config::PathGlobs;
use crate::config::SourceSettings;
use crate::finding::{Code, Finding};
use crate::ids::{DocPath, DocumentId, display_path, nfc};
use crate::text;

/// Names of ignore files, the stronger last.
const IGNORE_FILES: [&str; 2] = [".gitignore", ".kbignore"];

/// What the walk found.
#[derive(Debug, Default)]
pub struct Walked {
    /// The documents, ordered by path.
    pub files: Vec<SourceFile>,
    /// What could not be walked.
    pub findings: Vec<Finding>,
    /// The root without symbolic links; empty where there is none.
    pub root: Utf8PathBuf,
}

/// Walks the source root. The order does not depend on the system.
pub fn walk(settings: &SourceSettings) -> Walked {
    let root = match settings.absolute_root.canonicalize_utf8() {
        Ok(root) if root.is_dir() => root,
        Ok(_) => return no_root(settings, "is not a folder"),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return no_root(settings, "is not there");
        }
        Err(error) => return no_root(settings, &format!("cannot be read: {error}")),
    };
    let mut walk = Walk {
        settings,
        include: PathGlobs::new(&settings.include),
        exclude: PathGlobs::new(&settings.exclude),
        above: ignore_files_above(&root),
        ignores: Vec::new(),
        found: Vec::new(),
        findings: Vec::new(),
        root,
    };
    walk.run();
    let Walk { mut found, mut findings, root, .. } = walk;
    found.sort();
    let files = with_ids(found, settings, &mut findings);
    if files.is_empty() && findings.is_empty() {
        findings.push(
            Finding::new(Code::EmptyTree, format!("`{}` holds no documents", settings.root))
                .help("look at `root`, `include` and `exclude` in `[source]`"),
        );
    }
    Walked { files, findings, root }
}

fn no_root(settings: &SourceSettings, why: &str) -> Walked {
    let finding = Finding::new(Code::EmptyTree, format!("the source root `{}` {why}", settings.root))
        .help("`root` in `[source]` names the folder of the documents, relative to the configuration file");
    Walked { findings: vec![finding], ..Walked::default() }
}

struct Walk<'a> {
    settings: &'a SourceSettings,
    root: Utf8PathBuf,
    include: PathGlobs,
    exclude: PathGlobs,
    /// Ignore files between the repository's top and the root.
    above: Vec<Gitignore>,
    /// Ignore files of the folders that are open, with their depth.
    ignores: Vec<(usize, Gitignore)>,
    found: Vec<(DocPath, Utf8PathBuf)>,
    findings: Vec<Finding>,
}

impl Walk<'_> {
    fn run(&mut self) {
        let mut entries = WalkDir::new(&self.root).follow_links(true).into_iter();
        while let Some(entry) = entries.next() {
            match entry {
                Ok(entry) if entry.file_type().is_dir() => {
                    if !self.enter(&entry) {
                        entries.skip_current_dir();
                    }
                }
                Ok(entry) => self.file(&entry),
                Err(error) => self.failed(&error),
            }
        }
    }

    /// Whether a folder is walked.
    fn enter(&mut self, entry: &DirEntry) -> bool {
        self.close(entry.depth());
        if entry.depth() > 0 {
            if hidden(entry) {
                return false;
            }
            let Some(path) = self.relative(entry.path()) else {
                self.bad_name(entry.path(), "folder");
                return false;
            };
            if self.ignored(&path, true) || self.exclude.matches(&path) || self.leaves(entry, &path) {
                return false;
            }
        }
        for name in IGNORE_FILES {
            let file = entry.path().join(name);
            if file.is_file() {
                self.ignores.push((entry.depth(), ignore_file(entry.path(), &file)));
            }
        }
        true
    }

    fn close(&mut self, depth: usize) {
        while self.ignores.last().is_some_and(|(open, _)| *open >= depth) {
            self.ignores.pop();
        }
    }

    fn file(&mut self, entry: &DirEntry) {
        self.close(entry.depth());
        if hidden(entry) {
            return;
        }
        let Some(path) = self.relative(entry.path()) else {
            if self.include.matches(&entry.path().to_string_lossy()) {
                self.bad_name(entry.path(), "document");
            }
            return;
        };
        let wanted = named(&self.include, &path) && !named(&self.exclude, &path);
        if !wanted || self.ignored(&path, false) || self.leaves(entry, &path) {
            return;
        }
        if !entry.file_type().is_file() {
            let message = format!("`{path}` cannot be read: it is not a file");
            let finding = Finding::new(Code::Unreadable, message);
            return self.findings.push(finding.at(shown(self.settings, &path), None));
        }
        let (Ok(path), Ok(absolute)) =
            (DocPath::parse(&path), Utf8PathBuf::from_path_buf(entry.path().into()))
        else {
            return self.bad_name(entry.path(), "document");
        };
        self.found.push((path, absolute));
    }

    /// Whether a symbolic link leads out of the root; says so.
    fn leaves(&mut self, entry: &DirEntry, path: &str) -> bool {
        if !entry.path_is_symlink() {
            return false;
        }
        let inside = entry.path().canonicalize().is_ok_and(|target| target.starts_with(&self.root));
        if !inside {
            let finding = Finding::new(
                Code::OutsideRoot,
                format!("the symbolic link `{path}` leads out of the source root"),
            )
            .help("copy what it leads to, or leave the link out with `exclude` or `.kbignore`");
            self.findings.push(finding.at(shown(self.settings, path), None));
        }
        !inside
    }

    /// The path below the root, `/`-separated, NFC; `None` where it is not UTF-8.
    fn relative(&self, path: &Path) -> Option<String> {
        let relative = path.strip_prefix(&self.root).ok()?.to_str()?;
        let relative = if cfg!(windows) { relative.replace('\\', "/") } else { relative.to_owned() };
        Some(nfc(relative).into_owned())
    }

    /// The nearest ignore file that says anything about the path decides.
    fn ignored(&self, path: &str, folder: bool) -> bool {
        if self.ignores.is_empty() && self.above.is_empty() {
            return false;
        }
        let absolute = self.root.join(path);
        for rules in self.ignores.iter().rev().map(|(_, rules)| rules).chain(self.above.iter().rev()) {
            match rules.matched(&absolute, folder) {
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
                Match::None => {}
            }
        }
        false
    }

    fn bad_name(&mut self, path: &Path, what: &str) {
        let relative = path.strip_prefix(&self.root).unwrap_or(path).to_string_lossy();
        let name = text::visible(&relative);
        let message = format!("the name of the {what} `{name}` is not one that every system can hold");
        let finding = Finding::new(Code::InvalidPath, message)
            .help("rename it: UTF-8, without control characters or `\\`");
        self.findings.push(finding.at(shown(self.settings, &relative), None));
    }

    fn failed(&mut self, error: &walkdir::Error) {
        self.close(error.depth());
        let path = error.path().unwrap_or(self.root.as_std_path());
        let named = path.file_name().is_some_and(|name| name.as_encoded_bytes().first() == Some(&b'.'));
        let left_out = self.relative(path).is_some_and(|path| {
            self.exclude.matches(&path) || self.ignored(&path, false) || self.ignored(&path, true)
        });
        if error.depth() > 0 && (named || left_out) {
            return;
        }
        let relative = path.strip_prefix(&self.root).unwrap_or(path).to_string_lossy();
        let relative = if cfg!(windows) { relative.replace('\\', "/").into() } else { relative };
        let message = if error.loop_ancestor().is_some() {
            format!("the symbolic link `{relative}` leads back to a folder above it")
        } else {
            let cause = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
            match &*relative {
                "" => format!("the source root `{}` cannot be read: {cause}", self.settings.root),
                relative => format!("`{relative}` cannot be read: {cause}"),
            }
        };
        // A dangling link to something that is no document is nobody's business until it is referred to.
        let dangling = error.io_error().is_some_and(|error| error.kind() == std::io::ErrorKind::NotFound);
        if !dangling || self.include.matches(&relative) {
            self.findings
                .push(Finding::new(Code::Unreadable, message).at(shown(self.settings, &relative), None));
        }
    }
}

/// Whether globs name a file. Some systems write its extension in capitals: `README.MD` is one of `**/*.md`.
fn named(globs: &PathGlobs, path: &str) -> bool {
    let in_capitals = |(_, extension): &(&str, &str)| {
        !extension.contains('/') && extension.bytes().any(|b| b.is_ascii_uppercase())
    };
    let lower = path.rsplit_once('.').filter(in_capitals);
    let lower = lower.map(|(stem, extension)| format!("{stem}.{}", extension.to_ascii_lowercase()));
    globs.matches(path) || lower.is_some_and(|lower| globs.matches(&lower))
}

fn hidden(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().first() == Some(&b'.')
}

/// The path as reports show it, however odd it is.
fn shown(settings: &SourceSettings, path: &str) -> Utf8PathBuf {
    DocPath::parse(path).map_or_else(|_| settings.root.join(path), |path| display_path(&settings.root, &path))
}

/// Ignore files above the root, up to the top of the repository. Outside of one there are none, so that the
/// same tree is the same everywhere.
fn ignore_files_above(root: &Utf8Path) -> Vec<Gitignore> {
    let Some(top) = root.ancestors().skip(1).find(|folder| folder.join(".git").exists()) else {
        return Vec::new();
    };
    if root.join(".git").exists() {
        return Vec::new();
    }
    let folders: Vec<&Utf8Path> =
        root.ancestors().skip(1).take_while(|folder| folder.starts_with(top)).collect();
    let files =
        folders.into_iter().rev().flat_map(|folder| IGNORE_FILES.map(|name| (folder, folder.join(name))));
    files
        .filter(|(_, file)| file.is_file())
        .map(|(at, file)| ignore_file(at.as_std_path(), file.as_std_path()))
        .collect()
}

/// The rules of one ignore file; lines that are no rules are passed over, as git does.
fn ignore_file(folder: &Path, file: &Path) -> Gitignore {
    let mut builder = GitignoreBuilder::new(folder);
    builder.add(file);
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

/// Document ids from paths (protocol §1): `index` stands for its folder, `README` where there is no `index`.
fn with_ids(
    found: Vec<(DocPath, Utf8PathBuf)>,
    settings: &SourceSettings,
    findings: &mut Vec<Finding>,
) -> Vec<SourceFile> {
    let indexed: BTreeSet<String> = found
        .iter()
        .filter(|(path, _)| path.stem() == "index")
        .map(|(path, _)| path.folder().to_owned())
        .collect();
    let mut files = Vec::with_capacity(found.len());
    for (path, absolute) in found {
        let folder = path.folder();
        let stands_for_folder =
            path.stem() == "index" || (path.stem() == "README" && !indexed.contains(folder));
        let id = match (stands_for_folder, folder) {
            (true, "") => "index".to_owned(),
            (true, folder) => folder.to_owned(),
            (false, "") => path.stem().to_owned(),
            (false, folder) => format!("{folder}/{}", path.stem()),
        };
        match DocumentId::parse(&id) {
            Ok(id) => files.push(SourceFile { path, absolute: absolute.into(), id }),
            Err(error) => findings.push(
                Finding::new(Code::InvalidPath, error.to_string())
                    .help("rename the file")
                    .at(display_path(&settings.root, &path), None),
            ),
        }
    }
    files
}

#[cfg(test)]
#[path = "walk_tests.rs"]
mod tests;
