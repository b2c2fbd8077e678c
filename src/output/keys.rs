//! Keys that somebody presses while a screen is redrawn.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::process::getpgrp;
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp, tcsetattr,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// How often a program in the background looks whether it is in the foreground again.
const LOOK: Duration = Duration::from_secs(1);

/// The terminal, without echo and key by key while this lives; afterwards it is as before. Ctrl-C and the like stay
/// signals.
pub(crate) struct Keys {
    terminal: AsyncFd<OwnedFd>,
    before: Termios,
}

impl Keys {
    /// Of this terminal; `None`: it is none, or another program has it.
    #[expect(unsafe_code, reason = "tokio registers a descriptor only so; the safe way is deprecated")]
    pub(crate) fn of(terminal: impl AsFd) -> Option<Self> {
        let terminal = terminal.as_fd().try_clone_to_owned().ok()?;
        let before = tcgetattr(&terminal).ok().filter(|_| is_ours(&terminal))?;
        // SAFETY: an `OwnedFd` is one open descriptor, always the same, until it is dropped; it is moved in and nobody
        // else has it.
        let registered = unsafe { AsyncFd::register_with_interest(terminal, Interest::READABLE) };
        let keys = Keys { terminal: registered.ok()?, before };
        let mut raw = keys.before.clone();
        raw.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
        raw.special_codes[SpecialCodeIndex::VMIN] = 1;
        raw.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(&keys.terminal, OptionalActions::Now, &raw).ok()?;
        Some(keys)
    }

    /// Returns when `q` was pressed; of other keys nothing is made.
    pub(crate) async fn quit(&self) {
        loop {
            let Ok(mut ready) = self.terminal.readable().await else { return std::future::pending().await };
            if !is_ours(&self.terminal) {
                // Reading would stop this process.
                tokio::time::sleep(LOOK).await;
                continue;
            }
            let mut typed = [0; 64];
            match ready.try_io(|terminal| Ok(rustix::io::read(terminal, &mut typed)?)) {
                Ok(Ok(0)) => return std::future::pending().await,
                Ok(Ok(read)) if typed[..read].contains(&b'q') => return,
                Ok(Err(error)) if error.kind() != io::ErrorKind::Interrupted => {
                    return std::future::pending().await;
                }
                _ => ready.clear_ready(),
            }
        }
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        if is_ours(&self.terminal) {
            // Without a terminal there is nothing to restore.
            let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
        }
    }
}

/// Whether it is read by us: a terminal that does not control us has no foreground to be in.
fn is_ours(terminal: impl AsFd) -> bool {
    tcgetpgrp(terminal).map_or(true, |group| group == getpgrp())
}

#[cfg(test)]
mod tests {
    use nix::pty::openpty;

    use super::*;

    fn modes(terminal: impl AsFd) -> LocalModes {
        tcgetattr(terminal).unwrap().local_modes
    }

    #[tokio::test]
    async fn q_is_heard_without_enter_or_echo_and_the_terminal_is_as_before_afterwards() {
        let pty = openpty(None, None).unwrap();
        let before = modes(&pty.slave);
        let keys = Keys::of(&pty.slave).unwrap();
        assert!(!modes(&pty.slave).intersects(LocalModes::ICANON | LocalModes::ECHO));
        assert!(modes(&pty.slave).contains(LocalModes::ISIG), "Ctrl-C stays a signal");
        let other = async {
            rustix::io::write(&pty.master, b"x").unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
            rustix::io::write(&pty.master, b"q").unwrap();
            std::future::pending::<()>().await
        };
        tokio::select! {
            () = keys.quit() => {}
            () = other => {}
        }
        drop(keys);
        assert_eq!(modes(&pty.slave), before);
    }

    #[tokio::test]
    async fn what_is_no_terminal_has_no_keys() {
        assert!(Keys::of(std::fs::File::open("/dev/null").unwrap()).is_none());
    }
}
