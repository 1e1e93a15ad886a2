//! What lies in the folders of the tree, by NFC name and exact case: a link means the same on every system,
//! whatever the file system thinks of case and normal form.
//!
//! Each folder is listed once, and only when a link asks for it.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use camino::{Utf8Path, Utf8PathBuf};
use foldhash::{HashMap, HashMapExt as _};

use crate::ids::{DocPath, nfc};

/// What a name stands for; symbolic links are what they lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
}

/// One folder.
#[derive(Debug, Default)]
pub(super) struct Listing {
    absolute: Utf8PathBuf,
    /// NFC name → name on disk.
    names: HashMap<Box<str>, (Box<str>, Kind)>,
    /// The NFC names of its files, in their order, once somebody asked.
    files: OnceLock<Box<[Box<str>]>>,
}

impl Listing {
    fn read(absolute: Utf8PathBuf) -> Self {
        let mut names = HashMap::new();
        for entry in std::fs::read_dir(&absolute).into_iter().flatten().flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let folder = match entry.file_type() {
                Ok(kind) if kind.is_symlink() => {
                    std::fs::metadata(entry.path()).ok().map(|found| found.is_dir())
                }
                Ok(kind) => Some(kind.is_dir()),
                Err(_) => None,
            };
            let Some(folder) = folder else { continue };
            let kind = if folder { Kind::Folder } else { Kind::File };
            names.insert(nfc(&name).into(), (name.into(), kind));
        }
        Self { absolute, names, files: OnceLock::new() }
    }

    /// Where the folder of this name is on disk, if it is one.
    fn folder(&self, name: &str) -> Option<Utf8PathBuf> {
        let (on_disk, kind) = self.names.get(name)?;
        (*kind == Kind::Folder).then(|| self.absolute.join(on_disk.as_ref()))
    }

    /// The NFC names of its files, in their order.
    pub(super) fn files(&self) -> &[Box<str>] {
        self.files.get_or_init(|| {
            let files = self.names.iter().filter(|(_, (_, kind))| *kind == Kind::File);
            let mut names: Vec<Box<str>> = files.map(|(name, _)| name.clone()).collect();
            names.sort_unstable();
            names.into()
        })
    }
}

/// All folders that were asked for.
#[derive(Debug)]
pub(super) struct Folders {
    root: Utf8PathBuf,
    /// What is no folder is remembered too: broken links ask for it again and again.
    listings: RwLock<HashMap<Box<str>, Option<Arc<Listing>>>>,
    /// All files by their NFC names, once somebody asked: the path of each, `None` where several are called so.
    named: OnceLock<HashMap<Box<str>, Option<Box<str>>>>,
}

/// Files are looked for by their names so many folders deep.
const DEEPEST: usize = 32;

impl Folders {
    /// The folders below this root.
    pub(super) fn new(root: &Utf8Path) -> Self {
        Self { root: root.to_owned(), listings: RwLock::default(), named: OnceLock::new() }
    }

    /// The root itself.
    pub(super) fn root(&self) -> &Utf8Path {
        &self.root
    }

    /// What lies at a path below the root.
    pub(super) fn kind(&self, path: &str) -> Option<Kind> {
        if path.is_empty() {
            return Some(Kind::Folder);
        }
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        Some(self.listing(folder)?.names.get(name)?.1)
    }

    /// What lies at a path below the root, and its path on disk.
    pub(super) fn find(&self, path: &str) -> Option<(Kind, Utf8PathBuf)> {
        if path.is_empty() {
            return Some((Kind::Folder, self.root.clone()));
        }
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let listing = self.listing(folder)?;
        let (on_disk, kind) = listing.names.get(name)?;
        Some((*kind, listing.absolute.join(on_disk.as_ref())))
    }

    /// The only file of this NFC name, wherever it lies; folders that are hidden or linked are not looked into.
    pub(super) fn named(&self, name: &str) -> Option<DocPath> {
        let named = self.named.get_or_init(|| {
            let mut named = HashMap::new();
            let mut folders = vec![(String::new(), self.root.clone(), 0)];
            while let Some((path, absolute, depth)) = folders.pop() {
                for entry in std::fs::read_dir(&absolute).into_iter().flatten().flatten() {
                    let (Ok(name), Ok(kind)) = (entry.file_name().into_string(), entry.file_type()) else {
                        continue;
                    };
                    let path = format!("{path}{}", nfc(&name));
                    if kind.is_file() {
                        let path = Some(path.into());
                        named.entry(nfc(&name).into()).and_modify(|found| *found = None).or_insert(path);
                    } else if kind.is_dir() && !name.starts_with('.') && depth < DEEPEST {
                        folders.push((format!("{path}/"), absolute.join(name), depth + 1));
                    }
                }
            }
            named
        });
        DocPath::parse(named.get(name)?.as_deref()?).ok()
    }

    /// What lies in a folder; `None` where it is none. From the root down, so that a path that leads nowhere ends at
    /// its first missing folder, however long it is.
    pub(super) fn listing(&self, folder: &str) -> Option<Arc<Listing>> {
        let known =
            |path: &str| self.listings.read().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        if let Some(known) = known(folder) {
            return known;
        }
        let mut listing = known("").flatten();
        if listing.is_none() {
            listing = self.learn("", Some(self.root.clone()));
        }
        let ends = folder.match_indices('/').map(|(end, _)| end).chain([folder.len()]);
        for path in ends.filter(|end| *end > 0).map(|end| &folder[..end]) {
            let above = listing?;
            listing = match known(path) {
                Some(known) => known,
                None => self.learn(path, above.folder(path.rsplit('/').next().unwrap_or(path))),
            };
        }
        listing
    }

    /// Lists a folder that lies there on disk, if it is one.
    fn learn(&self, folder: &str, absolute: Option<Utf8PathBuf>) -> Option<Arc<Listing>> {
        let listing = absolute.map(|absolute| Arc::new(Listing::read(absolute)));
        let mut listings = self.listings.write().unwrap_or_else(PoisonError::into_inner);
        listings.insert(folder.into(), listing.clone());
        listing
    }
}
