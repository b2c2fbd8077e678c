//! The survey: every node asked apart and at once, each within the deadline, merged into one view.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, timeout_at};

use super::error::KafkaError;
use super::merge::{Answers, PartitionStates, merge};
use super::metadata::{self, Metadata, Topics};
use super::min_isr::MinIsr;
use super::pool::Pool;
use crate::view::model::{ClusterView, ZooKeeperView};
use crate::zookeeper::four_letter;
use crate::zookeeper::znodes::ZkHandle;

/// What is asked for beyond the brokers' metadata and the ZooKeeper servers' modes.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// Registered brokers and controller from ZooKeeper itself; with brokers before Kafka 2.1 also
    /// leaders and ISR, which those tell late (up to 5 s) and without epochs.
    pub zookeeper: Option<&'a ZkHandle>,
    /// Where a broker cannot tell.
    pub min_isr: &'a MinIsr,
    /// One topic instead of all. Such a view is not to be compared with one of all topics.
    pub topic: Option<&'a str>,
    /// Ask for settings that were learnt some seconds ago again.
    pub afresh: bool,
}

/// Asks every node of the pool's endpoints. Takes at most `deadline`, whatever is dead; a node that
/// does not answer in time is unknown, and costs the others nothing.
pub async fn survey(pool: &Pool, ask: &Ask<'_>, deadline: Duration) -> ClusterView {
    let until = Instant::now() + deadline;
    let details = Details { pool, ask, until, claimed: AtomicBool::new(false), states: Mutex::default() };
    let endpoints = pool.endpoints();

    let brokers = join_all(endpoints.brokers.iter().map(async |(id, address)| {
        let answer = broker(pool, *address, &details, deadline).await;
        (*id, answer.map_err(|error| error.to_string()))
    }));
    let servers = join_all(endpoints.zookeeper.iter().map(async |(id, address)| {
        let view = match four_letter::srvr(*address, deadline).await {
            Ok(mode) => ZooKeeperView::Answered { mode },
            Err(reason) => ZooKeeperView::Unknown { reason },
        };
        (*id, view)
    }));
    let registered = async {
        match ask.zookeeper {
            Some(zookeeper) => zookeeper.registered(deadline).await.ok(),
            None => None,
        }
    };
    let (brokers, servers, registered) = tokio::join!(brokers, servers, registered);

    let states = details.states.into_inner().unwrap_or_else(PoisonError::into_inner);
    let answers = Answers { brokers: brokers.into_iter().collect(), registered, states };
    let mut view = merge(answers, |topic| pool.min_isr.of_topic(topic, ask.min_isr));
    view.zookeeper = servers.into_iter().collect();
    view
}

async fn broker(
    pool: &Pool,
    address: SocketAddr,
    details: &Details<'_>,
    deadline: Duration,
) -> Result<Metadata, KafkaError> {
    let topics = details.ask.topic.map_or(Topics::All, Topics::One);
    let metadata = metadata::ask(pool, address, topics, deadline).await?;
    details.learn(address, &metadata).await;
    Ok(metadata)
}

/// What Metadata does not tell, asked once, as soon as the first broker has answered: a dead broker
/// must not use up the time for it.
struct Details<'a> {
    pool: &'a Pool,
    ask: &'a Ask<'a>,
    until: Instant,
    claimed: AtomicBool,
    states: Mutex<PartitionStates>,
}

impl Details<'_> {
    /// Best effort: without it the view has what was learnt before, or the plan's word.
    async fn learn(&self, address: SocketAddr, metadata: &Metadata) {
        if !self.claimed.swap(true, Ordering::Relaxed) {
            let settings = async { drop(self.settings(address, metadata).await) };
            let states = self.partition_states(metadata);
            drop(timeout_at(self.until, async { tokio::join!(settings, states) }).await);
        }
    }

    async fn settings(&self, address: SocketAddr, metadata: &Metadata) -> Result<(), KafkaError> {
        let mut broker = self.pool.take(address).await?;
        self.pool.min_isr.refresh(&mut broker, metadata.topics.keys(), self.ask.afresh).await?;
        self.pool.keep(broker);
        Ok(())
    }

    async fn partition_states(&self, metadata: &Metadata) {
        if let Some(zookeeper) = self.ask.zookeeper.filter(|_| !metadata.has_epochs) {
            let partitions = metadata.topics.iter().flat_map(|(topic, of)| {
                of.partitions.keys().map(move |partition| (topic.as_str(), *partition))
            });
            let remaining = self.until.saturating_duration_since(Instant::now());
            if let Ok(states) = zookeeper.partition_states(partitions, remaining).await {
                *self.states.lock().unwrap_or_else(PoisonError::into_inner) = states;
            }
        }
    }
}
