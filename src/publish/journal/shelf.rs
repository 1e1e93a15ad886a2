//! The folder in which runs leave their journals: listed, read back, and cleared of what is too old.

use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};

use bytes::Bytes;
use camino::{Utf8Path, Utf8PathBuf};

use super::{Entry, FILES, Head, LINES};
use crate::ids::Digest;

/// How long journals are kept, in days.
pub const KEPT_DAYS: i64 = 30;

/// A journal that was read back. Bodies stay on disk until they are asked for.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Its folder.
    pub folder: Utf8PathBuf,
    /// The first line.
    pub head: Head,
    /// The other lines, without the bodies; each with the place of its line in the file.
    pub entries: Vec<(u64, Entry)>,
}

/// Why there is no such journal.
#[derive(Debug, thiserror::Error)]
pub enum NoRun {
    /// No run of this name.
    #[error("there is no run `{run}` in `{shelf}`")]
    Unknown {
        /// What was asked for.
        run: String,
        /// Where it was looked for.
        shelf: Utf8PathBuf,
    },
    /// The folder holds several.
    #[error("`{folder}` holds {} runs: {}", runs.len(), runs.join(", "))]
    Several {
        /// The folder.
        folder: Utf8PathBuf,
        /// Their ids.
        runs: Vec<String>,
    },
    /// A journal that cannot be read.
    #[error("the journal in `{folder}` cannot be read: {why}")]
    Broken {
        /// Its folder.
        folder: Utf8PathBuf,
        /// Why.
        why: String,
    },
}

/// All runs of a shelf, the newest first; what cannot be read is passed over.
pub fn list(shelf: &Utf8Path) -> Vec<Recorded> {
    let mut found: Vec<Recorded> = folders(shelf).iter().filter_map(|folder| read(folder).ok()).collect();
    found.sort_by(|a, b| (&b.head.started, &b.head.run).cmp(&(&a.head.started, &a.head.run)));
    found
}

/// The run of this id on the shelf, or the one run that a folder is or holds.
///
/// # Errors
/// [`NoRun`].
pub fn find(shelf: &Utf8Path, run: &str) -> Result<Recorded, NoRun> {
    let named = shelf.join(run);
    let plain = !run.is_empty() && !run.contains(['/', '\\']) && run != "." && run != "..";
    if plain && named.join(LINES).is_file() {
        return read(&named);
    }
    let folder = Utf8Path::new(run);
    if folder.join(LINES).is_file() {
        return read(folder);
    }
    let mut inside = folders(folder);
    match inside.len() {
        0 => Err(NoRun::Unknown { run: run.to_owned(), shelf: shelf.to_owned() }),
        1 => read(&inside.remove(0)),
        _ => {
            let runs = inside.iter().filter_map(|one| one.file_name().map(str::to_owned)).collect();
            Err(NoRun::Several { folder: folder.to_owned(), runs })
        }
    }
}

/// Removes the runs that began more than [`KEPT_DAYS`] ago. What cannot be removed stays: the next run tries again.
pub(super) fn prune(shelf: &Utf8Path) {
    let now = jiff::Timestamp::now().as_second();
    for folder in folders(shelf) {
        let old = head(&folder)
            .and_then(|head| head.started.parse::<jiff::Timestamp>().ok())
            .is_some_and(|began| now - began.as_second() > KEPT_DAYS * 24 * 60 * 60);
        if old && let Err(error) = fs_err::remove_dir_all(&folder) {
            tracing::debug!("an old journal was not removed: {error}");
        }
    }
}

/// The folders of a shelf that hold journals, by name.
fn folders(shelf: &Utf8Path) -> Vec<Utf8PathBuf> {
    let Ok(entries) = shelf.read_dir_utf8() else { return Vec::new() };
    let mut folders: Vec<Utf8PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.into_path()))
        .filter(|folder| folder.join(LINES).is_file())
        .collect();
    folders.sort();
    folders
}

fn head(folder: &Utf8Path) -> Option<Head> {
    let mut line = String::new();
    BufReader::new(std::fs::File::open(folder.join(LINES)).ok()?).read_line(&mut line).ok()?;
    match serde_json::from_str(&line).ok()? {
        Entry::Run(head) => Some(head),
        _ => None,
    }
}

/// Reads one journal. A last line that was torn by a crash is passed over: its write was never sent.
fn read(folder: &Utf8Path) -> Result<Recorded, NoRun> {
    let broken = |why: String| NoRun::Broken { folder: folder.to_owned(), why };
    let file = std::fs::File::open(folder.join(LINES)).map_err(|error| broken(error.to_string()))?;
    let mut lines = BufReader::new(file);
    let (mut at, mut number, mut line) = (0_u64, 0_usize, Vec::new());
    let mut head = None;
    let mut entries = Vec::new();
    loop {
        line.clear();
        let length = lines.read_until(b'\n', &mut line).map_err(|error| broken(error.to_string()))?;
        if length == 0 || line.last() != Some(&b'\n') {
            break;
        }
        number += 1;
        match serde_json::from_slice(&line).map_err(|error| broken(format!("line {number}: {error}")))? {
            Entry::Run(first) if number == 1 => head = Some(first),
            mut entry => {
                if let Entry::Update { before, .. } = &mut entry
                    && let Some(text) = before.0.get_mut("text")
                {
                    // Many bodies are never held at a time.
                    *text = String::new();
                }
                entries.push((at, entry));
            }
        }
        at += length as u64;
    }
    let head = head.ok_or_else(|| broken("it does not begin with a run".to_owned()))?;
    Ok(Recorded { folder: folder.to_owned(), head, entries })
}

impl Recorded {
    /// The body that stood in the row before the write of the line at this place.
    ///
    /// # Errors
    /// The file is gone, or not what it was.
    pub fn body_before(&self, at: u64) -> std::io::Result<String> {
        let mut file = std::fs::File::open(self.folder.join(LINES))?;
        file.seek(SeekFrom::Start(at))?;
        let mut line = Vec::new();
        BufReader::new(file).read_until(b'\n', &mut line)?;
        match serde_json::from_slice(&line)? {
            Entry::Update { mut before, .. } => Ok(before.0.remove("text").unwrap_or_default()),
            _ => Err(std::io::Error::other("the journal changed while it was read")),
        }
    }

    /// The bytes of a file that the run removed.
    ///
    /// # Errors
    /// They are gone, or not what they were.
    pub fn bytes(&self, sha256: &str) -> std::io::Result<Bytes> {
        let name = sha256.len() == 64 && sha256.bytes().all(|b| b.is_ascii_hexdigit());
        if !name {
            return Err(std::io::Error::other("the journal names no file"));
        }
        let mut bytes = Vec::new();
        fs_err::File::open(self.folder.join(FILES).join(sha256))?.read_to_end(&mut bytes)?;
        if Digest::of(&bytes).hex() == sha256 {
            Ok(bytes.into())
        } else {
            Err(std::io::Error::other(format!("file {sha256} in the journal is damaged")))
        }
    }

    /// The exit code; `None` for a run that was killed, or still goes on.
    pub fn exit(&self) -> Option<u8> {
        self.entries.iter().rev().find_map(|(_, entry)| match entry {
            Entry::End { exit } => Some(*exit),
            _ => None,
        })
    }
}
