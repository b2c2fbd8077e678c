//! When each message should go.

use std::time::Duration;

use tokio::time::Instant;

use super::{Extent, Load};

/// The intended time of every message, by its number from 0 on.
#[derive(Debug)]
pub(super) struct Schedule {
    begin: Instant,
    /// Messages per second.
    rate: Option<f64>,
    /// Messages in all; without a rate a duration has none.
    total: Option<u64>,
    until: Option<Instant>,
}

/// Messages that go at once, at most.
const LOT: u64 = 256;

impl Schedule {
    pub(super) fn new(load: &Load, begin: Instant) -> Self {
        let (total, until) = match (load.extent, load.rate) {
            (Extent::Messages(total), _) => (Some(total), None),
            (Extent::For(time), Some(rate)) => {
                (Some((rate * time.as_secs_f64()).ceil() as u64), Some(begin + time))
            }
            (Extent::For(time), None) => (None, Some(begin + time)),
        };
        Schedule { begin, rate: load.rate, total, until }
    }

    pub(super) fn begin(&self) -> Instant {
        self.begin
    }

    /// Whether no message goes any more after the first `sent`. At a rate the last message has its share of
    /// the time, too: 3 messages at 1 a second take 3 s.
    pub(super) fn is_over(&self, sent: u64, now: Instant) -> bool {
        let all_went = self.total.is_some_and(|total| sent >= total) && now >= self.intended(sent, now);
        all_went || self.until.is_some_and(|until| now >= until)
    }

    /// How many messages may go now, after the first `sent`, as one lot.
    pub(super) fn due(&self, sent: u64, now: Instant) -> u64 {
        let by_now = match self.rate {
            Some(_) => self.by(now),
            None => self.total.unwrap_or(u64::MAX),
        };
        by_now.saturating_sub(sent).min(LOT)
    }

    /// When a message should go, or should have gone. Without a rate that is when it goes.
    pub(super) fn intended(&self, number: u64, now: Instant) -> Instant {
        match self.rate {
            Some(rate) => self.begin + Duration::from_secs_f64(number as f64 / rate),
            None => now,
        }
    }

    /// Messages beyond the first `sent` that should have gone by then.
    pub(super) fn overdue(&self, sent: u64, then: Instant) -> u64 {
        match self.rate {
            Some(_) => self.by(then).saturating_sub(sent),
            None => 0,
        }
    }

    /// How many should have gone by then, at a rate.
    fn by(&self, then: Instant) -> u64 {
        let passed = then.duration_since(self.begin).as_secs_f64();
        // Number n goes at n / rate: the first at once.
        let by_then = self.rate.map_or(0, |rate| (passed * rate) as u64 + 1);
        by_then.min(self.total.unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn schedule(rate: Option<f64>, extent: Extent) -> Schedule {
        Schedule::new(&Load { rate, extent, size: 100 }, Instant::now())
    }

    #[test]
    fn a_record_that_has_to_wait_counts_from_when_it_should_have_gone() {
        let schedule = schedule(Some(10.0), Extent::Messages(100));
        let late = schedule.begin() + Duration::from_secs(5);
        assert_eq!(schedule.due(0, late), 51);
        assert_eq!(schedule.intended(20, late), schedule.begin() + Duration::from_secs(2));
        assert_eq!((schedule.overdue(20, late), schedule.overdue(51, late)), (31, 0));
    }

    #[test]
    fn without_a_rate_a_record_counts_from_when_it_goes_and_none_is_overdue() {
        let schedule = schedule(None, Extent::For(Duration::from_secs(1)));
        let at = |ms| schedule.begin() + Duration::from_millis(ms);
        assert_eq!((schedule.intended(0, at(1)), schedule.intended(LOT, at(7))), (at(1), at(7)));
        assert_eq!((schedule.due(5, at(7)), schedule.overdue(5, at(7))), (LOT, 0));
        assert!(!schedule.is_over(1 << 40, at(999)) && schedule.is_over(0, at(1000)));
    }

    #[test]
    fn a_duration_at_a_rate_is_a_number_of_records_and_the_last_has_its_share_of_it() {
        let schedule = schedule(Some(100.0), Extent::For(Duration::from_secs(3)));
        let at = |ms| schedule.begin() + Duration::from_millis(ms);
        assert_eq!(schedule.overdue(0, at(100_000)), 300);
        assert_eq!(schedule.overdue(0, at(2_990)), 300);
        assert!(!schedule.is_over(300, at(2_999)) && schedule.is_over(300, at(3_000)));
        assert!(schedule.is_over(7, at(3_000)), "its time is over, though not all went");
    }

    proptest! {
        #[test]
        fn none_goes_early_and_none_is_left_behind(rate in 1u32..100_000, ms in 0u64..100_000) {
            let schedule = schedule(Some(rate.into()), Extent::Messages(u64::MAX));
            let now = schedule.begin() + Duration::from_millis(ms);
            // By the one rounding or the other, a µs apart at most.
            let slack = Duration::from_micros(1);
            let expected = u64::from(rate) * ms / 1000;
            let sent = expected.saturating_sub(10);
            let next = sent + schedule.due(sent, now);
            prop_assert!(schedule.intended(next - 1, now) <= now + slack);
            prop_assert!(schedule.intended(next, now) + slack > now);
        }
    }
}
