//! Where each partition stands and what to ask next. No sockets, no clock: `now` is an argument.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use kafka_protocol::error::ResponseError;
use tokio::time::Instant;

use super::error::ConsumeError;
use super::meaning::{Meaning, meaning};
use crate::client::notice::Notice;
use crate::model::topic_partition::TopicPartition;
use crate::model::view::PartitionView;
use crate::wire::fetch::Fetched;
use crate::wire::records::{Batches, StoredRecord};

/// Between two looks for leaders, as long as some are missing or do not answer.
const LOOK: Duration = Duration::from_millis(250);
/// Between two looks though nothing is amiss: the topic may have got more partitions.
const LOOK_ANYWAY: Duration = Duration::from_secs(5);
/// Before a partition or a broker is tried again.
const BACKOFF: Duration = Duration::from_millis(100);
/// The same after many failures.
const LONGEST_BACKOFF: Duration = Duration::from_secs(1);
/// How long nobody may know the topic before it counts as deleted. Brokers that were just started know no
/// topics until a controller has told them.
const GONE: Duration = Duration::from_secs(10);

/// What the shell is to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Fetch from a broker: partition and offset. One at a time per broker.
    Fetch { broker: i32, partitions: Vec<(i32, i64)> },
    /// Find out who leads.
    Look,
    /// Ask a leader where the log of a partition begins and ends.
    Range { broker: i32, partition: i32 },
}

/// Records of one partition, in order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    pub partition: i32,
    pub records: Vec<StoredRecord>,
}

#[derive(Debug)]
struct Position {
    /// Of the next record.
    next: i64,
    /// Read up to here, and no further.
    until: Option<i64>,
    leader: Option<i32>,
    /// Where its log begins and ends is asked for, and not answered yet.
    asking_range: bool,
    wants_range: bool,
    /// Not to be asked for before.
    retry_at: Option<Instant>,
}

impl Position {
    fn is_done(&self) -> bool {
        self.until.is_some_and(|until| self.next >= until)
    }
}

#[derive(Debug, Default)]
struct Broker {
    /// What it was asked for.
    in_flight: Option<BTreeMap<i32, i64>>,
    failures: u32,
    retry_at: Option<Instant>,
    /// Answers that are not handed out yet.
    queue: VecDeque<(i32, Batches)>,
}

#[derive(Debug)]
pub(super) struct Core {
    topic: String,
    positions: BTreeMap<i32, Position>,
    leaders: BTreeMap<i32, Option<i32>>,
    brokers: BTreeMap<i32, Broker>,
    looking: bool,
    look_at: Option<Instant>,
    look_anyway_at: Option<Instant>,
    unknown_since: Option<Instant>,
    pub notices: Vec<Notice>,
}

impl Core {
    pub(super) fn new(topic: &str) -> Self {
        Core {
            topic: topic.to_owned(),
            positions: BTreeMap::new(),
            leaders: BTreeMap::new(),
            brokers: BTreeMap::new(),
            looking: false,
            look_at: None,
            look_anyway_at: None,
            unknown_since: None,
            notices: Vec::new(),
        }
    }

    /// From this offset on; up to `until`, which is not read, when it is given.
    pub(super) fn assign(&mut self, partition: i32, from: i64, until: Option<i64>) {
        let leader = self.leaders.get(&partition).copied().flatten();
        let position =
            Position { next: from, until, leader, asking_range: false, wants_range: false, retry_at: None };
        self.positions.insert(partition, position);
    }

    /// What of it is on its way is not handed out any more.
    pub(super) fn unassign(&mut self, partition: i32) {
        self.positions.remove(&partition);
        for broker in self.brokers.values_mut() {
            broker.queue.retain(|(queued, _)| *queued != partition);
        }
    }

    /// Offsets of the next record of each partition.
    pub(super) fn positions(&self) -> impl Iterator<Item = (i32, i64)> {
        self.positions.iter().map(|(partition, position)| (*partition, position.next))
    }

    /// Whether every partition was read up to where it was to be.
    pub(super) fn is_done(&self) -> bool {
        !self.positions.is_empty() && self.positions.values().all(Position::is_done)
    }

