//! Groups of the newer types, as every command has them: a broker plays their coordinator.

use std::sync::{Arc, Mutex};

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::alter_share_group_offsets_response::AlterShareGroupOffsetsResponse;
use kafka_protocol::messages::delete_groups_response::{DeletableGroupResult, DeleteGroupsResponse};
use kafka_protocol::messages::describe_groups_response::{DescribeGroupsResponse, DescribedGroup};
use kafka_protocol::messages::describe_share_group_offsets_response::{
    DescribeShareGroupOffsetsResponse, DescribeShareGroupOffsetsResponseGroup,
    DescribeShareGroupOffsetsResponsePartition, DescribeShareGroupOffsetsResponseTopic,
};
use kafka_protocol::messages::find_coordinator_response::FindCoordinatorResponse;
use kafka_protocol::messages::list_groups_response::{ListGroupsResponse, ListedGroup};
use kafka_protocol::messages::list_offsets_response::{
    ListOffsetsPartitionResponse, ListOffsetsResponse, ListOffsetsTopicResponse,
};
use kafka_protocol::messages::offset_commit_response::OffsetCommitResponse;
use kafka_protocol::messages::offset_fetch_response::{
    OffsetFetchResponse, OffsetFetchResponsePartition, OffsetFetchResponseTopic,
};
use kafka_protocol::messages::{ApiKey, BrokerId, GroupId};

use super::super::testing::admin;
use super::{GroupType, Reset, ResetTo, Selection};
use crate::wire::answers::{text, topic_name};
use crate::wire::fake::{Asked, Damage, FakeBroker, Reply, body, flexible, metadata};
use crate::wire::groups::OFFSETS_TOPIC;
use crate::wire::groups::coordinated::testing::{consumer, share};

const TYPES: [GroupType; 2] = [GroupType::Consumer, GroupType::Share];

/// Group g of this type; its members hold these partitions of velib, where each has offset 4 of 10. What was asked is
/// noted.
async fn broker(kind: GroupType, held: &'static [&'static [i32]]) -> (FakeBroker, Arc<Mutex<Vec<ApiKey>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let noted = asked.clone();
    let handler = move |asked: Asked| {
        let version = asked.version;
        noted.lock().unwrap().push(asked.key);
        let none = ResponseError::GroupIdNotFound.code();
        Reply::Body(match asked.key {
            ApiKey::Metadata => body(&metadata(&[("velib", 2), (OFFSETS_TOPIC, 1)]), version),
            ApiKey::FindCoordinator => {
                body(&FindCoordinatorResponse::default().with_node_id(BrokerId(0)), version)
            }
            ApiKey::ListGroups => {
                // In small letters, as Kafka 3.9 spells it.
                let group = ListedGroup::default()
                    .with_group_id(id())
                    .with_group_type(text(&kind.to_string().to_lowercase()));
                flexible(&ListGroupsResponse::default().with_groups(vec![group]), version)
            }
            ApiKey::DescribeGroups => {
                let group = DescribedGroup::default().with_group_id(id()).with_group_state(text("Dead"));
                body(&DescribeGroupsResponse::default().with_groups(vec![group]), version)
            }
            ApiKey::ConsumerGroupDescribe if kind == GroupType::Consumer => consumer(held, 0, version),
            ApiKey::ConsumerGroupDescribe => consumer(&[], none, version),
            ApiKey::ShareGroupDescribe if kind == GroupType::Share => share(held, 0),
            ApiKey::ShareGroupDescribe => share(&[], none),
            ApiKey::OffsetFetch if kind == GroupType::Consumer => body(&fetched(), version),
            ApiKey::DescribeShareGroupOffsets if kind == GroupType::Share => flexible(&begun(), version),
            ApiKey::ListOffsets => body(&ends(), version),
            ApiKey::OffsetCommit if kind == GroupType::Consumer => {
                body(&OffsetCommitResponse::default(), version)
            }
            ApiKey::AlterShareGroupOffsets if kind == GroupType::Share => {
                flexible(&AlterShareGroupOffsetsResponse::default(), version)
            }
            ApiKey::DeleteGroups => {
                let result = DeletableGroupResult::default().with_group_id(id());
                body(&DeleteGroupsResponse::default().with_results(vec![result]), version)
            }
            _ => return Reply::Close,
        })
    };
    let newest = [
        (ApiKey::ListGroups, 5),
        (ApiKey::ConsumerGroupDescribe, 1),
        (ApiKey::ShareGroupDescribe, 1),
        (ApiKey::DescribeShareGroupOffsets, 0),
        (ApiKey::AlterShareGroupOffsets, 0),
    ];
    (FakeBroker::of_version(handler, &newest, Damage::None).await, asked)
}

