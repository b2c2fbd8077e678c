//! What can go wrong with a file of this machine, always with its path.

use std::io;
use std::path::{Path, PathBuf};

use super::owner::Foreign;
use crate::error::{ExitCode, Failure};

/// Why something could not be done to a file or a folder.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    #[error("failed to {what} {}: the disk is full", path.display())]
    DiskFull { what: &'static str, path: PathBuf },
    #[error("failed to {what} {}: it is mounted read-only", path.display())]
    ReadOnly { what: &'static str, path: PathBuf },
    #[error("failed to {what} {}: {source}{}", path.display(), whose(foreign.as_ref(), path))]
    Denied {
        what: &'static str,
        path: PathBuf,
        source: io::Error,
        /// The file or the folder of another user that it is about.
        foreign: Option<Foreign>,
    },
    /// Nothing is written in it, though it could be.
    #[error("{} belongs to {}, and this is {}: {} could not use what is written there", .0.path.display(), .0.owner, .0.us, .0.owner)]
    Foreign(Foreign),
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
            io::ErrorKind::PermissionDenied => {
                let foreign = Foreign::in_the_way(&path);
                HostError::Denied { what, path, source, foreign }
            }
            io::ErrorKind::ReadOnlyFilesystem => HostError::ReadOnly { what, path },
            _ => HostError::Io { what, path, source },
        }
    }

    /// What to do next, when there is something.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            HostError::DiskFull { .. } => Some("free some space on that disk".to_owned()),
            HostError::ReadOnly { .. } => Some(
                "mount it for writing, or set CLUSTER_HOME and CLUSTER_CACHE to folders elsewhere".to_owned(),
            ),
            HostError::Denied { foreign: Some(foreign), .. } => Some(format!(
                "have it given to {} with `chown`, or set CLUSTER_HOME and CLUSTER_CACHE to folders of your own",
                foreign.us
            )),
            HostError::Denied { foreign: None, .. } => {
                Some("give this user the right to write there".to_owned())
            }
            HostError::Foreign(Foreign { owner, .. }) => {
                Some(format!("run it as {owner} (`sudo -u`), or set CLUSTER_HOME to a folder of your own"))
            }
            HostError::Io { .. } | HostError::Proc { .. } => None,
        }
    }
}

/// What is not this user's, in the words that end an error about `path`.
fn whose(foreign: Option<&Foreign>, path: &Path) -> String {
    match foreign {
        None => String::new(),
        Some(one) if one.path == path => format!("; it belongs to {}", one.owner),
        Some(one) => format!("; {} belongs to {}", one.path.display(), one.owner),
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
    fn what_another_user_has_is_said_to_be_theirs() {
        let (path, us) = (PathBuf::from("/state/velib/plan.json"), "zoe".to_owned());
        let denied = |of: &str| {
            let foreign = Some(Foreign { path: of.into(), owner: "root".to_owned(), us: us.clone() });
            let source = io::ErrorKind::PermissionDenied.into();
            Failure::from(HostError::Denied { what: "read", path: path.clone(), source, foreign })
        };
        let itself = denied("/state/velib/plan.json");
        assert_eq!(
            itself.message,
            "failed to read /state/velib/plan.json: permission denied; it belongs to root"
        );
        assert!(itself.hint.unwrap().starts_with("have it given to zoe with `chown`"));
        assert!(denied("/state/velib").message.ends_with("permission denied; /state/velib belongs to root"));
    }

    #[test]
    fn a_full_disk_and_a_missing_right_are_told_apart_and_name_the_path() {
        let path = Path::new("/state/velib/node.lock");
        let full = HostError::io("write", path, io::ErrorKind::StorageFull.into());
        assert_eq!(full.to_string(), "failed to write /state/velib/node.lock: the disk is full");
        let denied = HostError::io("open", path, io::ErrorKind::PermissionDenied.into());
        assert!(matches!(denied, HostError::Denied { .. }));
        assert!(denied.to_string().contains("/state/velib/node.lock"));
        let fixed = HostError::io("open", path, io::ErrorKind::ReadOnlyFilesystem.into());
        assert_eq!(fixed.to_string(), "failed to open /state/velib/node.lock: it is mounted read-only");
        assert!(fixed.hint().unwrap().contains("CLUSTER_CACHE"));
    }
}
