//! Reading files that may change under our hands, and writing files whole.
//!
//! Knows no other module.

use std::fs::{File, Metadata};
use std::io::{self, Read as _, Write as _};

use camino::{Utf8Path, Utf8PathBuf};

/// What came of [`read_stable`].
#[derive(Debug)]
pub enum Stable {
    /// The file, as it stood before and after.
    Read(Vec<u8>),
    /// It was written to meanwhile.
    Changed,
    /// It has this many bytes, which is more than asked for.
    TooLarge(u64),
}

/// Opens a file for reading. A pipe, a device or a socket is none: opening or reading one may never come back.
///
/// # Errors
/// It cannot be opened, or is no file.
pub fn open(path: &Utf8Path) -> io::Result<(File, Metadata)> {
    // Before it is opened: that alone waits for a pipe's writer.
    checked(std::fs::metadata(path)?)?;
    let file = File::open(path)?;
    let metadata = checked(file.metadata()?)?;
    Ok((file, metadata))
}

fn checked(metadata: Metadata) -> io::Result<Metadata> {
    if metadata.is_file() { Ok(metadata) } else { Err(io::Error::other("it is not a file")) }
}

/// Reads a file of at most `most` bytes, and notices when somebody writes to it meanwhile.
///
/// # Errors
/// It cannot be opened or read, or is no file.
pub fn read_stable(path: &Utf8Path, most: u64) -> io::Result<Stable> {
    let before = checked(std::fs::metadata(path)?)?;
    if before.len() > most {
        return Ok(Stable::TooLarge(before.len()));
    }
    let size = usize::try_from(before.len()).map_err(io::Error::other)?;
    let mut file = File::open(path)?;
    // Room for a byte more than there should be, so that one read is all and a second one says so.
    let mut bytes = vec![0; size + 1];
    let mut read = 0;
    while read < bytes.len() {
        match file.read(&mut bytes[read..]) {
            Ok(0) => break,
            Ok(length) => read += length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(read);
    let after = checked(file.metadata()?)?;
    if read == size && same(&before, &after) { Ok(Stable::Read(bytes)) } else { Ok(Stable::Changed) }
}

fn same(one: &Metadata, other: &Metadata) -> bool {
    one.len() == other.len() && one.modified().ok() == other.modified().ok()
}

/// Writes a file whole or not at all: beside it first, then renamed. Folders above it are made; who may read it is the
/// user's custom (umask). Behind a symbolic link the file is replaced, not the link. What is there and is no file, such
/// as `/dev/stdout`, is written to as it is.
///
/// # Errors
/// The folder cannot be made, or the file not be written or renamed.
pub fn write_atomic(path: &Utf8Path, bytes: &[u8]) -> io::Result<()> {
    if std::fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir()) {
        return std::fs::OpenOptions::new().write(true).open(path)?.write_all(bytes);
    }
    let target = path.canonicalize_utf8().or_else(|_| linked(path)).unwrap_or_else(|_| path.to_owned());
    let folder = target.parent().filter(|folder| !folder.as_str().is_empty()).unwrap_or(Utf8Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = readable_by_others(&mut tempfile::Builder::new()).tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.persist(&target).map_err(|error| error.error)?;
    Ok(())
}

/// Where a symbolic link leads that leads to nothing yet.
fn linked(path: &Utf8Path) -> io::Result<Utf8PathBuf> {
    let folder = path.parent().unwrap_or(Utf8Path::new(""));
    Ok(folder.join(path.read_link_utf8()?))
}

/// A temporary file is its owner's alone unless this is asked for.
#[cfg(unix)]
fn readable_by_others<'a, 'b, 'c>(
    builder: &'a mut tempfile::Builder<'b, 'c>,
) -> &'a mut tempfile::Builder<'b, 'c> {
    use std::os::unix::fs::PermissionsExt as _;
    builder.permissions(std::fs::Permissions::from_mode(0o666))
}

/// As the folder says.
#[cfg(not(unix))]
fn readable_by_others<'a, 'b, 'c>(
    builder: &'a mut tempfile::Builder<'b, 'c>,
) -> &'a mut tempfile::Builder<'b, 'c> {
    builder
}

/// The folder beside `publish.toml` for what this program keeps; made where it is missing, and ignored by git.
///
/// # Errors
/// It cannot be made.
pub fn home(folder: &Utf8Path) -> io::Result<Utf8PathBuf> {
    let home = folder.join(".kb-publish");
    fs_err::create_dir_all(&home)?;
    let ignore = home.join(".gitignore");
    if !ignore.exists() {
        fs_err::write(ignore, "*\n")?;
    }
    Ok(home)
}

/// The user's state directory for this program, by the operating system's custom.
pub fn state_folder(env: impl Fn(&str) -> Option<String>) -> Option<Utf8PathBuf> {
    let var = |name: &str| env(name).filter(|value| !value.is_empty()).map(Utf8PathBuf::from);
    let base = if cfg!(windows) {
        var("LOCALAPPDATA")
    } else if let Some(state) = var("XDG_STATE_HOME").filter(|path| path.is_absolute()) {
        Some(state)
    } else if cfg!(target_os = "macos") {
        var("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        var("HOME").map(|home| home.join(".local/state"))
    };
    base.map(|base| base.join("kb-publish"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn pipes_are_never_opened() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = Utf8Path::from_path(folder.path()).unwrap().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert!(read_stable(&pipe, 5).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn what_is_written_is_as_readable_as_any_file() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        std::fs::write(root.join("usual"), "").unwrap();
        let mode = |name: &str| std::fs::metadata(root.join(name)).unwrap().permissions().mode() & 0o777;
        write_atomic(&root.join("ours"), b"1").unwrap();
        assert_eq!(mode("ours"), mode("usual"));

        std::os::unix::fs::symlink("ours", root.join("link")).unwrap();
        write_atomic(&root.join("link"), b"2").unwrap();
        assert_eq!(std::fs::read(root.join("ours")).unwrap(), b"2");
        assert!(root.join("link").is_symlink());

        std::os::unix::fs::symlink("later/there", root.join("to-come")).unwrap();
        write_atomic(&root.join("to-come"), b"4").unwrap();
        assert_eq!(std::fs::read(root.join("later/there")).unwrap(), b"4");
        assert!(root.join("to-come").is_symlink());

        std::os::unix::fs::symlink("/dev/null", root.join("device")).unwrap();
        write_atomic(&root.join("device"), b"3").unwrap();
        assert!(root.join("device").is_symlink());
    }

    #[test]
    fn large_files_and_folders_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        write_atomic(&root.join("a/b.txt"), b"12345").unwrap();
        assert!(
            matches!(read_stable(&root.join("a/b.txt"), 5).unwrap(), Stable::Read(bytes) if bytes == b"12345")
        );
        assert!(matches!(read_stable(&root.join("a/b.txt"), 4).unwrap(), Stable::TooLarge(5)));
        assert!(read_stable(&root.join("a"), 5).is_err());
        assert!(read_stable(&root.join("c"), 5).is_err());
    }

    #[test]
    fn the_state_folder_follows_the_system() {
        if cfg!(all(unix, not(target_os = "macos"))) {
            let env = |name: &str| match name {
                "HOME" => Some("/home/ann".to_owned()),
                _ => None,
            };
            assert_eq!(state_folder(env).unwrap(), "/home/ann/.local/state/kb-publish");
            let xdg = |name: &str| if name == "XDG_STATE_HOME" { Some("/s".to_owned()) } else { env(name) };
            assert_eq!(state_folder(xdg).unwrap(), "/s/kb-publish");
        }
        assert_eq!(state_folder(|_| None), None);
    }
}
