//! An ephemeral cluster lives no longer than the `cluster run` that it is there for: its owner, which
//! holds `owner.lock` until it ends, however it ends.
//!
//! So the supervisor is the one that takes the cluster down and deletes its folder, also when the
//! owner was killed with SIGKILL; the owner itself only lets go of the lock.

use std::thread;

use crate::host::files;
use crate::host::lock::OwnerLock;
use crate::paths::ClusterDir;

/// Who asks for `down` then, for the journal.
pub(super) const BY: &str = "the supervisor, since the `cluster run` that it was for has ended";

/// Calls `on_end` when the owner is gone.
pub(super) fn watch(dir: &ClusterDir, on_end: impl FnOnce() + Send + 'static) {
    let path = dir.owner_lock();
    // A thread, since the lock can only be waited for by blocking; it ends with the process.
    thread::spawn(move || match OwnerLock::wait_until_free(&path) {
        Ok(()) => on_end(),
        Err(error) => tracing::error!("the cluster will not end with its owner: {error}"),
    });
}

/// Deletes the folder of a cluster that is down and has no owner any more.
pub(super) fn bury(dir: &ClusterDir) {
    match OwnerLock::try_acquire(&dir.owner_lock()) {
        Ok(None) => {}
        Ok(Some(_owner)) => {
            if let Err(error) = files::bury(dir) {
                tracing::error!("{error}");
            }
        }
        Err(error) => tracing::error!("{error}"),
    }
}
