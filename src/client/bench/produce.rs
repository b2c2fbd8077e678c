//! Records at the offered rate, each timed until it is acknowledged.

use std::future::pending;
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::{Load, Measured, OnTalk, Payloads, Schedule};
use crate::client::producer::Producer;
use crate::kafka::records::Record;

/// How long after an interruption records that were sent may take to be acknowledged.
pub(super) const GRACE: Duration = Duration::from_secs(5);

/// Hands records to a producer when the schedule has them go.
pub(super) struct Feeder {
    pub schedule: Schedule,
    pub payloads: Payloads,
    pub sent: u64,
    is_numbered: bool,
}

impl Feeder {
    pub fn new(load: &Load, payloads: Payloads, is_numbered: bool) -> Self {
        Feeder { schedule: Schedule::new(load, Instant::now()), payloads, sent: 0, is_numbered }
    }

    /// Sends what is due, as far as there is room.
    pub fn feed(&mut self, producer: &mut Producer) {
        let now = Instant::now();
        if self.schedule.is_over(self.sent, now) || !producer.has_room() {
            return;
        }
        let due = self.schedule.due(self.sent, now);
        if due == 0 {
            return;
        }
        self.schedule.goes(self.sent, now);
        let timestamp = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_millis() as i64);
        let mut record = Record { timestamp, ..Record::default() };
        for number in self.sent..self.sent + due {
            record.value = Some(match self.is_numbered {
                true => self.payloads.numbered(number),
                false => self.payloads.plain(),
            });
            producer.push(&record, None, number);
        }
        self.sent += due;
    }

    pub fn is_over(&self, producer: &Producer) -> bool {
        self.schedule.is_over(self.sent, Instant::now()) || producer.has_failed()
    }

    /// Waits until something is due; for ever when the producer has no room, which it tells of itself.
    pub async fn due(&self, has_room: bool) {
        if !has_room {
            return pending().await;
        }
        match self.schedule.due(self.sent, Instant::now()) {
            0 => sleep_until(self.schedule.intended(self.sent)).await,
            // Whatever else is ready has its turn first.
            _ => tokio::task::yield_now().await,
        }
    }

    /// Those of the schedule that did not go.
    pub fn unsent(&self) -> u64 {
        self.schedule.total().map_or(0, |total| total.saturating_sub(self.sent))
    }
}

/// Produces until the schedule is over, a record is not delivered, or `stop`.
pub async fn produce(
    mut producer: Producer,
    load: &Load,
    payloads: Payloads,
    stop: &CancellationToken,
    talk: OnTalk<'_>,
) -> Measured {
    producer.keep_acknowledged();
    let mut feeder = Feeder::new(load, payloads, false);
    let mut measured = Measured::default();
    let mut last = feeder.schedule.begin();
    while !stop.is_cancelled() && !feeder.is_over(&producer) {
        feeder.feed(&mut producer);
        let has_room = producer.has_room();
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = producer.step() => take(&mut producer, &feeder, &mut measured, &mut last, talk),
            () = feeder.due(has_room) => {}
        }
    }
    measured.offering = feeder.schedule.begin().elapsed();
    producer.close();
    let mut give_up_at = None;
    while !producer.is_done() {
        let give_up = async {
            match give_up_at {
                Some(at) => sleep_until(at).await,
                None => stop.cancelled().await,
            }
        };
        tokio::select! {
            biased;
            () = producer.step() => take(&mut producer, &feeder, &mut measured, &mut last, talk),
            () = give_up => match give_up_at {
                None => give_up_at = Some(Instant::now() + GRACE),
                Some(_) => producer.give_up("the measurement was interrupted before it was acknowledged"),
            }
        }
    }
    take(&mut producer, &feeder, &mut measured, &mut last, talk);
    measured.sent = feeder.sent;
    measured.unsent = feeder.unsent();
    measured.bytes = measured.done * load.size as u64;
    measured.elapsed = last.duration_since(feeder.schedule.begin());
    measured.reported(&producer.report());
    measured
}

fn take(
    producer: &mut Producer,
    feeder: &Feeder,
    measured: &mut Measured,
    last: &mut Instant,
    talk: OnTalk<'_>,
) {
    for batch in producer.acknowledged() {
        for line in &batch.lines {
            measured.latencies.record(batch.at.duration_since(feeder.schedule.intended(*line)));
        }
        measured.done += batch.lines.len() as u64;
        *last = batch.at.max(*last);
    }
    producer.notices().iter().for_each(|notice| talk(notice.to_string()));
}
