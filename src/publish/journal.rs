//! What was about to be written, and what stood there before: one line of JSON a write, synced before the write
//! is sent (protocol §6). Holds no secret; only its owner may read it.

use std::io::Write as _;
use std::sync::Mutex;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;

use crate::servicenow::Record;

/// One line.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Entry<'a> {
    /// The first line.
    Run {
        /// The run's id.
        run: &'a str,
        /// The program's version.
        version: &'a str,
        /// The namespace.
        project: &'a str,
        /// Root URL.
        instance: &'a str,
        /// User name.
        user: &'a str,
        /// The column of the stamps.
        stamp_field: &'a str,
    },
    /// About to insert an article.
    Create {
        /// The document.
        document: &'a str,
        /// The sys_id asked for.
        sys_id: String,
        /// The stamp sent.
        stamp: &'a str,
    },
    /// About to change an article.
    Update {
        /// The document; `None` for an orphan.
        document: Option<&'a str>,
        /// The row.
        sys_id: String,
        /// The stamp sent.
        stamp: &'a str,
        /// What stood in the columns that are written.
        before: &'a Record,
    },
    /// About to upload a file.
    Upload {
        /// The row.
        sys_id: String,
        /// The file's name on the instance.
        file: &'a str,
    },
    /// About to remove a file of ours.
    Remove {
        /// The row.
        sys_id: String,
        /// The attachment.
        attachment: String,
        /// Its name.
        file: &'a str,
    },
    /// About to make a category.
    Category {
        /// `A / B`.
        path: &'a str,
    },
    /// A write was answered.
    Done {
        /// The row or attachment.
        sys_id: String,
        /// The article's number, empty where it has none.
        number: &'a str,
    },
}

/// The journal of one run.
#[derive(Debug)]
pub struct Journal {
    path: Utf8PathBuf,
    file: Mutex<std::fs::File>,
}

impl Journal {
    /// Makes `DIR/<run>.jsonl`, and the folder where it is missing.
    ///
    /// # Errors
    /// The folder or file cannot be written: nothing is published without a journal.
    pub fn create(folder: &Utf8Path, run: &str) -> std::io::Result<Self> {
        fs_err::create_dir_all(folder)?;
        let path = folder.join(format!("{run}.jsonl"));
        let mut options = std::fs::OpenOptions::new();
        options.create_new(true).append(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        let file = options
            .open(&path)
            .map_err(|error| std::io::Error::new(error.kind(), format!("{path}: {error}")))?;
        Ok(Self { path, file: Mutex::new(file) })
    }

    /// Writes one line and waits until it is on disk.
    ///
    /// # Errors
    /// The disk is full or gone: the write that was to follow must not be sent.
    pub fn write(&self, entry: &Entry<'_>) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        let mut file = self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        file.write_all(&line)?;
        file.sync_data()
    }

    /// Where it is.
    pub fn path(&self) -> &Utf8Path {
        &self.path
    }
}
