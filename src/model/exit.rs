//! How a process ended.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use nix::sys::signal::Signal as Named;

/// As far as it is known. Shown as `exit code 1`, `exit code 143 (SIGTERM)`, `SIGKILL`, `unknown (it was adopted)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Code(i32),
    /// The number of the signal that ended it.
    Signal(i32),
    /// It was not our child, or nobody watched.
    Unknown,
}

impl From<ExitStatus> for Exit {
    fn from(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => Exit::Code(code),
            (None, Some(signal)) => Exit::Signal(signal),
            (None, None) => Exit::Unknown,
        }
    }
}

impl fmt::Display for Exit {
    /// A JVM answers SIGTERM with exit code 143: codes above 128 name the signal, as shells have it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Exit::Code(code @ 129..=159) => match Named::try_from(code - 128) {
                Ok(named) => write!(f, "exit code {code} ({})", named.as_str()),
                Err(_) => write!(f, "exit code {code}"),
            },
            Exit::Code(code) => write!(f, "exit code {code}"),
            Exit::Signal(number) => match Named::try_from(number) {
                Ok(named) => f.write_str(named.as_str()),
                Err(_) => write!(f, "signal {number}"),
            },
            Exit::Unknown => f.write_str("unknown (it was adopted)"),
        }
    }
}
