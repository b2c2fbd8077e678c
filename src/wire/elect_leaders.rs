//! ElectLeaders (KIP-183, KIP-460): the preferred replica leads again.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::ElectLeadersRequest;
use kafka_protocol::messages::elect_leaders_request::TopicPartitions;

use super::answers::{broker_timeout_ms, topic_name};
use super::error::{KafkaError, said};
use super::pool::Pool;
use crate::model::topic_partition::TopicPartition;

/// Why Kafka did not elect a leader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotElected {
    pub error: ResponseError,
    /// The error and the controller's own words.
    pub reason: String,
}

/// Asks the controller to elect the preferred replica of each of these partitions. Those that it had
/// nothing to do for are `ElectionNotNeeded`.
pub(crate) async fn elect_preferred(
    pool: &Pool,
    controller: SocketAddr,
    partitions: &BTreeMap<&str, Vec<i32>>,
    deadline: Duration,
) -> Result<BTreeMap<TopicPartition, Result<(), NotElected>>, KafkaError> {
    /// `ElectionType.PREFERRED`; version 0 knows no other.
    const PREFERRED: i8 = 0;
    let of_topic = |(topic, numbers): (&&str, &Vec<i32>)| {
        TopicPartitions::default().with_topic(topic_name(topic)).with_partitions(numbers.clone())
    };
    let request = ElectLeadersRequest::default()
        .with_election_type(PREFERRED)
        .with_topic_partitions(Some(partitions.iter().map(of_topic).collect()))
        .with_timeout_ms(broker_timeout_ms(deadline));
    let answer = pool.call(controller, &request, deadline).await?;
    KafkaError::check(answer.error_code, None)?;
    let mut results = BTreeMap::new();
    for topic in answer.replica_election_results {
        for partition in topic.partition_result {
            let result = match ResponseError::try_from_code(partition.error_code) {
                None => Ok(()),
                Some(error) => {
                    Err(NotElected { error, reason: said(error, partition.error_message.as_deref()) })
                }
            };
            let of = TopicPartition::new(topic.topic.0.as_str(), partition.partition_id);
            results.insert(of, result);
        }
    }
    Ok(results)
}
