//! How a command ends: the documented exit codes, and the one error type that reaches `main`.

use std::fmt;

/// Exit codes of `cluster`, stable and documented in docs/exit-codes.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum ExitCode {
    /// What was asked is done.
    Ok = 0,
    /// What was asked was tried and failed (a node did not come up, an I/O error).
    Failed = 1,
    /// The command line is wrong (clap's own code).
    Usage = 2,
    /// The spec, or another input file, is wrong; nothing was started or changed.
    BadInput = 3,
    /// There is no such cluster, or it is not running.
    NotRunning = 4,
    /// Refused, since it would break the quorum or go below min ISR; `--force` does it.
    Refused = 5,
    /// Java or Kafka is missing, of the wrong version, broken, or cannot be fetched; or the brokers'
    /// version lacks a request.
    Environment = 6,
    /// A port, a folder or a lock that is needed is held by somebody else; a group has members.
    Busy = 7,
    /// What was waited for did not come in time.
    TimedOut = 8,
    /// `status --check`: degraded; nothing is lost.
    Degraded = 10,
    /// `status --check`: some partitions cannot be read or written.
    Unavailable = 11,
    /// `produce`, `bench`: a message was not acknowledged.
    Undelivered = 12,
    /// No ACL allows it: the answer of `acl check`, or what brokers say to a command with `--user`.
    Denied = 13,
    /// Ctrl-C.
    Interrupted = 130,
}

impl ExitCode {
    /// Its name for programs, where a number alone would not do; stable and documented in docs/exit-codes.md.
    pub(crate) fn word(self) -> &'static str {
        match self {
            ExitCode::Ok => "ok",
            ExitCode::Failed => "failed",
            ExitCode::Usage => "usage",
            ExitCode::BadInput => "bad-input",
            ExitCode::NotRunning => "not-running",
            ExitCode::Refused => "refused",
            ExitCode::Environment => "environment",
            ExitCode::Busy => "busy",
            ExitCode::TimedOut => "timed-out",
            ExitCode::Degraded => "degraded",
            ExitCode::Unavailable => "unavailable",
            ExitCode::Undelivered => "undelivered",
            ExitCode::Denied => "denied",
            ExitCode::Interrupted => "interrupted",
        }
    }
}

/// Why a command did not do what was asked: what failed and why, and what to do next.
///
/// Each domain has its own typed error (`spec`, `plan`, `dist`, ...), turned into this one at the
/// edge. `message` is lowercase and may have several lines; `hint` is one imperative sentence.
#[derive(Debug)]
pub(crate) struct Failure {
    pub code: ExitCode,
    pub message: String,
    pub hint: Option<String>,
    /// The message with our own colours, for a terminal; what is in `message` is shown, not obeyed.
    pub styled: Option<String>,
    /// Of a spec that is wrong, each with its place: `{"file", "mistakes"}`.
    pub mistakes: Option<Box<serde_json::Value>>,
}

impl Failure {
    pub(crate) fn new(code: ExitCode, message: impl Into<String>) -> Self {
        Failure { code, message: message.into(), hint: None, styled: None, mistakes: None }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same, of something that is named before it.
    pub(crate) fn of(self, what: &str) -> Self {
        let told = |text: String| format!("{what}: {text}");
        Failure { message: told(self.message), styled: self.styled.map(told), ..self }
    }

    /// An I/O error with the path that it is about: never bare.
    pub(crate) fn io(what: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        Failure::new(ExitCode::Failed, format!("failed to {what} {}: {error}", path.display()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// How a command ends early.
#[derive(Debug)]
pub(crate) enum End {
    /// With an error that is to be told.
    Failure(Failure),
    /// With nothing more to say: who read our output has gone, or Ctrl-C has been answered.
    Quiet(ExitCode),
    /// With the exit code of a program that was run for the user.
    HandedOn(u8),
}

impl From<Failure> for End {
    fn from(failure: Failure) -> Self {
        End::Failure(failure)
    }
}
