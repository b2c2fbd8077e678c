//! Messages at the offered rate, each timed until it is acknowledged.

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::feeder::{Feeder, GRACE, INTERRUPTED};
use super::payload::Payloads;
use super::{Load, Measured, OnTalk};
use crate::client::alarm::alarm;
use crate::client::producer::Producer;

struct Run {
    feeder: Feeder,
    measured: Measured,
    /// When the last acknowledgement came.
    last: Instant,
}

impl Run {
    fn take(&mut self, producer: &mut Producer, talk: OnTalk<'_>) {
        for batch in producer.acknowledged() {
            for intended_us in &batch.lines {
                let intended = self.feeder.moment(*intended_us);
                self.measured.latencies.record(batch.at.saturating_duration_since(intended));
            }
            self.measured.counts.messages += batch.lines.len() as u64;
            self.last = batch.at.max(self.last);
        }
        producer.notices().iter().for_each(|notice| talk(notice.to_string()));
    }
}

/// Produces until the schedule is over, a message is not delivered, or `stop`.
pub(super) async fn produce(
    mut producer: Producer,
    load: &Load,
    payloads: Payloads,
    stop: &CancellationToken,
    talk: OnTalk<'_>,
) -> Measured {
    producer.keep_acknowledged();
    let feeder = Feeder::new(load, payloads, false);
    let last = feeder.schedule.begin();
    let mut run = Run { feeder, measured: Measured::default(), last };
    while !stop.is_cancelled() && !run.feeder.is_over(&producer) {
        run.feeder.feed(&mut producer);
        let has_room = producer.has_room();
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = producer.step() => run.take(&mut producer, talk),
            () = run.feeder.due(has_room) => {}
        }
    }
    run.feeder.end(&mut producer);
    producer.close();
    let mut give_up_at = None;
    while !producer.is_done() {
        tokio::select! {
            biased;
            () = producer.step() => run.take(&mut producer, talk),
            () = alarm(give_up_at) => producer.give_up(INTERRUPTED),
            () = stop.cancelled(), if give_up_at.is_none() => give_up_at = Some(Instant::now() + GRACE),
        }
    }
    run.take(&mut producer, talk);
    let Run { feeder, mut measured, last } = run;
    feeder.account(&mut measured, &producer.report(), last);
    measured
}
