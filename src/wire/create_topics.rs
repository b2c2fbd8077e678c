//! CreateTopics: by counts or by an assignment of one's own.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Buf, BufMut, TryGetError};
use kafka_protocol::messages::create_topics_request::{
    CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfig,
};
use kafka_protocol::messages::{ApiKey, BrokerId, CreateTopicsRequest};

use super::answers::{TopicAnswer, broker_timeout_ms, text, topic_name};
use super::basic::{array, put_count, put_string, string};
use super::connection::Connection;
use super::error::{KafkaError, within};
use super::frame::Answer;
use super::pool::Pool;
use crate::plan::model::TopicPlan;

/// CreateTopics v1: versions 0 and 1 since 0.10.1 and 0.10.2; the oldest of kafka-protocol is 2.
const OF_0_10: i16 = 1;

/// A topic that is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewTopic {
    pub name: String,
    pub layout: Layout,
    /// Settings of its own.
    pub config: BTreeMap<String, String>,
}

/// Who holds the partitions of a new topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Kafka spreads them. `None`: as the controller's `num.partitions` and
    /// `default.replication.factor` say, which it is asked for since Kafka 2.4 (KIP-464).
    Counted { partitions: Option<u32>, replication_factor: Option<u16> },
    /// The broker ids of each partition, the preferred leader first.
    Assigned(Vec<Vec<i32>>),
}

impl NewTopic {
    /// Partitions, factor and assignment as CreateTopics has them: -1 is "you say it".
    pub(super) fn on_the_wire(&self) -> (i32, i16, &[Vec<i32>]) {
        match &self.layout {
            Layout::Counted { partitions, replication_factor } => (
                partitions.map_or(-1, |count| i32::try_from(count).unwrap_or(i32::MAX)),
                replication_factor.map_or(-1, |factor| i16::try_from(factor).unwrap_or(i16::MAX)),
                &[],
            ),
            Layout::Assigned(replicas) => (-1, -1, replicas),
        }
    }
}

impl From<&TopicPlan> for NewTopic {
    fn from(plan: &TopicPlan) -> Self {
        NewTopic {
            name: plan.name.clone(),
            layout: Layout::Counted {
                partitions: Some(plan.partitions),
                replication_factor: Some(plan.replication_factor),
            },
            config: plan.config.clone(),
        }
    }
}

/// Whether this broker fills in counts that are not given: CreateTopics v4 (KIP-464).
pub(crate) async fn fills_in_counts(
    pool: &Pool,
    address: SocketAddr,
    deadline: Duration,
) -> Result<bool, KafkaError> {
    within(deadline, async {
        let broker = pool.take(address).await?;
        let fills_in = broker.version::<CreateTopicsRequest>().is_ok_and(|version| version >= 4);
        pool.keep(broker);
        Ok(fills_in)
    })
    .await
}

/// Asks the controller to create these topics and waits until it has told the brokers, or until it runs
/// out of time: it answers RequestTimedOut then, and goes on.
pub(crate) async fn create_topics(
    pool: &Pool,
    controller: SocketAddr,
    topics: &[NewTopic],
    deadline: Duration,
) -> Result<Vec<TopicAnswer>, KafkaError> {
    within(deadline, async {
        let mut broker = pool.take(controller).await?;
        let timeout_ms = broker_timeout_ms(deadline);
        let is_legacy =
            broker.version::<CreateTopicsRequest>().is_err() && broker.speaks(ApiKey::CreateTopics, OF_0_10);
        let answers = match is_legacy {
            true => create_as_0_10(&mut broker, topics, timeout_ms).await,
            false => create(&mut broker, topics, timeout_ms).await,
        };
        pool.keep(broker);
        answers
    })
    .await
}

async fn create(
    broker: &mut Connection,
    topics: &[NewTopic],
    timeout_ms: i32,
) -> Result<Vec<TopicAnswer>, KafkaError> {
    let request = CreateTopicsRequest::default()
        .with_topics(topics.iter().map(creatable).collect())
        .with_timeout_ms(timeout_ms);
    let answer = broker.call(&request).await?;
    let read = |topic: kafka_protocol::messages::create_topics_response::CreatableTopicResult| {
        TopicAnswer::new(&topic.name.0, topic.error_code, topic.error_message)
    };
    Ok(answer.topics.into_iter().map(read).collect())
}

fn creatable(topic: &NewTopic) -> CreatableTopic {
    let (partitions, replication_factor, assignment) = topic.on_the_wire();
    let assigned = |(number, replicas): (i32, &Vec<i32>)| {
        CreatableReplicaAssignment::default()
            .with_partition_index(number)
            .with_broker_ids(replicas.iter().copied().map(BrokerId).collect())
    };
    let config = |(key, value): (&String, &String)| {
        CreatableTopicConfig::default().with_name(text(key)).with_value(Some(text(value)))
    };
    CreatableTopic::default()
        .with_name(topic_name(&topic.name))
        .with_num_partitions(partitions)
        .with_replication_factor(replication_factor)
        .with_assignments((0..).zip(assignment).map(assigned).collect())
        .with_configs(topic.config.iter().map(config).collect())
}

async fn create_as_0_10(
    broker: &mut Connection,
    topics: &[NewTopic],
    timeout_ms: i32,
) -> Result<Vec<TopicAnswer>, KafkaError> {
    let mut body = Vec::new();
    put_count(&mut body, topics.len());
    for topic in topics {
        put_string(&mut body, &topic.name)?;
        let (partitions, replication_factor, assignment) = topic.on_the_wire();
        body.put_i32(partitions);
        body.put_i16(replication_factor);
        put_count(&mut body, assignment.len());
        for (number, replicas) in (0..).zip(assignment) {
            body.put_i32(number);
            put_count(&mut body, replicas.len());
            replicas.iter().for_each(|id| body.put_i32(*id));
        }
        put_count(&mut body, topic.config.len());
        for (key, value) in &topic.config {
            put_string(&mut body, key)?;
            put_string(&mut body, value)?;
        }
    }
    body.put_i32(timeout_ms);
    body.put_u8(0); // Not only validated.
    let answer = broker.call_raw(ApiKey::CreateTopics as i16, OF_0_10, &body).await?;
    read_as_0_10(answer).map_err(|error| KafkaError::Garbage(error.to_string()))
}

/// The answer of [`OF_0_10`].
pub(super) fn read_as_0_10(mut answer: Answer) -> Result<Vec<TopicAnswer>, TryGetError> {
    array(&mut answer, |answer| {
        let name = string(answer)?.unwrap_or_default();
        Ok(TopicAnswer::new(&name, answer.try_get_i16()?, string(answer)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_of_kafka_0_10_is_read() {
        let created = [&[0, 0, 0, 1, 0, 1][..], b"t", &[0, 36, 0, 2], b"no"].concat();
        assert_eq!(read_as_0_10(Answer(created.into())).unwrap(), [TopicAnswer::new("t", 36, Some("no"))]);
    }
}
