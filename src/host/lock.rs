//! Locks that a process holds by an open file: gone with the process, however it dies.
//!
//! They are open-file-description locks (fcntl_locking(2), `F_OFD_SETLK`). As with flock, the
//! lock belongs to the open file, so a child that inherits the file holds it on its own. Unlike
//! flock, it can be asked whether a lock is held without taking it: a curious reader never makes
//! the rightful owner's attempt fail. Locks of the two kinds do not see each other.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

use super::HostError;

/// Held by the one supervisor of a cluster as long as it lives. Children do not inherit it.
#[derive(Debug)]
pub(crate) struct SupervisorLock {
    _held: File,
}

/// Held by the command that an ephemeral cluster is there for, as long as it lives. Children do not
/// inherit it.
#[derive(Debug)]
pub(crate) struct OwnerLock {
    _held: File,
}

/// Held by the command that moves replicas of a cluster, as long as it lives. Children do not inherit it.
#[derive(Debug)]
pub(crate) struct MovesLock {
    _held: File,
}

impl MovesLock {
    /// Takes the lock; `None` when another process holds it.
    pub(crate) fn try_acquire(path: &Path) -> Result<Option<Self>, HostError> {
        Ok(try_lock(path)?.map(|held| MovesLock { _held: held }))
    }
}

impl OwnerLock {
    /// Takes the lock, with a new file when none is there; `None` when another process holds it.
    pub(crate) fn create(path: &Path) -> Result<Option<Self>, HostError> {
        Ok(try_lock(path)?.map(|held| OwnerLock { _held: held }))
    }

    /// Takes the lock that an owner has left; `None` when a process holds it, and when there is no such file, since
    /// the cluster has no owner.
    pub(crate) fn take_over(path: &Path) -> Result<Option<Self>, HostError> {
        Ok(try_lock_file(path, false)?.map(|held| OwnerLock { _held: held }))
    }

    /// Blocks until nobody holds the lock.
    pub(crate) fn wait_until_free(path: &Path) -> Result<(), HostError> {
        wait_until_free(path)
    }
}

/// Who holds a supervisor's lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Holder {
    /// `None` in the moment between taking the lock and writing the pid.
    pub pid: Option<u32>,
}

impl SupervisorLock {
    /// Takes the lock and writes our pid into the file; `None` when another process holds it.
    pub(crate) fn try_acquire(path: &Path) -> Result<Option<Self>, HostError> {
        let Some(mut file) = try_lock(path)? else { return Ok(None) };
        // Over the pid before us, and cut only then: on a full disk there is room for it.
        let line = format!("{}\n", std::process::id());
        let written = file.write_all(line.as_bytes()).and_then(|()| file.set_len(line.len() as u64));
        written.map_err(|error| HostError::io("write", path, error))?;
        Ok(Some(SupervisorLock { _held: file }))
    }
}

/// Who holds the supervisor's lock; `None` when nobody does, whatever the file says.
pub(crate) fn holder(path: &Path) -> Result<Option<Holder>, HostError> {
    if !is_held(path)? {
        return Ok(None);
    }
    let pid = fs::read_to_string(path).ok().and_then(|text| text.trim().parse().ok());
    Ok(Some(Holder { pid }))
}

/// Opens (and creates, 0600) and locks a file; `None` when the lock is held by somebody else.
///
/// The file is open for reading and writing, positioned at its start, close-on-exec.
pub(crate) fn try_lock(path: &Path) -> Result<Option<File>, HostError> {
    try_lock_file(path, true)
}

/// The same; unless it `creates`, also `None` when the file is not there.
fn try_lock_file(path: &Path, creates: bool) -> Result<Option<File>, HostError> {
    loop {
        let mut how = OpenOptions::new();
        how.read(true).write(true).create(creates).truncate(false).mode(0o600);
        let file = match how.open(path) {
            Err(error) if !creates && error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file.map_err(|error| HostError::io("open", path, error))?,
        };
        match fcntl(&file, FcntlArg::F_OFD_SETLK(&whole_file())) {
            Ok(_) => {}
            Err(Errno::EAGAIN | Errno::EACCES) => return Ok(None),
            Err(error) => return Err(HostError::io("lock", path, error.into())),
        }
        // The folder may have been deleted and made anew between open and lock: then this file is
        // not the one that the next process will find.
        if is_at(&file, path)? {
            return Ok(Some(file));
        }
    }
}

/// The same, waiting until nobody else holds the lock; `on_wait` is called once when that takes time. The caller
/// blocks.
pub(crate) fn lock(path: &Path, on_wait: impl FnOnce()) -> Result<File, HostError> {
    if let Some(held) = try_lock(path)? {
        return Ok(held);
    }
    on_wait();
    loop {
        wait_until_free(path)?;
        if let Some(held) = try_lock(path)? {
            return Ok(held);
        }
    }
}

/// Blocks until nobody holds the lock.
fn wait_until_free(path: &Path) -> Result<(), HostError> {
    let failed = |error| HostError::io("wait for the lock of", path, error);
    let file = match OpenOptions::new().read(true).write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    loop {
        match fcntl(&file, FcntlArg::F_OFD_SETLKW(&whole_file())) {
            Ok(_) => return Ok(()),
            Err(Errno::EINTR) => {}
            Err(error) => return Err(failed(error.into())),
        }
    }
}

