//! The folder of a cluster that is there for one command only, and its end, or its life after that.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::time::{Duration, Instant};

use super::folder;
use crate::error::{ExitCode, Failure};
use crate::host::files;
use crate::host::lock;
use crate::host::lock::OwnerLock;
use crate::host::owner;
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

/// Makes a folder in the home: `base-1`, or the next number that is free, there and in the other home: two clusters
/// of one name would be taken for each other.
pub(crate) fn claim(folders: &Folders, other: &Folders, base: &str) -> Result<Ephemeral, Failure> {
    owner::check(folders.cluster(base).path())?;
    files::create_folder(&folders.home)?;
    for number in 1_u32.. {
        let name = format!("{base}-{number}");
        let dir = folders.cluster(&name);
        if other.cluster(&name).path().exists() {
            continue;
        }
        match DirBuilder::new().mode(0o700).create(dir.path()) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(Failure::io("create the folder", dir.path(), &error)),
        }
        // Without the lock somebody else clears it away, who took it for one that was left behind.
        if let Ok(Some(owner)) = OwnerLock::create(&dir.owner_lock()) {
            return Ok(Ephemeral { name, dir, owner });
        }
    }
    Err(Failure::new(ExitCode::Failed, format!("every name {base}-N is taken in {}", folders.home.display())))
}

/// Sees to the end of what is left of others: their `run` and its supervisor were both killed.
pub(crate) fn clear(folders: &Folders) -> Result<(), Failure> {
    for (dir, owner) in ownerless(folders)? {
        see_to_end(&dir)?;
        drop(owner);
    }
    // Of those that had no time for a lock; one that is just being made looks for another name.
    for dir in clusters(&folders.ephemeral())? {
        // With anything in it it stays.
        let _ = fs::remove_dir(dir.path());
    }
    Ok(())
}

/// The ephemeral clusters whose `run` is gone, in this home and in that of the cache. They are ours as long as the
/// locks are held.
pub(crate) fn ownerless(folders: &Folders) -> Result<Vec<(ClusterDir, OwnerLock)>, Failure> {
    let mut found = Vec::new();
    for folders in [folders, &folders.ephemeral()] {
        for dir in clusters(folders)? {
            found.extend(OwnerLock::take_over(&dir.owner_lock())?.map(|owner| (dir, owner)));
        }
    }
    Ok(found)
}

/// The folders of this home that may be clusters.
fn clusters(folders: &Folders) -> Result<Vec<ClusterDir>, Failure> {
    let names = folder::names(&folders.home)?.into_iter().filter(|name| !name.starts_with('.'));
    Ok(names.map(|name| folders.cluster(&name)).filter(|dir| dir.path().is_dir()).collect())
}

/// Hands the cluster over to whoever uses this home: it outlives this process, as any other.
pub(crate) fn keep(ephemeral: Ephemeral) -> Result<(), Failure> {
    let Ephemeral { dir, owner, .. } = ephemeral;
    let path = dir.owner_lock();
    // One step, done before the lock is free: whoever finds it free ends a cluster only if the file is still there.
    fs::remove_file(&path).map_err(|error| Failure::io("remove", &path, &error))?;
    drop(owner);
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
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use super::*;

    fn folders() -> (tempfile::TempDir, Folders) {
        let cache = tempfile::tempdir().unwrap();
        let folders = Folders { home: cache.path().join("home"), cache: cache.path().to_owned() };
        (cache, folders)
    }

    #[test]
    fn each_gets_a_folder_and_a_name_of_its_own() {
        let (_cache, folders) = folders();
        let (first, second) =
            (claim(&folders, &folders, "velib").unwrap(), claim(&folders, &folders, "velib").unwrap());
        assert_eq!((first.name.as_str(), second.name.as_str()), ("velib-1", "velib-2"));
        assert!(first.dir.path().is_dir() && second.dir.path().is_dir());
    }

    #[test]
    fn what_others_left_is_cleared_away_and_what_they_own_is_not() {
        let (_cache, folders) = folders();
        clear(&folders).unwrap();
        let owned = claim(&folders, &folders, "owned").unwrap();
        let left = claim(&folders, &folders, "left").unwrap().dir;
        // Not at once: a child that another test forks just now holds the lock until it runs its program.
        while left.path().exists() {
            clear(&folders).unwrap();
        }
        assert!(owned.dir.path().exists());
    }

    #[test]
    fn one_that_is_kept_is_nobodys_to_clear_away() {
        let (_cache, folders) = folders();
        let ours = claim(&folders, &folders, "velib").unwrap();
        let dir = ours.dir.clone();
        assert!(dir.is_ephemeral());
        keep(ours).unwrap();
        clear(&folders).unwrap();
        assert!(dir.path().exists() && !dir.is_ephemeral());
        assert_eq!(ownerless(&folders).unwrap().len(), 0);
    }

    #[test]
    fn others_that_look_while_one_is_handed_over_never_take_it() {
        let (_cache, folders) = folders();
        let is_over = AtomicBool::new(false);
        thread::scope(|threads| {
            threads.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    clear(&folders).unwrap();
                }
            });
            for _ in 0..300 {
                let ours = claim(&folders, &folders, "velib").unwrap();
                let dir = ours.dir.clone();
                keep(ours).unwrap();
                thread::yield_now();
                assert!(dir.path().exists());
                fs::remove_dir_all(dir.path()).unwrap();
            }
            is_over.store(true, Ordering::Relaxed);
        });
    }

    #[test]
    fn a_folder_that_was_never_locked_is_removed_from_the_cache_alone() {
        let (_cache, folders) = folders();
        let (run, own) = (folders.ephemeral().cluster("velib-1"), folders.cluster("velib-1"));
        fs::create_dir_all(run.path()).unwrap();
        fs::create_dir_all(own.path()).unwrap();
        clear(&folders).unwrap();
        assert!(!run.path().exists() && own.path().exists());
    }

    #[tokio::test]
    async fn one_that_was_never_started_is_gone_at_once() {
        let (_cache, folders) = folders();
        let ours = claim(&folders, &folders, "velib").unwrap();
        let dir = ours.dir.clone();
        discard(ours).await.unwrap();
        assert!(!dir.path().exists());
        assert_eq!(std::fs::read_dir(&folders.home).unwrap().count(), 0);
    }
}
