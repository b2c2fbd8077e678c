//! Starting the supervisor as a daemon, and knowing at once whether it is ready.
//!
//! The daemon is this very program, run anew. Its standard output is a pipe to the one who
//! started it, over which it says one word: ready, why not, or that another supervisor holds the
//! lock. Then it points standard output at its log, so that no pipe is left open; the nodes never
//! see it, since theirs is a file.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use serde::{Deserialize, Serialize};

use super::{ProcessError, output, session};
use crate::error::{ExitCode, Failure};
use crate::model::exit::Exit;

/// How long a daemon may take. Readiness takes milliseconds; one that takes this long hangs.
const DEADLINE: Duration = Duration::from_secs(30);

/// Why there is no new supervisor.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DaemonError {
    /// Another one has the lock: ask that one instead.
    #[error("another supervisor of this cluster runs already")]
    AlreadyRunning,
    /// In its own words.
    #[error("the supervisor failed to start: {message}")]
    Failed { message: String },
    #[error("the supervisor ended before it was ready ({exit}); {}", said(log, tail))]
    Exited { exit: Exit, log: PathBuf, tail: String },
    #[error("the supervisor was not ready within {} s and was ended; {}", after.as_secs(), said(log, tail))]
    TimedOut { after: Duration, log: PathBuf, tail: String },
    #[error(transparent)]
    Process(#[from] ProcessError),
}

fn said(log: &Path, tail: &str) -> String {
    match tail {
        "" => format!("its log {} has nothing about it", log.display()),
        tail => format!("its log {} ends with:\n{tail}", log.display()),
    }
}

impl From<DaemonError> for Failure {
    fn from(error: DaemonError) -> Self {
        match error {
            DaemonError::Process(error) => error.into(),
            DaemonError::AlreadyRunning => Failure::new(ExitCode::Busy, error.to_string()),
            DaemonError::TimedOut { .. } => Failure::new(ExitCode::TimedOut, error.to_string()),
            _ => Failure::new(ExitCode::Failed, error.to_string()),
        }
    }
}

/// What the daemon says, one line of JSON. Other lines are passed over.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    Ready,
    AlreadyRunning,
    Failed(String),
}

/// Runs this program with `arguments` as a daemon and waits until it is ready: its pid. It inherits the environment,
/// with what `environment` says otherwise.
///
/// Own session, `/` as current folder, no input; errors go to `log`. Blocks for some
/// milliseconds, at most 30 s, and comes back at once when the daemon ends.
pub(crate) fn spawn_daemon<S: AsRef<OsStr>>(
    arguments: impl IntoIterator<Item = S>,
    environment: &[(&str, &Path)],
    log: &Path,
) -> Result<u32, DaemonError> {
    // Not `current_exe`: its path is wrong once the program was replaced on disk, by an upgrade
    // or a build; this link leads to the program that runs, whatever its name has become.
    let mut command = Command::new("/proc/self/exe");
    if let Some(name) = std::env::args_os().next() {
        command.arg0(name);
    }
    command.args(arguments).envs(environment.iter().copied());
    start(command, log, DEADLINE)
}

fn start(mut command: Command, log: &Path, deadline: Duration) -> Result<u32, DaemonError> {
    let errors = output::open(log).map_err(ProcessError::from)?;
    let start_of_log = errors.metadata().map_or(0, |file| file.len());
    command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors);
    session::detach(&mut command);
    let mut child = command.spawn().map_err(|source| {
        let program = command.get_program().to_string_lossy().into_owned();
        ProcessError::Exec { program, source }
    })?;
    let pid = child.id();
    let failed = |source| ProcessError::Watch { pid, source };
    let heard = match child.stdout.take() {
        Some(pipe) => listen(pipe, deadline).map_err(failed)?,
        None => Heard::Nothing,
    };
    match heard {
        Heard::Word(Word::Ready) => return Ok(pid),
        Heard::Word(Word::AlreadyRunning) => return Err(DaemonError::AlreadyRunning),
        Heard::Word(Word::Failed(message)) => return Err(DaemonError::Failed { message }),
        Heard::Nothing | Heard::Silence => {}
    }
    // Silence: it holds the lock, perhaps, and serves nobody; nodes outlive it. Nothing: it is
    // ending already, and a signal changes nothing about the status it ends with.
    let ended = child.kill().and_then(|()| child.wait()).map_err(failed)?;
    let (tail, log) = (output::tail(log, start_of_log), log.to_owned());
    Err(match heard {
        Heard::Silence => DaemonError::TimedOut { after: deadline, log, tail },
        _ => DaemonError::Exited { exit: ended.into(), log, tail },
    })
}

