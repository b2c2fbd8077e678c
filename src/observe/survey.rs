//! The survey: every node asked apart and at once, each within the deadline, merged into one view.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::Instant;

use super::acting;
use super::controllers;
use super::memory::Memory;
use super::merge::{Answers, merge};
use crate::model::ids::NodeName;
use crate::model::topic_partition::TopicPartition;
use crate::model::view::{ClusterView, PartitionView, TopicView, VoterView};
pub(crate) use crate::observe::min_isr::MinIsr;
use crate::plan::endpoints::Endpoints;
use crate::wire::metadata;
use crate::wire::metadata::{Metadata, Topics};
use crate::wire::pool::Pool;
use crate::zookeeper::session::{ZkError, ZkHandle};
use crate::zookeeper::znodes::{Assignments, PartitionStates};

/// Asks every node of `endpoints`. Takes at most `deadline`, whatever is dead; a node that does not
/// answer in time is unknown, and costs the others nothing.
///
/// `zookeeper`, where there is one, tells registered brokers and the controller, and `min.insync.replicas` as it was set; with brokers before
/// Kafka 2.1 also leaders and ISR, which those tell late (up to 5 s) and without epochs. `min_isr`
/// holds where it cannot tell.
pub(crate) async fn survey(
    endpoints: &Endpoints,
    pool: &Pool,
    memory: &Memory,
    zookeeper: Option<&ZkHandle>,
    min_isr: &MinIsr,
    deadline: Duration,
) -> ClusterView {
    let until = Instant::now() + deadline;
    let details = Details {
        pool,
        memory,
        zookeeper,
        deadline,
        until,
        claimed: AtomicBool::new(false),
        of_zookeeper: Mutex::default(),
    };

    let brokers = join_all(endpoints.brokers.iter().map(|(id, address)| broker(*id, *address, &details)));
    let servers =
        join_all(endpoints.zookeeper.iter().map(|(id, address)| server(*id, *address, memory, deadline)));
    let registered = async {
        let registered = zookeeper?.registered(deadline).await.ok()?;
        let controller = registered.1.and_then(|id| pool.broker(id));
        let remaining = until.saturating_duration_since(Instant::now());
        let idle = match controller {
            Some(controller) => acting::refusal(pool, controller, remaining).await,
            None => None,
        };
        Some((registered, idle))
    };
    let idle_ensemble = async { zookeeper?.commits(deadline).await.err() };
    let controllers = controllers::ask(pool, deadline);
    let told_whole = memory.told_whole();
    let topics = async {
        match zookeeper {
            Some(zookeeper) if told_whole.is_none() => zookeeper.topics(deadline).await.ok(),
            _ => None,
        }
    };
    let (brokers, servers, controllers, registered, idle_ensemble, mut existing) =
        tokio::join!(brokers, servers, controllers, registered, idle_ensemble, topics);
    let (registered, idle_controller) = registered.unzip();
    // Somebody was elected or came or went meanwhile: then it is worth a question more.
    if let Some(zookeeper) = zookeeper
        && told_whole.is_some()
        && told_whole != registered
    {
        existing = zookeeper.topics(until.saturating_duration_since(Instant::now())).await.ok();
    }
    let settled = told_whole == registered;

    let (states, assigned) = details.of_zookeeper.into_inner().unwrap_or_else(PoisonError::into_inner);
    let brokers = brokers.into_iter().collect();
    let is_kraft = !controllers.voters.is_empty();
    let quorum = is_kraft.then_some(controllers.quorum).map(|quorum| quorum?.leader);
    let answers = Answers { brokers, registered: registered.clone(), quorum, states, assigned };
    let mut view = merge(answers, |topic, factor| memory.min_isr.in_force(topic, factor, min_isr));
    view.idle_controller = idle_controller.flatten();
    view.idle_ensemble = idle_ensemble.map(|error| error.to_string());
    view.voters = servers.into_iter().chain(controllers.voters).collect();
    let leader = view.leading_voter().and_then(|name| endpoints.zookeeper.get(&name.id));
    if let (Some(zookeeper), Some(leader)) = (zookeeper, leader) {
        zookeeper.avoid(*leader);
    }
    let mut whole = settled && view.topics.is_some();
    if let (Some(zookeeper), Some(topics), Some(existing)) = (zookeeper, &mut view.topics, existing) {
        let absent: Vec<String> = existing.into_iter().filter(|topic| !topics.contains_key(topic)).collect();
        whole = absent.is_empty();
        let remaining = until.saturating_duration_since(Instant::now());
        let untold = untold_topics(zookeeper, &absent, remaining, memory, min_isr).await;
        topics.extend(untold.unwrap_or_default());
    }
    memory.set_told_whole(registered.filter(|_| whole));
    view
}

