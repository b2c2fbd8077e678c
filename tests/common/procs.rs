//! Processes as the system shows them, found by the test's folder and never by a name.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

/// A live process; a zombie is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Process {
    pub pid: u32,
    pub argv: Vec<String>,
    /// Field 22 of proc_pid_stat(5), which tells it from a later one with its pid.
    pub start_ticks: u64,
}

impl Process {
    pub(crate) fn with_pid(pid: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
        let start_ticks = fields.get(19)?.parse().ok()?;
        let dead = matches!(fields[0], "Z" | "X");
        let cmdline = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let argv =
            cmdline.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect();
        (!dead).then_some(Process { pid, argv, start_ticks })
    }

    pub(crate) fn is_alive(&self) -> bool {
        Self::with_pid(self.pid).is_some_and(|now| now.start_ticks == self.start_ticks)
    }

    pub(crate) fn is_supervisor(&self) -> bool {
        self.argv.iter().any(|word| word == "supervise")
    }

    pub(crate) fn is_java(&self) -> bool {
        self.argv.first().is_some_and(|program| program.ends_with("/java"))
    }

    pub(crate) fn sigkill(&self) {
        self.signal(Signal::KILL);
    }

    /// To this very process: the pid is held by a descriptor while its start time is compared.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.pid).unwrap()).unwrap();
        if let Ok(held) = pidfd_open(pid, PidfdFlags::empty())
            && self.is_alive()
        {
            let _ = pidfd_send_signal(&held, signal);
        }
    }
}

/// Every live process, apart from this one, whose command line or `CLUSTER_HOME` is in `root`.
pub(crate) fn of(root: &Path) -> Vec<Process> {
    pids()
        .into_iter()
        .filter(|pid| *pid != std::process::id() && names(*pid, root))
        .filter_map(Process::with_pid)
        .collect()
}

fn pids() -> BTreeSet<u32> {
    fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect()
}

fn names(pid: u32, root: &Path) -> bool {
    let root = root.as_os_str().as_bytes();
    let has = |bytes: &[u8]| bytes.windows(root.len()).any(|window| window == root);
    fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|cmdline| has(&cmdline))
        || fs::read(format!("/proc/{pid}/environ")).is_ok_and(|environ| {
            environ
                .split(|byte| *byte == 0)
                .any(|variable| variable.starts_with(b"CLUSTER_HOME=") && has(variable))
        })
}
