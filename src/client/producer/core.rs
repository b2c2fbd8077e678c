//! The accumulator: batches by partition, and what is to be done with them next.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::batch::{Body, Builder, Open, Waiting};
use super::limits::Limits;
use super::partitioner::{Sticky, partition_of_key};
use super::report::{Acknowledged, Certainty, Report};
use super::settings::Settings;
use crate::client::notice::Notice;
use crate::wire::init_producer_id::ProducerId;
use crate::wire::produce_request::{Entry, Format, Payload};
use crate::wire::records::{Compression, Record, Sequence};

/// Between a setback and the next try, doubled up to [`MAX_BACKOFF`] (`retry.backoff.ms`).
const BACKOFF: Duration = Duration::from_millis(100);
const MAX_BACKOFF: Duration = Duration::from_secs(1);
/// A request that takes longer makes us look who leads: its broker may be paused.
pub(super) const SLOW: Duration = Duration::from_secs(2);
/// How long there may be no producer id before that is told.
const PATIENCE: Duration = Duration::from_secs(1);
/// Of a line's number beside its record.
pub(super) const LINE: usize = size_of::<u64>();

/// What is to be done.
#[derive(Debug)]
pub(super) enum Effect {
    /// Answered by [`Core::answered`] or [`Core::unanswered`].
    Send { broker: i32, entries: Vec<Entry>, deadline: Instant },
    /// The request to this broker is given up, and its connection with it.
    Abandon { broker: i32 },
    /// Answered by [`Core::compressed`].
    Compress { partition: usize, number: u64, builder: Builder, compression: Compression },
    /// Who leads? Answered by [`Core::led`] or [`Core::not_known_who_leads`].
    Look,
    /// Answered by [`Core::identified`] or [`Core::not_identified`].
    Identify,
}

#[derive(Debug)]
pub(super) struct Partition {
    pub leader: Option<i32>,
    /// Metadata of an earlier epoch is late (KIP-320).
    pub leader_epoch: Option<i32>,
    pub in_sync: usize,
    /// How many must be for acks=all.
    pub min_isr: usize,
    pub open: Option<Open>,
    /// In order; the first is under way when `in_flight`.
    pub queue: VecDeque<Waiting>,
    pub in_flight: bool,
    pub retry_at: Option<Instant>,
    /// Who its batches are from, and the sequence of the next.
    pub writer: Option<Sequence>,
    /// A record of it was not delivered, so that no later one is: order is kept.
    pub halted: bool,
    /// The last setback, until a batch is acknowledged.
    pub trouble: Option<Trouble>,
}

/// Why a partition does not get on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    pub kind: TroubleKind,
    pub reason: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TroubleKind {
    /// Told by what is told of brokers and leaders.
    Leader,
    MinIsr,
    Other,
}

#[derive(Debug, Default)]
pub(super) struct Broker {
    /// The partitions of the request that is under way, and since when.
    pub in_flight: Option<(Vec<usize>, Instant)>,
    pub failures: u32,
    pub retry_at: Option<Instant>,
    /// It was told that it takes long.
    pub is_slow: bool,
}

#[derive(Debug)]
pub(super) struct Core {
    pub topic: String,
    pub settings: Settings,
    pub limits: Limits,
    pub format: Format,
    pub idempotent: bool,
    pub partitions: Vec<Partition>,
    pub brokers: BTreeMap<i32, Broker>,
    pub sticky: Sticky,
    /// Bytes in open and waiting batches.
    pub buffered: usize,
    pub identity: Option<ProducerId>,
    pub identifying: bool,
    pub identify_at: Option<Instant>,
    pub look: bool,
    pub looking: bool,
    pub last_look: Instant,
    pub compressing: usize,
    pub compressions: u64,
    /// Rotates which partitions are first in a request.
    pub turn: usize,
    pub closing: bool,
    pub report: Report,
    /// Batches that were acknowledged, when somebody wants to know of each.
    pub acknowledged: Option<Vec<Acknowledged>>,
    pub notices: Vec<Notice>,
    /// Since when no broker gives an id, and whether that was told.
    pub without_identity: Option<(Instant, bool)>,
    pub gone: bool,
}

