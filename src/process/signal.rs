//! Sending a signal to a proven process.

use rustix::process::pidfd_send_signal;

use super::ProcessError;
use super::identity::Identity;
use super::pidfd;
use crate::model::signal::Signal;

/// What became of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    Delivered,
    /// The process had ended before.
    Gone,
}

/// Sends a signal to this very process, never to another that has its pid by now.
pub fn signal(identity: &Identity, signal: Signal) -> Result<Sent, ProcessError> {
    let Some(pidfd) = pidfd::open_proven(identity)? else { return Ok(Sent::Gone) };
    let failed = |source| ProcessError::Signal { pid: identity.pid, signal, source };
    let raw = rustix::process::Signal::from_named_raw(signal.number())
        .ok_or_else(|| failed(std::io::ErrorKind::InvalidInput.into()))?;
    match pidfd_send_signal(&pidfd, raw) {
        Ok(()) => Ok(Sent::Delivered),
        Err(rustix::io::Errno::SRCH) => Ok(Sent::Gone),
        Err(error) => Err(failed(error.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::testing::Node;

    #[test]
    fn a_signal_reaches_the_process() {
        let mut running = Node::sleeping().spawn();
        assert_eq!(signal(&running.identity, Signal::TERM).unwrap(), Sent::Delivered);
        let status = running.child_mut().wait().unwrap();
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(15));
        assert_eq!(signal(&running.identity, Signal::TERM).unwrap(), Sent::Gone);
    }

    #[test]
    fn a_stranger_with_the_same_pid_gets_no_signal() {
        let mut running = Node::sleeping().spawn();
        let mut recycled = running.identity.clone();
        recycled.start_ticks += 1;
        assert_eq!(signal(&recycled, Signal::KILL).unwrap(), Sent::Gone);
        assert!(running.child_mut().try_wait().unwrap().is_none());
    }

    #[test]
    fn a_zombie_is_gone() {
        let running = Node::running(&["true"]).spawn();
        crate::testing::until("it ended", || !running.identity.is_alive());
        assert_eq!(signal(&running.identity, Signal::KILL).unwrap(), Sent::Gone);
    }
}
