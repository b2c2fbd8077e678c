//! What consumers tell each other through the coordinator, which does not look into it
//! (`ConsumerProtocol`): the topics that a member wants, the partitions that it gets.

use bytes::{Buf, Bytes, BytesMut};
use kafka_protocol::messages::consumer_protocol_assignment::{ConsumerProtocolAssignment, TopicPartition};
use kafka_protocol::messages::consumer_protocol_subscription::ConsumerProtocolSubscription;
use kafka_protocol::protocol::{Decodable, Encodable};

use crate::wire::answers::{text, topic_name};
use crate::wire::error::KafkaError;
use crate::wire::frame::Answer;
use crate::wire::groups::Partitions;

/// The protocol type of groups of consumers.
pub(crate) const CONSUMER: &str = "consumer";

/// What we write: every client since 0.9 reads it.
const OURS: i16 = 0;

/// The newest that kafka-protocol knows. Later ones only add at the end, so that they are read as this.
const NEWEST: i16 = 3;

/// What a member wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Subscription {
    pub topics: Vec<String>,
}

/// `None`: another protocol's, or damaged.
pub(crate) fn read_subscription(bytes: Bytes) -> Option<Subscription> {
    let (mut answer, version) = versioned(bytes)?;
    let read = ConsumerProtocolSubscription::decode(&mut answer, version).ok()?;
    Some(Subscription { topics: read.topics.iter().map(ToString::to_string).collect() })
}

/// `None`: another protocol's, or damaged.
pub(crate) fn read_assignment(bytes: Bytes) -> Option<Partitions> {
    let (mut answer, version) = versioned(bytes)?;
    let read = ConsumerProtocolAssignment::decode(&mut answer, version).ok()?;
    let mut held = Partitions::new();
    for of_topic in read.assigned_partitions {
        held.entry(of_topic.topic.0.to_string()).or_default().extend(of_topic.partitions);
    }
    held.values_mut().for_each(|numbers| numbers.sort_unstable());
    Some(held)
}

pub(crate) fn write_subscription(topics: &[String]) -> Result<Bytes, KafkaError> {
    let topics = topics.iter().map(|topic| text(topic)).collect();
    written(&ConsumerProtocolSubscription::default().with_topics(topics))
}

pub(crate) fn write_assignment(partitions: &Partitions) -> Result<Bytes, KafkaError> {
    let of_topic = |(topic, numbers): (&String, &Vec<i32>)| {
        TopicPartition::default().with_topic(topic_name(topic)).with_partitions(numbers.clone())
    };
    let partitions = partitions.iter().map(of_topic).collect();
    written(&ConsumerProtocolAssignment::default().with_assigned_partitions(partitions))
}

fn versioned(bytes: Bytes) -> Option<(Answer, i16)> {
    let mut answer = Answer(bytes);
    let version = answer.try_get_i16().ok().filter(|version| *version >= 0)?;
    Some((answer, version.min(NEWEST)))
}

fn written(message: &impl Encodable) -> Result<Bytes, KafkaError> {
    let mut bytes = BytesMut::from(&OURS.to_be_bytes()[..]);
    message.encode(&mut bytes, OURS).map_err(|error| KafkaError::Unwritable(error.to_string()))?;
    Ok(bytes.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn versions_to_come_are_read_as_the_newest_that_is_known() {
        let mut bytes = BytesMut::from(&7i16.to_be_bytes()[..]);
        let theirs = ConsumerProtocolSubscription::default().with_topics(vec![text("bikes")]);
        theirs.encode(&mut bytes, NEWEST).unwrap();
        bytes.extend_from_slice(b"more");
        assert_eq!(read_subscription(bytes.freeze()).unwrap().topics, ["bikes"]);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            topics in proptest::collection::vec("[a-z]{1,8}", 0..5),
            held in proptest::collection::btree_map("[a-z]{1,8}", proptest::collection::btree_set(0..99, 0..5), 0..4),
        ) {
            let held: Partitions = held.into_iter().map(|(topic, numbers)| (topic, numbers.into_iter().collect())).collect();
            prop_assert_eq!(read_subscription(write_subscription(&topics).unwrap()).unwrap().topics, topics);
            prop_assert_eq!(read_assignment(write_assignment(&held).unwrap()), Some(held));
        }
    }
}
