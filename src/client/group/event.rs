//! What a member and its application say to each other.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::model::topic_partition::TopicPartition;

/// Of each partition, the offset of the next record that is to be read.
pub(crate) type Offsets = BTreeMap<TopicPartition, i64>;

/// How a member takes part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub group: String,
    pub topics: Vec<String>,
    /// `session.timeout.ms`: a member that is not heard of for so long is dead to the group. When the broker
    /// does not take it (`group.min.session.timeout.ms`, `group.max.session.timeout.ms`), others are tried.
    pub session_timeout: Duration,
    /// `rebalance.timeout.ms`: how long the group waits for this member in a rebalance. The application
    /// has half of it to let go of its partitions.
    pub rebalance_timeout: Duration,
    /// `heartbeat.interval.ms`: also how long it takes to learn of a rebalance.
    pub heartbeat: Duration,
}

impl Settings {
    pub(crate) fn new(group: impl Into<String>, topics: Vec<String>) -> Self {
        Settings {
            group: group.into(),
            topics,
            session_timeout: Duration::from_secs(10),
            rebalance_timeout: Duration::from_secs(30),
            heartbeat: Duration::from_secs(1),
        }
    }
}

/// What a member tells its application, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// These partitions are its to read, from the committed offset, if there is one. None at all when the
    /// group has more members than partitions, or one that still has to give up some. All earlier ones were revoked before.
    Assigned { generation: i32, partitions: BTreeMap<TopicPartition, Option<i64>> },
    /// They are no longer. Unless they are lost, the group waits until the application has stopped reading
    /// them and has called `release` with its last offsets.
    Revoked {
        generation: i32,
        partitions: BTreeSet<TopicPartition>,
        /// Another member may have them already: nothing can be committed any more, and `release` is not
        /// waited for.
        lost: bool,
    },
    /// The coordinator has these offsets.
    Committed(Offsets),
    /// What hinders it, or no longer does. It goes on trying by itself.
    Note(String),
    /// It has left, as it was asked to. The last event. `problem`: the last offsets were not committed, or
    /// the coordinator will only learn by the session timeout that it left.
    Left { problem: Option<String> },
    /// It cannot be a member of this group, and never will. The last event.
    Failed(String),
}
