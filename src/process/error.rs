//! What can go wrong with one process, always with the path or the pid that it is about.

use std::io;
use std::path::PathBuf;

use crate::error::{ExitCode, Failure};
use crate::host::HostError;
use crate::model::reason::Reason;
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
    #[error(transparent)]
    Host(#[from] HostError),
}

impl ProcessError {
    /// What to do next, when there is something.
    fn hint(&self) -> Option<&'static str> {
        match self {
            ProcessError::AlreadyRunning { .. } => {
                Some("find the process with `fuser` on the lock and end it")
            }
            ProcessError::NoFolder { .. } => Some("run `cluster up` to write the node's files"),
            ProcessError::Exec { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                Some("name a java program that exists")
            }
            _ => None,
        }
    }
}

impl From<ProcessError> for Reason {
    /// Why a node was not started.
    fn from(error: ProcessError) -> Self {
        match error {
            ProcessError::Exec { program, source } => Reason::CannotRun { program, why: source.to_string() },
            other => Reason::NotStarted { why: other.to_string() },
        }
    }
}

impl From<ProcessError> for Failure {
    fn from(error: ProcessError) -> Self {
        let error = match error {
            ProcessError::Host(error) => return error.into(),
            other => other,
        };
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