enum Heard {
    Word(Word),
    /// The pipe was closed without a word: the daemon has ended.
    Nothing,
    /// Neither came until the deadline.
    Silence,
}

fn listen(mut pipe: ChildStdout, deadline: Duration) -> io::Result<Heard> {
    let start = Instant::now();
    let mut text = Vec::new();
    loop {
        let left = deadline.saturating_sub(start.elapsed());
        let timeout =
            rustix::event::Timespec { tv_sec: left.as_secs() as i64, tv_nsec: left.subsec_nanos().into() };
        match poll(&mut [PollFd::new(&pipe, PollFlags::IN)], Some(&timeout)) {
            Ok(0) => return Ok(Heard::Silence),
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        let mut chunk = [0; 4096];
        match pipe.read(&mut chunk)? {
            0 => return Ok(Heard::Nothing),
            read => text.extend_from_slice(&chunk[..read]),
        }
        while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = text.drain(..=end).collect();
            if let Ok(word) = serde_json::from_slice(&line) {
                return Ok(Heard::Word(word));
            }
        }
    }
}

/// The daemon's own side: to be answered exactly once, by one of its methods.
///
/// When it is dropped without an answer, the one who waits hears nothing until the daemon ends.
#[derive(Debug)]
#[must_use = "whoever started the daemon waits for its word"]
pub(crate) struct Starter(());

impl Starter {
    /// To be called in a program that was run by [`spawn_daemon`], and in no other: standard
    /// output is taken for the pipe.
    pub(crate) fn waiting() -> Self {
        // The kernel names a process by the last part of the path that was run, `exe`; ps, top and pkill show
        // that. Nothing but the name is lost where it cannot be written.
        let _ = fs::write("/proc/self/comm", env!("CARGO_PKG_NAME"));
        Starter(())
    }

    /// The supervisor serves: the command that started it may go on.
    pub(crate) fn notify_ready(self) {
        say(&Word::Ready);
    }

    /// Another supervisor holds the lock.
    pub(crate) fn notify_already_running(self) {
        say(&Word::AlreadyRunning);
    }

    /// The message is shown to the user as it is.
    pub(crate) fn notify_failed(self, message: &str) {
        say(&Word::Failed(message.to_owned()));
    }
}

