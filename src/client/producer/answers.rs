//! What the accumulator makes of what happened: answers, broken connections, leaders that moved.

use std::collections::BTreeMap;

use kafka_protocol::error::ResponseError;
use tokio::time::Instant;

use super::batch::{self, Builder, Open, Waiting};
use super::core::{Core, LINE, Partition, Trouble, TroubleKind, backoff};
use super::fate::{Cause, Fate, fate};
use super::limits::too_large;
use super::report::{Acknowledged, Certainty};
use super::settings::Acks;
use crate::client::notice::Notice;
use crate::model::view::PartitionView;
use crate::wire::produce_request::Produced;

/// Partitions that the same happened to, so that it is told once.
#[derive(Default)]
struct Told {
    below_min_isr: Vec<usize>,
    enough: Vec<i32>,
    setbacks: BTreeMap<String, Vec<i32>>,
}

impl Core {
    /// The broker answered; with acks=0 `answers` is empty, and the request was sent.
    pub(super) fn answered(&mut self, broker: i32, answers: &[Produced], now: Instant) {
        let Some(indexes) = self.landed(broker) else { return };
        self.is_back(broker);
        let mut told = Told::default();
        for index in indexes {
            if !std::mem::take(&mut self.partitions[index].in_flight) {
                continue; // It was given up meanwhile.
            }
            let of_partition = answers.iter().find(|answer| usize::try_from(answer.partition) == Ok(index));
            match of_partition {
                Some(answer) => self.settle(index, answer, now, &mut told),
                None if self.settings.acks == Acks::None => self.stored(index, -1, now, &mut told),
                None => {
                    let reason = "the broker's answer leaves it out".to_owned();
                    self.perhaps_stored(index);
                    self.again(index, TroubleKind::Other, reason, now, &mut told);
                }
            }
        }
        self.tell(told);
    }

    /// There is no answer; `sent`: a part of the request may have reached the broker.
    pub(super) fn unanswered(&mut self, broker: i32, reason: &str, sent: bool, now: Instant) {
        let Some(indexes) = self.landed(broker) else { return };
        let known = self.brokers.entry(broker).or_default();
        known.failures += 1;
        let is_first = known.failures == 1;
        known.retry_at = Some(now + backoff(known.failures));
        self.look = true;
        let mut told = Told::default();
        for index in indexes {
            if std::mem::take(&mut self.partitions[index].in_flight) {
                if sent {
                    self.perhaps_stored(index);
                }
                let reason = format!("broker-{broker} does not answer ({reason})");
                self.again(index, TroubleKind::Leader, reason, now, &mut told);
            }
        }
        if is_first {
            let partitions = self.partitions.iter().filter(|partition| partition.leader == Some(broker));
            let partitions = partitions.count();
            self.notices.push(Notice::BrokerLost { broker, reason: reason.to_owned(), partitions });
        }
    }

    fn landed(&mut self, broker: i32) -> Option<Vec<usize>> {
        let (indexes, _) = self.brokers.get_mut(&broker)?.in_flight.take()?;
        Some(indexes)
    }

    fn is_back(&mut self, id: i32) {
        if let Some(broker) = self.brokers.get_mut(&id)
            && (std::mem::take(&mut broker.failures) > 0) | std::mem::take(&mut broker.is_slow)
        {
            broker.retry_at = None;
            self.notices.push(Notice::BrokerBack { broker: id });
        }
    }

    fn settle(&mut self, index: usize, answer: &Produced, now: Instant, told: &mut Told) {
        let error = ResponseError::try_from_code(answer.code);
        let reason = || match (error, answer.message.as_deref().filter(|message| !message.is_empty())) {
            (Some(error), Some(message)) => format!("{error}: {message}"),
            (Some(error), None) => error.to_string(),
            (None, _) => String::new(),
        };
        match fate(error) {
            Fate::Stored => self.stored(index, answer.offset, now, told),
            Fate::Again(Cause::Leader) => {
                self.look = true;
                self.again(index, TroubleKind::Leader, reason(), now, told);
            }
            Fate::Again(Cause::MinIsr) => self.again(index, TroubleKind::MinIsr, reason(), now, told),
            Fate::Again(Cause::Other) => self.again(index, TroubleKind::Other, reason(), now, told),
            Fate::AgainPerhapsStored => {
                self.perhaps_stored(index);
                self.again(index, TroubleKind::Other, reason(), now, told);
            }
            Fate::TooLarge => self.split(index, 0),
            Fate::Forgotten => self.forgotten(index, reason(), now, told),
            Fate::Refused => self.fail_first(index, Certainty::Not, &reason(), None),
            Fate::RefusedPerhapsStored => {
                self.perhaps_stored(index);
                // Kafka tells clients nothing of an error that it has no code for.
                let remedy = "`cluster logs --level error` may say why, and `cluster why`".to_owned();
                self.fail_first(index, Certainty::Unknown, &reason(), Some(remedy));
            }
        }
    }

