//! Consumer groups on the wire: a file per request, all to the group's coordinator but for the one that
//! finds it.

pub mod consumer_protocol;
pub mod coordinated;
pub mod delete_groups;
pub mod describe_groups;
pub mod find_coordinator;
mod group_type;
pub mod heartbeat;
pub mod join_group;
pub mod leave_group;
pub mod list_groups;
pub mod offset_commit;
pub mod offset_fetch;
pub mod share_offsets;
pub mod sync_group;

use std::collections::BTreeMap;

use kafka_protocol::messages::GroupId;

use crate::wire::answers::text;
pub use group_type::GroupType;

/// Partition numbers by topic.
pub type Partitions = BTreeMap<String, Vec<i32>>;

/// Kafka's own topic, in which coordinators keep offsets and groups: whoever leads a partition of it
/// coordinates the groups that belong to that partition.
pub const OFFSETS_TOPIC: &str = "__consumer_offsets";

/// The partition of [`OFFSETS_TOPIC`] that a group belongs to, of `count` (`GroupMetadataManager.partitionFor`:
/// Java's hash of the name).
pub fn partition_of(group: &str, count: i32) -> i32 {
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
