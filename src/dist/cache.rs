//! The cache folder: `kafka/<version>/` is only ever renamed into place whole.
//!
//! Work goes on in hidden folders beside it, under `kafka/<version>.lock`. The lock ends with its
//! process, however that ends, so a hidden folder whose lock is free is nobody's.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tempfile::TempDir;

use super::error::DistError;
use super::progress::FetchProgress;
use crate::host::lock;

/// Where the distribution of a version lies.
pub(super) fn home(cache: &Path, version: &str) -> PathBuf {
    cache.join("kafka").join(version)
}

/// Where a jaxb-api jar for a distribution of the user's lies.
pub(super) fn jaxb_folder(cache: &Path) -> PathBuf {
    cache.join("jaxb")
}

/// Maven's local repository; the user's own is never written.
pub(super) fn maven_repository(cache: &Path) -> PathBuf {
    cache.join("m2")
}

/// Held while a command works on this version; its time of change is when the version was last used.
pub(super) fn lock_file(cache: &Path, version: &str) -> PathBuf {
    cache.join("kafka").join(format!("{version}.lock"))
}

/// Waits until no other process works on this version, and keeps it so until the file is dropped.
pub(super) fn lock(cache: &Path, version: &str, progress: &dyn FetchProgress) -> Result<File, DistError> {
    hold(&lock_file(cache, version), || progress.step("waiting for another command that fetches it"))
}

/// Maven's repository is not made for several writers.
pub(super) fn lock_maven(cache: &Path, progress: &dyn FetchProgress) -> Result<File, DistError> {
    hold(&cache.join("m2.lock"), || progress.step("waiting for another command that uses Maven"))
}

/// Waits for the lock file, and keeps it until the file is dropped.
pub(super) fn hold(path: &Path, on_wait: impl FnOnce()) -> Result<File, DistError> {
    make_folder_of(path)?;
    Ok(lock::lock(path, on_wait)?)
}

/// The lock file, unless another process holds it.
pub(super) fn try_hold(path: &Path) -> Result<Option<File>, DistError> {
    make_folder_of(path)?;
    Ok(lock::try_lock(path)?)
}

fn make_folder_of(path: &Path) -> Result<(), DistError> {
    let Some(folder) = path.parent() else { return Ok(()) };
    fs::create_dir_all(folder).map_err(DistError::io("create", folder))
}

/// A hidden folder for work on `version`, whose lock the caller holds; gone when dropped.
pub(super) fn workspace(cache: &Path, version: &str) -> Result<TempDir, DistError> {
    let folder = cache.join("kafka");
    tempfile::Builder::new()
        .prefix(&format!(".{version}."))
        .tempdir_in(&folder)
        .map_err(DistError::io("create a folder in", &folder))
}

/// Removes hidden folders of processes that were killed: of `version`, whose lock the caller holds
/// with its work done, and of every other version whose lock is free.
pub(super) fn clean(cache: &Path, version: &str) -> Result<(), DistError> {
    let folder = cache.join("kafka");
    let entries = fs::read_dir(&folder).map_err(DistError::io("read", &folder))?;
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some((of, _)) = name.to_str().and_then(|name| name.strip_prefix('.')?.rsplit_once('.')) else {
            continue;
        };
        let lock = folder.join(format!("{of}.lock"));
        // One that cannot be opened, such as another user's, may be held.
        let is_free = || lock.exists() && lock::is_held(&lock).is_ok_and(|held| !held);
        let free = of == version || is_free();
        if free {
            fs::remove_dir_all(entry.path()).map_err(DistError::io("remove", &entry.path()))?;
        }
    }
    Ok(())
}

/// Moves a finished folder or file to its name for good: its contents are on disk before its name.
/// What has that name already, and was found to be no good, is moved aside into `workspace`.
pub(super) fn install(finished: &Path, name: &Path, workspace: &Path) -> Result<(), DistError> {
    sync(finished)?;
    let parent = name.parent().unwrap_or(name);
    fs::create_dir_all(parent).map_err(DistError::io("create", parent))?;
    if name.symlink_metadata().is_ok() {
        fs::rename(name, workspace.join("replaced")).map_err(DistError::io("move aside", name))?;
    }
    fs::rename(finished, name).map_err(DistError::io("create", name))?;
    sync_one(parent)
}

/// Notes, in a file's time of change, that what it stands for has just been used. It is only told to people.
pub(super) fn touch(path: &Path) {
    if let Ok(file) = File::options().write(true).open(path) {
        let _ = file.set_modified(SystemTime::now());
    }
}

fn sync(path: &Path) -> Result<(), DistError> {
    if path.is_dir() {
        for entry in fs::read_dir(path).map_err(DistError::io("read", path))? {
            sync(&entry.map_err(DistError::io("read", path))?.path())?;
        }
    }
    sync_one(path)
}

fn sync_one(path: &Path) -> Result<(), DistError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(DistError::io("sync", path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::testing::{Recorder, write};

    #[test]
    fn folders_of_killed_processes_are_removed_and_those_at_work_stay() {
        let cache = tempfile::tempdir().unwrap();
        let _ours = lock(cache.path(), "3.9.2", &Recorder::default()).unwrap();
        let _theirs = lock(cache.path(), "3.9.1", &Recorder::default()).unwrap();
        drop(lock(cache.path(), "0.10.2.2", &Recorder::default()).unwrap());
        let kept = [".3.9.1.alive", "3.9.0"].map(|name| cache.path().join("kafka").join(name));
        let gone = [".3.9.2.dead", ".0.10.2.2.dead"].map(|name| cache.path().join("kafka").join(name));
        kept.iter().chain(&gone).for_each(|folder| write(&folder.join("libs/a.jar"), "x"));
        clean(cache.path(), "3.9.2").unwrap();
        assert!(kept.iter().all(|folder| folder.exists()));
        assert!(!gone.iter().any(|folder| folder.exists()));
    }

    #[test]
    fn an_installed_folder_replaces_a_broken_one_whole() {
        let cache = tempfile::tempdir().unwrap();
        let _lock = lock(cache.path(), "3.9.2", &Recorder::default()).unwrap();
        let work = workspace(cache.path(), "3.9.2").unwrap();
        write(&work.path().join("dist/libs/new.jar"), "x");
        let name = home(cache.path(), "3.9.2");
        write(&name.join("libs/old.jar"), "x");
        install(&work.path().join("dist"), &name, work.path()).unwrap();
        assert!(name.join("libs/new.jar").exists());
        assert!(!name.join("libs/old.jar").exists());
    }
}
