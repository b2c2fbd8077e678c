//! Why a request is not begun, as values: what it would break, and whom it means that nobody could find. Their words
//! are in [`sentence`](super::sentence).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ids::{NodeName, Role};
use super::topic_partition::TopicPartition;

/// What losing live nodes would break.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Harm {
    /// Of the `voters` of this role only `live` would be up, fewer than are `needed`.
    NoQuorum {
        /// Those of the request that are up, by role and id.
        lost: Vec<NodeName>,
        /// `ZooKeeper`, `Controller`, or `Broker` where brokers are the voters.
        role: Role,
        /// How many would still be up.
        live: usize,
        /// How many the plan has, up or not.
        voters: usize,
        /// A majority of `voters`.
        needed: usize,
    },
    /// No broker would be left that is up.
    NoBroker {
        /// Those of the request that are up, by role and id.
        lost: Vec<NodeName>,
    },
    /// Partitions that would have no leader, and those that would refuse acks=all.
    Partitions {
        /// Those of the request that are up, by role and id.
        lost: Vec<NodeName>,
        /// Led now; none of their in-sync replicas would be up.
        offline: Vec<TopicPartition>,
        /// Writable at acks=all now; fewer than `min.insync.replicas` would be in sync. They stay readable.
        below_min_isr: Vec<TopicPartition>,
    },
}

/// Why nobody is what a target names, such as the leader of a partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum NobodyMeant {
    /// None is elected at the moment, or nobody who answers knows of it.
    NoController,
    /// The cluster is a KRaft one.
    NoZooKeeper,
    /// No server answers that it leads: there is no quorum, or an election is under way.
    NoZooKeeperLeader,
    /// No broker answers.
    TopicsUnknown,
    /// Brokers answered, and none of them knows a topic of this name.
    NoTopic {
        /// As it was asked for.
        topic: String,
    },
    /// `last`: the largest number of a partition that it has.
    NoPartition {
        /// It exists.
        topic: String,
        /// As it was asked for.
        partition: i32,
        /// Counted from 0: the topic has one partition more than this.
        last: i32,
    },
    /// The partition is offline.
    NoLeader {
        /// As it was asked for.
        topic: String,
        /// As it was asked for.
        partition: i32,
    },
    /// No other replica than the leader's is on a broker that is up.
    NoFollower {
        /// As it was asked for.
        topic: String,
        /// As it was asked for.
        partition: i32,
    },
    /// A random node was to be chosen: none of the role is up, or all that are have been chosen already.
    NoneUp {
        /// The role that was asked for.
        role: Role,
    },
}

impl NobodyMeant {
    /// Nobody ever is, in this cluster: the request is wrong. Else it is so at the moment.
    pub(crate) fn is_wrong(&self) -> bool {
        match self {
            NobodyMeant::NoZooKeeper | NobodyMeant::NoTopic { .. } | NobodyMeant::NoPartition { .. } => true,
            NobodyMeant::NoController
            | NobodyMeant::NoZooKeeperLeader
            | NobodyMeant::TopicsUnknown
            | NobodyMeant::NoLeader { .. }
            | NobodyMeant::NoFollower { .. }
            | NobodyMeant::NoneUp { .. } => false,
        }
    }
}
