//! The folder of a cluster that is there for one command only, and its end.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::time::{Duration, Instant};

use crate::error::{ExitCode, Failure};
use crate::host::files;
use crate::host::lock;
use crate::host::lock::OwnerLock;
use crate::paths::{ClusterDir, Folders};
use crate::process::Identity;
use crate::supervisor::daemon;

/// How long a cluster may take to be gone: orderly stops have deadlines of their own.
const PATIENCE: Duration = Duration::from_secs(60);
const RETRY: Duration = Duration::from_millis(10);

/// A folder that is ours as long as this process lives.
#[derive(Debug)]
pub(crate) struct Ephemeral {
    pub name: String,
    pub dir: ClusterDir,
    owner: OwnerLock,
}

/// Makes a folder in the home of ephemeral clusters: `base-1`, or the next number that is free.
pub(crate) fn claim(folders: &Folders, base: &str) -> Result<Ephemeral, Failure> {
    files::create_folder(&folders.home)?;
    for number in 1_u32.. {
        let name = format!("{base}-{number}");
        let dir = folders.cluster(&name);
        match DirBuilder::new().mode(0o700).create(dir.path()) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(Failure::io("create the folder", dir.path(), &error)),
        }
        // Without the lock somebody else clears it away, who took it for one that was left behind.
        if let Ok(Some(owner)) = OwnerLock::try_acquire(&dir.owner_lock()) {
            return Ok(Ephemeral { name, dir, owner });
        }
    }
    Err(Failure::new(ExitCode::Failed, format!("every name {base}-N is taken in {}", folders.home.display())))
}

/// Sees to the end of what is left of others: their `run` and its supervisor were both killed.
pub(crate) fn clear(folders: &Folders) -> Result<(), Failure> {
    let entries = match fs::read_dir(&folders.home) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Failure::io("read", &folders.home, &error)),
    };
    for name in entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()) {
        let dir = folders.cluster(&name);
        if !name.starts_with('.')
            && let Some(owner) = OwnerLock::try_acquire(&dir.owner_lock())?
        {
            see_to_end(&dir)?;
            drop(owner);
        }
    }
    Ok(())
}

/// Makes sure that a supervisor deletes the cluster once its owner lets go of it.
fn see_to_end(dir: &ClusterDir) -> Result<(), Failure> {
    match dir.plan().is_file() || daemon::is_running(dir)? {
        true => daemon::ensure(dir),
        // Nothing was ever started.
        false => Ok(files::bury(dir)?),
    }
}

/// Has the cluster taken down and deleted, and waits until no process and no file of it is left.
pub(crate) async fn discard(ephemeral: Ephemeral) -> Result<(), Failure> {
    let Ephemeral { name, dir, owner } = ephemeral;
    let mut owner = Some(owner);
    let mut supervisors: Vec<Identity> = Vec::new();
    let began = Instant::now();
    while dir.path().exists() || dir.grave().exists() || supervisors.iter().any(Identity::is_alive) {
        if began.elapsed() > PATIENCE {
            let left = dir.path().display();
            let message = format!("the cluster {name} does not end; what is left of it is in {left}");
            return Err(Failure::new(ExitCode::TimedOut, message)
                .hint(format!("see {}", dir.supervisor_log().display())));
        }
        match see_to_end(&dir) {
            // One that has just deleted it.
            Err(_) if !dir.path().exists() => {}
            done => done?,
        }
        let holder = lock::holder(&dir.supervisor_lock()).ok().flatten();
        if let Some(pid) = holder.and_then(|holder| holder.pid)
            && !supervisors.iter().any(|known| known.pid == pid)
        {
            supervisors.extend(Identity::of(pid)?);
        }
        owner.take();
        tokio::time::sleep(RETRY).await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders() -> (tempfile::TempDir, Folders) {
        let cache = tempfile::tempdir().unwrap();
        let folders = Folders { home: "/nonexistent".into(), cache: cache.path().to_owned() }.ephemeral();
        (cache, folders)
    }

    #[test]
    fn each_gets_a_folder_and_a_name_of_its_own() {
        let (_cache, folders) = folders();
        let (first, second) = (claim(&folders, "velib").unwrap(), claim(&folders, "velib").unwrap());
        assert_eq!((first.name.as_str(), second.name.as_str()), ("velib-1", "velib-2"));
        assert!(first.dir.path().is_dir() && second.dir.path().is_dir());
    }

    #[test]
    fn what_others_left_is_cleared_away_and_what_they_own_is_not() {
        let (_cache, folders) = folders();
        clear(&folders).unwrap();
        let owned = claim(&folders, "owned").unwrap();
        let left = claim(&folders, "left").unwrap().dir;
        // Not at once: a child that another test forks just now holds the lock until it runs its program.
        while left.path().exists() {
            clear(&folders).unwrap();
        }
        assert!(owned.dir.path().exists());
    }

    #[tokio::test]
    async fn one_that_was_never_started_is_gone_at_once() {
        let (_cache, folders) = folders();
        let ours = claim(&folders, "velib").unwrap();
        let dir = ours.dir.clone();
        discard(ours).await.unwrap();
        assert!(!dir.path().exists());
        assert_eq!(std::fs::read_dir(&folders.home).unwrap().count(), 0);
    }
}
