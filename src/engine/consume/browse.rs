//! A page of a topic's messages. What is read and what is kept is bounded, and no signal is listened for: it may run
//! in a process that goes on, and may be dropped at any time.

use std::collections::BTreeMap;
use std::time::Duration;

use memchr::memchr2_iter;
use tokio::time::{Instant, sleep_until};

use crate::client::consumer::{Consumer, Event, Located, Start};
use crate::engine::consume::shelf::{Message, Shelf};
use crate::error::Failure;
use crate::plan::model::Plan;
use crate::wire::records::StoredRecord;

/// Messages that a page has at most.
pub(crate) const MOST: usize = 200;

/// No more is read once so much was; the batch in hand is read to its end.
const RECORDS: u64 = 50_000;
const BYTES: u64 = 64 << 20;
/// From the first question on.
const TIME: Duration = Duration::from_secs(5);
/// What is told beside the messages, in lines.
const NOTES: usize = 20;

/// Which messages are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    pub topic: String,
    /// `None`: all.
    pub partition: Option<i32>,
    pub begin: Begin,
    /// What key, value or a header has in it, letters of ASCII in any case; empty: anything.
    pub search: String,
    /// So many at most, and [`MOST`].
    pub count: usize,
}

/// Where reading begins. An offset that a partition does not have is taken for its first or its end.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Begin {
    Earliest,
    Offset(i64),
    /// At the first of this time or later, in ms since the epoch.
    Since(i64),
    /// Where an earlier page ended, by partition; others from their first message on.
    At(BTreeMap<i32, i64>),
    /// So that the last are shown. A search reads the last [`RECORDS`].
    Newest,
}

impl Begin {
    fn start(&self, order: &Order, partitions: usize) -> Start {
        match self {
            Begin::Earliest | Begin::Offset(_) | Begin::At(_) => Start::Earliest,
            Begin::Since(ms) => Start::Since(*ms),
            Begin::Newest if order.search.is_empty() => Start::Last(order.count as i64),
            Begin::Newest => Start::Last((RECORDS / partitions.max(1) as u64).max(1).cast_signed()),
        }
    }

    fn offset(&self, partition: i32, at: &Located) -> i64 {
        let wanted = match self {
            Begin::Offset(offset) => *offset,
            Begin::At(positions) => positions.get(&partition).copied().unwrap_or(at.earliest),
            Begin::Earliest | Begin::Since(_) | Begin::Newest => at.from,
        };
        wanted.clamp(at.earliest, at.latest.max(at.earliest))
    }
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Page {
    /// The oldest first; those of a partition in its order.
    pub messages: Vec<Message>,
    pub partitions: BTreeMap<i32, Reach>,
    /// Messages that were looked at.
    pub read: u64,
    /// Why not everything was read, though there was room.
    pub stopped: Option<Bound>,
    /// What happened meanwhile, a line each.
    pub notes: Vec<String>,
}

/// How far a partition was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    Read {
        from: i64,
        /// Where to go on: the first that was not looked at, or found no room.
        next: i64,
        /// The end, when reading began.
        end: i64,
    },
    /// Nothing of it, for this reason.
    Unknown(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bound {
    Messages,
    Bytes,
    Time,
}

/// Reads a topic of a running cluster, within some seconds. What does not answer is left out, and said.
pub(crate) async fn page(plan: &Plan, order: &Order) -> Result<Page, Failure> {
    let until = Instant::now() + TIME;
    let mut consumer = Consumer::open(plan, &order.topic).await?;
    let wanted = match order.partition {
        Some(partition) => vec![partition],
        None => consumer.partitions(),
    };
    wanted.iter().try_for_each(|partition| consumer.must_have(*partition))?;
    let start = order.begin.start(order, wanted.len());
    let mut reading = Reading::new(order);
    for (partition, at) in consumer.locate_now(&wanted, start).await? {
        let reach = match at {
            Ok(at) => {
                let (from, end) = (order.begin.offset(partition, &at), at.latest);
                if from < end {
                    consumer.assign(partition, from, Some(end));
                }
                Reach::Read { from, next: from, end }
            }
            Err(missing) => Reach::Unknown(format!("partition {partition}: {missing}")),
        };
        reading.page.partitions.insert(partition, reach);
    }
    read(&mut consumer, &mut reading, until).await;
    for (partition, position) in consumer.positions() {
        reading.reached(partition, position);
    }
    Ok(reading.page())
}

async fn read(consumer: &mut Consumer, reading: &mut Reading<'_>, until: Instant) {
    while consumer.positions().next().is_some() {
        let waited = match consumer.ready() {
            Ok(Some(Event::Records(taken))) => {
                for partition in reading.take(taken.partition, &taken.records) {
                    consumer.unassign(partition);
                }
                // Whoever shares the thread has a turn between two batches.
                tokio::task::yield_now().await;
                if Instant::now() >= until {
                    reading.page.stopped.get_or_insert(Bound::Time);
                }
                Ok(())
            }
            Ok(Some(Event::Notice(notice))) => {
                reading.note(notice.to_string());
                Ok(())
            }
            Ok(Some(Event::Done)) => return,
            Ok(None) => tokio::select! {
                waited = consumer.wait() => waited,
                () = sleep_until(until) => {
                    reading.page.stopped = Some(Bound::Time);
                    Ok(())
                }
            },
            Err(error) => Err(error),
        };
        if let Err(error) = waited {
            return reading.note(error.to_string());
        }
        if reading.page.stopped.is_some() {
            return;
        }
    }
}

/// What was read so far.
struct Reading<'a> {
    search: Search,
    shelf: Shelf,
    /// Partitions of which no more finds room, and the first that did not.
    full: BTreeMap<i32, i64>,
    bytes: u64,
    page: Page,
    begin: &'a Begin,
}

