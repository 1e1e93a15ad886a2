//! What was about to be written, and what stood there before: one line of JSON a write, synced before the write
//! is sent (protocol §6). Holds no secret; only its owner may read it.
//!
//! A run's journal is a folder: `journal.jsonl`, and under `files/` the bytes of attachments that the run removed,
//! each named by its SHA-256.

mod shelf;

use std::io::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use crate::ids::{Digest, SysId};
use crate::servicenow::Record;

use shelf::prune;
pub use shelf::{KEPT_DAYS, NoRun, Recorded, find, list};

/// The file of lines.
const LINES: &str = "journal.jsonl";
/// The folder of bytes.
const FILES: &str = "files";

/// The first line: which run this is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The run's id.
    pub run: String,
    /// `publish`, `apply`, `adopt` or `rollback`.
    pub verb: String,
    /// When it began, `2030-01-31T23:59:59.000Z`, by this machine's clock.
    pub started: String,
    /// The program's version.
    pub version: String,
    /// The namespace.
    pub project: String,
    /// Root URL.
    pub instance: String,
    /// The profile's name.
    pub profile: String,
    /// User name.
    pub user: String,
    /// The column of the stamps.
    pub stamp_field: String,
    /// First 10 digits of the git commit, where there is one.
    pub commit: Option<String>,
    /// The run that this one undoes.
    pub undoes: Option<String>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Entry {
    /// The first line.
    Run(Head),
    /// About to insert an article.
    Create {
        /// The document.
        document: String,
        /// Its title.
        title: String,
        /// The sys_id asked for.
        sys_id: SysId,
        /// The stamp sent.
        stamp: String,
    },
    /// About to change an article.
    Update {
        /// The document; `None` for an orphan.
        document: Option<String>,
        /// The row.
        sys_id: SysId,
        /// The article's number.
        number: String,
        /// The stamp sent.
        stamp: String,
        /// What stood in the columns that are written, as far as the account may read them.
        before: Record,
        /// What is sent, but the body.
        sent: Record,
    },
    /// About to upload a file.
    Upload {
        /// The row.
        sys_id: SysId,
        /// The file's name on the instance.
        file: String,
        /// SHA-256 of its bytes.
        sha256: String,
    },
    /// About to remove a file of ours, whose bytes are kept.
    Remove {
        /// The row.
        sys_id: SysId,
        /// The attachment.
        attachment: SysId,
        /// Its name.
        file: String,
        /// Its MIME type.
        media_type: String,
        /// SHA-256 of its bytes: their name under `files/`.
        sha256: String,
    },
    /// About to make a category.
    Category {
        /// `A / B`.
        path: String,
    },
    /// A write of an article was answered.
    Done {
        /// The row.
        sys_id: SysId,
        /// The article's number.
        number: String,
        /// The stamp that stands there.
        stamp: String,
        /// `workflow_state` as read back.
        state: String,
    },
    /// Somebody saved the article between the last read and the write (protocol §5.6).
    Overwritten {
        /// The row.
        sys_id: SysId,
        /// The article's number.
        number: String,
        /// What of the other save could be read: column → value. Empty where the instance shows no history.
        lost: Record,
        /// Who saved, where the instance tells.
        by: Option<String>,
    },
    /// The last line of a run that was not killed.
    End {
        /// The exit code.
        exit: u8,
    },
    /// A line of a later version.
    #[serde(other)]
    Other,
}

/// The journal of one run, open for writing.
#[derive(Debug)]
pub struct Journal {
    folder: Utf8PathBuf,
    file: std::fs::File,
    /// How many lines were written.
    lines: Mutex<u64>,
    /// How many of them are on disk.
    synced: Mutex<u64>,
}

impl Journal {
    /// Makes `SHELF/<run>/`, and the folders above where they are missing; journals that are too old are removed.
    ///
    /// # Errors
    /// The folder or file cannot be written: nothing is published without a journal.
    pub fn create(shelf: &Utf8Path, head: &Head) -> std::io::Result<Self> {
        fs_err::create_dir_all(shelf)?;
        prune(shelf);
        let folder = shelf.join(&head.run);
        private_folder(&folder)?;
        let mut options = private();
        let file =
            options.create_new(true).append(true).open(folder.join(LINES)).map_err(|error| {
                std::io::Error::new(error.kind(), format!("{}: {error}", folder.join(LINES)))
            })?;
        let journal = Self { folder, file, lines: Mutex::default(), synced: Mutex::default() };
        journal.write(&Entry::Run(head.clone()))?;
        Ok(journal)
    }

    /// Writes one line and waits until it is on disk: what was written meanwhile goes along, so that writers side by
    /// side wait for one disk once.
    ///
    /// # Errors
    /// The disk is full or gone: the write that was to follow must not be sent.
    pub fn write(&self, entry: &Entry) -> std::io::Result<()> {
        let line = self.append(entry)?;
        let mut synced = locked(&self.synced);
        if *synced < line {
            let written = *locked(&self.lines);
            self.file.sync_data()?;
            *synced = written;
        }
        Ok(())
    }

    /// Writes one line that no write waits for: a crash of the machine may take it, a crash of the program not.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn note(&self, entry: &Entry) -> std::io::Result<()> {
        self.append(entry).map(drop)
    }

    /// The line's number, from 1.
    fn append(&self, entry: &Entry) -> std::io::Result<u64> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        let mut lines = locked(&self.lines);
        (&self.file).write_all(&line)?;
        *lines += 1;
        Ok(*lines)
    }

    /// Keeps a file's bytes, on disk when this returns, and gives their SHA-256.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn keep(&self, bytes: &Bytes) -> std::io::Result<String> {
        let name = Digest::of(bytes).hex();
        let folder = self.folder.join(FILES);
        private_folder(&folder)?;
        let path = folder.join(&name);
        if path.exists() {
            return Ok(name);
        }
        // Written beside it and renamed, so that a file under this name always holds these bytes.
        let mut file = tempfile::NamedTempFile::new_in(&folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_data()?;
        file.persist(&path).map_err(|error| error.error)?;
        Ok(name)
    }

    /// Its folder.
    pub fn folder(&self) -> &Utf8Path {
        &self.folder
    }
}

fn locked(number: &Mutex<u64>) -> MutexGuard<'_, u64> {
    number.lock().unwrap_or_else(PoisonError::into_inner)
}

fn private() -> std::fs::OpenOptions {
    let options = std::fs::OpenOptions::new();
    #[cfg(unix)]
    let options = {
        use std::os::unix::fs::OpenOptionsExt as _;
        let mut options = options;
        options.mode(0o600);
        options
    };
    options
}

fn private_folder(folder: &Utf8Path) -> std::io::Result<()> {
    let builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    let builder = {
        use std::os::unix::fs::DirBuilderExt as _;
        let mut builder = builder;
        builder.mode(0o700);
        builder
    };
    match builder.create(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(std::io::Error::new(error.kind(), format!("{folder}: {error}")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
