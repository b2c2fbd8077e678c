//! What every case needs: a home of its own, clusters in it, and what can be seen of them from outside.

pub(crate) mod audit;
pub(crate) mod browser;
pub(crate) mod cluster;
pub(crate) mod disk;
pub(crate) mod dist;
pub(crate) mod gate;
pub(crate) mod guard;
pub(crate) mod home;
pub(crate) mod java;
pub(crate) mod journal;
pub(crate) mod kafka;
mod keys;
pub(crate) mod page;
pub(crate) mod procs;
pub(crate) mod run;
pub(crate) mod shared;
pub(crate) mod sockets;
pub(crate) mod specs;
pub(crate) mod terminal;
pub(crate) mod tls;
pub(crate) mod transcript;
pub(crate) mod ui;

use std::time::{Duration, Instant};

/// How long anything observable may take before the test gives up: far above what it takes on a
/// loaded machine of two cores.
pub(crate) const CAP: Duration = Duration::from_secs(120);

/// Looks again and again until `look` sees something, at most [`CAP`]. A look may be a command: it gets a fourth of
/// a core at most, or it would slow down what it waits for.
#[track_caller]
pub(crate) fn until<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    match within(CAP, look) {
        Some(seen) => seen,
        None => panic!("not seen within {} s: {what}", CAP.as_secs()),
    }
}

/// The same with a cap of one's own; `None` when it was not seen.
pub(crate) fn within<T>(cap: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let begin = Instant::now();
    loop {
        let looked = Instant::now();
        if let Some(seen) = look() {
            return Some(seen);
        }
        if begin.elapsed() > cap {
            return None;
        }
        std::thread::sleep((looked.elapsed() * 3).max(Duration::from_millis(20)));
    }
}
