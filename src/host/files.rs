//! Files that are replaced whole, and folders of this user alone.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use super::HostError;
use crate::paths::ClusterDir;

/// Makes a folder and those above it, readable by this user alone. One that is there stays as it is.
pub(crate) fn create_folder(path: &Path) -> Result<(), HostError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|error| HostError::io("create the folder", path, error))
}

/// Deletes a cluster's folder: taken away in one step, then removed.
pub(crate) fn bury(dir: &ClusterDir) -> Result<(), HostError> {
    let grave = dir.grave();
    // What a deletion that was killed has left behind.
    remove(&grave)?;
    fs::rename(dir.path(), &grave).map_err(undeletable(dir.path()))?;
    remove(&grave)
}

/// Deletes a folder; one that is not there is as it should be.
pub(crate) fn remove(path: &Path) -> Result<(), HostError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(undeletable(path)(error)),
        _ => Ok(()),
    }
}

/// The same of a file.
pub(crate) fn remove_file(path: &Path) -> Result<(), HostError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(undeletable(path)(error)),
        _ => Ok(()),
    }
}

fn undeletable(path: &Path) -> impl Fn(io::Error) -> HostError {
    move |error| HostError::io("delete", path, error)
}

/// Gives a file this content at once (a temporary file beside it, then a rename), mode 0600. Whoever
/// reads it sees the old text or the new one, never a part, also after a power cut. One that has it already is not
/// touched.
pub(crate) fn replace(path: &Path, content: &[u8]) -> Result<(), HostError> {
    if fs::read(path).is_ok_and(|present| present == content) {
        return Ok(());
    }
    // Without it a power cut can leave the new name with no content.
    swap(path, content, |file| file.sync_data())
}

/// The same without waiting for the disk: it bears a kill, and not a power cut.
pub(crate) fn replace_at_once(path: &Path, content: &[u8]) -> Result<(), HostError> {
    swap(path, content, |_| Ok(()))
}

fn swap(path: &Path, content: &[u8], settle: impl Fn(&File) -> io::Result<()>) -> Result<(), HostError> {
    let failed = |error| HostError::io("write", path, error);
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(content).map_err(failed)?;
    settle(file.as_file()).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}
