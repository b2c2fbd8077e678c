//! AlterPartitionReassignments and ListPartitionReassignments (KIP-455), both for the controller alone.
//!
//! Every version of theirs is flexible, so that the answers are read here, through `compact`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Buf, TryGetError};
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::alter_partition_reassignments_request::{
    ReassignablePartition, ReassignableTopic,
};
use kafka_protocol::messages::{
    AlterPartitionReassignmentsRequest, ApiKey, BrokerId, ListPartitionReassignmentsRequest,
};

use super::answers::{broker_timeout_ms, topic_name};
use super::compact::{array, encoded, garbage, skip_tags, string};
use super::error::{KafkaError, said};
use super::frame::Answer;
use super::pool::Pool;
use crate::model::topic_partition::TopicPartition;

/// What is wanted of each partition: its replicas, the preferred leader first; `None` cancels.
pub(crate) type Targets = BTreeMap<TopicPartition, Option<Vec<i32>>>;

/// A reassignment that is under way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reassignment {
    /// All that hold the partition now: the target, and behind it those that are to go.
    pub replicas: Vec<i32>,
    pub adding: Vec<i32>,
    pub removing: Vec<i32>,
}

/// Why Kafka did not take one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotTaken {
    pub error: ResponseError,
    /// The error and the controller's own words.
    pub reason: String,
}

/// Asks for reassignments to begin or to be cancelled. Returns the partitions that were refused: the others
/// have begun, or are being cancelled.
pub(crate) async fn alter(
    pool: &Pool,
    controller: SocketAddr,
    targets: &Targets,
    deadline: Duration,
) -> Result<BTreeMap<TopicPartition, NotTaken>, KafkaError> {
    let mut topics: BTreeMap<&str, Vec<ReassignablePartition>> = BTreeMap::new();
    for (TopicPartition { topic, partition: number }, replicas) in targets {
        let ids = replicas.as_ref().map(|ids| ids.iter().map(|id| BrokerId(*id)).collect());
        let partition = ReassignablePartition::default().with_partition_index(*number).with_replicas(ids);
        topics.entry(topic).or_default().push(partition);
    }
    let topics = topics.into_iter().map(|(topic, partitions)| {
        ReassignableTopic::default().with_name(topic_name(topic)).with_partitions(partitions)
    });
    let request = AlterPartitionReassignmentsRequest::default()
        .with_timeout_ms(broker_timeout_ms(deadline))
        .with_topics(topics.collect());
    let body = encoded(&request, 0)?;
    let answer = pool.call_flexible(controller, ApiKey::AlterPartitionReassignments, &body, deadline).await?;
    read_altered(answer).map_err(garbage)?
}

/// Every reassignment that is under way.
pub(crate) async fn list(
    pool: &Pool,
    controller: SocketAddr,
    deadline: Duration,
) -> Result<BTreeMap<TopicPartition, Reassignment>, KafkaError> {
    let request = ListPartitionReassignmentsRequest::default()
        .with_timeout_ms(broker_timeout_ms(deadline))
        .with_topics(None);
    let body = encoded(&request, 0)?;
    let answer = pool.call_flexible(controller, ApiKey::ListPartitionReassignments, &body, deadline).await?;
    read_listed(answer).map_err(garbage)?
}

/// The error of the whole answer, which begins both.
fn head(answer: &mut Answer) -> Result<Result<(), KafkaError>, TryGetError> {
    answer.try_get_i32()?; // How long we were throttled, in ms.
    let code = answer.try_get_i16()?;
    let message = string(answer)?;
    Ok(KafkaError::check(code, message.as_deref()))
}

pub(super) fn read_altered(
    mut answer: Answer,
) -> Result<Result<BTreeMap<TopicPartition, NotTaken>, KafkaError>, TryGetError> {
    if let Err(error) = head(&mut answer)? {
        return Ok(Err(error));
    }
    let mut refused = BTreeMap::new();
    array(&mut answer, |answer| {
        let topic = string(answer)?.unwrap_or_default();
        array(answer, |answer| {
            let number = answer.try_get_i32()?;
            let error = ResponseError::try_from_code(answer.try_get_i16()?);
            let message = string(answer)?;
            if let Some(error) = error {
                let reason = said(error, message.as_deref());
                refused.insert(TopicPartition::new(&topic, number), NotTaken { error, reason });
            }
            skip_tags(answer)
        })?;
        skip_tags(answer)
    })?;
    Ok(Ok(refused))
}

