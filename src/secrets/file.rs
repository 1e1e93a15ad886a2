//! A file for each connection, readable by its owner alone: for machines without a keyring, and only when asked for.

use std::io::Write as _;

use camino::{Utf8Path, Utf8PathBuf};
use secrecy::{ExposeSecret as _, SecretString};

use super::SecretError;
use crate::ids::Digest;

/// The folder of the credential files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileStore {
    folder: Utf8PathBuf,
}

impl FileStore {
    /// Below the user's state directory.
    pub(super) fn new(state: &Utf8Path) -> Self {
        Self { folder: state.join("credentials") }
    }

    /// The file of a connection.
    pub(super) fn path(&self, key: &str) -> Utf8PathBuf {
        self.folder.join(format!("{}.json", Digest::of(key.as_bytes()).prefix(32)))
    }

    /// Its text; `None` where there is none.
    ///
    /// # Errors
    /// It cannot be read, or others can read it too.
    pub(super) fn load(&self, key: &str) -> Result<Option<SecretString>, SecretError> {
        let path = self.path(key);
        match fs_err::metadata(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(wrong(&path, &error.to_string())),
            Ok(metadata) => owner_only(&path, &metadata)?,
        }
        fs_err::read_to_string(&path)
            .map(|text| Some(text.into()))
            .map_err(|error| wrong(&path, &error.to_string()))
    }

    /// Replaces it in one step: a reader sees the old or the new one, never a part.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn save(&self, key: &str, text: &SecretString) -> Result<(), SecretError> {
        let path = self.path(key);
        let io = |error: std::io::Error| wrong(&path, &error.to_string());
        private_folder(&self.folder).map_err(io)?;
        // Made with mode 0600 by the library.
        let mut file = tempfile::NamedTempFile::new_in(&self.folder).map_err(io)?;
        file.write_all(text.expose_secret().as_bytes()).map_err(io)?;
        file.as_file().sync_all().map_err(io)?;
        file.persist(&path).map_err(|error| io(error.error))?;
        Ok(())
    }

    /// Removes it; true when it was there.
    ///
    /// # Errors
    /// It cannot be removed.
    pub(super) fn delete(&self, key: &str) -> Result<bool, SecretError> {
        let path = self.path(key);
        match fs_err::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(wrong(&path, &error.to_string())),
        }
    }

    /// Held while tokens are renewed. `None` where the folder cannot be used: the renewal then goes unguarded.
    pub(super) fn lock(&self, key: &str) -> Option<std::fs::File> {
        private_folder(&self.folder).ok()?;
        let path = self.path(key).with_extension("lock");
        let file = std::fs::OpenOptions::new().create(true).truncate(false).write(true).open(path).ok()?;
        file.lock().ok()?;
        Some(file)
    }
}

fn wrong(path: &Utf8Path, why: &str) -> SecretError {
    SecretError {
        code: "credential-file",
        message: format!("the credential file `{path}` cannot be used: {why}"),
        help: "remove it and run `kb-publish auth login` again".to_owned(),
    }
}

#[cfg(unix)]
fn owner_only(path: &Utf8Path, metadata: &std::fs::Metadata) -> Result<(), SecretError> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = metadata.permissions().mode() & 0o777;
    if mode.trailing_zeros() >= 6 {
        return Ok(());
    }
    Err(SecretError {
        code: "credential-file-open",
        message: format!("others can read the credential file `{path}` (mode {mode:o})"),
        help: format!(
            "its secrets may be known: renew them, `chmod 600 {path}`, and run `kb-publish auth login`"
        ),
    })
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the other operating systems can refuse")]
fn owner_only(_: &Utf8Path, _: &std::fs::Metadata) -> Result<(), SecretError> {
    // Below the user's profile, which others cannot read.
    Ok(())
}

#[cfg(unix)]
fn private_folder(folder: &Utf8Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn private_folder(folder: &Utf8Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, FileStore) {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
        (folder, FileStore::new(&path))
    }

    #[test]
    fn keeps_and_forgets() {
        let (_folder, store) = store();
        assert!(store.load("a").unwrap().is_none());
        store.save("a", &"one".into()).unwrap();
        store.save("a", &"two".into()).unwrap();
        assert_eq!(store.load("a").unwrap().unwrap().expose_secret(), "two");
        assert!(store.load("b").unwrap().is_none());
        assert!(store.delete("a").unwrap());
        assert!(!store.delete("a").unwrap());
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let (_folder, store) = store();
        store.save("a", &"one".into()).unwrap();
        let path = store.path("a");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let error = store.load("a").unwrap_err();
        assert_eq!(error.code, "credential-file-open");
        assert!(error.message.contains("640"), "{error}");
    }
}
