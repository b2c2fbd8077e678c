//! What every case needs: a home of its own, clusters in it, and what can be seen of them from outside.

pub mod cluster;
pub mod disk;
pub mod dist;
pub mod gate;
pub mod guard;
pub mod home;
pub mod java;
pub mod journal;
pub mod kafka;
pub mod procs;
pub mod run;
pub mod shared;
pub mod specs;
pub mod transcript;

use std::time::{Duration, Instant};

/// How long anything observable may take before the test gives up: far above what it takes on a
/// loaded machine of two cores.
pub const CAP: Duration = Duration::from_secs(120);

/// Looks again and again until `look` sees something, at most [`CAP`].
#[track_caller]
pub fn until<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    match within(CAP, look) {
        Some(seen) => seen,
        None => panic!("not seen within {} s: {what}", CAP.as_secs()),
    }
}

/// The same with a cap of one's own; `None` when it was not seen.
pub fn within<T>(cap: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let begin = Instant::now();
    loop {
        if let Some(seen) = look() {
            return Some(seen);
        }
        if begin.elapsed() > cap {
            return None;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
