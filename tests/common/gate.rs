//! At most two clusters run at once, over all threads and all runs of the tests on this machine's
//! target folder: a lock on one of two files, which the system drops with its holder.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::within;

const SLOTS: usize = 2;

/// One of the places; free again when dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    _lock: File,
}

impl Slot {
    /// Waits its turn: however many tests are before it, each has its own cap.
    pub(crate) fn take() -> Self {
        let paths: Vec<PathBuf> = (0..SLOTS)
            .map(|slot| Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("slot-{slot}")))
            .collect();
        let free = || paths.iter().find_map(|path| try_lock(path));
        within(Duration::from_secs(3600), free)
            .map(|lock| Slot { _lock: lock })
            .expect("no slot within an hour")
    }
}

fn try_lock(path: &Path) -> Option<File> {
    let file = File::options().create(true).append(true).open(path).unwrap();
    match file.try_lock() {
        Ok(()) => Some(file),
        Err(TryLockError::WouldBlock) => None,
        Err(TryLockError::Error(error)) => panic!("failed to lock {}: {error}", path.display()),
    }
}