    /// What to do now. Ask until there is nothing.
    pub(super) fn next(&mut self, now: Instant) -> Option<Effect> {
        let is_due = |at: Option<Instant>| at.is_none_or(|at| at <= now);
        let is_silent = |leader| self.brokers.get(&leader).is_some_and(|broker: &Broker| broker.failures > 0);
        let is_missing = |position: &Position| !position.is_done() && position.leader.is_none_or(is_silent);
        let is_late = self.look_anyway_at.is_some_and(|at| at <= now);
        if !self.looking && (is_late || is_due(self.look_at) && self.positions.values().any(is_missing)) {
            self.looking = true;
            return Some(Effect::Look);
        }
        for (partition, position) in &mut self.positions {
            if let Some(broker) = position.leader
                && position.wants_range
                && !position.asking_range
                && is_due(position.retry_at)
            {
                position.asking_range = true;
                return Some(Effect::Range { broker, partition: *partition });
            }
        }
        let ready =
            |position: &Position| !position.is_done() && !position.wants_range && is_due(position.retry_at);
        let mut wanted: BTreeMap<i32, Vec<(i32, i64)>> = BTreeMap::new();
        for (partition, position) in self.positions.iter().filter(|(_, position)| ready(position)) {
            if let Some(leader) = position.leader {
                wanted.entry(leader).or_default().push((*partition, position.next));
            }
        }
        for (id, partitions) in wanted {
            let broker = self.brokers.entry(id).or_default();
            if broker.in_flight.is_none() && broker.queue.is_empty() && is_due(broker.retry_at) {
                broker.in_flight = Some(partitions.iter().copied().collect());
                return Some(Effect::Fetch { broker: id, partitions });
            }
        }
        None
    }

    /// When to ask again though nothing happens.
    pub(super) fn wake_at(&self, now: Instant) -> Option<Instant> {
        let brokers = self.brokers.values().filter_map(|broker| broker.retry_at);
        let positions = self.positions.values().filter_map(|position| position.retry_at);
        brokers.chain(positions).chain(self.look_at).chain(self.look_anyway_at).filter(|at| *at > now).min()
    }

    /// A broker's answer. Its records come out of [`Core::take`].
    pub(super) fn answered(
        &mut self,
        broker: i32,
        answers: Vec<Fetched>,
        now: Instant,
    ) -> Result<(), ConsumeError> {
        let Some(asked) = self.landed(broker) else { return Ok(()) };
        self.is_back(broker);
        for fetched in answers {
            let Some(position) = self.positions.get_mut(&fetched.partition) else { continue };
            // It was taken away and given back meanwhile.
            if asked.get(&fetched.partition) != Some(&position.next) {
                continue;
            }
            match meaning(fetched.code) {
                Meaning::Records => {
                    position.retry_at = None;
                    if !fetched.records.is_empty() {
                        let batches = Batches::new(fetched.records);
                        let queue = &mut self.brokers.entry(broker).or_default().queue;
                        queue.push_back((fetched.partition, batches));
                    }
                }
                Meaning::Leader => position.leader = None,
                Meaning::OutOfRange => position.wants_range = true,
                Meaning::Again => position.retry_at = Some(now + BACKOFF),
                Meaning::Refused => {
                    let error = ResponseError::try_from_code(fetched.code);
                    return Err(ConsumeError::Refused {
                        partition: TopicPartition::new(&self.topic, fetched.partition),
                        offset: position.next,
                        reason: error.map(|error| error.to_string()).unwrap_or_default(),
                    });
                }
            }
        }
        Ok(())
    }

    /// There is no answer.
    pub(super) fn unanswered(&mut self, broker: i32, reason: &str, now: Instant) {
        if self.landed(broker).is_none() {
            return;
        }
        let mut partitions = 0;
        for position in self.positions.values_mut().filter(|position| position.leader == Some(broker)) {
            position.leader = None;
            partitions += usize::from(!position.is_done());
        }
        let known = self.brokers.entry(broker).or_default();
        known.failures += 1;
        known.retry_at = Some(now + backoff(known.failures));
        if known.failures == 1 {
            self.notices.push(Notice::BrokerLost { broker, reason: reason.to_owned(), partitions });
        }
    }

