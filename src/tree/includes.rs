//! Files that documents include, read from below the source root; and whether any of them changed since.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher as _, Hash as _, Hasher as _};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use foldhash::quality::RandomState;

use super::folders::{Folders, Kind};
use crate::config::SourceSettings;
use crate::finding::Position;
use crate::ids::DocPath;
use crate::render::{Included, Includes};
use crate::source;

/// Reads what one document includes, each file once, and remembers it.
pub(super) struct Snippets<'a> {
    folders: &'a Folders,
    settings: &'a SourceSettings,
    document: &'a DocPath,
    read: Mutex<Read>,
}

/// The files that were read, in the order in which they were asked for first.
#[derive(Default)]
struct Read {
    files: Vec<Arc<Included>>,
    numbers: HashMap<DocPath, usize>,
}

impl fmt::Debug for Snippets<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snippets").field("document", self.document).finish_non_exhaustive()
    }
}

impl<'a> Snippets<'a> {
    /// For one document.
    pub(super) fn new(folders: &'a Folders, settings: &'a SourceSettings, document: &'a DocPath) -> Self {
        Self { folders, settings, document, read: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Read> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A hash of the document's text and of all files that it included, in their order. It holds within one run, which
    /// seeds it: no text can be made to pass for another.
    pub(super) fn fingerprint(&self, text: &str) -> u64 {
        static OF_THIS_RUN: LazyLock<RandomState> = LazyLock::new(RandomState::default);
        let mut hasher = OF_THIS_RUN.build_hasher();
        text.hash(&mut hasher);
        for included in &self.lock().files {
            (included.path(), included.text()).hash(&mut hasher);
        }
        hasher.finish()
    }

    /// Tells each file that was included, and its text.
    pub(super) fn each(&self, mut tell: impl FnMut(&DocPath, &str)) {
        for included in &self.lock().files {
            if let Ok(path) = DocPath::parse(included.path()) {
                tell(&path, included.text());
            }
        }
    }

    /// The line of a place in an included file.
    pub(super) fn excerpt(&self, path: &str, place: Position) -> Option<String> {
        let read = self.lock();
        let number = *read.numbers.get(&DocPath::parse(path).ok()?)?;
        read.files.get(number)?.lines().excerpt(place)
    }

    /// The first of these paths that is a file.
    fn find(&self, from: &DocPath, target: &str) -> Result<(DocPath, camino::Utf8PathBuf), String> {
        let from_root = || {
            from.resolve(&format!(
                "{}{target}",
                "../".repeat(from.folder().split('/').filter(|part| !part.is_empty()).count())
            ))
        };
        let relative = from.resolve(target);
        let outside = relative.is_none();
        for path in relative.into_iter().chain(from_root()) {
            if let (Some((Kind::File, absolute)), Ok(path)) =
                (self.folders.find(&path), DocPath::parse(&path))
            {
                return Ok((path, absolute));
            }
        }
        let why = if outside { "leads out of the source root" } else { "is not there" };
        Err(format!("the included file `{target}` {why}"))
    }
}

impl Includes for Snippets<'_> {
    fn read(&self, from: Option<&str>, target: &str) -> Result<Arc<Included>, String> {
        let from = from.and_then(|path| DocPath::parse(path).ok()).unwrap_or_else(|| self.document.clone());
        let target = target.replace('\\', "/");
        let (path, absolute) = self.find(&from, &target)?;
        let mut read = self.lock();
        if let Some(number) = read.numbers.get(&path) {
            return Ok(Arc::clone(&read.files[*number]));
        }
        let inside = absolute.canonicalize_utf8().is_ok_and(|real| real.starts_with(self.folders.root()));
        if !inside {
            return Err(format!("the included file `{target}` leads out of the source root"));
        }
        let (text, body_start) = source::read_snippet(&absolute, self.settings)
            .map_err(|finding| format!("the included file `{target}`: {}", finding.message))?;
        let included = Arc::new(Included::new(path.as_str().to_owned(), text, body_start));
        let number = read.files.len();
        read.files.push(Arc::clone(&included));
        read.numbers.insert(path, number);
        Ok(included)
    }
}
