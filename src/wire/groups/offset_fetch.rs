//! OffsetFetch: the offsets that groups have committed.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use bytes::{Buf, TryGetError};
use kafka_protocol::messages::offset_fetch_request::OffsetFetchRequestGroup;
use kafka_protocol::messages::{ApiKey, OffsetFetchRequest};

use crate::model::topic_partition::TopicPartition;
use crate::wire::compact::{array, encoded, garbage, skip_tags, string};
use crate::wire::error::KafkaError;
use crate::wire::frame::Answer;
use crate::wire::groups::{AT_ONCE, group_id};
use crate::wire::pieces::{Told, in_pieces};
use crate::wire::pool::Pool;

/// What was committed for one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Committed {
    /// Of the next record that the group will read.
    pub offset: i64,
    /// What the client noted beside it; most note nothing.
    pub metadata: String,
    /// Records that the group has not read, where its coordinator tells (share groups).
    pub lag: Option<i64>,
}

/// By partition; those without a committed offset are left out.
pub(crate) type Offsets = BTreeMap<TopicPartition, Committed>;

/// The version that asks for several groups at once (KIP-709, Kafka 3.0).
const OF_MANY: i16 = 8;

/// Of one group. Needs Kafka 0.10.2 (KIP-88).
pub(crate) async fn fetch_offsets(
    pool: &Pool,
    coordinator: SocketAddr,
    group: &str,
    deadline: Duration,
) -> Result<Offsets, KafkaError> {
    // Without topics it asks for all of them.
    let request = OffsetFetchRequest::default().with_group_id(group_id(group)).with_topics(None);
    let answer = pool.call(coordinator, &request, deadline).await?;
    KafkaError::check(answer.error_code, None)?;
    let mut offsets = BTreeMap::new();
    for topic in answer.topics {
        for partition in topic.partitions {
            KafkaError::check(partition.error_code, None)?;
            let metadata = partition.metadata.map(|text| text.to_string());
            let key = TopicPartition::new(topic.name.0.as_str(), partition.partition_index);
            offsets.extend(committed(partition.committed_offset, metadata).map(|told| (key, told)));
        }
    }
    Ok(offsets)
}

/// Of any number of groups that this broker coordinates; `deadline` is that of each request. Brokers before Kafka
/// 3.0 are asked for one group after the other.
pub(crate) async fn fetch_offsets_of(
    pool: &Pool,
    coordinator: SocketAddr,
    groups: &[&str],
    deadline: Duration,
) -> Told<Offsets> {
    match pool.speaks(coordinator, ApiKey::OffsetFetch as i16, OF_MANY, deadline).await {
        Ok(true) => in_pieces(groups, AT_ONCE, |piece| fetch_piece(pool, coordinator, piece, deadline)).await,
        Ok(false) => {
            let one = async |piece: &[&str]| {
                let mut told = BTreeMap::new();
                for group in piece {
                    let offsets = match fetch_offsets(pool, coordinator, group, deadline).await {
                        // A word about this group alone.
                        Err(error @ KafkaError::Code { .. }) => Err(error),
                        offsets => Ok(offsets?),
                    };
                    told.insert((*group).to_owned(), offsets);
                }
                Ok(told)
            };
            in_pieces(groups, 1, one).await
        }
        Err(error) => Told { stopped: Some(error), ..Told::default() },
    }
}

async fn fetch_piece(
    pool: &Pool,
    coordinator: SocketAddr,
    groups: &[&str],
    deadline: Duration,
) -> Result<BTreeMap<String, Result<Offsets, KafkaError>>, KafkaError> {
    const VERSIONS: RangeInclusive<i16> = OF_MANY..=OF_MANY;
    let all_of =
        |group: &&str| OffsetFetchRequestGroup::default().with_group_id(group_id(group)).with_topics(None);
    let request = OffsetFetchRequest::default().with_groups(groups.iter().map(all_of).collect());
    let body = encoded(&request, OF_MANY)?;
    let (_, answer) =
        pool.call_newest(coordinator, ApiKey::OffsetFetch as i16, VERSIONS, &body, deadline).await?;
    read(answer).map_err(garbage)
}

/// Of several groups, each with its offsets or why they are not told.
pub(in crate::wire) fn read(
    mut answer: Answer,
) -> Result<BTreeMap<String, Result<Offsets, KafkaError>>, TryGetError> {
    answer.try_get_i32()?; // How long we were throttled, in ms.
    let groups = array(&mut answer, |answer| {
        let group = string(answer)?.unwrap_or_default();
        let topics = array(answer, topic)?;
        let code = answer.try_get_i16()?;
        skip_tags(answer)?;
        let told = KafkaError::check(code, None);
        let partitions = topics.into_iter().flatten().flat_map(Result::transpose);
        Ok((group, told.and_then(|()| partitions.collect())))
    })?;
    Ok(groups.into_iter().collect())
}

type Partition = Result<Option<(TopicPartition, Committed)>, KafkaError>;

