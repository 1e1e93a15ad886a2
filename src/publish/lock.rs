//! One run at a time for each instance and project on this machine (protocol §8).

use std::fs::{File, TryLockError};

use camino::{Utf8Path, Utf8PathBuf};

use crate::ids::{Digest, InstanceUrl, Project};

/// Held while a run writes; the system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub struct RunLock(Option<(File, Utf8PathBuf)>);

/// Another run holds the lock.
#[derive(Debug, thiserror::Error)]
#[error("another run of project `{project}` is writing to {instance} on this machine")]
pub struct Busy {
    project: Project,
    instance: InstanceUrl,
}

impl RunLock {
    /// Takes the lock, or says that another run has it. Its file lies below the user's state folder, for as long as
    /// it is held. Where it cannot be made the run goes on without: the lock only saves the second run a list of
    /// conflicts.
    ///
    /// # Errors
    /// [`Busy`].
    pub fn take(state: Option<&Utf8Path>, instance: &InstanceUrl, project: &Project) -> Result<Self, Busy> {
        let Some(folder) = state.map(|state| state.join("locks")) else { return Ok(Self(None)) };
        let name = Digest::of(format!("{instance}\0{project}").as_bytes()).prefix(16);
        let path = folder.join(format!("{name}.lock"));
        loop {
            let opened = fs_err::create_dir_all(&folder)
                .and_then(|()| File::options().create(true).truncate(false).write(true).open(&path));
            let Ok(file) = opened else { return Ok(Self(None)) };
            match file.try_lock() {
                // Who held it before may have removed it since it was opened here.
                Ok(()) if is_at(&file, &path) => return Ok(Self(Some((file, path)))),
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(Busy { project: project.clone(), instance: instance.clone() });
                }
                Err(TryLockError::Error(_)) => return Ok(Self(None)),
            }
        }
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        if let Some((_held, path)) = &self.0 {
            // While it is held: a lock that somebody else took must not go.
            remove(path);
        }
    }
}

/// Whether the open file is the one that has this name.
#[cfg(unix)]
fn is_at(file: &File, path: &Utf8Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

#[cfg(unix)]
fn remove(path: &Utf8Path) {
    drop(std::fs::remove_file(path));
}

/// Elsewhere the file stays: which file a name stands for cannot be told.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Utf8Path) -> bool {
    true
}

#[cfg(not(unix))]
fn remove(_: &Utf8Path) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_is_one_for_an_instance_and_a_project_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let state = Utf8Path::from_path(folder.path()).unwrap();
        let instance = InstanceUrl::parse("https://acme.service-now.com").unwrap();
        let take = |project: &str| RunLock::take(Some(state), &instance, &Project::parse(project).unwrap());
        let held = take("docs").unwrap();
        assert!(take("docs").unwrap_err().to_string().contains("`docs`"));
        let other = take("handbook").unwrap();
        drop(held);
        let again = take("docs").unwrap();
        assert!(take("docs").is_err());
        drop((other, again));
        assert_eq!(std::fs::read_dir(state.join("locks")).unwrap().count(), usize::from(!cfg!(unix)) * 2);
        assert!(RunLock::take(None, &instance, &Project::parse("docs").unwrap()).is_ok());
    }
}
