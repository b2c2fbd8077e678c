//! OffsetCommit: where a group goes on reading.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use kafka_protocol::messages::OffsetCommitRequest;
use kafka_protocol::messages::offset_commit_request::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};

use crate::model::topic_partition::TopicPartition;
use crate::wire::answers::{text, topic_name};
use crate::wire::error::KafkaError;
use crate::wire::groups::group_id;
use crate::wire::pool::Pool;

/// A member of one generation: in its name offsets are committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committer<'a> {
    pub generation: i32,
    pub member_id: &'a str,
}

/// Nobody of the group: taken only while it has no members.
pub const NOBODY: Committer<'static> = Committer { generation: -1, member_id: "" };

/// Commits all of these offsets; the coordinator writes them at once. The first
/// partition's error is told.
pub async fn commit_offsets(
    pool: &Pool,
    coordinator: SocketAddr,
    group: &str,
    by: Committer<'_>,
    offsets: &BTreeMap<TopicPartition, i64>,
    deadline: Duration,
) -> Result<(), KafkaError> {
    let mut topics: BTreeMap<&str, Vec<OffsetCommitRequestPartition>> = BTreeMap::new();
    for (TopicPartition { topic, partition: number }, offset) in offsets {
        let partition = OffsetCommitRequestPartition::default()
            .with_partition_index(*number)
            .with_committed_offset(*offset)
            .with_committed_metadata(Some(text("")));
        topics.entry(topic).or_default().push(partition);
    }
    let of_topic = |(topic, partitions)| {
        OffsetCommitRequestTopic::default().with_name(topic_name(topic)).with_partitions(partitions)
    };
    let request = OffsetCommitRequest::default()
        .with_group_id(group_id(group))
        .with_generation_id_or_member_epoch(by.generation)
        .with_member_id(text(by.member_id))
        .with_topics(topics.into_iter().map(of_topic).collect());
    let answer = pool.call(coordinator, &request, deadline).await?;
    let mut codes = answer.topics.iter().flat_map(|topic| &topic.partitions);
    codes.try_for_each(|partition| KafkaError::check(partition.error_code, None))
}
