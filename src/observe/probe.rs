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
use crate::wire::error::{KafkaError, within};
use crate::wire::metadata;
use crate::wire::metadata::{Metadata, Topics};
use crate::wire::pool::Pool;
use crate::zookeeper::four_letter;

/// What the rest of the cluster is like, for [`Step::Joined`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expectation {
    /// Brokers that are ready or running.
    pub live_brokers: BTreeSet<i32>,
}

/// Asks the node itself. The error is one short line for people, such as `connection refused` or
/// `lists 2 of 3 brokers; missing broker-1`.
pub async fn probe(
    step: Step,
    node: &NodePlan,
    expect: &Expectation,
    pool: &Pool,
    deadline: Duration,
) -> Result<(), String> {
    let address = Endpoints::of_node(node);
    let metadata = |topics| async move {
        metadata::ask(pool, address, topics, deadline).await.map_err(|error| error.to_string())
    };
    match (step, node.role()) {
        (Step::Process, _) => Ok(()),
        (Step::Port, _) => port(address, deadline).await.map_err(|error| error.to_string()),
        (_, Role::ZooKeeper) => four_letter::srvr(address, deadline).await.map(drop),
        (Step::Quorum, _) => controllers::has_joined(pool, node.name, deadline).await,
        (Step::Protocol, _) => protocol(pool, address, deadline).await.map_err(|error| error.to_string()),
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

fn registered(id: i32, metadata: &Metadata) -> Result<(), String> {
    match metadata.live_brokers.contains(&id) {
        true => Ok(()),
        false => Err("its metadata does not list it".to_owned()),
    }
}

fn joined(live: &BTreeSet<i32>, metadata: &Metadata) -> Result<(), String> {
    let missing: Vec<i32> = live.difference(&metadata.live_brokers).copied().collect();
    if !missing.is_empty() {
        let names: Vec<String> = missing.iter().map(|id| NodeName::broker(*id).to_string()).collect();
        let (listed, all) = (live.len() - missing.len(), live.len());
        return Err(format!("lists {listed} of {all} brokers; missing {}", names.join(", ")));
    }
    match metadata.controller {
        Some(_) => Ok(()),
        None => Err("names no controller".to_owned()),
    }
}

fn in_sync(id: i32, metadata: &Metadata) -> Result<(), String> {
    in_every_isr(id, metadata.topics.iter().map(|(topic, of)| (topic, &of.partitions)))
}

/// Whether a broker is in sync wherever it is a replica, by whoever tells of these topics.
pub(super) fn in_every_isr<'a>(
    id: i32,
    topics: impl Iterator<Item = (&'a String, &'a BTreeMap<i32, PartitionView>)>,
) -> Result<(), String> {
    let missing: Vec<TopicPartition> = topics
        .flat_map(|(topic, partitions)| partitions.iter().map(move |(number, view)| (topic, number, view)))
        .filter(|(_, _, view)| view.replicas.contains(&id) && !view.isr.contains(&id))
        .map(|(topic, number, _)| TopicPartition::new(topic, *number))
        .collect();
    match missing.as_slice() {
        [] => Ok(()),
        [one] => Err(format!("not in the ISR of {one}")),
        [first, ..] => Err(format!("not in the ISR of {} partitions, e.g. {first}", missing.len())),
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
        assert_eq!(joined(&live, &metadata(Some(0), &[0, 1, 2, 7])), Ok(()));
        assert_eq!(
            joined(&live, &metadata(Some(0), &[0, 2])),
            Err("lists 2 of 3 brokers; missing broker-1".to_owned())
        );
        assert_eq!(joined(&live, &metadata(None, &[0, 1, 2])), Err("names no controller".to_owned()));
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
        assert_eq!(in_sync(0, &metadata), Err("not in the ISR of 2 partitions, e.g. t-3".to_owned()));
        assert_eq!(in_sync(1, &metadata), Ok(()));
        assert_eq!(in_sync(2, &metadata), Ok(()), "it replicates nothing");
    }
}
