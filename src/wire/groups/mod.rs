//! Consumer groups on the wire: a file per request, all to the group's coordinator but for the one that
//! finds it.

pub(crate) mod consumer_protocol;
pub(crate) mod coordinated;
pub(crate) mod delete_groups;
pub(crate) mod describe_groups;
pub(crate) mod find_coordinator;
mod group_type;
pub(crate) mod heartbeat;
pub(crate) mod join_group;
pub(crate) mod leave_group;
pub(crate) mod list_groups;
pub(crate) mod offset_commit;
pub(crate) mod offset_fetch;
pub(crate) mod share_offsets;
pub(crate) mod sync_group;

use std::collections::BTreeMap;

use kafka_protocol::messages::GroupId;

use crate::wire::answers::text;
pub(crate) use group_type::GroupType;

/// Partition numbers by topic.
pub(crate) type Partitions = BTreeMap<String, Vec<i32>>;

/// Kafka's own topic, in which coordinators keep offsets and groups: whoever leads a partition of it
/// coordinates the groups that belong to that partition.
pub(crate) const OFFSETS_TOPIC: &str = "__consumer_offsets";

/// The partition of [`OFFSETS_TOPIC`] that a group belongs to, of `count` (`GroupMetadataManager.partitionFor`:
/// Java's hash of the name).
pub(crate) fn partition_of(group: &str, count: i32) -> i32 {
    let hash = group.encode_utf16().fold(0i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(unit.into()));
    // `Utils.abs`: the smallest number has no positive one, and becomes 0.
    hash.checked_abs().unwrap_or(0) % count.max(1)
}

/// Groups that one request asks about: bounds the size of an answer, and what a broker does before it answers.
const AT_ONCE: usize = 200;

fn group_id(group: &str) -> GroupId {
    GroupId(text(group))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_belong_to_the_partition_that_kafka_puts_them_in() {
        // As `"g".hashCode()` and the others print in jshell.
        for (group, hash) in [("g", 103), ("hello", 99_162_322), ("", 0), ("vélib", 116_023_922)] {
            assert_eq!(partition_of(group, i32::MAX), hash, "{group}");
        }
        // Its hash is -2^31.
        assert_eq!(partition_of("polygenelubricants", 50), 0);
        assert_eq!(partition_of("hello", 10), 2);
    }
}