    fn stored(&mut self, index: usize, offset: i64, at: Instant, told: &mut Told) {
        let partition = &mut self.partitions[index];
        let Some(first) = partition.queue.pop_front() else { return };
        let number = index as i32;
        if partition.trouble.take().is_some_and(|trouble| trouble.kind == TroubleKind::MinIsr) {
            told.enough.push(number);
        }
        self.buffered -= first.charge;
        self.report.acknowledge(number, first.lines.len() as u64, offset);
        if first.perhaps_stored && !self.idempotent {
            self.report.perhaps_twice += first.lines.len() as u64;
        }
        if let Some(acknowledged) = &mut self.acknowledged {
            acknowledged.push(Acknowledged { partition: number, lines: first.lines, at });
        }
    }

    fn perhaps_stored(&mut self, index: usize) {
        if let Some(first) = self.partitions[index].queue.front_mut() {
            first.perhaps_stored = true;
        }
    }

    /// The first batch is tried once more.
    fn again(&mut self, index: usize, kind: TroubleKind, reason: String, now: Instant, told: &mut Told) {
        let partition = &mut self.partitions[index];
        let tries = partition.queue.front().map_or(1, |first| first.tries);
        // A dead broker has its own pause, and its partitions may have another leader before that ends.
        partition.retry_at = Some(now + backoff(tries));
        let is_new = partition.trouble.as_ref().is_none_or(|known| known.kind != kind);
        if is_new {
            match kind {
                TroubleKind::Leader => {}
                TroubleKind::MinIsr => told.below_min_isr.push(index),
                TroubleKind::Other => told.setbacks.entry(reason.clone()).or_default().push(index as i32),
            }
        }
        if kind == TroubleKind::MinIsr {
            self.look = true;
        }
        partition.trouble = Some(Trouble { kind, reason });
    }

    /// Safe under a new id only when no try of the batch can have been stored under the old one.
    fn forgotten(&mut self, index: usize, reason: String, now: Instant, told: &mut Told) {
        let partition = &mut self.partitions[index];
        let Some(first) = partition.queue.front_mut() else { return };
        if first.perhaps_stored {
            return self.fail_first(index, Certainty::Unknown, &reason, None);
        }
        first.sequence = None;
        let old = partition.writer.take();
        // Another partition may have had a new one made already.
        if self.identity.map(|identity| identity.id) == old.map(|old| old.producer_id) {
            self.identity = None;
        }
        self.again(index, TroubleKind::Other, reason, now, told);
    }

    /// The batch at this place of the queue is too large: it becomes two, or fails when it is one record.
    pub(super) fn split(&mut self, index: usize, place: usize) {
        let Some(halves) = self.halves(index, place) else { return self.fail_too_large(index, place) };
        let partition = &mut self.partitions[index];
        let Some(whole) = partition.queue.remove(place) else { return };
        // It had the newest sequence, since no other batch of the partition is under way.
        if let Some(sequence) = whole.sequence {
            partition.writer = Some(sequence);
        }
        self.buffered -= whole.charge;
        for half in halves.into_iter().rev() {
            self.buffered += half.charge;
            partition.queue.insert(place, half);
        }
    }

    /// Two batches with the records of this one. `None`: it is not to be split. When an earlier try may be
    /// stored, as it was before the limit was lowered, its halves would be stored twice.
    fn halves(&self, index: usize, place: usize) -> Option<[Waiting; 2]> {
        let whole = self.partitions[index].queue.get(place).filter(|whole| !whole.perhaps_stored)?;
        let records = batch::records(whole.ready()?)
            .ok()
            .filter(|records| records.len() == whole.lines.len() && records.len() > 1)?;
        let half = |range: std::ops::Range<usize>| {
            let mut builder = Builder::new(self.format);
            records[range.clone()].iter().for_each(|record| builder.push(record));
            let lines = whole.lines[range].to_vec();
            let charge = builder.size() + lines.len() * LINE;
            Waiting::of(Open { builder, lines, since: whole.since, charge }, self.settings.compression)
        };
        let middle = records.len() / 2;
        Some([half(0..middle), half(middle..records.len())])
    }

