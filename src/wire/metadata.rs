//! Metadata: what one broker knows of brokers, controller, topics and partitions.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::metadata_response::{MetadataResponse, MetadataResponseTopic};
use kafka_protocol::messages::{BrokerId, MetadataRequest, TopicName};
use kafka_protocol::protocol::StrBytes;

use super::any::any;
use super::connection::Connection;
use super::error::{KafkaError, within};
use super::pool::Pool;
use crate::model::view::PartitionView;

/// Which topics are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topics<'a> {
    /// Brokers and controller only.
    None,
    /// By name; a topic that does not exist is absent from the answer, and is not created.
    One(&'a str),
    /// Kafka's own among them.
    All,
}

/// One broker's own answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata {
    pub controller: Option<i32>,
    pub live_brokers: BTreeSet<i32>,
    /// Host and port of each of them.
    pub addresses: BTreeMap<i32, (String, i32)>,
    /// Those that were asked for and exist.
    pub topics: BTreeMap<String, TopicMetadata>,
    /// False before Kafka 2.1: leader epochs are unknown, and up to 1.1 the ISR may be 5 s old.
    pub has_epochs: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicMetadata {
    pub internal: bool,
    pub partitions: BTreeMap<i32, PartitionView>,
}

/// Asks one broker.
pub async fn ask(
    pool: &Pool,
    address: SocketAddr,
    topics: Topics<'_>,
    deadline: Duration,
) -> Result<Metadata, KafkaError> {
    within(deadline, async {
        let mut broker = pool.take(address).await?;
        let metadata = ask_over(&mut broker, topics).await;
        pool.keep(broker);
        if let Ok(metadata) = &metadata {
            metadata.addresses.iter().for_each(|(id, (host, port))| pool.learn(*id, host, *port));
        }
        metadata
    })
    .await
}

/// The same over a connection in hand; the caller sets the deadline.
pub(super) async fn ask_over(broker: &mut Connection, topics: Topics<'_>) -> Result<Metadata, KafkaError> {
    let version = broker.version::<MetadataRequest>()?;
    // Before version 4 naming a topic that does not exist creates it (auto.create.topics.enable).
    let may_name = version >= 4;
    let named = match topics {
        Topics::None => Some(Vec::new()),
        Topics::One(name) if may_name => {
            let name = TopicName(StrBytes::from_string(name.to_owned()));
            Some(vec![MetadataRequestTopic::default().with_name(Some(name))])
        }
        Topics::One(_) | Topics::All => None,
    };
    let request = MetadataRequest::default().with_topics(named).with_allow_auto_topic_creation(!may_name);
    let answer = broker.call(&request).await?;
    let mut metadata = read(answer, version >= 7);
    if let Topics::One(wanted) = topics {
        metadata.topics.retain(|name, _| name == wanted);
    }
    Ok(metadata)
}

/// The first answer of any broker. A dead or paused one costs little time.
pub(crate) async fn ask_any(
    pool: &Pool,
    topics: Topics<'_>,
    deadline: Duration,
) -> Result<Metadata, KafkaError> {
    any(pool, |address| ask(pool, address, topics, deadline)).await
}

fn read(answer: MetadataResponse, has_epochs: bool) -> Metadata {
    Metadata {
        controller: known(answer.controller_id),
        live_brokers: answer.brokers.iter().map(|broker| broker.node_id.0).collect(),
        addresses: answer
            .brokers
            .iter()
            .map(|broker| (broker.node_id.0, (broker.host.to_string(), broker.port)))
            .collect(),
        topics: answer.topics.into_iter().filter_map(|topic| read_topic(topic, has_epochs)).collect(),
        has_epochs,
    }
}

fn read_topic(topic: MetadataResponseTopic, has_epochs: bool) -> Option<(String, TopicMetadata)> {
    // The topic's own error says that it does not exist (3) or is none (17); a missing leader (5) of
    // old versions still comes with partitions.
    if topic.error_code != 0 && topic.partitions.is_empty() {
        return None;
    }
    let ids = |brokers: &[BrokerId]| brokers.iter().map(|broker| broker.0).collect();
    let partitions = topic
        .partitions
        .iter()
        .map(|partition| {
            let view = PartitionView {
                leader: known(partition.leader_id),
                leader_epoch: Some(partition.leader_epoch).filter(|epoch| has_epochs && *epoch >= 0),
                replicas: ids(&partition.replica_nodes),
                isr: ids(&partition.isr_nodes),
            };
            (partition.partition_index, view)
        })
        .collect();
    let name = topic.name?.0.to_string();
    Some((name, TopicMetadata { internal: topic.is_internal, partitions }))
}

/// Kafka writes -1 for "none".
fn known(id: BrokerId) -> Option<i32> {
    Some(id.0).filter(|id| *id >= 0)
}