impl Core {
    pub(super) fn new(
        topic: &str,
        settings: Settings,
        limits: Limits,
        format: Format,
        idempotent: bool,
        now: Instant,
    ) -> Self {
        Core {
            topic: topic.to_owned(),
            sticky: Sticky::new(settings.seed),
            report: Report::new(topic, settings.acks, idempotent),
            settings,
            limits,
            format,
            idempotent,
            partitions: Vec::new(),
            brokers: BTreeMap::new(),
            buffered: 0,
            identity: None,
            identifying: false,
            identify_at: None,
            look: false,
            looking: false,
            last_look: now,
            compressing: 0,
            compressions: 0,
            turn: 0,
            closing: false,
            acknowledged: None,
            notices: Vec::new(),
            without_identity: None,
            gone: false,
        }
    }

    pub(super) fn topic(&self) -> &str {
        &self.topic
    }

    /// Whether more records may come without going beyond the buffer.
    pub(super) fn has_room(&self) -> bool {
        self.buffered < self.settings.buffer
    }

    /// Takes a record. One that cannot be delivered is in the report at once.
    pub(super) fn push(&mut self, record: &Record, wanted: Option<i32>, line: u64, now: Instant) {
        let size = Builder::size_of(self.format, record);
        let compression = self.settings.compression;
        if let Err(refusal) = self.limits.check(&self.topic, record, size, self.format, compression) {
            return self.refuse(line, &refusal.reason, refusal.remedy);
        }
        self.report.lines += 1;
        let index = match self.choose(record, wanted, size) {
            Ok(index) => index,
            Err(reason) => return self.report.fail(&[line], Certainty::Not, &reason, None),
        };
        let capacity = self.settings.batch_size.min(self.limits.max_message_bytes);
        let partition = &mut self.partitions[index];
        if partition.halted {
            return self.report.fail(&[line], Certainty::Not, EARLIER, None);
        }
        if partition.open.as_ref().is_some_and(|open| open.builder.size() + size > capacity) {
            self.close_batch(index);
        }
        let open = self.partitions[index].open.get_or_insert_with(|| Open {
            builder: Builder::new(self.format),
            lines: Vec::new(),
            since: now,
            charge: 0,
        });
        open.builder.push(record);
        open.lines.push(line);
        open.charge += size + LINE;
        self.buffered += size + LINE;
    }

    /// Counts a line that is no record.
    pub(super) fn refuse(&mut self, line: u64, reason: &str, remedy: Option<String>) {
        self.report.lines += 1;
        self.report.fail(&[line], Certainty::Not, reason, remedy);
    }

    fn choose(&mut self, record: &Record, wanted: Option<i32>, size: usize) -> Result<usize, String> {
        let count = self.partitions.len();
        if let Some(wanted) = wanted {
            let there = usize::try_from(wanted).ok().filter(|index| *index < count);
            return there.ok_or_else(|| {
                format!("{} has no partition {wanted}: they are 0 to {}", self.topic, count.saturating_sub(1))
            });
        }
        if let Some(key) = &record.key {
            return Ok(partition_of_key(key, count));
        }
        let (partitions, brokers) = (&self.partitions, &self.brokers);
        let reachable = |broker: &i32| brokers.get(broker).is_none_or(|broker| broker.failures == 0);
        Ok(self.sticky.choose(count, size, |index| {
            let partition = &partitions[index];
            !partition.halted && partition.leader.as_ref().is_some_and(reachable)
        }))
    }

    /// No more records come: batches that are not full wait no longer.
    pub(super) fn close(&mut self) {
        self.closing = true;
    }

    /// Whether nothing is under way any more.
    pub(super) fn is_done(&self) -> bool {
        self.partitions.iter().all(|partition| partition.open.is_none() && partition.queue.is_empty())
    }

    /// Nothing more is tried.
    pub(super) fn give_up(&mut self, reason: &str) {
        for index in 0..self.partitions.len() {
            self.fail_first(index, Certainty::Not, reason, None);
        }
    }

    /// The question who leads is answered, or is not.
    pub(super) fn looked(&mut self, now: Instant) {
        self.looking = false;
        self.last_look = now;
    }

