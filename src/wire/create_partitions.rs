//! CreatePartitions (KIP-195): more partitions for a topic that exists. There is no request for fewer.

use std::net::SocketAddr;
use std::time::Duration;

use kafka_protocol::messages::CreatePartitionsRequest;
use kafka_protocol::messages::create_partitions_request::CreatePartitionsTopic;

use super::answers::{TopicAnswer, broker_timeout_ms, topic_name};
use super::error::KafkaError;
use super::pool::Pool;

/// Asks the controller for `count` partitions in all, which Kafka spreads over the brokers. With
/// `only_validate` nothing is done.
pub(crate) async fn create_partitions(
    pool: &Pool,
    controller: SocketAddr,
    topic: &str,
    count: u32,
    only_validate: bool,
    deadline: Duration,
) -> Result<TopicAnswer, KafkaError> {
    let wanted = CreatePartitionsTopic::default()
        .with_name(topic_name(topic))
        .with_count(i32::try_from(count).unwrap_or(i32::MAX))
        .with_assignments(None);
    let request = CreatePartitionsRequest::default()
        .with_topics(vec![wanted])
        .with_timeout_ms(broker_timeout_ms(deadline))
        .with_validate_only(only_validate);
    let answer = pool.call(controller, &request, deadline).await?;
    let result = answer.results.into_iter().next();
    let result = result.ok_or_else(|| KafkaError::Garbage("no topic in it".to_owned()))?;
    Ok(TopicAnswer::new(&result.name.0, result.error_code, result.error_message))
}
