//! Asking the leaders, once, where the logs of partitions begin and end.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::future::join_all;

use crate::client::topic::ASK;
use crate::model::topic_partition::TopicPartition;
use crate::wire::KafkaError;
use crate::wire::metadata::{Topics, ask_any};
use crate::wire::offsets::{Offset, list_offsets};
use crate::wire::pool::Pool;

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

/// Why it is not known where a partition begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    Leader,
    /// Of its leader.
    Answer {
        leader: i32,
        reason: String,
    },
    /// The leader answers, and does not tell this.
    Offsets {
        leader: i32,
    },
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Missing::Leader => write!(f, "no leader"),
            Missing::Answer { leader, reason } => {
                write!(f, "its leader, broker-{leader}, does not answer ({reason})")
            }
            Missing::Offsets { leader } => {
                write!(f, "its leader, broker-{leader}, does not tell where its log begins and ends")
            }
        }
    }
}

/// Finds offsets, beside whatever else the consumer does.
#[derive(Clone, Debug)]
pub(super) struct Locator {
    pub pool: Arc<Pool>,
    pub topic: Arc<str>,
}

impl Locator {
    /// Of those partitions whose leader answers, and why not of the others.
    pub(super) async fn locate(
        &self,
        wanted: &[i32],
        start: Start,
    ) -> Result<BTreeMap<i32, Result<Located, Missing>>, String> {
        let told = ask_any(&self.pool, Topics::One(&self.topic), ASK).await.map_err(|e| e.to_string())?;
        let topic = told.topics.get(&*self.topic).ok_or("no broker knows the topic")?;
        let mut led: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
        let mut located = BTreeMap::new();
        for partition in wanted {
            match topic.partitions.get(partition).and_then(|view| view.leader) {
                Some(leader) => led.entry(leader).or_default().push(*partition),
                None => {
                    located.insert(*partition, Err(Missing::Leader));
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
    ) -> Vec<(i32, Result<Located, Missing>)> {
        let found = match self.pool.broker(leader) {
            Some(address) => self.ask_leader(address, numbers, start).await.map_err(|e| e.to_string()),
            None => Err("nobody knows where it listens".to_owned()),
        };
        let of_partition = |number: &i32| match &found {
            Ok(found) => found.get(number).copied().ok_or(Missing::Offsets { leader }),
            Err(reason) => Err(Missing::Answer { leader, reason: reason.clone() }),
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
