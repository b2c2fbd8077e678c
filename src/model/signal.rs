//! The signals that a node can be sent, and which of them end it.

use std::fmt;
use std::str::FromStr;

use nix::sys::signal::Signal as Named;

/// One of signal(7)'s standard signals. Reads `KILL`, `SIGKILL`, `kill` and `9`; shows `SIGKILL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Signal(Named);

/// The text names no signal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a signal; signals are {}", names())]
pub struct UnknownSignal {
    /// As it was given.
    pub text: String,
}

impl Signal {
    /// A paused process goes on.
    pub const CONT: Signal = Signal(Named::SIGCONT);
    /// The terminal is gone.
    pub const HUP: Signal = Signal(Named::SIGHUP);
    /// Ctrl-C of a terminal.
    pub const INT: Signal = Signal(Named::SIGINT);
    /// The end at once: nothing is flushed or handed over, as in a crash.
    pub const KILL: Signal = Signal(Named::SIGKILL);
    /// The process is paused, and cannot refuse it.
    pub const STOP: Signal = Signal(Named::SIGSTOP);
    /// Asks for an orderly stop: a JVM runs its shutdown hooks.
    pub const TERM: Signal = Signal(Named::SIGTERM);
    /// Ctrl-Z of a terminal.
    pub const TSTP: Signal = Signal(Named::SIGTSTP);
    /// A JVM prints its threads.
    pub const QUIT: Signal = Signal(Named::SIGQUIT);

    /// As signal(7) numbers it on this machine.
    pub fn number(self) -> i32 {
        self.0 as i32
    }

    /// True for signals after which a node is meant to be down.
    ///
    /// Measured on Java 17 and 25: a JVM lives on after QUIT (it prints its threads), PIPE, XFSZ,
    /// CHLD, URG, WINCH and CONT. STOP pauses it; TSTP, TTIN and TTOU do nothing, since a node's
    /// process group is an orphaned one. HUP, INT and TERM shut it down in order, the rest end it
    /// at once. USR2 ends Java 17 and not Java 25: nobody who sends it means to end the node.
    pub fn is_deadly(self) -> bool {
        use Named::*;
        !matches!(
            self.0,
            SIGQUIT
                | SIGPIPE
                | SIGXFSZ
                | SIGCHLD
                | SIGURG
                | SIGWINCH
                | SIGCONT
                | SIGSTOP
                | SIGTSTP
                | SIGTTIN
                | SIGTTOU
                | SIGUSR2
        )
    }
}

impl From<Named> for Signal {
    fn from(named: Named) -> Self {
        Signal(named)
    }
}

impl From<Signal> for Named {
    fn from(signal: Signal) -> Self {
        signal.0
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl FromStr for Signal {
    type Err = UnknownSignal;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = match text.parse::<i32>() {
            Ok(number) => Named::try_from(number).ok(),
            Err(_) => {
                let upper = text.to_ascii_uppercase();
                let name = if upper.starts_with("SIG") { upper } else { format!("SIG{upper}") };
                name.parse().ok()
            }
        };
        found.map(Signal).ok_or_else(|| UnknownSignal { text: text.to_owned() })
    }
}

/// Of all signals, in the order of their numbers: `HUP`, `INT`, `QUIT`.
pub(crate) fn each_name() -> impl Iterator<Item = &'static str> {
    Named::iterator().map(|named| named.as_str().trim_start_matches("SIG"))
}

/// All of them: `HUP INT QUIT ...`.
pub fn names() -> String {
    each_name().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_read_as_people_write_them() {
        for text in ["KILL", "SIGKILL", "kill", "sigkill", "9"] {
            assert_eq!(text.parse(), Ok(Signal::KILL), "{text}");
        }
        for named in Named::iterator() {
            let signal = Signal(named);
            assert_eq!(signal.to_string().parse(), Ok(signal));
            assert_eq!((named as i32).to_string().parse(), Ok(signal));
        }
    }

    #[test]
    fn an_unknown_signal_lists_the_real_ones() {
        for text in ["", "SIG", "KILLED", "0", "-9", "99", "9 "] {
            let error = text.parse::<Signal>().unwrap_err().to_string();
            assert!(error.contains("HUP INT QUIT") && error.contains(" TERM "), "{error}");
        }
    }

    #[test]
    fn a_pause_and_a_thread_dump_are_not_deadly() {
        for text in ["HUP", "INT", "TERM", "KILL", "ABRT", "SEGV", "USR1"] {
            assert!(text.parse::<Signal>().unwrap().is_deadly(), "{text}");
        }
        for text in ["QUIT", "STOP", "CONT", "TSTP", "CHLD", "WINCH", "USR2"] {
            assert!(!text.parse::<Signal>().unwrap().is_deadly(), "{text}");
        }
    }
}
