//! A partition by its topic and number.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One partition of one topic, ordered by topic and then by number; Kafka's own `TopicPartition`. As text
/// `velib-stations-3`, as Kafka's logs and tools write it and its folders are named; that text is told, never read back.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct TopicPartition {
    /// May hold `-` and `.`, so that the text cannot be split with certainty.
    pub topic: String,
    /// From 0, as Kafka counts.
    pub partition: i32,
}

impl TopicPartition {
    /// Does not look whether there is such a partition, or can be.
    pub fn new(topic: impl Into<String>, partition: i32) -> Self {
        TopicPartition { topic: topic.into(), partition }
    }
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_written_as_kafka_writes_them() {
        assert_eq!(TopicPartition::new("velib-stations", 3).to_string(), "velib-stations-3");
    }

    #[test]
    fn partitions_are_in_the_order_of_their_topics_and_then_of_their_numbers() {
        let order =
            [("a", 2), ("a", 10), ("a-b", 0), ("b", 1)].map(|(topic, n)| TopicPartition::new(topic, n));
        assert!(order.is_sorted());
    }
}