fn id() -> GroupId {
    GroupId(text("g"))
}

fn fetched() -> OffsetFetchResponse {
    let partition = |number| {
        OffsetFetchResponsePartition::default().with_partition_index(number).with_committed_offset(4)
    };
    let topic = OffsetFetchResponseTopic::default()
        .with_name(topic_name("velib"))
        .with_partitions(vec![partition(0), partition(1)]);
    OffsetFetchResponse::default().with_topics(vec![topic])
}

fn begun() -> DescribeShareGroupOffsetsResponse {
    let partition = |number| {
        DescribeShareGroupOffsetsResponsePartition::default()
            .with_partition_index(number)
            .with_start_offset(4)
    };
    let topic = DescribeShareGroupOffsetsResponseTopic::default()
        .with_topic_name(topic_name("velib"))
        .with_partitions(vec![partition(0), partition(1)]);
    let group =
        DescribeShareGroupOffsetsResponseGroup::default().with_group_id(id()).with_topics(vec![topic]);
    DescribeShareGroupOffsetsResponse::default().with_groups(vec![group])
}

fn ends() -> ListOffsetsResponse {
    let partition =
        |number| ListOffsetsPartitionResponse::default().with_partition_index(number).with_offset(10);
    let topic = ListOffsetsTopicResponse::default()
        .with_name(topic_name("velib"))
        .with_partitions(vec![partition(0), partition(1)]);
    ListOffsetsResponse::default().with_topics(vec![topic])
}

fn to_the_end() -> Reset {
    Reset { group: "g".to_owned(), partitions: Selection::All, to: ResetTo::Latest }
}

#[tokio::test]
async fn groups_of_every_type_are_listed_and_described_with_members_and_offsets() {
    for kind in TYPES {
        let (broker, _) = broker(kind, &[&[0], &[1]]).await;
        let admin = admin(&broker);
        let listed = admin.groups().await.unwrap();
        let [group] = &listed.groups[..] else { panic!("{listed:?}") };
        assert_eq!((group.kind, group.members, group.state.as_str()), (kind, 2, "Stable"));
        assert_eq!(group.protocol_type, kind.to_string().to_lowercase());

        let described = admin.describe_groups(Some("g")).await.unwrap();
        assert_eq!(described.unknown, [""; 0]);
        let group = &described.groups[0];
        assert!(group.offsets_known);
        let rows: Vec<_> = group
            .partitions
            .iter()
            .map(|row| (row.committed_offset, row.log_end_offset, row.lag, row.member_id.as_deref()))
            .collect();
        let expected = match kind {
            // Several may share a partition, and be done with records behind the start.
            GroupType::Share => [(Some(4), Some(10), None, None); 2],
            _ => [(Some(4), Some(10), Some(6), Some("m-0")), (Some(4), Some(10), Some(6), Some("m-1"))],
        };
        assert_eq!(rows, expected);
    }
}

#[tokio::test]
async fn groups_of_every_type_are_left_alone_while_they_have_members() {
    for kind in TYPES {
        let (broker, asked) = broker(kind, &[&[0], &[1]]).await;
        let admin = admin(&broker);
        let said = "group `g` has members: c-0 (h), c-1 (h)";
        assert_eq!(admin.plan_reset(&to_the_end()).await.unwrap_err().to_string(), said);
        assert_eq!(admin.delete_groups(&["g".to_owned()]).await.unwrap_err().to_string(), said);
        assert!(!asked.lock().unwrap().contains(&ApiKey::DeleteGroups));
    }
}

#[tokio::test]
async fn an_empty_group_of_every_type_is_reset_by_its_own_request_and_deleted() {
    for (kind, request) in
        [(GroupType::Consumer, ApiKey::OffsetCommit), (GroupType::Share, ApiKey::AlterShareGroupOffsets)]
    {
        let (broker, asked) = broker(kind, &[]).await;
        let admin = admin(&broker);
        let plan = admin.plan_reset(&to_the_end()).await.unwrap();
        let moved: Vec<_> = plan.partitions.iter().map(|moved| (moved.before, moved.after)).collect();
        assert_eq!((plan.kind, moved), (kind, vec![(Some(4), 10); 2]));
        admin.reset(&plan).await.unwrap();
        assert!(asked.lock().unwrap().contains(&request));
        assert_eq!(admin.delete_groups(&["g".to_owned()]).await.unwrap().deleted, ["g"]);
    }
}
