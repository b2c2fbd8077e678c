//! Records at the offered rate, each timed until our own consumer has it.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::produce::{Feeder, GRACE};
use super::{Load, Measured, OnTalk, Payloads};
use crate::client::consumer::{ConsumeError, Consumer, Event, Start};
use crate::client::producer::Producer;

/// How long after the last acknowledgement the consumer may go without a record of ours.
const SILENCE: Duration = Duration::from_secs(10);

/// Which records have come, a bit each.
#[derive(Debug, Default)]
struct Seen(Vec<u64>);

impl Seen {
    /// False: it had come already.
    fn add(&mut self, number: u64) -> bool {
        let (word, bit) = ((number / 64) as usize, 1 << (number % 64));
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        let is_new = self.0[word] & bit == 0;
        self.0[word] |= bit;
        is_new
    }
}

struct Run {
    feeder: Feeder,
    seen: Seen,
    measured: Measured,
    last: Instant,
}

impl Run {
    /// Takes what the consumer has without waiting, of one batch.
    fn receive(&mut self, consumer: &mut Consumer, talk: OnTalk<'_>) -> Result<bool, ConsumeError> {
        match consumer.ready()? {
            Some(Event::Records(taken)) => {
                let now = Instant::now();
                let values = taken.records.iter().filter_map(|record| record.value.as_ref());
                for number in values.filter_map(|value| self.feeder.payloads.number(value)) {
                    // Nothing but our own numbers: what was never sent cannot come.
                    if number >= self.feeder.sent {
                        continue;
                    }
                    if self.seen.add(number) {
                        self.measured.done += 1;
                        let intended = self.feeder.schedule.intended(number);
                        self.measured.latencies.record(now.duration_since(intended));
                    } else {
                        self.measured.twice += 1;
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

/// Produces and consumes side by side until every acknowledged record has come, or `stop`.
pub async fn end_to_end(
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
    let mut give_up_at: Option<Instant> = None;
    loop {
        if is_feeding && (stop.is_cancelled() || run.feeder.is_over(&producer)) {
            is_feeding = false;
            run.measured.offering = run.feeder.schedule.begin().elapsed();
            producer.close();
        }
        if stop.is_cancelled() && give_up_at.is_none() {
            give_up_at = Some(Instant::now() + GRACE);
        }
        if is_feeding {
            run.feeder.feed(&mut producer);
        }
        let has_received = run.receive(&mut consumer, talk)?;
        producer.notices().iter().for_each(|notice| talk(notice.to_string()));
        let produced = !is_feeding && producer.is_done();
        if produced {
            let silent_at = run.last.max(run.feeder.schedule.begin() + run.measured.offering) + SILENCE;
            // It moves on with every record that comes; after an interruption it does not.
            give_up_at = Some(match stop.is_cancelled() {
                true => give_up_at.map_or(silent_at, |at| at.min(silent_at)),
                false => silent_at,
            });
        }
        let is_overdue = give_up_at.is_some_and(|at| Instant::now() >= at);
        if is_overdue && !produced {
            producer.give_up("the measurement was interrupted before it was acknowledged");
        }
        if produced && (run.measured.done >= producer.report().acknowledged || is_overdue) {
            break;
        }
        let has_room = producer.has_room();
        let alarm = async {
            match give_up_at {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = stop.cancelled(), if !stop.is_cancelled() => {}
            () = producer.step(), if !produced => {}
            waited = consumer.wait() => waited?,
            () = run.feeder.due(has_room), if is_feeding => {}
            () = tokio::task::yield_now(), if has_received => {}
            () = alarm => {}
        }
    }
    let report = producer.report();
    let Run { feeder, mut measured, last, .. } = run;
    measured.sent = feeder.sent;
    measured.unsent = feeder.unsent();
    measured.missing = report.acknowledged.saturating_sub(measured.done);
    measured.bytes = measured.done * load.size as u64;
    measured.elapsed = last.duration_since(feeder.schedule.begin());
    measured.reported(&report);
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
}
