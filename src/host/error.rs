//! What can go wrong with a file of this machine, always with its path.

use std::io;
use std::path::{Path, PathBuf};

use crate::error::{ExitCode, Failure};

/// Why something could not be done to a file or a folder.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    #[error("failed to {what} {}: the disk is full", path.display())]
    DiskFull { what: &'static str, path: PathBuf },
    #[error("failed to {what} {}: {source}", path.display())]
    Denied { what: &'static str, path: PathBuf, source: io::Error },
    #[error("failed to {what} {}: {source}", path.display())]
    Io { what: &'static str, path: PathBuf, source: io::Error },
    /// The kernel's own file is not as proc(5) has it.
    #[error("{} cannot be understood", path.display())]
    Proc { path: PathBuf },
}

impl HostError {
    /// Sorts an I/O error by what a person would do about it. `what` is a verb: `open`, `write`.
    pub fn io(what: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => HostError::DiskFull { what, path },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                HostError::Denied { what, path, source }
            }
            _ => HostError::Io { what, path, source },
        }
    }

    /// What to do next, when there is something.
    fn hint(&self) -> Option<&'static str> {
        match self {
            HostError::DiskFull { .. } => Some("free some space on that disk"),
            HostError::Denied { .. } => Some("give this user the right to write there"),
            HostError::Io { .. } | HostError::Proc { .. } => None,
        }
    }
}

impl From<HostError> for Failure {
    fn from(error: HostError) -> Self {
        let failure = Failure::new(ExitCode::Failed, error.to_string());
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_and_a_missing_right_are_told_apart_and_name_the_path() {
        let path = Path::new("/state/velib/node.lock");
        let full = HostError::io("write", path, io::ErrorKind::StorageFull.into());
        assert_eq!(full.to_string(), "failed to write /state/velib/node.lock: the disk is full");
        let denied = HostError::io("open", path, io::ErrorKind::PermissionDenied.into());
        assert!(matches!(denied, HostError::Denied { .. }));
        assert!(denied.to_string().contains("/state/velib/node.lock"));
    }
}