    /// Who leads each partition; `None`: no broker knows the topic.
    pub(super) fn led(
        &mut self,
        partitions: Option<&BTreeMap<i32, PartitionView>>,
        now: Instant,
    ) -> Result<(), ConsumeError> {
        self.looked(now);
        let Some(partitions) = partitions else {
            let since = *self.unknown_since.get_or_insert(now);
            return match now.duration_since(since) > GONE {
                true => Err(ConsumeError::Gone { topic: self.topic.clone() }),
                false => Ok(()),
            };
        };
        self.unknown_since = None;
        let mut moved: BTreeMap<Option<i32>, Vec<i32>> = BTreeMap::new();
        for (number, view) in partitions {
            let before = self.leaders.insert(*number, view.leader);
            if let Some(position) = self.positions.get_mut(number) {
                position.leader = view.leader;
                if before.is_some_and(|before| before != view.leader) && !position.is_done() {
                    moved.entry(view.leader).or_default().push(*number);
                }
            }
        }
        let notices = moved.into_iter().map(|(leader, partitions)| Notice::Led { partitions, leader });
        self.notices.extend(notices);
        Ok(())
    }

    /// No broker could be asked who leads.
    pub(super) fn not_known_who_leads(&mut self, now: Instant) {
        self.looked(now);
    }

    /// Where the log of a partition begins and ends, for one that was asked for what it does not have.
    pub(super) fn ranged(&mut self, partition: i32, range: Option<(i64, i64)>, now: Instant) {
        let Some(position) = self.positions.get_mut(&partition) else { return };
        position.asking_range = false;
        let Some((earliest, latest)) = range else {
            // Perhaps another leads now, who has it.
            position.leader = None;
            position.retry_at = Some(now + BACKOFF);
            return;
        };
        position.wants_range = false;
        position.retry_at = None;
        let wanted = position.next;
        if wanted < earliest {
            position.next = earliest;
            self.notices.push(Notice::Skipped { partition, from: wanted, to: earliest });
        } else if wanted > latest {
            position.next = latest;
            self.notices.push(Notice::Truncated { partition, wanted, end: latest });
        }
    }

    /// The records of one batch that have come, and are wanted.
    pub(super) fn take(&mut self) -> Result<Option<Taken>, ConsumeError> {
        for broker in self.brokers.values_mut() {
            while let Some((partition, batches)) = broker.queue.front_mut() {
                let partition = *partition;
                let read = batches.next();
                let Some(read) = read else {
                    broker.queue.pop_front();
                    continue;
                };
                let Some(position) = self.positions.get_mut(&partition) else { continue };
                let batch = read.map_err(|reason| ConsumeError::Unreadable {
                    partition: TopicPartition::new(&self.topic, partition),
                    offset: position.next,
                    reason,
                })?;
                let mut records = batch.records;
                let from = position.next;
                let until = position.until.unwrap_or(i64::MAX);
                records.retain(|record| (from..until).contains(&record.offset));
                position.next = batch.next_offset.max(position.next);
                if !records.is_empty() {
                    return Ok(Some(Taken { partition, records }));
                }
            }
        }
        Ok(None)
    }

    fn landed(&mut self, broker: i32) -> Option<BTreeMap<i32, i64>> {
        self.brokers.get_mut(&broker)?.in_flight.take()
    }

    fn is_back(&mut self, id: i32) {
        if let Some(broker) = self.brokers.get_mut(&id) {
            broker.retry_at = None;
            if std::mem::take(&mut broker.failures) > 0 {
                self.notices.push(Notice::BrokerBack { broker: id });
            }
        }
    }

    fn looked(&mut self, now: Instant) {
        self.looking = false;
        self.look_at = Some(now + LOOK);
        self.look_anyway_at = Some(now + LOOK_ANYWAY);
    }
}

fn backoff(failures: u32) -> Duration {
    (BACKOFF * 2u32.saturating_pow(failures.saturating_sub(1).min(8))).min(LONGEST_BACKOFF)
}
