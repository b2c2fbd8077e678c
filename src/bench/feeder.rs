//! Hands messages to a producer when the schedule has them go.

use std::future::pending;
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, sleep_until};

use super::payload::{Payloads, Stamp};
use super::schedule::Schedule;
use super::{Load, Measured};
use crate::client::producer::{Producer, Report};
use crate::wire::records::Record;

/// How long after an interruption messages that were sent may take to be acknowledged.
pub(super) const GRACE: Duration = Duration::from_secs(5);
/// Why they were not.
pub(super) const INTERRUPTED: &str = "the measurement was interrupted before it was acknowledged";

pub(super) struct Feeder {
    pub schedule: Schedule,
    pub payloads: Payloads,
    pub sent: u64,
    size: usize,
    is_stamped: bool,
    /// When no message went any more.
    over: Option<Instant>,
}

impl Feeder {
    /// The schedule begins now.
    pub(super) fn new(load: &Load, payloads: Payloads, is_stamped: bool) -> Self {
        let schedule = Schedule::new(load, Instant::now());
        Feeder { schedule, payloads, sent: 0, size: load.size, is_stamped, over: None }
    }

    /// Sends what is due, as far as there is room.
    pub(super) fn feed(&mut self, producer: &mut Producer) {
        let now = Instant::now();
        if !self.schedule.is_over(self.sent, now) && producer.has_room() {
            self.send(producer, now);
        }
    }

    /// The producer calls each message by its intended time, in µs since the beginning.
    fn send(&mut self, producer: &mut Producer, now: Instant) {
        let due = self.schedule.due(self.sent, now);
        let timestamp = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_millis() as i64);
        let mut record = Record { timestamp, ..Record::default() };
        for number in self.sent..self.sent + due {
            let intended = self.schedule.intended(number, now).duration_since(self.schedule.begin());
            let intended_us = intended.as_micros() as u64;
            record.value = Some(match self.is_stamped {
                true => self.payloads.stamped(Stamp { number, intended_us }),
                false => self.payloads.plain(),
            });
            producer.push(&record, None, intended_us);
        }
        self.sent += due;
    }

    /// The moment that it calls by this number.
    pub(super) fn moment(&self, intended_us: u64) -> Instant {
        self.schedule.begin() + Duration::from_micros(intended_us)
    }

    pub(super) fn is_over(&self, producer: &Producer) -> bool {
        self.schedule.is_over(self.sent, Instant::now()) || producer.has_failed()
    }

    /// Sends what was due by now, as far as there is room, and nothing after it: that we woke a moment late is
    /// not the cluster's fault.
    pub(super) fn end(&mut self, producer: &mut Producer) {
        let now = Instant::now();
        while self.schedule.overdue(self.sent, now) > 0 && producer.has_room() && !producer.has_failed() {
            self.send(producer, now);
        }
        self.over = Some(now);
    }

    /// Waits until something is due; for ever when the producer has no room, which it tells of itself.
    pub(super) async fn due(&self, has_room: bool) {
        if !has_room {
            return pending().await;
        }
        let now = Instant::now();
        match self.schedule.due(self.sent, now) {
            0 => sleep_until(self.schedule.intended(self.sent, now)).await,
            // Whatever else is ready has its turn first.
            _ => tokio::task::yield_now().await,
        }
    }

    /// What became of what was offered, when all that went has come to its end; the last of it at `last`.
    pub(super) fn account(&self, measured: &mut Measured, report: &Report, last: Instant) {
        let now = Instant::now();
        let over = self.over.unwrap_or(now);
        let counts = &mut measured.counts;
        counts.sent = self.sent;
        counts.not_delivered = report.not_delivered;
        counts.unknown = report.unknown;
        counts.first_error = report.first_failure.as_ref().map(|first| first.reason.clone());
        counts.unsent = self.schedule.overdue(self.sent, over);
        measured.offering = over.duration_since(self.schedule.begin());
        measured.elapsed = last.duration_since(self.schedule.begin()).max(measured.offering);
        measured.bytes = counts.messages * self.size as u64;
        self.wait_of_the_unsent(measured, now);
    }

    /// Messages that should have gone and did not have waited until now, and would have waited longer. Left
    /// out, they would make a cluster that cannot keep up look quick.
    fn wait_of_the_unsent(&self, measured: &mut Measured, now: Instant) {
        /// Ages are that exact, in parts of the whole wait: there may be a thousand million of them.
        const STEPS: u64 = 4096;
        let end = self.sent + measured.counts.unsent;
        let step = measured.counts.unsent.div_ceil(STEPS).max(1);
        let mut number = self.sent;
        while number < end {
            let age = now.saturating_duration_since(self.schedule.intended(number, now));
            measured.latencies.record_many(age, step.min(end - number));
            number += step;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::Extent;
    use crate::client::producer::Acks;

    fn report() -> Report {
        Report::new("bikes", Acks::All, true)
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_due_and_never_went_counts_with_its_age_at_the_end() {
        let load = Load { rate: Some(100.0), extent: Extent::For(Duration::from_secs(10)), size: 100 };
        let mut feeder = Feeder::new(&load, Payloads::new(100, 1), false);
        // A producer that took 10 and then no more.
        feeder.sent = 10;
        tokio::time::advance(Duration::from_secs(10)).await;
        feeder.over = Some(Instant::now());
        tokio::time::advance(Duration::from_secs(2)).await;
        let mut measured = Measured::default();
        for _ in 0..10 {
            measured.latencies.record(Duration::from_millis(1));
        }
        feeder.account(&mut measured, &report(), feeder.schedule.begin());
        assert_eq!((measured.counts.sent, measured.counts.unsent), (10, 990));
        assert_eq!((measured.offering, measured.elapsed), (Duration::from_secs(10), Duration::from_secs(10)));
        let latency = measured.latencies.percentiles().unwrap();
        // Intended at 0.1 s to 9.99 s, and 12 s are over.
        assert!((latency.max - 11_900.0).abs() < 12.0, "{latency:?}");
        assert!((latency.p50 - 6_910.0).abs() < 30.0, "{latency:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_interrupted_schedule_owes_only_what_was_due_by_then() {
        let load = Load { rate: Some(10.0), extent: Extent::Messages(1_000_000), size: 100 };
        let mut feeder = Feeder::new(&load, Payloads::new(100, 1), false);
        feeder.sent = 21;
        tokio::time::advance(Duration::from_secs(2)).await;
        feeder.over = Some(Instant::now());
        let mut measured = Measured::default();
        feeder.account(&mut measured, &report(), feeder.schedule.begin());
        assert_eq!((measured.counts.unsent, measured.latencies.percentiles()), (0, None));
    }
}
