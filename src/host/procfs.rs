//! What /proc says of one process: one small file each, cheap.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::HostError;

/// The state letter of proc_pid_stat(5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State(pub char);

impl State {
    /// Stopped by a signal (SIGSTOP): paused.
    pub fn is_paused(self) -> bool {
        self.0 == 'T'
    }

    /// It has ended; what is left waits for its parent.
    pub fn is_dead(self) -> bool {
        matches!(self.0, 'Z' | 'X' | 'x')
    }
}

/// The fields of /proc/PID/stat that are used here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    /// Field 3.
    pub state: State,
    /// Field 5.
    pub process_group: u32,
    /// Fields 14 and 15, user and system.
    pub cpu_ticks: u64,
    /// Field 22: clock ticks from the boot to the start of the process.
    pub start_ticks: u64,
    /// Field 24.
    pub resident_pages: u64,
}

/// Reads /proc/PID/stat; `None` when there is no such process. Zombies are told.
pub(crate) fn stat(pid: u32) -> Result<Option<Stat>, HostError> {
    let path = proc_file(pid, "stat");
    let Some(bytes) = read_of_process(&path)? else { return Ok(None) };
    parse_stat(&String::from_utf8_lossy(&bytes)).map(Some).ok_or(HostError::Proc { path })
}

/// The command name (field 2) stands in parentheses and may itself hold spaces and parentheses:
/// the fields go on after the last one.
fn parse_stat(text: &str) -> Option<Stat> {
    let (_, rest) = text.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let field = |number: usize| fields.get(number - 3).copied();
    let count = |number: usize| field(number)?.parse::<u64>().ok();
    Some(Stat {
        state: State(field(3)?.chars().next()?),
        process_group: field(5)?.parse().ok()?,
        cpu_ticks: count(14)? + count(15)?,
        start_ticks: count(22)?,
        resident_pages: count(24)?,
    })
}

pub(crate) fn proc_file(pid: u32, name: &str) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}/{name}"))
}

/// Reads a file of a process; `None` when the process is gone, also when it goes while being read.
pub(crate) fn read_of_process(path: &Path) -> Result<Option<Vec<u8>>, HostError> {
    const ESRCH: i32 = nix::libc::ESRCH;
    // In one piece: the size that such a file claims is 0, from which `fs::read` would grow.
    let mut bytes = Vec::with_capacity(4096);
    let read = File::open(path).and_then(|file| file.take(u64::MAX).read_to_end(&mut bytes));
    match read {
        Ok(_) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(ESRCH) => {
            Ok(None)
        }
        Err(error) => Err(HostError::io("read", path, error)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_command_name_cannot_confuse_the_fields(comm in "[ -~]{0,15}", start in any::<u32>()) {
            let line = format!(
                "42 ({comm}) S 1 7 42 0 -1 4194304 10 0 0 0 30 12 0 0 20 0 1 0 {start} 1000000 250 0\n"
            );
            let expected = Stat {
                state: State('S'),
                process_group: 7,
                cpu_ticks: 42,
                start_ticks: start.into(),
                resident_pages: 250,
            };
            prop_assert_eq!(parse_stat(&line), Some(expected));
        }
    }
}
