//! The accumulator: batches by partition, and what is to be done with them next.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::batch::{Body, Builder, Open, Waiting};
use super::limits::Limits;
use super::partitioner::{Sticky, partition_of_key};
use super::report::{Certainty, Report};
use super::settings::Settings;
use crate::client::notice::Notice;
use crate::kafka::init_producer_id::ProducerId;
use crate::kafka::produce_request::{Entry, Format, Payload};
use crate::kafka::records::{Compression, Record, Sequence};

/// Between a setback and the next try, doubled up to [`MAX_BACKOFF`] (`retry.backoff.ms`).
const BACKOFF: Duration = Duration::from_millis(100);
const MAX_BACKOFF: Duration = Duration::from_secs(1);
/// The longest that one request may take (`request.timeout.ms`).
const REQUEST: Duration = Duration::from_secs(30);
/// A request that takes longer makes us look who leads: its broker may be paused.
pub(super) const SLOW: Duration = Duration::from_secs(2);
/// How long there may be no producer id before that is told.
const PATIENCE: Duration = Duration::from_secs(1);
/// Between two looks at the leaders, while something is amiss.
const LOOK_AGAIN: Duration = Duration::from_millis(250);
/// The same when all is well (`metadata.max.age.ms`): partitions may be added.
const LOOK_ANYWAY: Duration = Duration::from_secs(300);
/// About the most bytes of a request, unless one batch is larger.
const MAX_REQUEST: usize = 4 << 20;
/// Of a line's number beside its record.
pub(super) const LINE: usize = size_of::<u64>();

/// What is to be done.
#[derive(Debug)]
pub(super) enum Action {
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
    open: Option<Open>,
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
    topic: String,
    pub settings: Settings,
    pub limits: Limits,
    pub format: Format,
    pub idempotent: bool,
    pub partitions: Vec<Partition>,
    pub brokers: BTreeMap<i32, Broker>,
    sticky: Sticky,
    /// Bytes in open and waiting batches.
    pub buffered: usize,
    pub identity: Option<ProducerId>,
    identifying: bool,
    identify_at: Option<Instant>,
    pub look: bool,
    looking: bool,
    last_look: Instant,
    compressing: usize,
    compressions: u64,
    /// Rotates which partitions are first in a request.
    turn: usize,
    closing: bool,
    pub report: Report,
    pub notices: Vec<Notice>,
    /// Since when no broker gives an id, and whether that was told.
    without_identity: Option<(Instant, bool)>,
    pub gone: bool,
}

