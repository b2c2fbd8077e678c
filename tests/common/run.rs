//! A command of `cluster`: started, read, ended in time.

use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::within;

/// The longest that a command may take: a first `up` fetches Kafka.
const LIMIT: Duration = Duration::from_secs(400);

/// What a command said and how it ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub line: String,
    /// 128 + the signal, as a shell has it, when a signal ended it.
    pub code: i32,
    pub out: String,
    pub err: String,
    pub took: Duration,
}

impl Run {
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        self.exits(0)
    }

    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self}");
        assert!(!self.err.contains("panicked at"), "{self}");
        self
    }

    /// Standard output or error has `text`, whatever its case.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        let said = format!("{}\n{}", self.out, self.err).to_lowercase();
        assert!(said.contains(&text.to_lowercase()), "`{text}` is not said by {self}");
        self
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Run { line, code, out, err, took } = self;
        write!(f, "`{line}`: exit {code} after {took:?}\n--- stdout\n{out}\n--- stderr\n{err}")
    }
}

/// A command that runs; killed when dropped.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    line: String,
    begin: Instant,
    out: Stream,
    err: Stream,
}

impl Running {
    pub(crate) fn start(command: Command) -> Self {
        Self::spawn(command, Stdio::null())
    }

    /// With a standard input to write to; dropping it ends the input.
    pub(crate) fn fed(command: Command) -> (Self, ChildStdin) {
        let mut running = Self::spawn(command, Stdio::piped());
        let stdin = running.child.stdin.take().unwrap();
        (running, stdin)
    }

    /// With a standard output that nobody reads: its pipe is broken from the beginning.
    pub(crate) fn unread(command: Command) -> Self {
        let (_, out) = std::io::pipe().unwrap();
        Self::spawn_to(command, Stdio::null(), out.into())
    }

    fn spawn(command: Command, stdin: Stdio) -> Self {
        Self::spawn_to(command, stdin, Stdio::piped())
    }

    fn spawn_to(mut command: Command, stdin: Stdio, stdout: Stdio) -> Self {
        let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy()).collect();
        let line = format!("cluster {}", words.join(" "));
        let mut child = command.stdin(stdin).stdout(stdout).stderr(Stdio::piped()).spawn().unwrap();
        let out = child.stdout.take().map_or_else(|| Stream::read(std::io::empty()), Stream::read);
        let err = Stream::read(child.stderr.take().unwrap());
        Running { child, line, begin: Instant::now(), out, err }
    }

    /// Ctrl-C.
    #[track_caller]
    pub(crate) fn interrupt(&self) {
        self.kill(Signal::SIGINT);
    }

    #[track_caller]
    pub(crate) fn kill(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
    }

    /// What it has written to standard output so far.
    pub(crate) fn out(&self) -> String {
        self.out.text()
    }

    /// The same of standard error.
    pub(crate) fn err(&self) -> String {
        self.err.text()
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for its end. Its output must end with it: a daemon that kept the pipe open would hang
    /// every `$(cluster up)`.
    #[track_caller]
    pub(crate) fn finish(mut self) -> Run {
        let Some(status) = within(LIMIT, || self.child.try_wait().unwrap()) else {
            panic!(
                "`{}` does not end within {LIMIT:?}; it said:\n{}\n{}",
                self.line,
                self.out.text(),
                self.err.text()
            );
        };
        let took = self.begin.elapsed();
        let closed =
            within(Duration::from_secs(20), || (self.out.is_closed() && self.err.is_closed()).then_some(()));
        assert!(closed.is_some(), "`{}` ended, but somebody keeps its output open", self.line);
        let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
        Run { line: self.line.clone(), code, out: self.out.text(), err: self.err.text(), took }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// A pipe that is read as it fills.
#[derive(Debug)]
struct Stream {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl Stream {
    fn read(mut pipe: impl Read + Send + 'static) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let filled = Arc::clone(&bytes);
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(count @ 1..) = pipe.read(&mut buffer) {
                filled.lock().unwrap().extend_from_slice(&buffer[..count]);
            }
        });
        Stream { bytes, reader }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().unwrap()).into_owned()
    }

    fn is_closed(&self) -> bool {
        self.reader.is_finished()
    }
}
