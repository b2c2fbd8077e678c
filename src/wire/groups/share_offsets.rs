//! DescribeShareGroupOffsets and AlterShareGroupOffsets (KIP-932): where a share group begins in each partition. All
//! records before that are done with; of those from there on some may be, too.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use bytes::{Buf, TryGetError};
use kafka_protocol::messages::alter_share_group_offsets_request::{
    AlterShareGroupOffsetsRequestPartition, AlterShareGroupOffsetsRequestTopic,
};
use kafka_protocol::messages::describe_share_group_offsets_request::DescribeShareGroupOffsetsRequestGroup;
use kafka_protocol::messages::{AlterShareGroupOffsetsRequest, ApiKey, DescribeShareGroupOffsetsRequest};

use crate::model::topic_partition::TopicPartition;
use crate::wire::answers::topic_name;
use crate::wire::compact::{array, encoded, garbage, skip, skip_tags, string};
use crate::wire::error::KafkaError;
use crate::wire::frame::Answer;
use crate::wire::groups::offset_fetch::{Committed, Offsets};
use crate::wire::groups::{AT_ONCE, group_id};
use crate::wire::pieces::{Told, in_pieces};
use crate::wire::pool::Pool;

/// Version 1 (Kafka 4.2) also tells the lag (KIP-1226).
const VERSIONS: RangeInclusive<i16> = 0..=1;

type Groups = BTreeMap<String, Result<Offsets, KafkaError>>;

/// Start offsets of any number of share groups that this broker coordinates; `deadline` is that of each request.
pub(crate) async fn share_offsets_of(
    pool: &Pool,
    coordinator: SocketAddr,
    groups: &[&str],
    deadline: Duration,
) -> Told<Offsets> {
    in_pieces(groups, AT_ONCE, |piece| fetch_piece(pool, coordinator, piece, deadline)).await
}

/// Of one share group.
pub(crate) async fn share_offsets(
    pool: &Pool,
    coordinator: SocketAddr,
    group: &str,
    deadline: Duration,
) -> Result<Offsets, KafkaError> {
    let told = fetch_piece(pool, coordinator, &[group], deadline).await?.remove(group);
    told.unwrap_or_else(|| Err(KafkaError::Garbage(format!("group {group} is not in it"))))
}

async fn fetch_piece(
    pool: &Pool,
    coordinator: SocketAddr,
    groups: &[&str],
    deadline: Duration,
) -> Result<Groups, KafkaError> {
    // Without topics it asks for all of them.
    let all_of = |group: &&str| {
        DescribeShareGroupOffsetsRequestGroup::default().with_group_id(group_id(group)).with_topics(None)
    };
    let request =
        DescribeShareGroupOffsetsRequest::default().with_groups(groups.iter().map(all_of).collect());
    let body = encoded(&request, 0)?;
    let key = ApiKey::DescribeShareGroupOffsets as i16;
    let (version, answer) = pool.call_newest(coordinator, key, VERSIONS, &body, deadline).await?;
    read(answer, version).map_err(garbage)
}

pub(in crate::wire) fn read(mut answer: Answer, version: i16) -> Result<Groups, TryGetError> {
    answer.try_get_i32()?; // How long we were throttled, in ms.
    let groups = array(&mut answer, |answer| {
        let group = string(answer)?.unwrap_or_default();
        let topics = array(answer, |answer| topic(answer, version))?;
        let (code, message) = (answer.try_get_i16()?, string(answer)?);
        skip_tags(answer)?;
        let told = KafkaError::check(code, message.as_deref());
        let partitions = topics.into_iter().flatten().flat_map(Result::transpose);
        Ok((group, told.and_then(|()| partitions.collect())))
    })?;
    Ok(groups.into_iter().collect())
}

type Partition = Result<Option<(TopicPartition, Committed)>, KafkaError>;

fn topic(answer: &mut Answer, version: i16) -> Result<Vec<Partition>, TryGetError> {
    let topic = string(answer)?.unwrap_or_default();
    skip(answer, 16)?; // Its id.
    let partitions = array(answer, |answer| {
        let (number, offset) = (answer.try_get_i32()?, answer.try_get_i64()?);
        skip(answer, 4)?; // Leader epoch.
        let lag = if version >= 1 { answer.try_get_i64()? } else { -1 };
        let (code, message) = (answer.try_get_i16()?, string(answer)?);
        skip_tags(answer)?;
        let told = KafkaError::check(code, message.as_deref());
        let lag = Some(lag).filter(|lag| *lag >= 0);
        let begun = Committed { offset, metadata: String::new(), lag };
        // -1: nobody has read from it yet.
        Ok(told.map(|()| (offset >= 0).then(|| (TopicPartition::new(&topic, number), begun))))
    })?;
    skip_tags(answer)?;
    Ok(partitions)
}

/// Moves a share group without members. `NON_EMPTY_GROUP`: it has some. The first partition's error is told.
pub(crate) async fn alter_share_offsets(
    pool: &Pool,
    coordinator: SocketAddr,
    group: &str,
    offsets: &BTreeMap<TopicPartition, i64>,
    deadline: Duration,
) -> Result<(), KafkaError> {
    let mut topics: BTreeMap<&str, Vec<AlterShareGroupOffsetsRequestPartition>> = BTreeMap::new();
    for (TopicPartition { topic, partition: number }, offset) in offsets {
        let partition = AlterShareGroupOffsetsRequestPartition::default()
            .with_partition_index(*number)
            .with_start_offset(*offset);
        topics.entry(topic).or_default().push(partition);
    }
    let of_topic = |(topic, partitions)| {
        AlterShareGroupOffsetsRequestTopic::default()
            .with_topic_name(topic_name(topic))
            .with_partitions(partitions)
    };
    let request = AlterShareGroupOffsetsRequest::default()
        .with_group_id(group_id(group))
        .with_topics(topics.into_iter().map(of_topic).collect());
    let body = encoded(&request, 0)?;
    let answer = pool.call_flexible(coordinator, ApiKey::AlterShareGroupOffsets, &body, deadline).await?;
    read_altered(answer).map_err(garbage)?
}

pub(in crate::wire) fn read_altered(mut answer: Answer) -> Result<Result<(), KafkaError>, TryGetError> {
    answer.try_get_i32()?; // How long we were throttled, in ms.
    let whole = KafkaError::check(answer.try_get_i16()?, string(&mut answer)?.as_deref());
    let partitions = array(&mut answer, |answer| {
        string(answer)?; // Topic.
        skip(answer, 16)?; // Its id.
        let partitions = array(answer, |answer| {
            skip(answer, 4)?; // Number.
            let told = KafkaError::check(answer.try_get_i16()?, string(answer)?.as_deref());
            skip_tags(answer)?;
            Ok(told)
        })?;
        skip_tags(answer)?;
        Ok(partitions)
    })?;
    Ok(whole.and_then(|()| partitions.into_iter().flatten().collect()))
}