impl Core {
    pub fn new(
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
            notices: Vec::new(),
            without_identity: None,
            gone: false,
        }
    }

    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// Whether more records may come without going beyond the buffer.
    pub fn has_room(&self) -> bool {
        self.buffered < self.settings.buffer
    }

    /// Takes a record. One that cannot be delivered is in the report at once.
    pub fn push(&mut self, record: &Record, wanted: Option<i32>, line: u64, now: Instant) {
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
    pub fn refuse(&mut self, line: u64, reason: &str, remedy: Option<String>) {
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
    pub fn close(&mut self) {
        self.closing = true;
    }

    /// Whether nothing is under way any more.
    pub fn is_done(&self) -> bool {
        self.partitions.iter().all(|partition| partition.open.is_none() && partition.queue.is_empty())
    }

    /// Nothing more is tried.
    pub fn give_up(&mut self, reason: &str) {
        for index in 0..self.partitions.len() {
            self.fail_first(index, Certainty::Not, reason, None);
        }
    }

    /// What is to be done now, one at a time, until there is nothing.
    pub fn next(&mut self, now: Instant) -> Option<Action> {
        self.expire(now);
        if self.idempotent
            && self.identity.is_none()
            && !self.identifying
            && self.identify_at.is_none_or(|at| at <= now)
        {
            self.identifying = true;
            return Some(Action::Identify);
        }
        if !self.looking && self.look_due() <= now {
            self.looking = true;
            return Some(Action::Look);
        }
        self.tell_slow(now);
        if let Some(broker) = self.paused(now) {
            return Some(Action::Abandon { broker });
        }
        for index in 0..self.partitions.len() {
            self.close_if_due(index, now);
        }
        self.compress().or_else(|| self.send(now))
    }

    /// When there may be something to do without anything having happened.
    pub fn wake_at(&self, now: Instant) -> Option<Instant> {
        let mut earliest: Option<Instant> = None;
        let mut at = |moment: Instant| earliest = Some(earliest.map_or(moment, |known| known.min(moment)));
        if self.idempotent && self.identity.is_none() && !self.identifying {
            at(self.identify_at.unwrap_or(now));
        }
        if !self.looking {
            at(self.look_due());
        }
        for partition in &self.partitions {
            let Some(since) = partition.since() else { continue };
            // A batch under way ends by its request's deadline.
            if !partition.in_flight {
                at(since + self.settings.timeout);
            }
            let broker = partition.leader.and_then(|leader| self.brokers.get(&leader));
            if partition.in_flight || broker.is_some_and(|broker| broker.in_flight.is_some()) {
                continue;
            }
            let due = match (partition.queue.front(), &partition.open) {
                (Some(first), _) if first.ready().is_none() => None,
                (Some(_), _) => Some(now),
                (None, Some(open)) => Some(open.since + self.settings.linger),
                (None, None) => None,
            };
            let due =
                due.filter(|_| partition.leader.is_some() && (!self.idempotent || self.identity.is_some()));
            if let Some(due) = due {
                let after = [partition.retry_at, broker.and_then(|broker| broker.retry_at)];
                at(after.into_iter().flatten().fold(due, Instant::max));
            }
        }
        earliest
    }

    /// When the leaders are to be looked at.
    fn look_due(&self) -> Instant {
        if self.look {
            return self.last_look + LOOK_AGAIN;
        }
        let under_way = self.brokers.values().filter_map(|broker| broker.in_flight.as_ref());
        let slow = under_way.map(|(_, since)| (*since + SLOW).max(self.last_look + SLOW / 2)).min();
        let anyway = self.last_look + LOOK_ANYWAY;
        slow.map_or(anyway, |slow| slow.min(anyway))
    }

    /// The question who leads is answered, or is not.
    pub fn looked(&mut self, now: Instant) {
        self.looking = false;
        self.last_look = now;
    }

    /// A broker that is silent though one of its partitions has another leader meanwhile: it was paused,
    /// or is cut off.
    fn paused(&mut self, now: Instant) -> Option<i32> {
        let moved =
            |id: i32, index: &usize| self.partitions[*index].leader.is_some_and(|leader| leader != id);
        self.brokers.iter().find_map(|(id, broker)| {
            let (partitions, since) = broker.in_flight.as_ref()?;
            (*since + SLOW <= now && partitions.iter().any(|index| moved(*id, index))).then_some(*id)
        })
    }

    fn tell_slow(&mut self, now: Instant) {
        for (id, broker) in &mut self.brokers {
            let Some((partitions, since)) = &broker.in_flight else { continue };
            if *since + SLOW <= now && !std::mem::replace(&mut broker.is_slow, true) {
                let partitions = partitions.iter().map(|index| *index as i32).collect();
                self.notices.push(Notice::BrokerSlow { broker: *id, partitions, silent: SLOW });
            }
        }
    }

    fn close_if_due(&mut self, index: usize, now: Instant) {
        let partition = &self.partitions[index];
        let Some(open) = &partition.open else { return };
        // While others are before it, it may as well fill up.
        let waited = self.closing || !self.has_room() || open.since + self.settings.linger <= now;
        let is_idle = || {
            let broker = partition.leader.map(|leader| self.brokers.get(&leader));
            broker.is_some_and(|broker| broker.is_none_or(|broker| broker.is_free(now)))
        };
        if waited && partition.queue.is_empty() && is_idle() {
            self.close_batch(index);
        }
    }

    fn close_batch(&mut self, index: usize) {
        let partition = &mut self.partitions[index];
        if let Some(open) = partition.open.take() {
            let waiting = Waiting::of(open, self.settings.compression);
            partition.queue.push_back(waiting);
            self.sticky.batch_ended(index);
        }
    }

    fn compress(&mut self) -> Option<Action> {
        if self.compressing >= self.settings.compressors.max(1) {
            return None;
        }
        for (index, partition) in self.partitions.iter_mut().enumerate() {
            for waiting in &mut partition.queue {
                if !matches!(waiting.body, Body::Loose(_)) {
                    continue;
                }
                self.compressions += 1;
                let number = self.compressions;
                if let Body::Loose(builder) = std::mem::replace(&mut waiting.body, Body::Compressing(number))
                {
                    self.compressing += 1;
                    let compression = self.settings.compression;
                    return Some(Action::Compress { partition: index, number, builder, compression });
                }
            }
        }
        None
    }

    pub fn compressed(&mut self, index: usize, number: u64, payload: Payload) {
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

    fn send(&mut self, now: Instant) -> Option<Action> {
        if self.idempotent && self.identity.is_none() {
            return None;
        }
        let count = self.partitions.len();
        let in_turn = || (0..count).map(|step| (self.turn + step) % count);
        let broker = in_turn().find_map(|index| self.sendable(index, now))?;

        let mut entries = Vec::new();
        let mut indexes = Vec::new();
        let mut size = 0;
        let mut deadline = now + REQUEST;
        for index in in_turn().collect::<Vec<_>>() {
            if self.sendable(index, now) != Some(broker) {
                continue;
            }
            let Some(entry) = self.partitions[index].entry(index, self.identity) else { continue };
            if size > 0 && size + entry.payload.size() > MAX_REQUEST {
                break;
            }
            let partition = &mut self.partitions[index];
            let Some(first) = partition.queue.front_mut() else { continue };
            if first.sequence.is_none() {
                first.sequence = Some(entry.sequence);
                let next = following(entry.sequence.base, first.lines.len());
                partition.writer = self.idempotent.then_some(Sequence { base: next, ..entry.sequence });
            }
            first.tries += 1;
            partition.in_flight = true;
            partition.retry_at = None;
            deadline = deadline.min(first.since + self.settings.timeout);
            size += entry.payload.size();
            indexes.push(index);
            entries.push(entry);
        }
        self.turn = (indexes.last()? + 1) % count;
        self.brokers.entry(broker).or_default().in_flight = Some((indexes, now));
        Some(Action::Send { broker, entries, deadline })
    }

    /// The broker that the first batch of this partition may go to now.
    fn sendable(&self, index: usize, now: Instant) -> Option<i32> {
        let partition = &self.partitions[index];
        let is_ready = !partition.in_flight
            && partition.queue.front().is_some_and(|first| first.ready().is_some())
            && partition.retry_at.is_none_or(|at| at <= now);
        let leader = partition.leader.filter(|_| is_ready)?;
        self.brokers.get(&leader).is_none_or(|broker| broker.is_free(now)).then_some(leader)
    }

    fn expire(&mut self, now: Instant) {
        for index in 0..self.partitions.len() {
            let partition = &self.partitions[index];
            let is_late = partition.since().is_some_and(|since| since + self.settings.timeout <= now);
            if is_late && !partition.in_flight {
                let why = partition.trouble.as_ref().map(|trouble| trouble.reason.as_str());
                let why = why.unwrap_or(match partition.leader {
                    None => "it has no leader",
                    Some(_) if self.idempotent && self.identity.is_none() => "no broker gives a producer id",
                    Some(_) => "earlier records were slow",
                });
                let timeout = self.settings.timeout.as_secs_f64();
                let reason = format!("partition {index} did not acknowledge it within {timeout} s: {why}");
                self.fail_first(index, Certainty::Not, &reason, None);
            }
        }
    }

    /// The first batch of a partition is not delivered, and so nothing behind it. `delivered` is what is
    /// known from this try.
    pub fn fail_first(&mut self, index: usize, delivered: Certainty, reason: &str, remedy: Option<String>) {
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

    pub fn identified(&mut self, identity: ProducerId) {
        self.identifying = false;
        self.identity = Some(identity);
        self.without_identity = None;
    }

    pub fn not_identified(&mut self, reason: String, now: Instant) {
        self.identifying = false;
        self.identify_at = Some(now + BACKOFF);
        // A broker that was never asked before has none at hand, for a moment.
        let (since, told) = self.without_identity.get_or_insert((now, false));
        if *since + PATIENCE <= now && !std::mem::replace(told, true) {
            self.notices.push(Notice::NoProducerId { reason });
        }
    }
}

/// Why a record was not even tried.
const EARLIER: &str = "an earlier record of its partition was not delivered";

impl Partition {
    pub fn new() -> Self {
        Partition {
            leader: None,
            leader_epoch: None,
            in_sync: 0,
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
    fn since(&self) -> Option<Instant> {
        let open = || self.open.as_ref().map(|open| open.since);
        self.queue.front().map(|first| first.since).or_else(open)
    }

    fn entry(&self, index: usize, identity: Option<ProducerId>) -> Option<Entry> {
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
    fn is_free(&self, now: Instant) -> bool {
        self.in_flight.is_none() && self.retry_at.is_none_or(|at| at <= now)
    }
}

/// How long to wait after this many setbacks in a row.
pub(super) fn backoff(setbacks: u32) -> Duration {
    (BACKOFF * 2u32.saturating_pow(setbacks.saturating_sub(1).min(8))).min(MAX_BACKOFF)
}

/// The sequence after `count` records: it starts at 0 again after `i32::MAX`
/// (`DefaultRecordBatch.incrementSequence`).
fn following(base: i32, count: usize) -> i32 {
    ((i64::from(base) + count as i64) & i64::from(i32::MAX)) as i32
}
