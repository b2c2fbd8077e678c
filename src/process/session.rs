//! What a child has of us: cut loose, with a session of its own and nothing inherited but standard
//! input and outputs; or bound to us, so that it never outlives us.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::libc;

/// Makes the child the leader of a new session (and so of a new process group), with no file
/// descriptor of ours above 2.
///
/// A process group alone would not do: when the supervisor dies, a group of its own session
/// becomes orphaned, and the kernel then sends SIGHUP and SIGCONT to such a group if a member is
/// stopped (setpgid(2)): a paused broker would wake up and shut down. The group of a session
/// leader is orphaned from the start, so that nothing happens to it later.
///
/// The supervisor may itself have inherited descriptors that are not close-on-exec, from a
/// shell's redirections or a CI's pipes; a node that kept one open would keep that pipe's reader
/// waiting for ever.
#[expect(unsafe_code, reason = "std has no safe way to call setsid and close_range in a child")]
pub(super) fn detach(command: &mut Command) {
    // SAFETY: between fork and exec only async-signal-safe calls are allowed; these are two plain
    // system calls that neither allocate nor lock. Descriptors are only marked close-on-exec, not
    // closed, so that std's own error pipe goes on working.
    unsafe {
        command.pre_exec(|| {
            if libc::setsid() == -1 {
                return Err(io::Error::last_os_error());
            }
            // Linux 5.11; before it this fails and changes nothing, and our own descriptors are
            // close-on-exec anyway.
            libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC);
            Ok(())
        });
    }
}

/// Makes the child end by SIGKILL when the thread that starts it ends, so that it never outlives a
/// process that can be killed itself (`PR_SET_PDEATHSIG`). Its own children are not concerned.
#[expect(unsafe_code, reason = "std has no safe way to call prctl in a child")]
pub(crate) fn die_with_us(command: &mut Command) {
    let parent = nix::unistd::getpid();
    // SAFETY: two plain system calls that neither allocate nor lock, between fork and exec.
    unsafe {
        command.pre_exec(move || {
            rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
            // We may have ended in between.
            match nix::unistd::getppid() == parent {
                true => Ok(()),
                false => Err(nix::errno::Errno::ESRCH.into()),
            }
        });
    }
}