    /// With all that is behind it; those before it go on.
    fn fail_too_large(&mut self, index: usize, place: usize) {
        let limit = self.limits.max_message_bytes;
        let partition = &mut self.partitions[index];
        let behind = partition.queue.split_off(place);
        let size = behind.front().and_then(|first| first.ready()).map_or(0, |payload| payload.size());
        let before = std::mem::replace(&mut partition.queue, behind);
        let was_under_way = std::mem::take(&mut partition.in_flight);
        let (reason, remedy) = too_large(self.topic(), size, limit, self.format);
        self.fail_first(index, Certainty::Not, &reason, Some(remedy));
        self.partitions[index].in_flight = was_under_way && !before.is_empty();
        self.partitions[index].queue = before;
    }

    fn tell(&mut self, told: Told) {
        let Told { below_min_isr, enough, setbacks } = told;
        if !below_min_isr.is_empty() {
            let worst = below_min_isr.iter().map(|index| &self.partitions[*index]);
            let worst = worst.min_by_key(|partition| partition.in_sync);
            let (min_isr, in_sync) = worst.map_or((0, 0), |worst| (worst.min_isr, worst.in_sync));
            self.notices.push(Notice::BelowMinIsr {
                partitions: below_min_isr.iter().map(|index| *index as i32).collect(),
                min_isr,
                // Kafka tells late of an ISR that shrank.
                in_sync: Some(in_sync).filter(|in_sync| (1..min_isr).contains(in_sync)),
            });
        }
        if !enough.is_empty() {
            self.notices.push(Notice::EnoughInSync { partitions: enough });
        }
        for (reason, partitions) in setbacks {
            self.notices.push(Notice::Setback { partitions, reason });
        }
    }

    /// Who leads; `None`: the topic is not there.
    pub(super) fn led(&mut self, views: Option<&BTreeMap<i32, PartitionView>>, now: Instant) {
        self.looked(now);
        let Some(views) = views else {
            self.look = true;
            if !std::mem::replace(&mut self.gone, true) {
                self.notices.push(Notice::TopicGone { topic: self.topic().to_owned() });
            }
            return;
        };
        self.gone = false;
        let is_first = self.partitions.is_empty();
        let mut moved: BTreeMap<Option<i32>, Vec<i32>> = BTreeMap::new();
        for (number, view) in views {
            let Ok(index) = usize::try_from(*number) else { continue };
            // They come in order, without gaps.
            if index == self.partitions.len() {
                self.partitions.push(Partition::new());
            }
            let Some(partition) = self.partitions.get_mut(index) else { continue };
            if view.leader_epoch.is_some() && view.leader_epoch < partition.leader_epoch {
                continue;
            }
            partition.leader_epoch = view.leader_epoch;
            partition.in_sync = view.isr.len();
            partition.min_isr = self.limits.min_isr_of(view.replicas.len());
            if view.leader != partition.leader {
                partition.leader = view.leader;
                partition.retry_at = None;
                // Who was elected is alive, whatever it was when it was last asked.
                if let Some(broker) = view.leader.and_then(|leader| self.brokers.get_mut(&leader)) {
                    broker.failures = 0;
                    broker.retry_at = None;
                }
                if !is_first {
                    moved.entry(view.leader).or_default().push(*number);
                }
            }
        }
        for (leader, partitions) in moved {
            self.notices.push(Notice::Led { partitions, leader });
        }
        self.tell_below_min_isr();
        let is_amiss = |partition: &Partition| partition.leader.is_none() || partition.trouble.is_some();
        self.look = self.partitions.iter().any(is_amiss);
    }

    /// A leader whose followers are gone keeps an acks=all request for as long as it may take, without an
    /// error.
    fn tell_below_min_isr(&mut self) {
        if self.settings.acks != Acks::All {
            return;
        }
        let mut told = Told::default();
        for (index, partition) in self.partitions.iter_mut().enumerate() {
            let known = partition.trouble.as_ref().is_some_and(|trouble| trouble.kind == TroubleKind::MinIsr);
            let leader = partition.leader.map(|leader| self.brokers.get(&leader));
            let is_led = leader.is_some_and(|broker| broker.is_none_or(|broker| broker.failures == 0));
            let waits = !partition.queue.is_empty() && is_led;
            let Partition { min_isr, in_sync, .. } = *partition;
            if waits && !known && (1..min_isr).contains(&in_sync) {
                let reason = format!("min.insync.replicas is {min_isr}, and {in_sync} in sync");
                partition.trouble = Some(Trouble { kind: TroubleKind::MinIsr, reason });
                told.below_min_isr.push(index);
            }
        }
        self.tell(told);
    }

    pub(super) fn not_known_who_leads(&mut self, now: Instant) {
        self.looked(now);
        self.look = true;
    }
}
