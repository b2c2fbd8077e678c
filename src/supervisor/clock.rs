//! The kernel's clock: it counts the time that the supervisor lives through.
//!
//! While the supervisor is stopped, or the whole machine, nobody hears what nodes do. That time must not count for a
//! deadline: a node that stopped in order meanwhile would be killed for being late.

use std::cell::Cell;
use std::time::{Duration, Instant};

use crate::kernel::Millis;

/// The clock starts here, so that processes can be older than the supervisor.
pub(super) const START_MS: Millis = 1 << 42;
/// The loop reads the clock at least this often.
pub(super) const BEAT: Duration = Duration::from_millis(500);
/// Nobody read it for longer than that: the supervisor did not run.
const STANDSTILL: Duration = Duration::from_secs(3);

#[derive(Debug)]
pub(super) struct Clock {
    born: Instant,
    /// When it was read last, since it was born.
    read: Cell<Duration>,
    /// Time that was not lived through, and how much of it nobody has been told of.
    lost: Cell<Duration>,
    untold: Cell<Duration>,
}

impl Clock {
    pub(super) fn start() -> Self {
        let none = || Cell::new(Duration::ZERO);
        Clock { born: Instant::now(), read: none(), lost: none(), untold: none() }
    }

    pub(super) fn now(&self) -> Millis {
        self.read_at(self.born.elapsed())
    }

    /// How long the supervisor has not run, once.
    pub(super) fn standstill(&self) -> Option<Duration> {
        self.now();
        Some(self.untold.take()).filter(|untold| !untold.is_zero())
    }

    fn read_at(&self, since_born: Duration) -> Millis {
        let since_read = since_born.saturating_sub(self.read.replace(since_born));
        if since_read > STANDSTILL {
            self.lost.set(self.lost.get() + since_read);
            self.untold.set(self.untold.get() + since_read);
        }
        let lived = since_born.saturating_sub(self.lost.get());
        START_MS + Millis::try_from(lived.as_millis()).unwrap_or(Millis::MAX / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn time_in_which_the_supervisor_did_not_run_does_not_count() {
        let clock = Clock::start();
        assert_eq!(clock.read_at(ms(1_000)), START_MS + 1_000);
        assert_eq!(clock.read_at(ms(2_500)), START_MS + 2_500, "busy for a while");
        assert_eq!(clock.read_at(ms(62_500)), START_MS + 2_500);
        assert_eq!(clock.read_at(ms(63_000)), START_MS + 3_000, "it goes on from there");
        assert_eq!(clock.untold.take(), ms(60_000));
        assert_eq!(clock.read_at(ms(70_000)), START_MS + 3_000, "twice");
    }
}