fn topic(answer: &mut Answer) -> Result<Vec<Partition>, TryGetError> {
    let topic = string(answer)?.unwrap_or_default();
    let partitions = array(answer, |answer| {
        let (number, offset) = (answer.try_get_i32()?, answer.try_get_i64()?);
        answer.try_get_i32()?; // Epoch of the leader that the record was read from.
        let metadata = string(answer)?;
        let code = answer.try_get_i16()?;
        skip_tags(answer)?;
        let told = KafkaError::check(code, None);
        Ok(told.map(|()| Some((TopicPartition::new(&topic, number), committed(offset, metadata)?))))
    })?;
    skip_tags(answer)?;
    Ok(partitions)
}

/// Kafka writes -1 for none.
fn committed(offset: i64, metadata: Option<String>) -> Option<Committed> {
    (offset >= 0).then(|| Committed { offset, metadata: metadata.unwrap_or_default(), lag: None })
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use kafka_protocol::messages::offset_fetch_response::{
        OffsetFetchResponse, OffsetFetchResponseGroup, OffsetFetchResponsePartition,
        OffsetFetchResponsePartitions, OffsetFetchResponseTopic, OffsetFetchResponseTopics,
    };
    use kafka_protocol::protocol::Decodable;

    use super::*;
    use crate::wire::answers::{text, topic_name};
    use crate::wire::fake::{Asked, Damage, FakeBroker, Reply, body, flexible};

    /// Every group has committed 7 in bikes-0; `denied` may not be read.
    fn answer(request: &OffsetFetchRequest, version: i16) -> bytes::Bytes {
        let partition = OffsetFetchResponsePartitions::default()
            .with_committed_offset(7)
            .with_metadata(Some(text("by hand")));
        let none = OffsetFetchResponsePartitions::default().with_partition_index(1).with_committed_offset(-1);
        let topic = OffsetFetchResponseTopics::default()
            .with_name(topic_name("bikes"))
            .with_partitions(vec![partition, none]);
        let of = |group: &OffsetFetchRequestGroup| {
            let denied = &*group.group_id == "denied";
            OffsetFetchResponseGroup::default()
                .with_group_id(group.group_id.clone())
                .with_topics(if denied { vec![] } else { vec![topic.clone()] })
                .with_error_code(if denied { 30 } else { 0 })
        };
        let of_old =
            OffsetFetchResponseTopic::default().with_name(topic_name("bikes")).with_partitions(vec![
                OffsetFetchResponsePartition::default()
                    .with_committed_offset(7)
                    .with_metadata(Some(text("by hand"))),
            ]);
        match version {
            OF_MANY => {
                let groups = request.groups.iter().map(of).collect();
                flexible(&OffsetFetchResponse::default().with_groups(groups), version)
            }
            _ if &*request.group_id == "denied" => {
                body(&OffsetFetchResponse::default().with_error_code(30), version)
            }
            _ => body(&OffsetFetchResponse::default().with_topics(vec![of_old]), version),
        }
    }

    /// Asks a broker that speaks up to `newest`, which takes `each` for an answer, one after the other. How often it
    /// was asked, too.
    async fn fetch(
        names: &[&str],
        newest: i16,
        each: Duration,
        deadline: Duration,
    ) -> (Told<Offsets>, usize) {
        let asked = Arc::new(Mutex::new(0));
        let count = asked.clone();
        let handler = move |asked: Asked| {
            let request = OffsetFetchRequest::decode(&mut asked.body(), asked.version).unwrap();
            *count.lock().unwrap() += 1;
            Reply::Slowly(answer(&request, asked.version), each)
        };
        let newest = [(ApiKey::OffsetFetch, newest)];
        let broker = FakeBroker::of_version(handler, &newest, Damage::None).await;
        let told = fetch_offsets_of(&broker.pool(), broker.address, names, deadline).await;
        let asked = *asked.lock().unwrap();
        (told, asked)
    }

    #[tokio::test]
    async fn a_broker_that_answers_one_after_the_other_is_given_time_for_each() {
        let names: Vec<String> = (0..450).map(|number| format!("group-{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        // 900 ms in all, each within 300 ms.
        for (newest, each, times) in [(9, 250, 3), (7, 2, 450)] {
            let each = Duration::from_millis(each);
            let (told, asked) = fetch(&names, newest, each, Duration::from_millis(400)).await;
            assert!(told.stopped.is_none(), "{:?}", told.stopped);
            assert_eq!((told.answers.len(), asked), (names.len(), times));
            assert!(told.answers.values().all(|offsets| offsets.as_ref().unwrap().len() == 1));
        }
    }

    #[tokio::test]
    async fn a_group_that_is_refused_says_so_for_itself_alone() {
        for newest in [9, 7] {
            let (told, _) =
                fetch(&["a", "denied", "z"], newest, Duration::ZERO, Duration::from_secs(60)).await;
            let committed = Committed { offset: 7, metadata: "by hand".to_owned(), lag: None };
            let expected: Offsets = [(TopicPartition::new("bikes", 0), committed)].into();
            for group in ["a", "z"] {
                assert_eq!(told.answers[group].as_ref().unwrap(), &expected);
            }
            let refused = told.answers["denied"].as_ref().unwrap_err();
            assert_eq!(refused.to_string(), "GroupAuthorizationFailed");
        }
    }
}