impl<'a> Reading<'a> {
    fn new(order: &'a Order) -> Self {
        Reading {
            search: Search::new(&order.search),
            shelf: Shelf::new(order.count.clamp(1, MOST), order.begin == Begin::Newest),
            full: BTreeMap::new(),
            bytes: 0,
            page: Page::default(),
            begin: &order.begin,
        }
    }

    /// Takes the records of one batch: the partitions of which no more is wanted.
    fn take(&mut self, partition: i32, records: &[StoredRecord]) -> Vec<i32> {
        let mut done = Vec::new();
        for record in records {
            self.page.read += 1;
            self.bytes += size(record);
            let left_out = self.shelf.put(partition, record, |record| self.search.finds(record));
            if let Some((of, offset)) = left_out.filter(|_| *self.begin != Begin::Newest) {
                let first = self.full.entry(of).or_insert(offset);
                *first = offset.min(*first);
                done.push(of);
            }
            if self.full.contains_key(&partition) {
                break;
            }
        }
        if self.page.read >= RECORDS {
            self.page.stopped = Some(Bound::Messages);
        } else if self.bytes >= BYTES {
            self.page.stopped = Some(Bound::Bytes);
        }
        done
    }

    fn note(&mut self, line: String) {
        if self.page.notes.len() < NOTES && !self.page.notes.contains(&line) {
            self.page.notes.push(line);
        }
    }

    fn reached(&mut self, partition: i32, position: i64) {
        if let Some(Reach::Read { next, end, .. }) = self.page.partitions.get_mut(&partition) {
            *next = position.min(*end);
        }
    }

    fn page(mut self) -> Page {
        for (partition, offset) in std::mem::take(&mut self.full) {
            self.reached(partition, offset);
        }
        Page { messages: self.shelf.messages(), ..self.page }
    }
}

fn size(record: &StoredRecord) -> u64 {
    let of = |bytes: &Option<bytes::Bytes>| bytes.as_ref().map_or(0, |bytes| bytes.len());
    let headers: usize = record.headers.iter().map(|(name, value)| name.len() + of(value)).sum();
    (of(&record.key) + of(&record.value) + headers) as u64
}

/// A substring of bytes.
struct Search(Vec<u8>);

impl Search {
    fn new(text: &str) -> Self {
        Search(text.as_bytes().to_ascii_lowercase())
    }

    fn finds(&self, record: &StoredRecord) -> bool {
        let in_some = |bytes: &Option<bytes::Bytes>| bytes.as_ref().is_some_and(|bytes| self.is_in(bytes));
        self.0.is_empty()
            || in_some(&record.key)
            || in_some(&record.value)
            || record.headers.iter().any(|(name, value)| self.is_in(name) || in_some(value))
    }

    fn is_in(&self, bytes: &[u8]) -> bool {
        let Some(first) = self.0.first() else { return true };
        memchr2_iter(*first, first.to_ascii_uppercase(), bytes).any(|at| {
            bytes.get(at..at + self.0.len()).is_some_and(|found| found.eq_ignore_ascii_case(&self.0))
        })
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn record(offset: i64, timestamp: i64) -> StoredRecord {
        let value = Some(Bytes::from(format!("Bike {offset}")));
        StoredRecord { offset, timestamp, key: None, value, headers: Vec::new() }
    }

    fn order(begin: Begin, search: &str, count: usize) -> Order {
        Order { topic: "bikes".into(), partition: None, begin, search: search.into(), count }
    }

    fn offsets(page: &Page) -> Vec<(i32, i64)> {
        page.messages.iter().map(|message| (message.partition, message.offset)).collect()
    }

    fn reading(order: &Order, partitions: i32) -> Reading<'_> {
        let mut reading = Reading::new(order);
        let reach = Reach::Read { from: 0, next: 0, end: 10 };
        reading.page.partitions = (0..partitions).map(|partition| (partition, reach.clone())).collect();
        reading
    }

