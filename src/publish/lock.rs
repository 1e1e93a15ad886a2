//! One run at a time for each instance and project on this machine (protocol §8).

use std::fs::{File, TryLockError};

use crate::ids::{Digest, InstanceUrl, Project};

/// Held while a run writes; the system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub struct RunLock(#[expect(dead_code, reason = "held for its lock")] Option<File>);

/// Another run holds the lock.
#[derive(Debug, thiserror::Error)]
#[error("another run of project `{project}` is writing to {instance} on this machine")]
pub struct Busy {
    project: Project,
    instance: InstanceUrl,
}

impl RunLock {
    /// Takes the lock, or says that another run has it. Where the folder of temporary files cannot be written
    /// the run goes on without: the lock only saves the second run a list of conflicts.
    ///
    /// # Errors
    /// [`Busy`].
    pub fn take(instance: &InstanceUrl, project: &Project) -> Result<Self, Busy> {
        let name = Digest::of(format!("{instance}\0{project}").as_bytes()).prefix(16);
        let path = std::env::temp_dir().join(format!("kb-publish-{name}.lock"));
        let Ok(file) = File::options().create(true).truncate(false).write(true).open(path) else {
            return Ok(Self(None));
        };
        match file.try_lock() {
            Ok(()) => Ok(Self(Some(file))),
            Err(TryLockError::WouldBlock) => {
                Err(Busy { project: project.clone(), instance: instance.clone() })
            }
            Err(TryLockError::Error(_)) => Ok(Self(None)),
        }
    }
}
