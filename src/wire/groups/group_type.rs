//! What Kafka calls the type of a group: who assigns partitions to its members, and how they keep their place.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// `GroupType` of Kafka, in the words of kafka-groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub(crate) enum GroupType {
    /// Members agree among themselves: consumers since 0.9, Kafka Connect, and groups that are offsets alone.
    #[default]
    Classic,
    /// Consumers to which the coordinator assigns partitions (KIP-848).
    Consumer,
    /// Consumers that share partitions, with a place of its own for each record (KIP-932).
    Share,
    /// Kafka Streams applications to which the coordinator assigns tasks (KIP-1071).
    Streams,
}

impl GroupType {
    /// As ListGroups spells it, whose letters were small before Kafka 4.0 (`GroupType.parse`).
    pub(in crate::wire) fn named(name: &str) -> Self {
        let is = |kind: &GroupType| name.eq_ignore_ascii_case(&kind.to_string());
        [GroupType::Consumer, GroupType::Share, GroupType::Streams].into_iter().find(is).unwrap_or_default()
    }

    /// Protocol type of the groups of a newer type, as ListGroups tells it.
    pub(super) fn protocol_type(self) -> &'static str {
        match self {
            GroupType::Classic => "",
            GroupType::Consumer => "consumer",
            GroupType::Share => "share",
            GroupType::Streams => "streams",
        }
    }
}

impl fmt::Display for GroupType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            GroupType::Classic => "Classic",
            GroupType::Consumer => "Consumer",
            GroupType::Share => "Share",
            GroupType::Streams => "Streams",
        })
    }
}
