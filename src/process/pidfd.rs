//! A handle on a proven process: what is done through it can never reach a stranger.

use std::io;
use std::os::fd::OwnedFd;

use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::ProcessError;
use super::identity::Identity;

/// Opens a pidfd of `identity`, or `None` when that process is gone.
///
/// The order makes it free of races: the pidfd is bound to whoever has the pid now; when that
/// process, looked at afterwards, is the one that is meant, the pidfd is bound to it for good.
pub(super) fn open_proven(identity: &Identity) -> Result<Option<OwnedFd>, ProcessError> {
    let opened = open(identity.pid)?;
    Ok(opened.filter(|_| identity.is_alive()))
}

/// Opens a pidfd of whoever has the pid. Right by itself only for an own child not reaped yet.
pub(super) fn open(pid: u32) -> Result<Option<OwnedFd>, ProcessError> {
    let failed = |source| ProcessError::Watch { pid, source };
    let raw = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let raw = raw.ok_or_else(|| failed(io::ErrorKind::InvalidInput.into()))?;
    match pidfd_open(raw, PidfdFlags::NONBLOCK) {
        Ok(pidfd) => Ok(Some(pidfd)),
        // No such process, or the number now belongs to a thread of some other process.
        Err(rustix::io::Errno::SRCH | rustix::io::Errno::INVAL | rustix::io::Errno::NOENT) => Ok(None),
        Err(error) => Err(failed(error.into())),
    }
}
