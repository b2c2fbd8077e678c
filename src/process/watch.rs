//! Seeing a process end, within a millisecond or so, whether it is our child or not.

use std::io;
use std::os::fd::OwnedFd;
use std::process::Child;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::ProcessError;
use super::identity::Identity;
use super::pidfd;
use super::spawn::Spawned;
use crate::model::exit::Exit;

/// Watches one process through its pidfd, which becomes readable when the process ends.
///
/// Only this child is ever waited for: waitpid(-1) would steal the exits of others. An own child
/// that is no longer watched stays a zombie until we end.
#[derive(Debug)]
pub(crate) struct Watch {
    identity: Identity,
    pidfd: AsyncFd<OwnedFd>,
    /// `None`: adopted. Only a parent is told how a process ended.
    child: Option<Child>,
    exit: Option<Exit>,
}

impl Watch {
    /// Watches a child of ours; its exit will be reaped and told. Needs tokio's I/O driver.
    pub(crate) fn spawned(spawned: Spawned) -> Result<Self, ProcessError> {
        let Spawned { identity, child, pidfd } = spawned;
        Self::new(identity, pidfd, Some(child))
    }

    /// Watches a process started by an earlier supervisor; `None` when it is gone already.
    pub(crate) fn adopted(identity: &Identity) -> Result<Option<Self>, ProcessError> {
        let Some(pidfd) = pidfd::open_proven(identity)? else { return Ok(None) };
        Self::new(identity.clone(), pidfd, None).map(Some)
    }

    #[expect(unsafe_code, reason = "tokio registers a descriptor only so; the safe way is deprecated")]
    fn new(identity: Identity, pidfd: OwnedFd, child: Option<Child>) -> Result<Self, ProcessError> {
        // SAFETY: an `OwnedFd` is one open descriptor, always the same, until it is dropped; it is
        // moved in and nobody else has it.
        let registered = unsafe { AsyncFd::register_with_interest(pidfd, Interest::READABLE) };
        let failed = |error| ProcessError::Watch { pid: identity.pid, source: io::Error::from(error) };
        let pidfd = registered.map_err(failed)?;
        Ok(Watch { identity, pidfd, child, exit: None })
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Waits until the process has ended. May be dropped and called again; the answer stays.
    pub(crate) async fn exited(&mut self) -> Exit {
        if let Some(exit) = self.exit {
            return exit;
        }
        loop {
            let Ok(mut ready) = self.pidfd.readable().await else {
                // The runtime shuts down: nobody will hear an answer, and none would be true.
                return std::future::pending().await;
            };
            let exit = match &mut self.child {
                None => Exit::Unknown,
                Some(child) => match child.try_wait() {
                    Ok(Some(status)) => Exit::from(status),
                    Ok(None) => {
                        ready.clear_ready();
                        continue;
                    }
                    // Somebody else has reaped it (SIGCHLD may be ignored by inheritance).
                    Err(_) => Exit::Unknown,
                },
            };
            self.exit = Some(exit);
            return exit;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::procfs;
    use crate::model::signal::Signal;
    use crate::process::signal::signal;
    use crate::process::testing::Node;

    #[tokio::test]
    async fn a_childs_exit_code_and_signal_are_told_and_it_is_reaped() {
        let mut ended = Node::running(&["sh", "-c", "exit 3"]).spawn();
        let mut watch = Watch::spawned(ended.take()).unwrap();
        assert_eq!(watch.exited().await, Exit::Code(3));
        assert_eq!(watch.exited().await.to_string(), "exit code 3");
        assert_eq!(procfs::stat(watch.identity().pid).unwrap(), None, "no zombie is left");

        let mut killed = Node::sleeping().spawn();
        let mut watch = Watch::spawned(killed.take()).unwrap();
        signal(&killed.identity, Signal::KILL).unwrap();
        assert_eq!(watch.exited().await.to_string(), "SIGKILL");
    }

    #[tokio::test]
    async fn a_watch_may_be_given_up_and_taken_up_again() {
        let mut running = Node::sleeping().spawn();
        let mut watch = Watch::spawned(running.take()).unwrap();
        tokio::select! {
            biased;
            exit = watch.exited() => panic!("it lives, and yet: {exit}"),
            () = std::future::ready(()) => {}
        }
        signal(&running.identity, Signal::TERM).unwrap();
        assert_eq!(watch.exited().await, Exit::Signal(15));
    }

    #[tokio::test]
    async fn the_exit_of_an_adopted_process_is_seen() {
        let running = Node::sleeping().spawn();
        let mut watch = Watch::adopted(&running.identity).unwrap().expect("alive");
        signal(&running.identity, Signal::KILL).unwrap();
        assert_eq!(watch.exited().await, Exit::Unknown);
        assert!(!running.identity.is_alive());
    }

    #[tokio::test]
    async fn a_recycled_pid_is_not_watched() {
        let running = Node::sleeping().spawn();
        let mut recycled = running.identity.clone();
        recycled.start_ticks += 1;
        assert!(Watch::adopted(&recycled).unwrap().is_none());
    }
}
