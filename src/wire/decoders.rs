//! Every decoder of bytes that a broker or a ZooKeeper server sent, by name: what is fuzzed (`fuzz/`) and
//! what the property tests throw bytes at. Who adds a decoder adds it here.

use bytes::Bytes;
use kafka_protocol::messages::{
    ApiVersionsRequest, CreateAclsRequest, CreatePartitionsRequest, CreateTopicsRequest, DeleteAclsRequest,
    DeleteGroupsRequest, DeleteTopicsRequest, DescribeAclsRequest, DescribeConfigsRequest,
    DescribeGroupsRequest, DescribeLogDirsRequest, ElectLeadersRequest, FindCoordinatorRequest,
    HeartbeatRequest, IncrementalAlterConfigsRequest, InitProducerIdRequest, JoinGroupRequest,
    LeaveGroupRequest, ListGroupsRequest, ListOffsetsRequest, MetadataRequest, OffsetCommitRequest,
    OffsetFetchRequest, ProduceRequest, SyncGroupRequest,
};
use kafka_protocol::protocol::{Decodable, Request};

use super::connection::newest_plain;
use super::frame::Answer;
use super::groups::consumer_protocol::{read_assignment, read_subscription};
use super::groups::{GroupType, coordinated, list_groups, offset_fetch, share_offsets};
use super::records::{Batches, Compression};
use super::{
    create_topics, delete_topics, eligible, features, fetch, produce_request, quorum, reassign, scram,
    unregister,
};
use crate::zookeeper::four_letter;

/// Takes any bytes: what it makes of them is thrown away, what matters is that it ends and neither panics
/// nor allocates without bound.
#[derive(Clone, Copy)]
pub struct Decoder {
    /// By what it decodes, such as `metadata`; `DECODER=name` fuzzes it alone.
    pub name: &'static str,
    /// Given the bytes of one answer, or of one value within it.
    pub decode: fn(&[u8]),
}

