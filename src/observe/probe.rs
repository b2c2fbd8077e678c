//! One readiness step by the word of the node itself: reached, or why not yet. What else it takes is `readiness`.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;

use super::controllers;
use crate::model::ids::{NodeName, Role};
use crate::model::step::Step;
use crate::model::topic_partition::TopicPartition;
use crate::model::view::PartitionView;
use crate::plan::endpoints::Endpoints;
use crate::plan::model::NodePlan;
use crate::view::quorum::NotInQuorum;
use crate::wire::error::{KafkaError, within};
use crate::wire::metadata;
use crate::wire::metadata::{Metadata, Topics};
use crate::wire::pool::Pool;
use crate::zookeeper::four_letter::{self, SrvrError};

/// What the rest of the cluster is like, for [`Step::Joined`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expectation {
    /// Brokers that are ready or running.
    pub live_brokers: BTreeSet<i32>,
}

/// Why a readiness step is not reached yet.
#[derive(Debug, thiserror::Error)]
pub enum NotReady {
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    #[error(transparent)]
    ZooKeeper(#[from] SrvrError),
    #[error(transparent)]
    Quorum(#[from] NotInQuorum),
    /// What is unknown of a controller, and why.
    #[error("{0}")]
    Unknown(String),
    #[error("{0} is no controller")]
    NoController(NodeName),
    #[error("it has not read the metadata of the cluster yet")]
    NoMetadata,
    #[error("its metadata does not list it")]
    Unlisted,
    #[error("lists {listed} of {all} brokers; missing {}", names(missing))]
    BrokersMissing { listed: usize, all: usize, missing: Vec<NodeName> },
    #[error("names no controller")]
    NamesNoController,
    /// `first` of `count` partitions of which it is a replica, and not in the ISR.
    #[error("{}", out_of_sync(*count, first))]
    OutOfSync { count: usize, first: TopicPartition },
    #[error("no broker tells the state of topics")]
    TopicsUnknown,
    #[error("it does not tell of its topics")]
    TellsNoTopics,
    #[error("its Metadata has not got topic {topic} yet")]
    LacksTopic { topic: String },
}

fn names(nodes: &[NodeName]) -> String {
    nodes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn out_of_sync(count: usize, first: &TopicPartition) -> String {
    match count {
        1 => format!("not in the ISR of {first}"),
        _ => format!("not in the ISR of {count} partitions, e.g. {first}"),
    }
}

/// Asks the node itself.
pub async fn probe(
    step: Step,
    node: &NodePlan,
    expect: &Expectation,
    pool: &Pool,
    deadline: Duration,
) -> Result<(), NotReady> {
    let address = Endpoints::of_node(node);
    let metadata = |topics| metadata::ask(pool, address, topics, deadline);
    match (step, node.role()) {
        (Step::Process, _) => Ok(()),
        (Step::Port, _) => Ok(port(address, deadline).await?),
        (_, Role::ZooKeeper) => Ok(four_letter::srvr(address, deadline).await.map(drop)?),
        (Step::Quorum, _) => controllers::has_joined(pool, node.name, deadline).await,
        (Step::Protocol, _) => Ok(protocol(pool, address, deadline).await?),
        (Step::Registered, _) => registered(node.name.id, &metadata(Topics::None).await?),
        (Step::Joined, _) => joined(&expect.live_brokers, &metadata(Topics::None).await?),
        (Step::InSync, _) => in_sync(node.name.id, &metadata(Topics::All).await?),
    }
}

async fn port(address: SocketAddr, deadline: Duration) -> Result<(), KafkaError> {
    within(deadline, async { Ok(TcpStream::connect(address).await.map(drop)?) }).await
}

async fn protocol(pool: &Pool, address: SocketAddr, deadline: Duration) -> Result<(), KafkaError> {
    within(deadline, async {
        let mut broker = pool.take(address).await?;
        broker.negotiate().await?;
        pool.keep(broker);
        Ok(())
    })
    .await
}

fn registered(id: i32, metadata: &Metadata) -> Result<(), NotReady> {
    match metadata.live_brokers.contains(&id) {
        true => Ok(()),
        false => Err(NotReady::Unlisted),
    }
}

fn joined(live: &BTreeSet<i32>, metadata: &Metadata) -> Result<(), NotReady> {
    let missing: Vec<NodeName> =
        live.difference(&metadata.live_brokers).copied().map(NodeName::broker).collect();
    if !missing.is_empty() {
        let (listed, all) = (live.len() - missing.len(), live.len());
        return Err(NotReady::BrokersMissing { listed, all, missing });
    }
    match metadata.controller {
        Some(_) => Ok(()),
        None => Err(NotReady::NamesNoController),
    }
}

fn in_sync(id: i32, metadata: &Metadata) -> Result<(), NotReady> {
    in_every_isr(id, metadata.topics.iter().map(|(topic, of)| (topic, &of.partitions)))
}

/// Whether a broker is in sync wherever it is a replica, by whoever tells of these topics.
pub(super) fn in_every_isr<'a>(
    id: i32,
    topics: impl Iterator<Item = (&'a String, &'a BTreeMap<i32, PartitionView>)>,
) -> Result<(), NotReady> {
    let mut missing = topics
        .flat_map(|(topic, partitions)| partitions.iter().map(move |(number, view)| (topic, number, view)))
        .filter(|(_, _, view)| view.replicas.contains(&id) && !view.isr.contains(&id))
        .map(|(topic, number, _)| TopicPartition::new(topic, *number));
    match missing.next() {
        None => Ok(()),
        Some(first) => Err(NotReady::OutOfSync { count: 1 + missing.count(), first }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::metadata::TopicMetadata;

    fn metadata(controller: Option<i32>, live: &[i32]) -> Metadata {
        Metadata { controller, live_brokers: live.iter().copied().collect(), ..Metadata::default() }
    }

    #[test]
    fn a_broker_has_joined_when_it_names_a_controller_and_every_live_broker() {
        let live = BTreeSet::from([0, 1, 2]);
        assert!(joined(&live, &metadata(Some(0), &[0, 1, 2, 7])).is_ok());
        let why = |metadata| joined(&live, &metadata).unwrap_err().to_string();
        assert_eq!(why(metadata(Some(0), &[0, 2])), "lists 2 of 3 brokers; missing broker-1");
        assert_eq!(why(metadata(None, &[0, 1, 2])), "names no controller");
    }

    #[test]
    fn a_broker_is_in_sync_when_no_isr_misses_it() {
        let view = |isr: &[i32]| PartitionView {
            leader: Some(1),
            leader_epoch: None,
            replicas: vec![0, 1],
            isr: isr.to_vec(),
        };
        let partitions = [(3, view(&[1])), (4, view(&[1, 0])), (5, view(&[1]))].into();
        let mut metadata = metadata(Some(0), &[0, 1, 2]);
        metadata.topics.insert("t".to_owned(), TopicMetadata { internal: false, partitions });
        let why = in_sync(0, &metadata).unwrap_err().to_string();
        assert_eq!(why, "not in the ISR of 2 partitions, e.g. t/3");
        assert!(in_sync(1, &metadata).is_ok());
        assert!(in_sync(2, &metadata).is_ok(), "it replicates nothing");
    }
}
