//! Beginning: the topic must be there, and offsets to begin with be found.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, sleep, timeout_at};

use super::error::ConsumeError;
use super::shell::Consumer;
use crate::client::topic::{ASK, TopicError, find, must_have};
use crate::model::topic_partition::TopicPartition;
use crate::plan::endpoints::Endpoints;
use crate::plan::model::Plan;
use crate::wire::KafkaError;
use crate::wire::metadata::{Topics, ask_any};
use crate::wire::offsets::{Offset, list_offsets};
use crate::wire::pool::Pool;

/// How long every partition may lack a leader at the beginning: as long as it takes to elect one after the
/// last one died, a ZooKeeper session's timeout (18 s in Kafka 3.9) included.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(100);

/// Where to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    Earliest,
    /// With what comes from now on.
    Latest,
    Offset(i64),
    /// So many records before the end of each partition.
    Last(i64),
    /// With the first record of this time or a later one, in ms since the epoch.
    Since(i64),
}

/// A partition's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Located {
    /// Of the record to begin with.
    pub from: i64,
    /// Of the first record that is kept.
    pub earliest: i64,
    /// That the next record will get.
    pub latest: i64,
}

impl Consumer {
    /// A consumer of one topic of a running cluster, with nothing to read yet. Never creates the topic.
    pub(crate) async fn open(plan: &Plan, topic: &str) -> Result<Self, ConsumeError> {
        Self::open_on(Pool::new(&Endpoints::of(plan)), &plan.name, topic).await
    }

    pub(super) async fn open_on(pool: Pool, cluster: &str, topic: &str) -> Result<Self, ConsumeError> {
        let found = find(&pool, cluster, topic).await?;
        Ok(Consumer::new(topic, Arc::new(pool), &found))
    }

    /// An error unless the topic has this partition.
    pub(crate) fn must_have(&self, partition: i32) -> Result<(), TopicError> {
        must_have(&self.topic, usize::try_from(self.count).unwrap_or(0), partition)
    }

    /// The offsets to begin with. Waits up to 30 s for partitions that have no leader.
    pub(crate) fn locate(
        &self,
        partitions: &[i32],
        start: Start,
    ) -> impl Future<Output = Result<BTreeMap<i32, Located>, ConsumeError>> + 'static + use<> {
        let (locator, partitions) = (self.locator(), partitions.to_vec());
        async move { locator.locate(&partitions, start).await }
    }

    /// The same without waiting for a leader, and of those offsets too that a partition does not have: why it is not
    /// known, for a partition whose leader does not answer.
    pub(crate) async fn locate_now(
        &self,
        partitions: &[i32],
        start: Start,
    ) -> Result<BTreeMap<i32, Result<Located, String>>, ConsumeError> {
        let located = self.locator().locate_once(partitions, start).await;
        located.map_err(|reason| TopicError::Unreachable { topic: self.topic.to_string(), reason }.into())
    }

    fn locator(&self) -> Locator {
        Locator { pool: self.pool.clone(), topic: self.topic.clone() }
    }
}

/// Finds offsets, beside whatever else the consumer does.
struct Locator {
    pool: Arc<Pool>,
    topic: Arc<str>,
}

impl Locator {
    async fn locate(&self, partitions: &[i32], start: Start) -> Result<BTreeMap<i32, Located>, ConsumeError> {
        let until = Instant::now() + PATIENCE;
        let mut located = BTreeMap::new();
        let mut missing = partitions.to_vec();
        let mut last = "no broker answers".to_owned();
        while !missing.is_empty() {
            match timeout_at(until, self.locate_once(&missing, start)).await {
                Ok(Ok(found)) => {
                    for (partition, at) in found.into_iter().rev() {
                        match at {
                            Ok(at) => drop(located.insert(partition, at)),
                            Err(reason) => last = reason,
                        }
                    }
                    missing.retain(|partition| !located.contains_key(partition));
                }
                Ok(Err(reason)) => last = reason,
                Err(_) => {}
            }
            if !missing.is_empty() && timeout_at(until, sleep(PAUSE)).await.is_err() {
                let reason = format!("{last}, and did not for {} s", PATIENCE.as_secs());
                return Err(TopicError::Unreachable { topic: self.topic.to_string(), reason }.into());
            }
        }
        for (partition, at) in &located {
            self.must_be_in_range(*partition, start, at)?;
        }
        Ok(located)
    }

