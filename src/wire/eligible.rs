//! Who may lead the partitions that have no leader: eligible leader replicas (KIP-966), by DescribeTopicPartitions.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Buf, TryGetError};
use kafka_protocol::messages::ApiKey;

use super::any::any;
use super::compact::{array, skip, skip_tags, string};
use super::error::KafkaError;
use super::frame::Answer;
use super::pool::Pool;
use crate::model::topic_partition::TopicPartition;

/// Partitions that one page may have: `max.request.partition.size.limit` cuts it shorter.
const PAGE: i32 = 2000;
/// More pages than that are not read.
const PAGES: usize = 100;

/// A partition without a leader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Leaderless {
    pub topic: String,
    pub partition: i32,
    /// The replicas that have all that was acknowledged, as far as the quorum knows.
    pub eligible: Vec<i32>,
    /// The leader that it last had, who may lead again when nobody is eligible.
    pub last_known: Vec<i32>,
}

impl Leaderless {
    /// Whether this broker could lead it now, and could not if the quorum took it for one that was not stopped in
    /// order: it is eligible no more then, and its having led last counts only when nobody else is eligible.
    pub(crate) fn depends_on(&self, broker: i32) -> bool {
        self.eligible.contains(&broker) && (self.eligible.len() > 1 || self.last_known != [broker])
    }
}

/// The partitions without a leader, as any broker knows them. None before Kafka 3.8, where no replica is counted as
/// eligible. `deadline` is one broker's for one page.
pub(crate) async fn leaderless(pool: &Pool, deadline: Duration) -> Result<Vec<Leaderless>, KafkaError> {
    any(pool, |broker| async move {
        match as_told_by(pool, broker, deadline).await {
            Err(KafkaError::Unsupported { .. }) => Ok(Vec::new()),
            told => told,
        }
    })
    .await
}

