//! `group describe`: who is asked.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::join_all;

use super::super::Admin;
use super::super::error::AdminError;
use super::description::{GroupDescription, GroupsDescription, assemble, nobody_told};
use super::find::Sighting;
use crate::model::topic_partition::TopicPartition;
use crate::model::view::TopicView;
use crate::wire::KafkaError;
use crate::wire::groups::GroupType;
use crate::wire::groups::offset_fetch::{Offsets, fetch_offsets_of};
use crate::wire::groups::share_offsets::share_offsets_of;
use crate::wire::offsets::Offset;
use crate::wire::pieces::Told;
use crate::wire::pool::address;

/// One request of the two questions that follow the look at all groups, where each request has 800 ms.
const ASK: Duration = Duration::from_millis(500);

impl Admin {
    /// One group, or all. What is dead takes less than 2 s of it; thousands of groups take brokers a while.
    pub(crate) async fn describe_groups(&self, group: Option<&str>) -> Result<GroupsDescription, AdminError> {
        let mut sighting = self.sight("describe groups").await?;
        if let Some(group) = group {
            if !sighting.groups.contains_key(group) {
                if !sighting.may_exist(group) {
                    return Err(self.unknown_group(vec![group.to_owned()], &sighting));
                }
                let groups = vec![nobody_told(group, sighting.coordinator_of(group))];
                return Ok(GroupsDescription { groups, unknown: sighting.unknown });
            }
            sighting.groups.retain(|name, _| name == group);
            // The rest concerns others.
            sighting.unknown.clear();
        }
        let committed = self.committed(&sighting).await;
        let mut groups = Vec::new();
        let mut untold: BTreeMap<i32, Vec<&str>> = BTreeMap::new();
        for (name, (coordinator, group)) in &sighting.groups {
            let told = committed.get(coordinator).and_then(|told| told.answers.get(name));
            match told {
                Some(Ok(_)) => {}
                Some(Err(error)) => {
                    sighting.unknown.push(format!("offsets of group {name} at broker-{coordinator}: {error}"))
                }
                None => untold.entry(*coordinator).or_default().push(name),
            }
            let offsets = told.and_then(|told| told.as_ref().ok());
            groups.push(assemble(name, *coordinator, group, offsets, &sighting.known.topics));
        }
        for (id, names) in untold {
            let whose = match names[..] {
                [name] => format!("group {name}"),
                _ => format!("{} groups", names.len()),
            };
            let stopped = committed.get(&id).and_then(|told| told.stopped.as_ref());
            let why = stopped.map_or("it does not tell".to_owned(), KafkaError::to_string);
            sighting.unknown.push(format!("offsets of {whose} at broker-{id}: {why}"));
        }
        self.fill_log_ends(&mut groups, &sighting.known.topics, &mut sighting.unknown).await;
        sighting.unknown.sort();
        sighting.unknown.dedup();
        Ok(GroupsDescription { groups, unknown: sighting.unknown })
    }

    /// By coordinator.
    async fn committed(&self, sighting: &Sighting) -> BTreeMap<i32, Told<Offsets>> {
        let mut groups: BTreeMap<i32, (Vec<&str>, Vec<&str>)> = BTreeMap::new();
        for (name, (coordinator, group)) in &sighting.groups {
            let (others, share) = groups.entry(*coordinator).or_default();
            if group.kind == GroupType::Share { share.push(name) } else { others.push(name) }
        }
        let asked = groups.into_iter().map(async |(coordinator, (others, share))| {
            let told = match address(&self.pool, coordinator) {
                Ok(at) => {
                    let mut told = fetch_offsets_of(&self.pool, at, &others, ASK).await;
                    if told.stopped.is_none() {
                        told.then(share_offsets_of(&self.pool, at, &share, ASK).await);
                    }
                    told
                }
                Err(error) => Told { stopped: Some(error), ..Told::default() },
            };
            (coordinator, told)
        });
        join_all(asked).await.into_iter().collect()
    }

