//! The folder of a cluster while a command changes what is in it, and what a folder has in it.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::Failure;
use crate::host::{files, lock, owner};
use crate::paths::ClusterDir;

/// How often it is looked whether another command is through.
const LOOK: Duration = Duration::from_millis(100);

/// The names of what is in a folder, as far as they are UTF-8; nothing is in one that is not there.
pub(super) fn names(folder: &Path) -> Result<Vec<String>, Failure> {
    let unreadable = |error| Failure::io("read", folder, &error);
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry.map_err(unreadable)?.file_name().into_string());
    }
    Ok(names)
}

/// The cluster's folder, locked while it is prepared; a new one is removed unless it is kept.
pub(super) struct Folder {
    path: PathBuf,
    made: bool,
    _lock: File,
}

impl Folder {
    /// Makes it if need be, unless it would be another user's. Blocks while another command has it.
    pub(super) fn claim(dir: &ClusterDir) -> Result<Self, Failure> {
        owner::check(dir.path())?;
        let mut made = !dir.path().exists();
        loop {
            files::create_folder(dir.path())?;
            match lock(dir) {
                Ok(lock) => return Ok(Folder { path: dir.path().to_owned(), made, _lock: lock }),
                // Whoever held the lock has removed the folder.
                Err(_) if !dir.path().exists() => made = true,
                Err(failure) => return Err(failure),
            }
        }
    }

    pub(super) fn keep(mut self) {
        self.made = false;
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Two commands can both find no folder and make it: with a plan in it, the other one got through.
        if self.made && !ClusterDir(self.path.clone()).plan().exists() {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// The same as [`lock`](fn@lock) for what runs beside others on its thread, which may hold it.
pub(super) async fn free_lock(dir: &ClusterDir) -> Result<File, Failure> {
    owner::check(dir.path())?;
    loop {
        if let Some(lock) = lock::try_lock(&dir.prepare_lock())? {
            return Ok(lock);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Waits for other commands that prepare or delete the same cluster, of which something will be changed.
pub(super) fn lock(dir: &ClusterDir) -> Result<File, Failure> {
    owner::check(dir.path())?;
    lock_to_delete(dir)
}

/// The same for its end: nothing is left in the folder, whosever it is.
pub(super) fn lock_to_delete(dir: &ClusterDir) -> Result<File, Failure> {
    Ok(lock::lock(&dir.prepare_lock(), || {})?)
}