/// True while some process holds the lock on this file. Takes no lock itself.
pub(crate) fn is_held(path: &Path) -> Result<bool, HostError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(HostError::io("open", path, error)),
    };
    let mut found = whole_file();
    fcntl(&file, FcntlArg::F_OFD_GETLK(&mut found))
        .map_err(|error| HostError::io("read the lock of", path, error.into()))?;
    Ok(i32::from(found.l_type) != libc::F_UNLCK)
}

fn is_at(file: &File, path: &Path) -> Result<bool, HostError> {
    let failed = |error| HostError::io("look at", path, error);
    let ours = file.metadata().map_err(failed)?;
    match fs::metadata(path) {
        Ok(there) => Ok((there.dev(), there.ino()) == (ours.dev(), ours.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(failed(error)),
    }
}

fn whole_file() -> libc::flock {
    libc::flock {
        l_type: libc::F_WRLCK as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::until;

    #[test]
    fn only_one_holds_the_lock_and_it_is_known_who() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("supervisor.lock");
        assert_eq!(holder(&path).unwrap(), None);
        let lock = SupervisorLock::try_acquire(&path).unwrap().expect("free");
        assert!(SupervisorLock::try_acquire(&path).unwrap().is_none());
        assert_eq!(holder(&path).unwrap(), Some(Holder { pid: Some(std::process::id()) }));
        drop(lock);
        // Not at once: a child that another test forks just now holds it until it runs its program.
        until("a pid that was left behind holds nothing", || holder(&path).unwrap().is_none());
        assert!(SupervisorLock::try_acquire(&path).unwrap().is_some());
    }

    #[test]
    fn whoever_waits_for_the_owner_goes_on_when_it_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("owner.lock");
        assert!(OwnerLock::take_over(&path).unwrap().is_none() && !path.exists(), "there is no owner");
        let owner = OwnerLock::create(&path).unwrap().expect("free");
        assert!(OwnerLock::take_over(&path).unwrap().is_none());
        let waiting = std::thread::spawn({
            let path = path.clone();
            move || OwnerLock::wait_until_free(&path)
        });
        drop(owner);
        waiting.join().unwrap().unwrap();
        until("the lock is free", || OwnerLock::take_over(&path).unwrap().is_some());
    }

    #[test]
    fn whoever_waits_for_a_lock_says_so_once_and_has_it_then() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("prepare.lock");
        let theirs = lock(&path, || panic!("it is free")).unwrap();
        let (says, said) = std::sync::mpsc::channel();
        let waiting = std::thread::spawn({
            let path = path.clone();
            move || lock(&path, || says.send(()).unwrap())
        });
        said.recv().unwrap();
        until("it waits with the file open", || opened(&path) == 2);
        // Whoever held it may have removed the file, as a deleted cluster's: the next one locks a file that is there.
        fs::remove_file(&path).unwrap();
        drop(theirs);
        let _ours = waiting.join().unwrap().unwrap();
        assert!(said.recv().is_err(), "it is said once");
        assert!(try_lock(&path).unwrap().is_none());
    }

    /// How often this process has the file open.
    fn opened(path: &Path) -> usize {
        let path = fs::canonicalize(path).unwrap();
        let open =
            fs::read_dir("/proc/self/fd").unwrap().filter_map(|fd| fs::read_link(fd.ok()?.path()).ok());
        open.filter(|file| *file == path).count()
    }

    #[test]
    fn a_file_that_is_removed_between_open_and_lock_is_not_what_is_locked() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("prepare.lock");
        // Each removes what it holds, as a deleted cluster's, while others are about to take it.
        let holds_a_file_that_is_there = || {
            for _ in 0..2000 {
                let Some(held) = try_lock(&path).unwrap() else { continue };
                assert!(is_at(&held, &path).unwrap());
                fs::remove_file(&path).unwrap();
            }
        };
        std::thread::scope(|threads| {
            for _ in 0..4 {
                threads.spawn(holds_a_file_that_is_there);
            }
        });
    }

    #[test]
    fn a_shorter_pid_leaves_nothing_of_a_longer_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("supervisor.lock");
        fs::write(&path, "4000000000\nrubbish\n").unwrap();
        let _lock = SupervisorLock::try_acquire(&path).unwrap().expect("free");
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{}\n", std::process::id()));
    }

    #[test]
    fn a_file_that_was_deleted_while_locked_does_not_hold_up_the_next() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("supervisor.lock");
        let _old = SupervisorLock::try_acquire(&path).unwrap().expect("free");
        fs::remove_file(&path).unwrap();
        assert!(SupervisorLock::try_acquire(&path).unwrap().is_some());
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let error = SupervisorLock::try_acquire(Path::new("/nonexistent/supervisor.lock")).unwrap_err();
        assert!(error.to_string().starts_with("failed to open /nonexistent/supervisor.lock"), "{error}");
    }
}