    /// Log ends and lags, and why some are not known.
    async fn fill_log_ends(
        &self,
        groups: &mut [GroupDescription],
        topics: &BTreeMap<String, TopicView>,
        unknown: &mut Vec<String>,
    ) {
        let keys: BTreeSet<TopicPartition> =
            groups.iter().flat_map(|group| group.partitions.iter().map(|row| row.key())).collect();
        let mut led: BTreeMap<i32, BTreeMap<&str, Vec<i32>>> = BTreeMap::new();
        for key in &keys {
            let view = topics.get(&key.topic).and_then(|topic| topic.partitions.get(&key.partition));
            match view.map(|view| view.leader) {
                Some(Some(leader)) => {
                    led.entry(leader).or_default().entry(&key.topic).or_default().push(key.partition);
                }
                Some(None) => unknown.push(format!("log end of {key}: it has no leader")),
                None => unknown.push(format!("log end of {key}: it does not exist")),
            }
        }
        let mut ends = BTreeMap::new();
        for (id, answer) in self.offsets(&led, Offset::Latest, ASK).await {
            match answer {
                Ok(offsets) => offsets.into_iter().for_each(|(key, offset)| match offset {
                    Ok(offset) => drop(ends.insert(key, offset)),
                    Err(error) => unknown.push(format!("log end of {key}: {error}")),
                }),
                Err(error) => unknown.push(format!("log ends of what broker-{id} leads: {error}")),
            }
        }
        for group in groups {
            for row in &mut group.partitions {
                row.log_end_offset = ends.get(&row.key()).copied();
                // A share group may be done with records behind its start, which only its coordinator counts.
                if group.kind != Some(GroupType::Share) {
                    let known = row.log_end_offset.zip(row.committed_offset);
                    row.lag = known.map(|(end, at)| end.saturating_sub(at));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use kafka_protocol::error::ResponseError;
    use kafka_protocol::messages::describe_groups_response::{
        DescribeGroupsResponse, DescribedGroup, DescribedGroupMember,
    };
    use kafka_protocol::messages::list_groups_response::{ListGroupsResponse, ListedGroup};
    use kafka_protocol::messages::list_offsets_response::{
        ListOffsetsPartitionResponse, ListOffsetsResponse, ListOffsetsTopicResponse,
    };
    use kafka_protocol::messages::offset_fetch_response::{
        OffsetFetchResponse, OffsetFetchResponsePartition, OffsetFetchResponseTopic,
    };
    use kafka_protocol::messages::{ApiKey, GroupId};

    use super::super::super::testing::admin;
    use super::super::description::OffsetDescription;
    use super::*;
    use crate::wire::answers::{text, topic_name};
    use crate::wire::fake::{Damage, FakeBroker, Reply, body, metadata};
    use crate::wire::groups::OFFSETS_TOPIC;
    use crate::wire::groups::consumer_protocol::{write_assignment, write_subscription};

    fn group() -> GroupId {
        GroupId(text("g"))
    }

    fn listed() -> ListGroupsResponse {
        ListGroupsResponse::default().with_groups(vec![ListedGroup::default().with_group_id(group())])
    }

    /// Its only member has partition 1 of topic velib.
    fn described() -> DescribeGroupsResponse {
        let held = [("velib".to_owned(), vec![1])].into();
        let member = DescribedGroupMember::default()
            .with_member_id(text("m-1"))
            .with_client_id(text("m"))
            .with_client_host(text("/127.0.0.1"))
            .with_member_metadata(write_subscription(&["velib".to_owned()]).unwrap())
            .with_member_assignment(write_assignment(&held).unwrap());
        let group = DescribedGroup::default()
            .with_group_id(group())
            .with_group_state(text("Stable"))
            .with_protocol_type(text("consumer"))
            .with_protocol_data(text("range"))
            .with_members(vec![member]);
        DescribeGroupsResponse::default().with_groups(vec![group])
    }

    fn fetched() -> OffsetFetchResponse {
        let partition = |number, offset| {
            OffsetFetchResponsePartition::default()
                .with_partition_index(number)
                .with_committed_offset(offset)
                .with_metadata(Some(text("")))
        };
        let topic = |name, partitions| {
            OffsetFetchResponseTopic::default().with_name(topic_name(name)).with_partitions(partitions)
        };
        let topics = vec![
            topic("velib", vec![partition(0, 4), partition(1, -1)]),
            topic("gone", vec![partition(0, 7)]),
        ];
        OffsetFetchResponse::default().with_topics(topics)
    }

    fn ends() -> ListOffsetsResponse {
        let partition = |number, offset, code| {
            ListOffsetsPartitionResponse::default()
                .with_partition_index(number)
                .with_offset(offset)
                .with_error_code(code)
        };
        let not_leader = ResponseError::NotLeaderOrFollower.code();
        let partitions = vec![partition(0, 10, 0), partition(1, 3, 0), partition(2, -1, not_leader)];
        let topic =
            ListOffsetsTopicResponse::default().with_name(topic_name("velib")).with_partitions(partitions);
        ListOffsetsResponse::default().with_topics(vec![topic])
    }

    fn honest(key: ApiKey, version: i16) -> Reply {
        Reply::Body(match key {
            ApiKey::Metadata => body(&metadata(&[("velib", 3), (OFFSETS_TOPIC, 1)]), version),
            ApiKey::ListGroups => body(&listed(), version),
            ApiKey::DescribeGroups => body(&described(), version),
            ApiKey::OffsetFetch => body(&fetched(), version),
            ApiKey::ListOffsets => body(&ends(), version),
            _ => return Reply::Close,
        })
    }

    /// Committed offset, log end and lag of each partition.
    fn numbers(group: &GroupDescription) -> Vec<(String, [Option<i64>; 3])> {
        let row = |row: &OffsetDescription| {
            (row.key().to_string(), [row.committed_offset, row.log_end_offset, row.lag])
        };
        group.partitions.iter().map(row).collect()
    }

    #[tokio::test]
    async fn committed_assigned_and_wanted_partitions_are_shown_and_what_was_not_told_says_why() {
        let broker = FakeBroker::start(|_, key, version| honest(key, version), Damage::None).await;
        let said = admin(&broker).describe_groups(Some("g")).await.unwrap();
        let [group] = &said.groups[..] else { panic!("{said:?}") };
        assert_eq!(
            numbers(group),
            [
                ("gone/0".to_owned(), [Some(7), None, None]),
                ("velib/0".to_owned(), [Some(4), Some(10), Some(6)]),
                ("velib/1".to_owned(), [None, Some(3), None]),
                ("velib/2".to_owned(), [None, None, None]),
            ]
        );
        let holders: Vec<_> = group.partitions.iter().map(|row| row.member_id.as_deref()).collect();
        assert_eq!(holders, [None, None, Some("m-1"), None]);
        assert_eq!(group.members[0].partitions, Some([("velib".to_owned(), vec![1])].into()));
        assert_eq!(
            (group.state.as_deref(), group.coordinator, group.offsets_known),
            (Some("Stable"), Some(0), true)
        );
        assert_eq!(
            said.unknown,
            ["log end of gone/0: it does not exist", "log end of velib/2: NotLeaderOrFollower"]
        );
    }

    #[tokio::test]
    async fn an_unknown_group_is_told_with_those_that_there_are() {
        let broker = FakeBroker::start(|_, key, version| honest(key, version), Damage::None).await;
        let error = admin(&broker).describe_groups(Some("h")).await.unwrap_err();
        let AdminError::UnknownGroup { wanted, known, .. } = error else { panic!("{error}") };
        assert_eq!((wanted, known), (vec!["h".to_owned()], vec!["g".to_owned()]));
    }

    #[tokio::test]
    async fn a_coordinator_that_stalls_leaves_its_group_unknown_within_2_s() {
        for silent in [ApiKey::ListGroups, ApiKey::OffsetFetch] {
            let began = std::time::Instant::now();
            let handler = move |_, key, version| match key {
                key if key == silent => Reply::Silence,
                key => honest(key, version),
            };
            let broker = FakeBroker::start(handler, Damage::None).await;
            let said = admin(&broker).describe_groups(Some("g")).await.unwrap();
            assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
            let [group] = &said.groups[..] else { panic!("{said:?}") };
            assert_eq!((group.offsets_known, group.coordinator), (false, Some(0)));
            assert_eq!(group.state.is_some(), silent == ApiKey::OffsetFetch);
            assert!(said.unknown.iter().any(|line| line.contains("no answer within")), "{said:?}");
        }
    }
}
