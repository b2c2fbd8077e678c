use std::path::PathBuf;

use crate::error::{ExitCode, Failure};
use crate::host::HostError;

/// Why a cluster has not got the keys that it needs.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    #[error(transparent)]
    Io(#[from] HostError),
    /// Not one of ours, or damaged.
    #[error("{} holds no private key: {reason}", path.display())]
    NoKey { path: PathBuf, reason: String },
    /// The same of a certificate.
    #[error("{} holds no certificate: {reason}", path.display())]
    NoCertificate { path: PathBuf, reason: String },
    /// By mode of the file.
    #[error("{} is a secret that others can read (mode {mode:03o})", path.display())]
    Readable { path: PathBuf, mode: u32 },
    /// What rcgen says.
    #[error("no certificate can be made: {0}")]
    NotMade(String),
}

impl From<rcgen::Error> for PkiError {
    fn from(error: rcgen::Error) -> Self {
        PkiError::NotMade(error.to_string())
    }
}

impl From<PkiError> for Failure {
    fn from(error: PkiError) -> Self {
        let hint = match &error {
            PkiError::Io(_) | PkiError::NotMade(_) => None,
            PkiError::NoKey { path, .. } | PkiError::NoCertificate { path, .. } => {
                let folder = path.parent().unwrap_or(path).display();
                Some(format!("remove {folder} while the cluster is down: all its keys are made anew"))
            }
            PkiError::Readable { path, .. } => {
                Some(format!("take that right away: `chmod 600 {}`", path.display()))
            }
        };
        match (error, hint) {
            (PkiError::Io(error), _) => error.into(),
            (error, None) => Failure::new(ExitCode::Failed, error.to_string()),
            (error, Some(hint)) => Failure::new(ExitCode::Failed, error.to_string()).hint(hint),
        }
    }
}
