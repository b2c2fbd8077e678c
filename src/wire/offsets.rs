//! ListOffsets: where logs begin and end, as their leaders know it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::{BrokerId, ListOffsetsRequest};

use super::answers::topic_name;
use super::error::KafkaError;
use super::pieces;
use super::pool::Pool;
use crate::model::topic_partition::TopicPartition;

/// Which offset is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offset {
    /// Of the first record that is kept.
    Earliest,
    /// That the next record will get; for clients, the high watermark.
    Latest,
    /// Of the first record whose timestamp is this one or later, in ms since 1970; -1 when there is none
    /// (KIP-79).
    At(i64),
}

impl Offset {
    /// `ListOffsetsRequest.EARLIEST_TIMESTAMP` and `LATEST_TIMESTAMP`.
    fn timestamp(self) -> i64 {
        match self {
            Offset::Earliest => -2,
            Offset::Latest => -1,
            Offset::At(ms) => ms.max(0),
        }
    }
}

/// Partitions of one request: to find a time, the broker reads an index and a log for each.
const AT_ONCE: usize = 500;

/// One offset of each of these partitions, all led by this broker, or its error. `deadline` is that of each request.
pub(crate) async fn list_offsets(
    pool: &Pool,
    leader: SocketAddr,
    partitions: &BTreeMap<&str, Vec<i32>>,
    offset: Offset,
    deadline: Duration,
) -> Result<Told, KafkaError> {
    let mut told = Told::new();
    for piece in pieces::of_partitions(partitions, AT_ONCE) {
        told.extend(list_piece(pool, leader, &piece, offset, deadline).await?);
    }
    Ok(told)
}

type Told = BTreeMap<TopicPartition, Result<i64, ResponseError>>;

async fn list_piece(
    pool: &Pool,
    leader: SocketAddr,
    partitions: &BTreeMap<&str, Vec<i32>>,
    offset: Offset,
    deadline: Duration,
) -> Result<Told, KafkaError> {
    /// Asked by a client, not by a follower.
    const CLIENT: BrokerId = BrokerId(-1);
    let ask = |number: &i32| {
        ListOffsetsPartition::default().with_partition_index(*number).with_timestamp(offset.timestamp())
    };
    let of_topic = |(topic, numbers): (&&str, &Vec<i32>)| {
        ListOffsetsTopic::default()
            .with_name(topic_name(topic))
            .with_partitions(numbers.iter().map(ask).collect())
    };
    let request = ListOffsetsRequest::default()
        .with_replica_id(CLIENT)
        .with_topics(partitions.iter().map(of_topic).collect());
    let answer = pool.call(leader, &request, deadline).await?;
    let mut offsets = BTreeMap::new();
    for topic in answer.topics {
        for partition in topic.partitions {
            let offset = match ResponseError::try_from_code(partition.error_code) {
                None => Ok(partition.offset),
                Some(error) => Err(error),
            };
            let of = TopicPartition::new(topic.name.0.as_str(), partition.partition_index);
            offsets.insert(of, offset);
        }
    }
    Ok(offsets)
}