    fn must_be_in_range(&self, partition: i32, start: Start, at: &Located) -> Result<(), ConsumeError> {
        match start {
            Start::Offset(offset) if !(at.earliest..=at.latest).contains(&offset) => {
                Err(ConsumeError::OutOfRange {
                    partition: TopicPartition::new(&*self.topic, partition),
                    offset,
                    earliest: at.earliest,
                    latest: at.latest,
                })
            }
            _ => Ok(()),
        }
    }

    /// Of those partitions whose leader answers, and why not of the others.
    async fn locate_once(
        &self,
        wanted: &[i32],
        start: Start,
    ) -> Result<BTreeMap<i32, Result<Located, String>>, String> {
        let told = ask_any(&self.pool, Topics::One(&self.topic), ASK).await.map_err(|e| e.to_string())?;
        let topic = told.topics.get(&*self.topic).ok_or("no broker knows the topic")?;
        let mut led: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
        let mut located = BTreeMap::new();
        for partition in wanted {
            match topic.partitions.get(partition).and_then(|view| view.leader) {
                Some(leader) => led.entry(leader).or_default().push(*partition),
                None => {
                    located.insert(*partition, Err(format!("partition {partition} has no leader")));
                }
            }
        }
        let found = join_all(led.iter().map(|(leader, numbers)| self.locate_on(*leader, numbers, start)));
        located.extend(found.await.into_iter().flatten());
        Ok(located)
    }

    async fn locate_on(
        &self,
        leader: i32,
        numbers: &[i32],
        start: Start,
    ) -> Vec<(i32, Result<Located, String>)> {
        let found = match self.pool.broker(leader) {
            Some(address) => self.ask_leader(address, numbers, start).await.map_err(|e| e.to_string()),
            None => Err("nobody knows where it listens".to_owned()),
        };
        let of_partition = |number: &i32| match &found {
            Ok(found) => found.get(number).copied().ok_or_else(|| {
                format!("partition {number}: broker-{leader} does not tell where its log begins and ends")
            }),
            Err(reason) => {
                Err(format!("partition {number}: its leader, broker-{leader}, does not answer ({reason})"))
            }
        };
        numbers.iter().map(|number| (*number, of_partition(number))).collect()
    }

    async fn ask_leader(
        &self,
        address: SocketAddr,
        numbers: &[i32],
        start: Start,
    ) -> Result<BTreeMap<i32, Located>, KafkaError> {
        let asked = BTreeMap::from([(&*self.topic, numbers.to_vec())]);
        let ask = |offset| list_offsets(&self.pool, address, &asked, offset, ASK);
        let since = async {
            match start {
                Start::Since(ms) => ask(Offset::At(ms)).await,
                _ => Ok(BTreeMap::new()),
            }
        };
        let (earliest, latest, since) = tokio::join!(ask(Offset::Earliest), ask(Offset::Latest), since);
        let (earliest, latest, since) = (earliest?, latest?, since?);
        let of_partition = |number: &i32| {
            let key = TopicPartition::new(&*self.topic, *number);
            let told = |told: &BTreeMap<_, Result<i64, _>>| told.get(&key)?.as_ref().ok().copied();
            let (earliest, latest) = (told(&earliest)?, told(&latest)?);
            let from = match start {
                Start::Earliest => earliest,
                Start::Latest => latest,
                Start::Offset(offset) => offset,
                Start::Last(count) => latest.saturating_sub(count).max(earliest),
                // There is none: with what comes from now on.
                Start::Since(_) => told(&since).filter(|offset| *offset >= 0).unwrap_or(latest),
            };
            Some((*number, Located { from, earliest, latest }))
        };
        Ok(numbers.iter().filter_map(of_partition).collect())
    }
}
