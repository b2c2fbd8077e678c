//! From the topic to whoever takes the records, until there are enough, silence or a signal.

use std::time::Duration;

use futures_util::StreamExt;
use tokio::time::Instant;

use crate::client::alarm::alarm;
use crate::client::consumer::{ConsumeError, Consumer, Event, Found, PATIENCE, Search, Start};
use crate::engine::consume::group_member::{Membership, News};
use crate::engine::signals::{Signals, Stuck};
use crate::error::{self, Failure};
use crate::model::signal::Signal;
use crate::plan::model::Plan;
use crate::wire::records::StoredRecord;

/// What is to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    pub topic: String,
    /// Whose member reads.
    pub group: Option<String>,
    /// Empty: all.
    pub partitions: Vec<i32>,
    pub start: Start,
    /// Only what is there at the beginning.
    pub until_end: bool,
    /// So many records at most.
    pub count: Option<u64>,
    /// How long no record may come.
    pub silence: Option<Duration>,
}

impl Order {
    /// How long a partition may have nobody to tell where it begins. What is to be read whole must be there; whoever
    /// follows waits, as for a leader that dies later.
    pub(super) fn patience(&self) -> Option<Duration> {
        (self.until_end && self.silence.is_none()).then_some(PATIENCE)
    }
}

/// Takes records.
pub(crate) trait Sink {
    fn record(&mut self, partition: i32, record: &StoredRecord) -> Result<(), error::End>;
    /// Nothing more comes for now.
    fn flush(&mut self) -> Result<(), error::End>;
    /// What is worth telling, a line each.
    fn say(&mut self, line: &str);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub messages: u64,
    pub by: End,
}

/// Why reading ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// All that was asked for was read.
    Whole,
    Silence(Duration),
    Signal(Signal),
}

/// Reads a topic of a running cluster.
pub(crate) async fn topic(plan: &Plan, order: &Order, sink: &mut dyn Sink) -> Result<Ended, error::End> {
    let mut signals = Signals::listen()?;
    let stuck = Stuck::watch()?;
    let opening = open(plan, order);
    let (consumer, mut membership, search) = tokio::select! {
        biased;
        signal = signals.next() => {
            stuck.heard();
            return Ok(Ended { messages: 0, by: End::Signal(signal) });
        }
        opened = opening => opened?,
    };
    let ended = read(consumer, membership.as_mut(), search, order, sink, &mut signals).await;
    stuck.heard();
    if let Some(membership) = membership {
        tokio::select! {
            biased;
            () = membership.leave(order, sink) => {}
            _ = signals.next() => {}
        }
    }
    ended
}

async fn open(plan: &Plan, order: &Order) -> Result<(Consumer, Option<Membership>, Option<Search>), Failure> {
    let consumer = Consumer::open(plan, &order.topic).await?;
    if let Some(group) = &order.group {
        return Ok((consumer, Some(Membership::join(plan, group, &order.topic)?), None));
    }
    let partitions = match order.partitions.is_empty() {
        true => consumer.partitions(),
        false => order.partitions.clone(),
    };
    partitions.iter().try_for_each(|partition| consumer.must_have(*partition))?;
    let search = consumer.search(&partitions, order.start, order.patience());
    Ok((consumer, None, Some(search)))
}

async fn read(
    mut consumer: Consumer,
    mut membership: Option<&mut Membership>,
    mut search: Option<Search>,
    order: &Order,
    sink: &mut dyn Sink,
    signals: &mut Signals,
) -> Result<Ended, error::End> {
    let mut messages = 0;
    let mut last = Instant::now();
    loop {
        let mut cut = None;
        let by = match consumer.ready().map_err(failure)? {
            Some(Event::Records(taken)) => {
                last = Instant::now();
                let wanted = order.count.map_or(u64::MAX, |count| count - messages);
                let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
                for record in taken.records.iter().take(wanted) {
                    sink.record(taken.partition, record)?;
                    messages += 1;
                }
                if order.count != Some(messages) {
                    continue;
                }
                cut = taken.records.get(wanted).map(|record| (taken.partition, record.offset));
                End::Whole
            }
            Some(Event::Notice(notice)) => {
                sink.say(&notice.to_string());
                continue;
            }
            Some(Event::Done) if search.is_none() => End::Whole,
            None if order.until_end && membership.as_ref().is_some_and(|it| it.is_idle()) => End::Whole,
            Some(Event::Done) | None => {
                sink.flush()?;
                if order.partitions.is_empty()
                    && order.group.is_none()
                    && !order.until_end
                    && search.is_none()
                {
                    read_what_was_added(&mut consumer);
                }
                if let Some(membership) = &mut membership {
                    membership.printed(&consumer);
                }
                tokio::select! {
                    biased;
                    signal = signals.next() => End::Signal(signal),
                    news = news(&mut membership) => {
                        if let Some(membership) = &mut membership {
                            membership.act(news, order, &mut consumer, &mut search, sink)?;
                        }
                        continue;
                    }
                    found = next(&mut search) => {
                        match found {
                            Some(found) => {
                                let found = found.map_err(failure)?;
                                begin(found, order, &mut consumer, membership.as_deref_mut(), sink);
                            }
                            None => search = None,
                        }
                        continue;
                    }
                    waited = consumer.wait() => {
                        waited.map_err(failure)?;
                        continue;
                    }
                    () = alarm(order.silence.map(|silence| last + silence)) => End::Silence(order.silence.unwrap_or_default()),
                }
            }
        };
        sink.flush()?;
        if let Some(membership) = membership {
            membership.printed(&consumer);
            if let Some((partition, offset)) = cut {
                membership.printed_up_to(partition, offset);
            }
        }
        return Ok(Ended { messages, by });
    }
}

/// Reads what was found, and tells of what was not.
fn begin(
    found: Found,
    order: &Order,
    consumer: &mut Consumer,
    mut membership: Option<&mut Membership>,
    sink: &mut dyn Sink,
) {
    for (partition, at) in found.located {
        let committed = membership.as_mut().and_then(|membership| membership.begins(partition));
        consumer.assign(partition, committed.unwrap_or(at.from), order.until_end.then_some(at.latest));
    }
    found.notices.iter().for_each(|notice| sink.say(&notice.to_string()));
}

/// What a search finds next; `None`: nothing more.
async fn next(search: &mut Option<Search>) -> Option<Result<Found, ConsumeError>> {
    match search {
        Some(search) => search.next().await,
        None => std::future::pending().await,
    }
}

/// Partitions that the topic has got meanwhile, from their first record on.
fn read_what_was_added(consumer: &mut Consumer) {
    let known = consumer.positions().count();
    for partition in consumer.partitions().into_iter().skip(known) {
        consumer.assign(partition, 0, None);
    }
}

async fn news(membership: &mut Option<&mut Membership>) -> News {
    match membership {
        Some(membership) => membership.news().await,
        None => std::future::pending().await,
    }
}

fn failure(error: ConsumeError) -> error::End {
    Failure::from(error).into()
}