/// The first byte of a fuzzed input chooses one by its place in this list.
pub const ALL: &[Decoder] = &[
    Decoder { name: "api_versions", decode: answer::<ApiVersionsRequest> },
    Decoder { name: "metadata", decode: answer::<MetadataRequest> },
    Decoder { name: "create_topics", decode: answer::<CreateTopicsRequest> },
    Decoder { name: "create_topics_0_10", decode: |bytes| drop(create_topics::read_as_0_10(owned(bytes))) },
    Decoder { name: "delete_topics", decode: answer::<DeleteTopicsRequest> },
    Decoder { name: "delete_topics_0_10", decode: |bytes| drop(delete_topics::read_as_0_10(owned(bytes))) },
    Decoder { name: "create_partitions", decode: answer::<CreatePartitionsRequest> },
    Decoder { name: "describe_configs", decode: answer::<DescribeConfigsRequest> },
    Decoder { name: "incremental_alter_configs", decode: answer::<IncrementalAlterConfigsRequest> },
    Decoder { name: "list_offsets", decode: answer::<ListOffsetsRequest> },
    Decoder { name: "describe_log_dirs", decode: answer::<DescribeLogDirsRequest> },
    Decoder { name: "elect_leaders", decode: answer::<ElectLeadersRequest> },
    Decoder { name: "alter_reassignments", decode: |bytes| drop(reassign::read_altered(owned(bytes))) },
    Decoder { name: "list_reassignments", decode: |bytes| drop(reassign::read_listed(owned(bytes))) },
    Decoder { name: "describe_quorum", decode: described_quorum },
    Decoder { name: "unregister_broker", decode: |bytes| drop(unregister::read(owned(bytes))) },
    Decoder { name: "describe_acls", decode: answer::<DescribeAclsRequest> },
    Decoder { name: "create_acls", decode: answer::<CreateAclsRequest> },
    Decoder { name: "delete_acls", decode: answer::<DeleteAclsRequest> },
    Decoder { name: "describe_scram_credentials", decode: |bytes| drop(scram::read_users(owned(bytes))) },
    Decoder { name: "alter_scram_credentials", decode: |bytes| drop(scram::read(owned(bytes))) },
    Decoder { name: "describe_topic_partitions", decode: |bytes| drop(eligible::read(owned(bytes))) },
    Decoder { name: "features", decode: |bytes| drop(features::read(owned(bytes))) },
    Decoder { name: "produce", decode: produced },
    Decoder { name: "init_producer_id", decode: answer::<InitProducerIdRequest> },
    Decoder { name: "fetch", decode: fetch::read_every_version },
    Decoder { name: "find_coordinator", decode: answer::<FindCoordinatorRequest> },
    Decoder { name: "list_groups", decode: answer::<ListGroupsRequest> },
    Decoder { name: "describe_groups", decode: answer::<DescribeGroupsRequest> },
    Decoder { name: "list_groups_with_types", decode: |bytes| drop(list_groups::read(owned(bytes))) },
    Decoder { name: "describe_coordinated_groups", decode: described_groups },
    Decoder { name: "share_offsets", decode: share_offsets_read },
    Decoder {
        name: "share_offsets_altered",
        decode: |bytes| drop(share_offsets::read_altered(owned(bytes))),
    },
    Decoder { name: "delete_groups", decode: answer::<DeleteGroupsRequest> },
    Decoder { name: "offset_fetch", decode: answer::<OffsetFetchRequest> },
    Decoder { name: "offset_fetch_of_many", decode: |bytes| drop(offset_fetch::read(owned(bytes))) },
    Decoder { name: "offset_commit", decode: answer::<OffsetCommitRequest> },
    Decoder { name: "join_group", decode: answer::<JoinGroupRequest> },
    Decoder { name: "sync_group", decode: answer::<SyncGroupRequest> },
    Decoder { name: "heartbeat", decode: answer::<HeartbeatRequest> },
    Decoder { name: "leave_group", decode: answer::<LeaveGroupRequest> },
    Decoder { name: "subscription", decode: |bytes| drop(read_subscription(Bytes::copy_from_slice(bytes))) },
    Decoder { name: "assignment", decode: |bytes| drop(read_assignment(Bytes::copy_from_slice(bytes))) },
    Decoder { name: "records", decode: records },
    Decoder { name: "gzip", decode: |bytes| decompress(Compression::Gzip, bytes) },
    Decoder { name: "snappy", decode: |bytes| decompress(Compression::Snappy, bytes) },
    Decoder { name: "lz4", decode: |bytes| decompress(Compression::Lz4, bytes) },
    Decoder { name: "zstd", decode: |bytes| decompress(Compression::Zstd, bytes) },
    Decoder { name: "srvr", decode: |bytes| drop(four_letter::mode(&String::from_utf8_lossy(bytes))) },
];

fn owned(bytes: &[u8]) -> Answer {
    Answer(Bytes::copy_from_slice(bytes))
}

/// The answer to a request in every version that goes out.
fn answer<R: Request>(bytes: &[u8]) {
    for version in R::VERSIONS.min..=newest_plain::<R>() {
        drop(R::Response::decode(&mut owned(bytes), version));
    }
}

fn described_quorum(bytes: &[u8]) {
    for version in 0..=quorum::NEWEST {
        drop(quorum::read(owned(bytes), version));
    }
}

fn described_groups(bytes: &[u8]) {
    for (kind, version) in
        [(GroupType::Consumer, 0), (GroupType::Consumer, 1), (GroupType::Share, 1), (GroupType::Streams, 0)]
    {
        drop(coordinated::read(owned(bytes), kind, version));
    }
}

fn share_offsets_read(bytes: &[u8]) {
    for version in 0..=1 {
        drop(share_offsets::read(owned(bytes), version));
    }
}

fn produced(bytes: &[u8]) {
    for version in produce_request::OF_0_10..=newest_plain::<ProduceRequest>() {
        drop(produce_request::read(version, owned(bytes)));
    }
}

fn records(bytes: &[u8]) {
    Batches::new(Bytes::copy_from_slice(bytes)).for_each(drop);
}

fn decompress(codec: Compression, bytes: &[u8]) {
    drop(codec.decompress(&Bytes::copy_from_slice(bytes)));
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = ALL.iter().map(|decoder| decoder.name).collect();
        assert_eq!(names.len(), ALL.len());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused_by_every_decoder(
            bytes in vec(prop_oneof![Just(0u8), Just(1), Just(2), Just(0xff), any::<u8>()], 0..300),
        ) {
            for decoder in ALL {
                (decoder.decode)(&bytes);
            }
        }
    }
}
