//! Beginning: the topic must be there, and offsets to begin with be found.

use std::collections::BTreeMap;
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
        let locator = Locator { pool: self.pool.clone(), topic: self.topic.clone() };
        let partitions = partitions.to_vec();
        async move { locator.locate(&partitions, start).await }
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
                    missing.retain(|partition| !found.contains_key(partition));
                    located.extend(found);
                    last = format!("partition {} has no leader", missing.first().copied().unwrap_or(0));
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

    /// Of those partitions whose leader answers.
    async fn locate_once(&self, wanted: &[i32], start: Start) -> Result<BTreeMap<i32, Located>, String> {
        let told = ask_any(&self.pool, Topics::One(&self.topic), ASK).await.map_err(|e| e.to_string())?;
        let topic = told.topics.get(&*self.topic).ok_or("no broker knows the topic")?;
        let mut led: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
        for partition in wanted {
            if let Some(leader) = topic.partitions.get(partition).and_then(|view| view.leader) {
                led.entry(leader).or_default().push(*partition);
            }
        }
        let found = join_all(led.iter().map(|(leader, numbers)| self.locate_on(*leader, numbers, start)));
        Ok(found.await.into_iter().flatten().collect())
    }

    async fn locate_on(&self, leader: i32, numbers: &[i32], start: Start) -> BTreeMap<i32, Located> {
        let Some(address) = self.pool.broker(leader) else {
            return BTreeMap::new();
        };
        let asked = BTreeMap::from([(&*self.topic, numbers.to_vec())]);
        let ask = |offset| list_offsets(&self.pool, address, &asked, offset, ASK);
        let since = async {
            match start {
                Start::Since(ms) => ask(Offset::At(ms)).await,
                _ => Ok(BTreeMap::new()),
            }
        };
        let (earliest, latest, since) = tokio::join!(ask(Offset::Earliest), ask(Offset::Latest), since);
        let (Ok(earliest), Ok(latest), Ok(since)) = (earliest, latest, since) else {
            return BTreeMap::new();
        };
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
        numbers.iter().filter_map(of_partition).collect()
    }
}