/// Topics that exist though no broker's Metadata has them: a controller that was just elected names
/// the live brokers a moment before it tells anybody of the partitions.
async fn untold_topics(
    zookeeper: &ZkHandle,
    topics: &[String],
    deadline: Duration,
    memory: &Memory,
    min_isr: &MinIsr,
) -> Result<BTreeMap<String, TopicView>, ZkError> {
    if topics.is_empty() {
        return Ok(BTreeMap::new());
    }
    let assignments = zookeeper.assignments(topics, deadline).await?;
    let numbers = |(topic, partitions): (&String, &BTreeMap<i32, Vec<i32>>)| -> Vec<TopicPartition> {
        partitions.keys().map(|number| TopicPartition::new(topic, *number)).collect()
    };
    let partitions: Vec<TopicPartition> = assignments.iter().flat_map(numbers).collect();
    let mut states = zookeeper.partition_states(&partitions, deadline).await?;
    let views = assignments.into_iter().map(|(topic, assigned)| {
        let factor = assigned.values().next().map_or(0, Vec::len);
        let partitions = assigned.into_iter().map(|(number, replicas)| {
            let state = states.remove(&TopicPartition::new(&topic, number));
            let view = PartitionView {
                leader: state.as_ref().map(|state| state.leader).filter(|leader| *leader >= 0),
                leader_epoch: state.as_ref().map(|state| state.leader_epoch),
                isr: state.map(|state| state.isr).unwrap_or_default(),
                replicas,
            };
            (number, view)
        });
        let view = TopicView {
            partitions: partitions.collect(),
            min_insync_replicas: memory.min_isr.in_force(&topic, factor, min_isr),
            internal: topic.starts_with("__"),
        };
        (topic, view)
    });
    Ok(views.collect())
}

async fn broker(id: i32, address: SocketAddr, details: &Details<'_>) -> (i32, Result<Metadata, String>) {
    match metadata::ask(details.pool, address, Topics::All, details.deadline).await {
        Ok(metadata) => {
            details.learn(&metadata).await;
            (id, Ok(metadata))
        }
        Err(error) => (id, Err(error.to_string())),
    }
}

async fn server(id: i32, address: SocketAddr, memory: &Memory, deadline: Duration) -> (NodeName, VoterView) {
    let name = NodeName::zookeeper(id);
    match memory.servers.srvr(address, deadline).await {
        Ok(mode) => (name, VoterView::Answered { mode }),
        Err(error) => (name, VoterView::Unknown { reason: error.to_string() }),
    }
}

/// What Metadata does not tell, asked once, as soon as the first broker has answered: a dead broker
/// must not use up the time for it.
struct Details<'a> {
    pool: &'a Pool,
    memory: &'a Memory,
    zookeeper: Option<&'a ZkHandle>,
    deadline: Duration,
    until: Instant,
    claimed: AtomicBool,
    of_zookeeper: Mutex<(PartitionStates, Assignments)>,
}

impl Details<'_> {
    /// Best effort: without it the view has what was learnt before, or the plan's word.
    async fn learn(&self, metadata: &Metadata) {
        if !self.claimed.swap(true, Ordering::Relaxed) {
            let remaining = self.until.saturating_duration_since(Instant::now());
            let topics = metadata.topics.keys();
            let settings = self.memory.min_isr.refresh(self.pool, self.zookeeper, topics, remaining);
            let partitions = async {
                if let Some(zookeeper) = self.zookeeper {
                    self.partitions(zookeeper, metadata, remaining).await;
                }
            };
            let (_, ()) = tokio::join!(settings, partitions);
        }
    }

    /// Leaders, ISR and the order of replicas, of which brokers before Kafka 2.1 tell late or not at all:
    /// up to 0.10 they keep the replicas of a partition as a set (`UpdateMetadataRequest`).
    async fn partitions(&self, zookeeper: &ZkHandle, metadata: &Metadata, deadline: Duration) {
        if metadata.has_epochs {
            return;
        }
        let partitions: Vec<TopicPartition> = metadata
            .topics
            .iter()
            .flat_map(|(topic, of)| {
                of.partitions.keys().map(move |number| TopicPartition::new(topic, *number))
            })
            .collect();
        let topics: Vec<String> = metadata.topics.keys().cloned().collect();
        let (states, assigned) = tokio::join!(
            zookeeper.partition_states(&partitions, deadline),
            zookeeper.assignments(&topics, deadline),
        );
        *self.of_zookeeper.lock().unwrap_or_else(PoisonError::into_inner) =
            (states.unwrap_or_default(), assigned.unwrap_or_default());
    }
}
