//! What unit tests of every floor need.

use std::time::{Duration, Instant};

/// Waits for a condition, looking again and again; fails after a time that only a defect reaches.
#[track_caller]
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(60), "still waiting until {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}
