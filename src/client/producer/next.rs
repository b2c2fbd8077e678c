//! What the accumulator wants done next, and when to ask it again.

use std::time::Duration;

use tokio::time::Instant;

use super::batch::Body;
use super::core::{Core, Effect, SLOW};
use super::report::Certainty;
use crate::client::notice::Notice;
use crate::wire::records::Sequence;

/// The longest that one request may take (`request.timeout.ms`).
const REQUEST: Duration = Duration::from_secs(30);
/// Between two looks at the leaders, while something is amiss.
const LOOK_AGAIN: Duration = Duration::from_millis(250);
/// The same when all is well (`metadata.max.age.ms`): partitions may be added.
const LOOK_ANYWAY: Duration = Duration::from_secs(300);
/// About the most bytes of a request, unless one batch is larger.
const MAX_REQUEST: usize = 4 << 20;

impl Core {
    /// What is to be done now, one at a time, until there is nothing.
    pub(super) fn next(&mut self, now: Instant) -> Option<Effect> {
        self.expire(now);
        if self.idempotent
            && self.identity.is_none()
            && !self.identifying
            && self.identify_at.is_none_or(|at| at <= now)
        {
            self.identifying = true;
            return Some(Effect::Identify);
        }
        if !self.looking && self.look_due() <= now {
            self.looking = true;
            return Some(Effect::Look);
        }
        self.tell_slow(now);
        if let Some(broker) = self.paused(now) {
            return Some(Effect::Abandon { broker });
        }
        for index in 0..self.partitions.len() {
            self.close_if_due(index, now);
        }
        self.compress().or_else(|| self.send(now))
    }

    /// When there may be something to do without anything having happened.
    pub(super) fn wake_at(&self, now: Instant) -> Option<Instant> {
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

    fn compress(&mut self) -> Option<Effect> {
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
                    return Some(Effect::Compress { partition: index, number, builder, compression });
                }
            }
        }
        None
    }

    fn send(&mut self, now: Instant) -> Option<Effect> {
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
        Some(Effect::Send { broker, entries, deadline })
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
                    Some(_) => "earlier messages were slow",
                });
                let timeout = self.settings.timeout.as_secs_f64();
                let reason = format!("partition {index} did not acknowledge it within {timeout} s: {why}");
                self.fail_first(index, Certainty::Not, &reason, None);
            }
        }
    }
}

/// The sequence after `count` records: it starts at 0 again after `i32::MAX`
/// (`DefaultRecordBatch.incrementSequence`).
fn following(base: i32, count: usize) -> i32 {
    ((i64::from(base) + count as i64) & i64::from(i32::MAX)) as i32
}
