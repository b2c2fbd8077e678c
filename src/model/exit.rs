//! How a process ended.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::str::FromStr;

use nix::sys::signal::Signal as Named;

/// As far as it is known. Shown as `exit code 1`, `exit code 143 (SIGTERM)`, `SIGKILL`, `unknown (it was adopted)`.
/// JSON is the same text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0 is an orderly end; above 128 a JVM that a signal shut down in order: 143 after SIGTERM.
    Code(i32),
    /// The number of the signal that ended it.
    Signal(i32),
    /// It was not our child.
    Unknown,
    /// It ended while no supervisor watched.
    Unseen,
}

/// The text is none that an [`Exit`] is shown as.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no way in which a process ends")]
pub struct UnknownExit(String);

impl From<ExitStatus> for Exit {
    fn from(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => Exit::Code(code),
            (None, Some(signal)) => Exit::Signal(signal),
            (None, None) => Exit::Unknown,
        }
    }
}

impl Exit {
    /// Ended by SIGKILL, which leaves no time for a word.
    pub(crate) fn is_sigkill(self) -> bool {
        self == Exit::Signal(Named::SIGKILL as i32)
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
            Exit::Unseen => f.write_str("unknown (no supervisor watched)"),
        }
    }
}

impl FromStr for Exit {
    type Err = UnknownExit;

    /// Reads what `Display` writes.
    fn from_str(text: &str) -> Result<Self, UnknownExit> {
        let number = |text: &str| text.parse().ok();
        let exit = if let Some(code) = text.strip_prefix("exit code ") {
            // The signal of a code above 128 follows in brackets.
            number(code.split(' ').next().unwrap_or_default()).map(Exit::Code)
        } else if let Some(unnamed) = text.strip_prefix("signal ") {
            number(unnamed).map(Exit::Signal)
        } else {
            let unknown = [Exit::Unknown, Exit::Unseen].into_iter().find(|exit| exit.to_string() == text);
            unknown.or_else(|| text.parse::<Named>().ok().map(|named| Exit::Signal(named as i32)))
        };
        exit.ok_or_else(|| UnknownExit(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_end_is_shown_as_reads_back() {
        for (exit, text) in [
            (Exit::Code(0), "exit code 0"),
            (Exit::Code(143), "exit code 143 (SIGTERM)"),
            (Exit::Code(255), "exit code 255"),
            (Exit::Signal(9), "SIGKILL"),
            (Exit::Signal(40), "signal 40"),
            (Exit::Unknown, "unknown (it was adopted)"),
            (Exit::Unseen, "unknown (no supervisor watched)"),
        ] {
            assert_eq!(exit.to_string(), text);
            assert_eq!(text.parse(), Ok(exit));
            assert_eq!(serde_json::from_value::<Exit>(serde_json::to_value(exit).unwrap()).unwrap(), exit);
        }
        for text in ["", "exit code", "exit code x", "SIGNOTHING", "unknown"] {
            assert!(text.parse::<Exit>().is_err(), "{text}");
        }
    }
}
