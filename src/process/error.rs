//! What can go wrong with one process, always with the path or the pid that it is about.

use std::io;
use std::path::{Path, PathBuf};

use crate::error::{ExitCode, Failure};
use crate::model::signal::Signal;

/// Why something could not be done to a process.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The node's lock is held: a process of the node lives, whoever started it.
    #[error("the node runs already: its lock {} is held", lock.display())]
    AlreadyRunning { lock: PathBuf },
    #[error("the node's folder {} does not exist", dir.display())]
    NoFolder { dir: PathBuf },
    #[error("the node's command line is empty")]
    NoProgram,
    #[error("failed to run {program}: {source}")]
    Exec { program: String, source: io::Error },
    #[error("failed to watch process {pid}: {source}")]
    Watch { pid: u32, source: io::Error },
    #[error("failed to send {signal} to process {pid}: {source}")]
    Signal { pid: u32, signal: Signal, source: io::Error },
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

impl ProcessError {
    /// Sorts an I/O error by what a person would do about it. `what` is a verb: `open`, `write`.
    pub(crate) fn io(what: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                ProcessError::DiskFull { what, path }
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                ProcessError::Denied { what, path, source }
            }
            _ => ProcessError::Io { what, path, source },
        }
    }

    /// What to do next, when there is something.
    fn hint(&self) -> Option<&'static str> {
        match self {
            ProcessError::AlreadyRunning { .. } => {
                Some("find the process with `fuser` on the lock and end it")
            }
            ProcessError::DiskFull { .. } => Some("free some space on that disk"),
            ProcessError::Denied { .. } => Some("give this user the right to write there"),
            ProcessError::NoFolder { .. } => Some("run `cluster up` to write the node's files"),
            ProcessError::Exec { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                Some("name a java program that exists")
            }
            _ => None,
        }
    }
}

impl From<ProcessError> for Failure {
    fn from(error: ProcessError) -> Self {
        let code = match &error {
            ProcessError::AlreadyRunning { .. } => ExitCode::Busy,
            ProcessError::Exec { .. } => ExitCode::Environment,
            _ => ExitCode::Failed,
        };
        let failure = Failure::new(code, error.to_string());
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
        let full = ProcessError::io("write", path, io::ErrorKind::StorageFull.into());
        assert_eq!(full.to_string(), "failed to write /state/velib/node.lock: the disk is full");
        let denied = ProcessError::io("open", path, io::ErrorKind::PermissionDenied.into());
        assert!(matches!(denied, ProcessError::Denied { .. }));
        assert!(denied.to_string().contains("/state/velib/node.lock"));
    }
}
