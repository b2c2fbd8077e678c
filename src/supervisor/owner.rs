//! An ephemeral cluster lives no longer than the `cluster run` that it is there for: its owner, which
//! holds `owner.lock` until it ends, however it ends.
//!
//! So the supervisor is the one that takes the cluster down and deletes its folder, also when the
//! owner was killed with SIGKILL; the owner itself only lets go of the lock. An owner that has removed the file before
//! has handed the cluster over: it stays.

use std::thread;

use crate::host::files;
use crate::host::lock::OwnerLock;
use crate::paths::ClusterDir;

/// Who asks for `down` then, for the journal.
pub(super) const BY: &str = "the supervisor, since the `cluster run` that it was for has ended";

/// Calls `on_end` when the owner is gone and has not handed the cluster over.
pub(super) fn watch(dir: &ClusterDir, on_end: impl FnOnce() + Send + 'static) {
    let dir = dir.clone();
    // A thread, since the lock can only be waited for by blocking; it ends with the process.
    thread::spawn(move || match OwnerLock::wait_until_free(&dir.owner_lock()) {
        Ok(()) if dir.is_ephemeral() => on_end(),
        Ok(()) => {}
        Err(error) => tracing::error!("the cluster will not end with its owner: {error}"),
    });
}

/// Deletes the folder of a cluster that is down and has no owner any more.
pub(super) fn bury(dir: &ClusterDir) {
    match OwnerLock::take_over(&dir.owner_lock()) {
        Ok(None) => {}
        Ok(Some(_owner)) => {
            if let Err(error) = files::bury(dir) {
                tracing::error!("{error}");
            }
        }
        Err(error) => tracing::error!("{error}"),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::mpsc;

    use super::*;

    /// Whether the cluster ends when its owner, having done this, lets go of the lock.
    fn ends(before: impl FnOnce(&ClusterDir)) -> bool {
        let root = tempfile::tempdir().unwrap();
        let dir = ClusterDir(root.path().join("velib-1"));
        fs::create_dir(dir.path()).unwrap();
        let owner = OwnerLock::create(&dir.owner_lock()).unwrap().unwrap();
        let (says, said) = mpsc::channel();
        watch(&dir, move || says.send(()).unwrap());
        bury(&dir);
        assert!(dir.path().exists(), "it is owned");
        before(&dir);
        drop(owner);
        let ends = said.recv().is_ok();
        // Not at once: a child that another test forks just now holds the lock until it runs its program.
        while ends && dir.path().exists() {
            bury(&dir);
        }
        bury(&dir);
        assert_eq!(dir.path().exists(), !ends);
        ends
    }

    #[test]
    fn a_cluster_ends_with_its_owner_unless_it_was_handed_over() {
        assert!(ends(|_| {}));
        assert!(!ends(|dir| fs::remove_file(dir.owner_lock()).unwrap()));
    }
}
