//! When each record should go.

use std::time::Duration;

use tokio::time::Instant;

use super::{Extent, Load};

/// The intended time of every record, by its number from 0 on.
#[derive(Debug)]
pub struct Schedule {
    begin: Instant,
    /// Records per second.
    rate: Option<f64>,
    /// Records in all; without a rate a duration has none.
    total: Option<u64>,
    until: Option<Instant>,
    /// Without a rate: the first record of each lot that went at once, and when.
    lots: Vec<(u64, Instant)>,
}

/// Records that go at once, at most.
const LOT: u64 = 256;

impl Schedule {
    pub fn new(load: &Load, begin: Instant) -> Self {
        let (total, until) = match (load.extent, load.rate) {
            (Extent::Records(total), _) => (Some(total), None),
            (Extent::For(time), Some(rate)) => {
                (Some((rate * time.as_secs_f64()).ceil() as u64), Some(begin + time))
            }
            (Extent::For(time), None) => (None, Some(begin + time)),
        };
        Schedule { begin, rate: load.rate, total, until, lots: Vec::new() }
    }

    pub fn begin(&self) -> Instant {
        self.begin
    }

    /// Records in all, when that is known in advance.
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// Whether no record goes any more after the first `sent`.
    pub fn is_over(&self, sent: u64, now: Instant) -> bool {
        self.total.is_some_and(|total| sent >= total) || self.until.is_some_and(|until| now >= until)
    }

    /// How many records may go now, after the first `sent`, as one lot.
    pub fn due(&self, sent: u64, now: Instant) -> u64 {
        let by_now = match self.rate {
            // Number n goes at n / rate: the first at once.
            Some(rate) => (now.duration_since(self.begin).as_secs_f64() * rate) as u64 + 1,
            None => u64::MAX,
        };
        by_now.min(self.total.unwrap_or(u64::MAX)).saturating_sub(sent).min(LOT)
    }

    /// Records from number `first` on go now.
    pub fn goes(&mut self, first: u64, now: Instant) {
        if self.rate.is_none() {
            self.lots.push((first, now));
        }
    }

    /// When a record should have gone, whenever it went.
    pub fn intended(&self, number: u64) -> Instant {
        match self.rate {
            Some(rate) => self.begin + Duration::from_secs_f64(number as f64 / rate),
            None => {
                let after = self.lots.partition_point(|(first, _)| *first <= number);
                after.checked_sub(1).map_or(self.begin, |lot| self.lots[lot].1)
            }
        }
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
        let mut schedule = schedule(Some(10.0), Extent::Records(100));
        let late = schedule.begin() + Duration::from_secs(5);
        assert_eq!(schedule.due(0, late), 51);
        schedule.goes(0, late);
        assert_eq!(schedule.intended(20), schedule.begin() + Duration::from_secs(2));
    }

    #[test]
    fn without_a_rate_a_record_counts_from_when_its_lot_went() {
        let mut schedule = schedule(None, Extent::For(Duration::from_secs(1)));
        let begin = schedule.begin();
        let at = |ms| begin + Duration::from_millis(ms);
        schedule.goes(0, at(1));
        schedule.goes(LOT, at(7));
        assert_eq!((schedule.intended(0), schedule.intended(LOT - 1)), (at(1), at(1)));
        assert_eq!((schedule.intended(LOT), schedule.intended(LOT + 9)), (at(7), at(7)));
        assert_eq!(schedule.due(5, at(7)), LOT);
        assert!(!schedule.is_over(1 << 40, at(999)) && schedule.is_over(0, at(1000)));
    }

    #[test]
    fn a_duration_at_a_rate_is_a_number_of_records() {
        let schedule = schedule(Some(100.0), Extent::For(Duration::from_secs(3)));
        assert_eq!(schedule.total(), Some(300));
        assert!(schedule.is_over(300, schedule.begin()));
    }

    proptest! {
        #[test]
        fn none_goes_early_and_none_is_left_behind(rate in 1u32..100_000, ms in 0u64..100_000) {
            let schedule = schedule(Some(rate.into()), Extent::Records(u64::MAX));
            let now = schedule.begin() + Duration::from_millis(ms);
            // By the one rounding or the other, a µs apart at most.
            let slack = Duration::from_micros(1);
            let expected = u64::from(rate) * ms / 1000;
            let sent = expected.saturating_sub(10);
            let next = sent + schedule.due(sent, now);
            prop_assert!(schedule.intended(next - 1) <= now + slack);
            prop_assert!(schedule.intended(next) + slack > now);
        }
    }
}
