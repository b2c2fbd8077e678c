//! The daemon of one cluster: the async shell round the kernel.
//!
//! One loop ([`mod@run`]) receives, sets the time, lets the kernel decide and does what it says; start-up, hand-over and
//! the end stand round it ([`life`]). It is the only owner of the lock, the journal, the saved state and the processes.

mod act;
mod asked;
mod clients;
mod clock;
pub(crate) mod daemon;
pub(crate) mod journal;
pub(crate) mod last_words;
mod life;
mod members;
mod oom_kills;
mod owner;
mod recover;
mod registration;
mod run;
pub(crate) mod saved;
mod settings;
mod starting;
mod status;
mod usable;
mod watchers;

pub(crate) use life::{run, run_in_foreground};

use std::io;
use std::path::PathBuf;

use crate::error::{ExitCode, Failure};

/// Why a supervisor does not start, or had to end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SupervisorError {
    #[error("another supervisor runs this cluster already")]
    AlreadyRunning,
    #[error("failed to {what} {}: {source}", path.display())]
    Io { what: &'static str, path: PathBuf, source: io::Error },
    #[error("{} cannot be read: {reason}; move it away, `cluster status` then finds the nodes again", path.display())]
    State { path: PathBuf, reason: String },
    #[error("{0}")]
    Process(#[from] crate::process::ProcessError),
    #[error("{0}")]
    Host(#[from] crate::host::HostError),
    #[error("{0}")]
    Socket(#[from] crate::api::socket::BindError),
    #[error("{0}")]
    Plan(String),
}

impl From<SupervisorError> for Failure {
    fn from(error: SupervisorError) -> Self {
        let code = match &error {
            SupervisorError::AlreadyRunning => ExitCode::Busy,
            _ => ExitCode::Failed,
        };
        Failure::new(code, error.to_string())
    }
}
