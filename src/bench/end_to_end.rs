//! Messages at the offered rate, each timed until our own consumer has it.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::feeder::{Feeder, GRACE, INTERRUPTED};
use super::payload::Payloads;
use super::{Load, Measured, OnTalk};
use crate::client::alarm::alarm;
use crate::client::consumer::{ConsumeError, Consumer, Event, Start};
use crate::client::producer::Producer;

/// How long after the last acknowledgement the consumer may go without a message of ours.
const SILENCE: Duration = Duration::from_secs(10);

/// Which messages have come, a bit each from the first that is missing on.
#[derive(Debug, Default)]
struct Seen {
    /// Words in front of `words` of which every message has come.
    whole: u64,
    words: VecDeque<u64>,
}

impl Seen {
    /// False: it had come already.
    fn add(&mut self, number: u64) -> bool {
        let Some(word) = (number / 64).checked_sub(self.whole) else { return false };
        let (word, bit) = (word as usize, 1 << (number % 64));
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        let is_new = self.words[word] & bit == 0;
        self.words[word] |= bit;
        while self.words.front() == Some(&u64::MAX) {
            self.words.pop_front();
            self.whole += 1;
        }
        is_new
    }
}

struct Run {
    feeder: Feeder,
    seen: Seen,
    measured: Measured,
    /// When the last message came.
    last: Instant,
}

impl Run {
    /// Takes what the consumer has without waiting, of one batch.
    fn receive(&mut self, consumer: &mut Consumer, talk: OnTalk<'_>) -> Result<bool, ConsumeError> {
        match consumer.ready()? {
            Some(Event::Records(taken)) => {
                let now = Instant::now();
                let values = taken.records.iter().filter_map(|record| record.value.as_ref());
                for stamp in values.filter_map(|value| self.feeder.payloads.stamp(value)) {
                    // What was never sent cannot come: it is damaged, or a very lucky forgery.
                    if stamp.number >= self.feeder.sent {
                        continue;
                    }
                    if self.seen.add(stamp.number) {
                        let intended = self.feeder.moment(stamp.intended_us);
                        self.measured.counts.messages += 1;
                        self.measured.latencies.record(now.saturating_duration_since(intended));
                    } else {
                        self.measured.counts.twice += 1;
                    }
                    self.last = now;
                }
                Ok(true)
            }
            Some(Event::Notice(notice)) => {
                talk(notice.to_string());
                Ok(true)
            }
            Some(Event::Done) | None => Ok(false),
        }
    }
}

/// Produces and consumes side by side until every acknowledged message has come, or `stop`.
pub(super) async fn end_to_end(
    mut producer: Producer,
    mut consumer: Consumer,
    load: &Load,
    payloads: Payloads,
    stop: &CancellationToken,
    talk: OnTalk<'_>,
) -> Result<Measured, ConsumeError> {
    for (partition, at) in consumer.locate(&consumer.partitions(), Start::Latest).await? {
        consumer.assign(partition, at.from, None);
    }
    let feeder = Feeder::new(load, payloads, true);
    let last = feeder.schedule.begin();
    let mut run = Run { feeder, seen: Seen::default(), measured: Measured::default(), last };
    let mut is_feeding = true;
    let mut acknowledged_at: Option<Instant> = None;
    let mut interrupted_at: Option<Instant> = None;
    loop {
        if stop.is_cancelled() {
            interrupted_at.get_or_insert_with(Instant::now);
        }
        if is_feeding && (interrupted_at.is_some() || run.feeder.is_over(&producer)) {
            is_feeding = false;
            run.feeder.end(&mut producer);
            producer.close();
        }
        if is_feeding {
            run.feeder.feed(&mut producer);
        }
        let has_received = run.receive(&mut consumer, talk)?;
        producer.notices().iter().for_each(|notice| talk(notice.to_string()));
        let is_produced = !is_feeding && producer.is_done();
        if is_produced {
            acknowledged_at.get_or_insert_with(Instant::now);
        }
        // With every message that comes the consumer has as long again.
        let silent_at = acknowledged_at.map(|at| at.max(run.last) + SILENCE);
        let give_up_at = silent_at.into_iter().chain(interrupted_at.map(|at| at + GRACE)).min();
        let is_overdue = give_up_at.is_some_and(|at| Instant::now() >= at);
        if is_overdue && !is_produced {
            producer.give_up(INTERRUPTED);
            continue;
        }
        if is_produced && (run.measured.counts.messages >= producer.report().acknowledged || is_overdue) {
            break;
        }
        let has_room = producer.has_room();
        tokio::select! {
            biased;
            () = stop.cancelled(), if interrupted_at.is_none() => {}
            () = producer.step(), if !is_produced => {}
            waited = consumer.wait() => waited?,
            () = run.feeder.due(has_room), if is_feeding => {}
            () = tokio::task::yield_now(), if has_received => {}
            () = alarm(give_up_at) => {}
        }
    }
    let report = producer.report();
    let Run { feeder, mut measured, last, .. } = run;
    feeder.account(&mut measured, &report, last);
    measured.counts.missing = report.acknowledged.saturating_sub(measured.counts.messages);
    Ok(measured)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_comes_again_is_no_new_one() {
        let mut seen = Seen::default();
        assert!(seen.add(200) && seen.add(0) && seen.add(63) && seen.add(64));
        assert!(!seen.add(200) && !seen.add(63) && seen.add(199));
    }

    #[test]
    fn what_has_come_without_a_gap_takes_no_memory() {
        let mut seen = Seen::default();
        assert!((0..100_000).all(|number| seen.add(number)));
        assert!(seen.words.len() <= 1);
        assert!((0..100_000).all(|number| !seen.add(number)));
        assert!(seen.add(100_000));
    }
}