pub(super) fn read_listed(
    mut answer: Answer,
) -> Result<Result<BTreeMap<TopicPartition, Reassignment>, KafkaError>, TryGetError> {
    if let Err(error) = head(&mut answer)? {
        return Ok(Err(error));
    }
    let ids = |answer: &mut Answer| array(answer, |answer| answer.try_get_i32());
    let mut listed = BTreeMap::new();
    array(&mut answer, |answer| {
        let topic = string(answer)?.unwrap_or_default();
        array(answer, |answer| {
            let number = answer.try_get_i32()?;
            let (replicas, adding, removing) = (ids(answer)?, ids(answer)?, ids(answer)?);
            let of = TopicPartition::new(&topic, number);
            listed.insert(of, Reassignment { replicas, adding, removing });
            skip_tags(answer)
        })?;
        skip_tags(answer)
    })?;
    Ok(Ok(listed))
}

#[cfg(test)]
pub(crate) mod testing {
    //! The answers of a broker that a test plays.

    use bytes::Bytes;
    use kafka_protocol::messages::alter_partition_reassignments_response::{
        AlterPartitionReassignmentsResponse, ReassignablePartitionResponse, ReassignableTopicResponse,
    };
    use kafka_protocol::messages::list_partition_reassignments_response::{
        ListPartitionReassignmentsResponse, OngoingPartitionReassignment, OngoingTopicReassignment,
    };

    use super::*;
    use crate::wire::answers::text;
    use crate::wire::fake;

    pub(crate) fn altered(code: i16, partitions: &[(&str, i32, i16)]) -> Bytes {
        let topic = |(topic, number, code): &(&str, i32, i16)| {
            let partition = ReassignablePartitionResponse::default()
                .with_partition_index(*number)
                .with_error_code(*code)
                .with_error_message((*code != 0).then(|| text("because")));
            ReassignableTopicResponse::default().with_name(topic_name(topic)).with_partitions(vec![partition])
        };
        let answer = AlterPartitionReassignmentsResponse::default()
            .with_error_code(code)
            .with_responses(partitions.iter().map(topic).collect());
        fake::flexible(&answer, 0)
    }

    /// Topic, partition, and the ids of all replicas, of those that are added, and of those that go.
    type Listed<'a> = (&'a str, i32, &'a [i32], &'a [i32], &'a [i32]);

    pub(crate) fn listed(partitions: &[Listed<'_>]) -> Bytes {
        let ids = |ids: &[i32]| ids.iter().map(|id| BrokerId(*id)).collect::<Vec<_>>();
        let topic = |(topic, number, replicas, adding, removing): &Listed<'_>| {
            let partition = OngoingPartitionReassignment::default()
                .with_partition_index(*number)
                .with_replicas(ids(replicas))
                .with_adding_replicas(ids(adding))
                .with_removing_replicas(ids(removing));
            OngoingTopicReassignment::default().with_name(topic_name(topic)).with_partitions(vec![partition])
        };
        fake::flexible(
            &ListPartitionReassignmentsResponse::default()
                .with_topics(partitions.iter().map(topic).collect()),
            0,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::fake::{Damage, FakeBroker, Reply};

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn what_is_under_way_and_what_is_refused_come_over_the_wire() {
        let handler = |_, key, version| match (key, version) {
            (ApiKey::ListPartitionReassignments, 0) => {
                Reply::Body(testing::listed(&[("bikes", 1, &[2, 1, 0], &[2], &[0])]))
            }
            (ApiKey::AlterPartitionReassignments, 0) => {
                let code = ResponseError::InvalidReplicaAssignment.code();
                Reply::Body(testing::altered(0, &[("bikes", 0, 0), ("bikes", 1, code)]))
            }
            _ => Reply::Close,
        };
        let broker = FakeBroker::start(handler, Damage::None).await;
        let pool = broker.pool();
        let running = list(&pool, broker.address, LONG).await.unwrap();
        let expected = Reassignment { replicas: vec![2, 1, 0], adding: vec![2], removing: vec![0] };
        assert_eq!(running, [(TopicPartition::new("bikes", 1), expected)].into());

        let targets =
            [(TopicPartition::new("bikes", 0), Some(vec![2, 1])), (TopicPartition::new("bikes", 1), None)];
        let refused = alter(&pool, broker.address, &targets.into(), LONG).await.unwrap();
        assert_eq!(refused.len(), 1);
        let refused = &refused[&TopicPartition::new("bikes", 1)];
        assert_eq!(refused.reason, "InvalidReplicaAssignment: because");
        assert_eq!(broker.connections(), 1, "a flexible answer is read to its end");
    }

    #[tokio::test]
    async fn another_controller_is_an_error_of_the_whole_answer() {
        let code = ResponseError::NotController.code();
        let broker =
            FakeBroker::start(move |_, _, _| Reply::Body(testing::altered(code, &[])), Damage::None).await;
        let error = alter(&broker.pool(), broker.address, &Targets::new(), LONG).await.unwrap_err();
        assert!(matches!(error, KafkaError::Code { code: ResponseError::NotController, .. }), "{error}");
    }
}