async fn as_told_by(
    pool: &Pool,
    broker: SocketAddr,
    deadline: Duration,
) -> Result<Vec<Leaderless>, KafkaError> {
    let mut found = Vec::new();
    let mut cursor = None;
    for _ in 0..PAGES {
        let body = request(cursor.as_ref());
        let answer = pool.call_flexible(broker, ApiKey::DescribeTopicPartitions, &body, deadline).await?;
        let page = read(answer).map_err(|error| KafkaError::Garbage(error.to_string()))?;
        found.extend(page.found);
        match page.next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    Ok(found)
}

/// Of all topics, from the cursor on.
fn request(cursor: Option<&TopicPartition>) -> Vec<u8> {
    // No topics: all of them.
    let mut body = vec![1];
    body.extend(PAGE.to_be_bytes());
    match cursor {
        None => body.push(0xff),
        Some(TopicPartition { topic, partition }) => {
            body.push(1);
            // Names of topics have at most 249 bytes: one or two bytes of length.
            let length = topic.len() + 1;
            if length >= 0x80 {
                body.push((length & 0x7f) as u8 | 0x80);
                body.push((length >> 7) as u8);
            } else {
                body.push(length as u8);
            }
            body.extend(topic.as_bytes());
            body.extend(partition.to_be_bytes());
            body.push(0);
        }
    }
    body.push(0);
    body
}

pub(super) struct Page {
    found: Vec<Leaderless>,
    next: Option<TopicPartition>,
}

pub(super) fn read(mut answer: Answer) -> Result<Page, TryGetError> {
    answer.try_get_i32()?; // How long we were throttled, in ms.
    let topics = array(&mut answer, |answer| {
        answer.try_get_i16()?; // Error code.
        let topic = string(answer)?.unwrap_or_default();
        skip(answer, 16 + 1)?; // Id of the topic, whether it is internal.
        let partitions = array(answer, |answer| partition(answer, &topic))?;
        answer.try_get_i32()?; // Authorized operations.
        skip_tags(answer)?;
        Ok(partitions)
    })?;
    let next = match answer.try_get_i8()? {
        -1 => None,
        _ => Some(TopicPartition::new(string(&mut answer)?.unwrap_or_default(), answer.try_get_i32()?)),
    };
    Ok(Page { found: topics.into_iter().flatten().flatten().collect(), next })
}

fn partition(answer: &mut Answer, topic: &str) -> Result<Option<Leaderless>, TryGetError> {
    answer.try_get_i16()?; // Error code: LEADER_NOT_AVAILABLE and the like.
    let (partition, leader) = (answer.try_get_i32()?, answer.try_get_i32()?);
    answer.try_get_i32()?; // Leader epoch.
    let mut ids = || array(answer, |answer| answer.try_get_i32());
    let (_replicas, _isr, eligible, last_known, _offline) = (ids()?, ids()?, ids()?, ids()?, ids()?);
    skip_tags(answer)?;
    let leaderless = Leaderless { topic: topic.to_owned(), partition, eligible, last_known };
    Ok((leader < 0).then_some(leaderless))
}

#[cfg(test)]
mod tests {
    use bytes::{Bytes, BytesMut};
    use kafka_protocol::messages::describe_topic_partitions_response::{
        Cursor, DescribeTopicPartitionsResponsePartition, DescribeTopicPartitionsResponseTopic,
    };
    use kafka_protocol::messages::{BrokerId, DescribeTopicPartitionsResponse, TopicName};
    use kafka_protocol::protocol::Encodable;

    use super::*;
    use crate::wire::answers::text;
    use crate::wire::fake::{Damage, FakeBroker, Reply};

    /// Partition 0 with a leader, partition 1 without, and where the next page begins.
    fn page(topic: &str, next: Option<&str>) -> Bytes {
        let ids = |ids: &[i32]| ids.iter().copied().map(BrokerId).collect::<Vec<_>>();
        let partition = |number, leader| {
            DescribeTopicPartitionsResponsePartition::default()
                .with_partition_index(number)
                .with_leader_id(BrokerId(leader))
                .with_replica_nodes(ids(&[1, 2, 3]))
                .with_eligible_leader_replicas(Some(ids(&[1, 2])))
                .with_last_known_elr(Some(ids(&[3])))
        };
        let topic = DescribeTopicPartitionsResponseTopic::default()
            .with_name(Some(TopicName(text(topic))))
            .with_partitions(vec![partition(0, 1), partition(1, -1)]);
        let cursor =
            |topic| Cursor::default().with_topic_name(TopicName(text(topic))).with_partition_index(7);
        let mut bytes = BytesMut::from(&[0][..]);
        DescribeTopicPartitionsResponse::default()
            .with_topics(vec![topic])
            .with_next_cursor(next.map(cursor))
            .encode(&mut bytes, 0)
            .unwrap();
        bytes.freeze()
    }

    #[tokio::test]
    async fn partitions_without_a_leader_are_found_over_all_pages() {
        let long = "l".repeat(200);
        let mut pages = vec![page("b", None), page("a", Some(&long))];
        let handler = move |_, _, _| pages.pop().map_or(Reply::Close, Reply::Body);
        let broker = FakeBroker::start(handler, Damage::None).await;
        let found = leaderless(&broker.pool(), Duration::from_secs(60)).await.unwrap();
        let expected = |topic: &str| Leaderless {
            topic: topic.to_owned(),
            partition: 1,
            eligible: vec![1, 2],
            last_known: vec![3],
        };
        assert_eq!(found, [expected("a"), expected("b")]);
    }

    #[test]
    fn the_cursor_is_a_struct_of_a_name_and_a_number() {
        assert_eq!(request(None), [1, 0, 0, 7, 208, 255, 0]);
        let short = request(Some(&TopicPartition::new("ab", 3)));
        assert_eq!(short, [1, 0, 0, 7, 208, 1, 3, b'a', b'b', 0, 0, 0, 3, 0, 0]);
        let long = request(Some(&TopicPartition::new("l".repeat(200), 3)));
        assert_eq!(long[5..9], [1, 0xc9, 1, b'l']);
    }

    #[test]
    fn a_partition_depends_on_one_that_nobody_could_stand_in_for() {
        let partition = |eligible: &[i32], last_known: &[i32]| Leaderless {
            topic: "t".to_owned(),
            partition: 0,
            eligible: eligible.to_vec(),
            last_known: last_known.to_vec(),
        };
        assert!(partition(&[1, 2], &[2]).depends_on(2), "another is eligible, and may not be there");
        assert!(partition(&[2], &[-1]).depends_on(2), "nobody would be left");
        assert!(!partition(&[2], &[2]).depends_on(2), "it may lead again as the last that did");
        assert!(!partition(&[1], &[2]).depends_on(2));
        assert!(!partition(&[], &[2]).depends_on(2));
    }
}
