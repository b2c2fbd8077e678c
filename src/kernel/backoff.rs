//! When a node that exits by itself is started again, and when it is given up.

use super::counts::Millis;
use crate::model::exit::Exit;
use crate::spec::model::RestartPolicy;

/// A node that has been ready for this long starts with a clean slate.
const STABLE_MS: Millis = 30_000;
/// Exits in a row that make a crash loop, of a node that was never ready since it was started.
const LIMIT_NEVER_READY: u32 = 3;
/// The same for a node that gets ready and then exits.
const LIMIT_READY: u32 = 5;
/// Of the second exit. The first is followed by a new process at once: waiting serves nobody.
const FIRST_DELAY_MS: Millis = 800;
const LONGEST_DELAY_MS: Millis = 30_000;

/// The exits of one node since the operator started it or since it was stable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Backoff {
    exits: u32,
    /// Counted since the operator started it, however stable it was.
    restarts: u32,
    first_exit: Option<Millis>,
    was_ready: bool,
    ready_since: Option<Millis>,
}

/// What follows from an exit that nobody asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    RestartIn {
        ms: Millis,
        attempt: u32,
    },
    CrashLoop {
        exits: u32,
        within_ms: Millis,
    },
    /// The policy says to leave it.
    Leave,
}

impl Backoff {
    pub(crate) fn ready(&mut self, now: Millis) {
        self.was_ready = true;
        self.ready_since = Some(now);
    }

    /// An exit that nobody asked for.
    pub(crate) fn exited(&mut self, policy: RestartPolicy, exit: Exit, now: Millis) -> Next {
        let stable = self.ready_since.is_some_and(|since| now.saturating_sub(since) >= STABLE_MS);
        if stable {
            *self = Backoff { was_ready: true, restarts: self.restarts, ..Backoff::default() };
        }
        self.ready_since = None;
        self.exits += 1;
        let first = *self.first_exit.get_or_insert(now);
        let leave = match policy {
            RestartPolicy::Never => true,
            RestartPolicy::OnFailure => exit == Exit::Code(0),
            RestartPolicy::Always => false,
        };
        if leave {
            return Next::Leave;
        }
        let limit = if self.was_ready { LIMIT_READY } else { LIMIT_NEVER_READY };
        if self.exits >= limit {
            return Next::CrashLoop { exits: self.exits, within_ms: now.saturating_sub(first) };
        }
        let ms = match self.exits {
            1 => 0,
            exits => (FIRST_DELAY_MS << (2 * (exits - 2)).min(20)).min(LONGEST_DELAY_MS),
        };
        self.restarts += 1;
        Next::RestartIn { ms, attempt: self.exits }
    }

    /// Restarts so far, with the one that is scheduled.
    pub(crate) fn restarts(&self) -> u32 {
        self.restarts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_restart_is_at_once_and_delays_grow_until_a_crash_loop_is_called_one() {
        let mut backoff = Backoff::default();
        backoff.ready(0);
        let followed: Vec<_> =
            (1..=5).map(|i| backoff.exited(RestartPolicy::OnFailure, Exit::Code(1), i * 100)).collect();
        assert_eq!(
            followed,
            [
                Next::RestartIn { ms: 0, attempt: 1 },
                Next::RestartIn { ms: 800, attempt: 2 },
                Next::RestartIn { ms: 3200, attempt: 3 },
                Next::RestartIn { ms: 12_800, attempt: 4 },
                Next::CrashLoop { exits: 5, within_ms: 400 },
            ]
        );
    }

    #[test]
    fn a_node_that_never_got_ready_is_given_up_sooner() {
        let mut backoff = Backoff::default();
        for _ in 0..2 {
            let next = backoff.exited(RestartPolicy::Always, Exit::Code(1), 0);
            assert!(matches!(next, Next::RestartIn { .. }), "{next:?}");
        }
        let next = backoff.exited(RestartPolicy::Always, Exit::Code(1), 7);
        assert_eq!(next, Next::CrashLoop { exits: 3, within_ms: 7 });
    }

    #[test]
    fn a_stable_node_starts_with_a_clean_slate() {
        let mut backoff = Backoff::default();
        for _ in 0..2 {
            backoff.exited(RestartPolicy::OnFailure, Exit::Signal(9), 0);
        }
        backoff.ready(1_000);
        let next = backoff.exited(RestartPolicy::OnFailure, Exit::Signal(9), 1_000 + STABLE_MS);
        assert_eq!(next, Next::RestartIn { ms: 0, attempt: 1 });
        assert_eq!(backoff.restarts(), 3);
    }

    #[test]
    fn an_exit_that_no_restart_follows_is_no_restart() {
        let mut backoff = Backoff::default();
        backoff.exited(RestartPolicy::Never, Exit::Code(1), 0);
        assert_eq!(backoff.restarts(), 0);
        for _ in 0..LIMIT_NEVER_READY {
            backoff.exited(RestartPolicy::OnFailure, Exit::Code(1), 0);
        }
        assert!(backoff.restarts() < LIMIT_NEVER_READY);
    }

    #[test]
    fn the_policy_decides_what_is_left_alone() {
        let next = |policy, exit| Backoff::default().exited(policy, exit, 0);
        assert_eq!(next(RestartPolicy::Never, Exit::Code(1)), Next::Leave);
        assert_eq!(next(RestartPolicy::OnFailure, Exit::Code(0)), Next::Leave);
        assert!(matches!(next(RestartPolicy::OnFailure, Exit::Unknown), Next::RestartIn { .. }));
        assert!(matches!(next(RestartPolicy::Always, Exit::Code(0)), Next::RestartIn { .. }));
    }
}
