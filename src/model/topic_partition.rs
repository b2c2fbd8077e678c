//! A partition by its topic and number.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One partition of one topic, ordered by topic and then by number; Kafka's own `TopicPartition`. As text for people
/// `velib-stations/3`, as several are `velib-stations/0-3,7` and as targets name it; that text is told, never read back.
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

    /// `velib-stations-3`, as Kafka's logs and tools write it and its folders are named: what programs are told.
    pub fn in_kafkas_form(&self) -> String {
        format!("{}-{}", self.topic, self.partition)
    }
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.topic, self.partition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_and_programs_are_told_in_forms_of_their_own() {
        let partition = TopicPartition::new("velib-stations", 3);
        assert_eq!(partition.to_string(), "velib-stations/3");
        assert_eq!(partition.in_kafkas_form(), "velib-stations-3");
    }

    #[test]
    fn partitions_are_in_the_order_of_their_topics_and_then_of_their_numbers() {
        let order =
            [("a", 2), ("a", 10), ("a-b", 0), ("b", 1)].map(|(topic, n)| TopicPartition::new(topic, n));
        assert!(order.is_sorted());
    }
}