    #[test]
    fn pages_that_follow_each_other_have_every_message_once_whichever_partition_answers_first() {
        // Partition 1 is older, and has a clock that went back once.
        let log = |partition: i32| -> Vec<StoredRecord> {
            (0..10)
                .map(|at| {
                    record(at, if partition == 1 && at == 4 { 0 } else { at * 10 - i64::from(partition) })
                })
                .collect()
        };
        for answers in [[0, 1], [1, 0]] {
            let (mut begin, mut seen) = (Begin::Earliest, Vec::new());
            for _ in 0..7 {
                let order = order(begin.clone(), "", 3);
                let mut reading = reading(&order, 2);
                for partition in answers {
                    let from = match &begin {
                        Begin::At(positions) => positions[&partition],
                        _ => 0,
                    };
                    let records: Vec<_> = log(partition).split_off(from as usize);
                    reading.take(partition, &records);
                    if !reading.full.contains_key(&partition) {
                        reading.reached(partition, 10);
                    }
                }
                let page = reading.page();
                seen.extend(offsets(&page));
                let next = |reach: &Reach| match reach {
                    Reach::Read { next, .. } => *next,
                    Reach::Unknown(_) => panic!(),
                };
                begin = Begin::At(page.partitions.iter().map(|(of, reach)| (*of, next(reach))).collect());
            }
            assert_eq!(seen.len(), 20, "{seen:?}");
            for partition in [0, 1] {
                let of: Vec<_> = seen.iter().filter(|(of, _)| *of == partition).map(|(_, at)| *at).collect();
                assert_eq!(of, (0..10).collect::<Vec<_>>(), "in the order of the partition");
            }
            assert_eq!(seen[..4], [(1, 0), (0, 0), (1, 1), (0, 1)], "by time over all partitions");
        }
    }

    #[test]
    fn the_newest_are_the_last_of_all_partitions() {
        let order = order(Begin::Newest, "", 3);
        let mut reading = reading(&order, 2);
        reading.take(1, &[record(7, 70), record(8, 90)]);
        assert!(reading.take(0, &[record(5, 10), record(6, 80), record(7, 100)]).is_empty());
        assert_eq!(offsets(&reading.page()), [(0, 6), (1, 8), (0, 7)]);
    }

    #[test]
    fn a_search_is_for_keys_values_and_headers_in_any_case_and_knows_how_far_it_read() {
        let mut odd = record(3, 3);
        odd.key = Some(Bytes::from("STATION"));
        odd.headers = vec![(Bytes::from("from"), Some(Bytes::from("Paris")))];
        let finds = |text: &str| Search::new(text).finds(&odd);
        assert!(finds("stat") && finds("bIKE 3") && finds("paris") && finds("FROM") && finds(""));
        assert!(!finds("bikes") && !finds("station x") && !finds("é"));
        let order = order(Begin::Earliest, "bike 1", 5);
        let mut reading = reading(&order, 1);
        reading.take(0, &(0..10).map(|at| record(at, at)).collect::<Vec<_>>());
        assert_eq!(reading.page.read, 10);
        assert_eq!(offsets(&reading.page()), [(0, 1)]);
    }

    #[test]
    fn reading_ends_when_so_much_was_read() {
        let order = order(Begin::Earliest, "nowhere", 5);
        let mut many = Reading::new(&order);
        many.take(0, &(0..50_000).map(|at| record(at, at)).collect::<Vec<_>>());
        assert_eq!(many.page.stopped, Some(Bound::Messages));
        let mut large = Reading::new(&order);
        let value = Some(Bytes::from(vec![0; 64 << 20]));
        large.take(0, &[StoredRecord { value, ..record(0, 0) }]);
        assert_eq!(large.page.stopped, Some(Bound::Bytes));
    }

    #[test]
    fn an_offset_that_a_partition_does_not_have_is_its_first_or_its_end() {
        let at = Located { from: 7, earliest: 5, latest: 9 };
        let offset = |begin: Begin| begin.offset(1, &at);
        assert_eq!([0, 6, 99].map(|wanted| offset(Begin::Offset(wanted))), [5, 6, 9]);
        assert_eq!(offset(Begin::At([(1, 8)].into())), 8);
        assert_eq!(offset(Begin::At([(0, 8)].into())), 5, "from its first on");
        assert_eq!(offset(Begin::Since(1)), 7);
    }
}
