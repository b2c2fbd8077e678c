//! Signals that ask a command to end, for commands that have something to clear away first.

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde::Serialize;
use tokio::signal::unix::{self, SignalKind, signal};
use tokio::sync::oneshot;

use crate::error::{ExitCode, Failure};
use crate::model::signal::Signal;

/// Hears them; once it is made, none of them ends this process by itself.
pub(crate) struct Signals {
    interrupt: unix::Signal,
    terminate: unix::Signal,
    hangup: unix::Signal,
    quit: unix::Signal,
}

/// Hears one of them.
pub(crate) fn listen(kind: SignalKind) -> Result<unix::Signal, Failure> {
    signal(kind).map_err(|error| failed(&error))
}

impl Signals {
    pub(crate) fn listen() -> Result<Self, Failure> {
        Ok(Signals {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hangup: listen(SignalKind::hangup())?,
            quit: listen(SignalKind::quit())?,
        })
    }

    /// The next that comes.
    pub(crate) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::INT,
            _ = self.terminate.recv() => Signal::TERM,
            _ = self.hangup.recv() => Signal::HUP,
            _ = self.quit.recv() => Signal::QUIT,
        }
    }
}

/// What came of work that a signal may end; its JSON is that of the report, with the signal.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Ended<R> {
    #[serde(flatten)]
    pub report: R,
    /// That ended it.
    pub signal: Option<Signal>,
}

/// How long a command may take to hear of a signal.
const DEAF: Duration = Duration::from_millis(500);

/// Ends this process when a signal comes and the command does not hear of it, since it is stuck in writing to
/// a reader that reads no more: a pager, a stopped program.
#[derive(Debug, Default)]
pub(crate) struct Stuck(Arc<AtomicBool>);

impl Stuck {
    pub(crate) fn watch() -> Result<Self, Failure> {
        let stuck = Stuck::default();
        let heard = Arc::clone(&stuck.0);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| failed(&error))?;
        let mut signals = {
            let _inside = runtime.enter();
            Signals::listen()?
        };
        thread::spawn(move || {
            runtime.block_on(async {
                let signal = signals.next().await;
                tokio::time::sleep(DEAF).await;
                if !heard.load(Ordering::Relaxed) {
                    std::process::exit(exit_code(signal.number()).into());
                }
            });
        });
        Ok(stuck)
    }

    /// A signal was heard.
    pub(crate) fn heard(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn failed(error: &std::io::Error) -> Failure {
    Failure::new(ExitCode::Failed, format!("failed to listen for signals: {error}"))
}

/// The exit code that a shell has for a program that a signal ended.
pub(crate) fn exit_code(signal: i32) -> u8 {
    u8::try_from(128 + signal).unwrap_or(u8::MAX)
}

/// Ctrl-C and Ctrl-\\ go to every process of the terminal's foreground group: our child has had them.
pub(crate) fn came_from_terminal(signal: Signal) -> bool {
    let is_key = matches!(signal, Signal::INT | Signal::QUIT);
    let foreground = || nix::unistd::tcgetpgrp(File::open("/dev/tty").ok()?).ok();
    is_key && foreground() == Some(nix::unistd::getpgrp())
}

/// Does something that blocks, for minutes perhaps. A signal meanwhile ends this process, after
/// `clear_away` was called.
pub(crate) fn blocking<T>(
    clear_away: impl FnOnce() + Send + 'static,
    work: impl FnOnce() -> T,
) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| failed(&error))?;
    let (done, finished) = oneshot::channel::<()>();
    let listener = thread::spawn(move || {
        runtime.block_on(async {
            let Ok(mut signals) = Signals::listen() else { return };
            tokio::select! {
                biased;
                _ = finished => {}
                signal = signals.next() => {
                    clear_away();
                    std::process::exit(exit_code(signal.number()).into());
                }
            }
        });
    });
    let result = work();
    drop(done);
    // It has nothing to say.
    let _ = listener.join();
    Ok(result)
}
