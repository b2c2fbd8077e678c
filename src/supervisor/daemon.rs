//! Starting a supervisor when none runs: any command does, before it asks.

use crate::error::{ExitCode, Failure};
use crate::host::{lock, owner};
use crate::paths::{ClusterDir, Folders};
use crate::process::daemon::{DaemonError, spawn_daemon};

/// Makes sure that a supervisor runs; when several commands try at once, one of them starts it.
/// Blocks for some milliseconds when it has to start one.
pub(crate) fn ensure(dir: &ClusterDir) -> Result<(), Failure> {
    if is_running(dir)? {
        return Ok(());
    }
    owner::check(dir.path())?;
    let folder = dir.path().to_str().ok_or_else(|| {
        Failure::new(ExitCode::Failed, format!("the path {} is not UTF-8", dir.path().display()))
    })?;
    let folders = Folders::from_env()?;
    match spawn_daemon(["supervise", "--dir", folder], &folders.environment(), &dir.supervisor_log()) {
        Ok(pid) => {
            tracing::info!(
                "started a supervisor, pid {pid}; its messages go to {}",
                dir.supervisor_log().display()
            );
            Ok(())
        }
        Err(DaemonError::AlreadyRunning) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// A supervisor holds the lock of this cluster.
pub(crate) fn is_running(dir: &ClusterDir) -> Result<bool, Failure> {
    Ok(lock::holder(&dir.supervisor_lock())?.is_some())
}