/// Writes the word, then lets go of the pipe. Errors are no concern of the daemon: a command that
/// was interrupted has closed its end and waits for nothing.
fn say(word: &Word) {
    let mut stdout = io::stdout().lock();
    if let Ok(line) = serde_json::to_string(word) {
        // A line break first, in case something unfinished stands there.
        let _ = writeln!(stdout, "\n{line}").and_then(|()| stdout.flush());
    }
    let _ = nix::unistd::dup2_stdout(io::stderr().as_fd());
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;
    use crate::host::procfs;
    use crate::process::identity::Identity;
    use crate::process::testing::{Guard, helper_args, helper_argument};
    use crate::testing::until;

    const NEVER: Duration = Duration::from_secs(60);

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    fn started(script: &str) -> (Result<u32, DaemonError>, PathBuf, tempfile::TempDir) {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("supervisor.log");
        (start(shell(script), &log, NEVER), log, dir)
    }

    /// Not a test: the daemon, run by the tests below as a process of its own.
    #[test]
    fn helper_is_a_daemon() {
        let Some(what) = helper_argument("daemon:") else { return };
        let starter = Starter::waiting();
        eprintln!("a line for the log");
        match what.as_str() {
            "ready" => starter.notify_ready(),
            "already-running" => return starter.notify_already_running(),
            "failed" => return starter.notify_failed("state.json is of a newer version\nuse that one"),
            "silent" => std::process::exit(7),
            other => panic!("{other}"),
        }
        // Longer than any test; ended by its guard.
        std::thread::sleep(Duration::from_secs(600));
    }

    fn daemon(what: &str, log: &Path) -> Result<u32, DaemonError> {
        spawn_daemon(helper_args(module_path!(), "helper_is_a_daemon", "daemon:", what), &[], log)
    }

    #[test]
    fn a_ready_daemon_has_let_go_of_everything_of_ours() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().canonicalize().unwrap().join("supervisor.log");
        let leaky = nix::unistd::dup(File::open("/dev/null").unwrap()).unwrap();
        let pid = daemon("ready", &log).unwrap();
        let _guard = Guard::adopted(Identity::of(pid).unwrap().unwrap());
        let link = |name: &str| fs::read_link(procfs::proc_file(pid, name)).unwrap();
        until("the pipe is closed", || link("fd/1") == log);
        assert_eq!(link("fd/0"), Path::new("/dev/null"));
        assert_eq!(link("fd/2"), log);
        assert_eq!(link("cwd"), Path::new("/"));
        let name = fs::read_to_string(procfs::proc_file(pid, "comm")).unwrap();
        assert_eq!(name, "cluster\n", "what ps and pkill know it by");
        let descriptors = || fs::read_dir(procfs::proc_file(pid, "fd")).unwrap().count();
        until("no descriptor above 2 is open", || descriptors() == 3);
        let raw = nix::unistd::Pid::from_raw(pid as i32);
        assert_eq!(nix::unistd::getsid(Some(raw)).unwrap(), raw, "it leads a session");
        assert!(fs::read_to_string(&log).unwrap().contains("a line for the log"));
        drop(leaky);
    }

    #[test]
    fn a_daemon_that_cannot_start_says_why() {
        let dir = tempfile::tempdir().unwrap();
        let error = daemon("failed", &dir.path().join("log")).unwrap_err();
        let expected = "the supervisor failed to start: state.json is of a newer version\nuse that one";
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn one_daemon_too_many_is_told_apart_from_a_failure() {
        let dir = tempfile::tempdir().unwrap();
        let error = daemon("already-running", &dir.path().join("log")).unwrap_err();
        assert!(matches!(error, DaemonError::AlreadyRunning), "{error}");
    }

    #[test]
    fn a_daemon_that_ends_without_a_word_is_seen_at_once_with_its_last_words() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("supervisor.log");
        fs::write(&log, "of an earlier one\n").unwrap();
        match daemon("silent", &log).unwrap_err() {
            DaemonError::Exited { exit: Exit::Code(7), tail, .. } => {
                assert_eq!(tail, "a line for the log");
            }
            other => panic!("{other}"),
        }
    }

    #[test]
    fn a_daemon_that_is_killed_before_it_is_ready_is_told_with_the_signal() {
        let (result, log, _dir) = started("echo about to die >&2; kill -KILL $$");
        let error = result.unwrap_err().to_string();
        assert!(error.contains("(SIGKILL)") && error.ends_with("about to die"), "{error}");
        assert!(error.contains(log.to_str().unwrap()), "{error}");
    }

    #[test]
    fn other_output_before_the_word_does_no_harm() {
        let (result, _, _dir) =
            started(r#"echo hello; echo '"failed"'; printf 'half a line'; echo; echo '"ready"'"#);
        result.unwrap();
    }

    #[test]
    fn a_daemon_that_hangs_is_ended() {
        let dir = tempfile::tempdir().unwrap();
        let (log, noted) = (dir.path().join("log"), dir.path().join("pid"));
        let script = format!("echo $$ > {}; exec sleep 600", noted.display());
        let error = start(shell(&script), &log, Duration::ZERO).unwrap_err();
        assert!(matches!(error, DaemonError::TimedOut { .. }), "{error}");
        let pid = fs::read_to_string(&noted).ok().and_then(|pid| pid.trim().parse().ok());
        assert!(pid.is_none_or(|pid| Identity::of(pid).unwrap().is_none()));
    }
}