    pub(super) fn close_batch(&mut self, index: usize) {
        let partition = &mut self.partitions[index];
        if let Some(open) = partition.open.take() {
            let waiting = Waiting::of(open, self.settings.compression);
            partition.queue.push_back(waiting);
            self.sticky.batch_ended(index);
        }
    }

    pub(super) fn compressed(&mut self, index: usize, number: u64, payload: Payload) {
        self.compressing -= 1;
        let queue = &mut self.partitions[index].queue;
        let is_it = |waiting: &Waiting| matches!(waiting.body, Body::Compressing(known) if known == number);
        // It is gone when it was given up meanwhile.
        let Some(place) = queue.iter().position(is_it) else { return };
        let waiting = &mut queue[place];
        let size = payload.size() + waiting.lines.len() * LINE;
        self.buffered = (self.buffered - waiting.charge) + size;
        waiting.charge = size;
        let too_large = payload.size() > self.limits.max_message_bytes;
        waiting.body = Body::Ready(Arc::new(payload));
        if too_large {
            self.split(index, place);
        }
    }

    /// The first batch of a partition is not delivered, and so nothing behind it. `delivered` is what is
    /// known from this try.
    pub(super) fn fail_first(
        &mut self,
        index: usize,
        delivered: Certainty,
        reason: &str,
        remedy: Option<String>,
    ) {
        self.close_batch(index);
        let partition = &mut self.partitions[index];
        let is_under_way = std::mem::take(&mut partition.in_flight);
        let mut waiting = std::mem::take(&mut partition.queue).into_iter();
        let Some(first) = waiting.next() else { return };
        partition.halted = true;
        let delivered = match first.perhaps_stored || is_under_way {
            true => Certainty::Unknown,
            false => delivered,
        };
        self.report.fail(&first.lines, delivered, reason, remedy);
        self.buffered -= first.charge;
        for behind in waiting {
            self.report.fail(&behind.lines, Certainty::Not, EARLIER, None);
            self.buffered -= behind.charge;
        }
    }

    pub(super) fn identified(&mut self, identity: ProducerId) {
        self.identifying = false;
        self.identity = Some(identity);
        self.without_identity = None;
    }

    pub(super) fn not_identified(&mut self, reason: String, now: Instant) {
        self.identifying = false;
        self.identify_at = Some(now + BACKOFF);
        // A broker that was never asked before has none at hand, for a moment.
        let (since, told) = self.without_identity.get_or_insert((now, false));
        if *since + PATIENCE <= now && !std::mem::replace(told, true) {
            self.notices.push(Notice::NoProducerId { reason, timeout: self.settings.timeout });
        }
    }
}

/// Why a record was not even tried.
const EARLIER: &str = "an earlier message of its partition was not delivered";

impl Partition {
    pub(super) fn new() -> Self {
        Partition {
            leader: None,
            leader_epoch: None,
            in_sync: 0,
            min_isr: 0,
            open: None,
            queue: VecDeque::new(),
            in_flight: false,
            retry_at: None,
            writer: None,
            halted: false,
            trouble: None,
        }
    }

    /// When the oldest of its records came.
    pub(super) fn since(&self) -> Option<Instant> {
        let open = || self.open.as_ref().map(|open| open.since);
        self.queue.front().map(|first| first.since).or_else(open)
    }

    pub(super) fn entry(&self, index: usize, identity: Option<ProducerId>) -> Option<Entry> {
        let first = self.queue.front()?;
        let new = || {
            let identity = identity?;
            Some(Sequence { producer_id: identity.id, producer_epoch: identity.epoch, base: 0 })
        };
        let sequence = first.sequence.or(self.writer).or_else(new).unwrap_or(Sequence::NONE);
        let partition = i32::try_from(index).ok()?;
        Some(Entry { partition, payload: first.ready()?.clone(), sequence })
    }
}

impl Broker {
    pub(super) fn is_free(&self, now: Instant) -> bool {
        self.in_flight.is_none() && self.retry_at.is_none_or(|at| at <= now)
    }
}

/// How long to wait after this many setbacks in a row.
pub(super) fn backoff(setbacks: u32) -> Duration {
    (BACKOFF * 2u32.saturating_pow(setbacks.saturating_sub(1).min(8))).min(MAX_BACKOFF)
}
