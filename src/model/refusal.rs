//! Why a request is not begun, as values: what it would break, and whom it means that nobody could find. Their words
//! are in [`sentence`](super::sentence).

use serde::{Deserialize, Serialize};

use super::ids::{NodeName, Role};
use super::topic_partition::TopicPartition;

/// What losing live nodes would break.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Harm {
    /// Of the `voters` of this role only `live` would be up, fewer than are `needed`.
    NoQuorum {
        lost: Vec<NodeName>,
        role: Role,
        live: usize,
        voters: usize,
        needed: usize,
    },
    NoBroker {
        lost: Vec<NodeName>,
    },
    /// Partitions that would have no leader, and those that would refuse acks=all.
    Partitions {
        lost: Vec<NodeName>,
        offline: Vec<TopicPartition>,
        below_min_isr: Vec<TopicPartition>,
    },
}

/// Why nobody is what a target names, such as the leader of a partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum NobodyMeant {
    NoController,
    /// The cluster is a KRaft one.
    NoZooKeeper,
    NoZooKeeperLeader,
    /// No broker answers.
    TopicsUnknown,
    NoTopic {
        topic: String,
    },
    /// `last`: the largest number of a partition that it has.
    NoPartition {
        topic: String,
        partition: i32,
        last: i32,
    },
    NoLeader {
        topic: String,
        partition: i32,
    },
    NoFollower {
        topic: String,
        partition: i32,
    },
    NoneUp {
        role: Role,
    },
}
