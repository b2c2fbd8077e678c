//! `group describe`: what is told of a group, put together from what its coordinator said. Pure.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::topic_partition::TopicPartition;
use crate::model::view::TopicView;
use crate::wire::groups::GroupType;
use crate::wire::groups::describe_groups::{Group, Member};
use crate::wire::groups::offset_fetch::Offsets;

/// The JSON of `group describe`, documented in docs/groups.md.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct GroupsDescription {
    pub groups: Vec<GroupDescription>,
    /// What could not be learnt and why, a line each.
    pub unknown: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct GroupDescription {
    pub group: String,
    /// `None`: its coordinator did not tell.
    #[serde(rename = "type")]
    pub kind: Option<GroupType>,
    /// As Kafka calls it; `None`: its coordinator did not tell.
    pub state: Option<String>,
    pub protocol_type: Option<String>,
    /// What its members agreed on, or its coordinator has: `range`, `uniform`, ...; `None` while there is none.
    pub assignor: Option<String>,
    /// Broker id; `None`: it has none.
    pub coordinator: Option<i32>,
    pub members: Vec<MemberDescription>,
    /// False when the coordinator did not tell the committed offsets: then `committed_offset` is null
    /// everywhere.
    pub offsets_known: bool,
    /// Partitions with a committed offset, assigned to a member, or of a topic that a member wants; by
    /// topic and number.
    pub partitions: Vec<OffsetDescription>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct MemberDescription {
    pub member_id: String,
    pub client_id: String,
    /// As the coordinator writes it: `/127.0.0.1`.
    pub host: String,
    /// Partition numbers by topic; `None`: it is no consumer, or none that is understood.
    pub partitions: Option<BTreeMap<String, Vec<i32>>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct OffsetDescription {
    pub topic: String,
    pub partition: i32,
    /// Of the next record that the group will read; of a share group, where it begins: all before are done with.
    /// `None`: nothing was committed, or it is unknown.
    pub committed_offset: Option<i64>,
    /// That the next record will get, as far as consumers may read; `None`: the leader did not tell.
    pub log_end_offset: Option<i64>,
    /// Records that the group has not read; negative when the log is shorter than it was.
    pub lag: Option<i64>,
    /// What the client noted beside the offset.
    pub metadata: Option<String>,
    /// Who holds it; `None`: nobody, or it is a share group, in which several may.
    pub member_id: Option<String>,
}

impl OffsetDescription {
    pub(super) fn key(&self) -> TopicPartition {
        TopicPartition::new(&self.topic, self.partition)
    }
}

/// A group whose coordinator does not answer, or that has none: it may be there.
pub(super) fn nobody_told(group: &str, coordinator: Option<i32>) -> GroupDescription {
    GroupDescription {
        group: group.to_owned(),
        kind: None,
        state: None,
        protocol_type: None,
        assignor: None,
        coordinator,
        members: Vec::new(),
        offsets_known: false,
        partitions: Vec::new(),
    }
}

pub(super) fn assemble(
    name: &str,
    coordinator: i32,
    group: &Group,
    committed: Option<&Offsets>,
    topics: &BTreeMap<String, TopicView>,
) -> GroupDescription {
    let mut holders: BTreeMap<TopicPartition, &Member> = BTreeMap::new();
    for member in &group.members {
        for (topic, numbers) in member.assignment.iter().flatten() {
            holders.extend(numbers.iter().map(|number| (TopicPartition::new(topic, *number), member)));
        }
    }
    // A task has a number that only the largest of its topics need have as a partition.
    if group.kind == GroupType::Streams {
        holders.retain(|key, _| {
            topics.get(&key.topic).is_some_and(|view| view.partitions.contains_key(&key.partition))
        });
    }
    let wanted = group.members.iter().flat_map(|member| &member.subscription);
    let wanted = wanted.filter_map(|topic| Some((topic, topics.get(topic)?)));
    let mut keys: BTreeSet<TopicPartition> = wanted
        .flat_map(|(topic, view)| {
            view.partitions.keys().map(move |number| TopicPartition::new(topic, *number))
        })
        .collect();
    keys.extend(holders.keys().cloned());
    keys.extend(committed.into_iter().flat_map(|offsets| offsets.keys().cloned()));
    let row = |key: TopicPartition| {
        let committed = committed.and_then(|offsets| offsets.get(&key));
        OffsetDescription {
            committed_offset: committed.map(|committed| committed.offset),
            log_end_offset: None,
            lag: committed.and_then(|committed| committed.lag),
            metadata: committed.map(|committed| committed.metadata.clone()).filter(|text| !text.is_empty()),
            member_id: holders
                .get(&key)
                .filter(|_| group.kind != GroupType::Share)
                .map(|member| member.id.clone()),
            topic: key.topic,
            partition: key.partition,
        }
    };
    let member = |member: &Member| MemberDescription {
        member_id: member.id.clone(),
        client_id: member.client_id.clone(),
        host: member.host.clone(),
        partitions: member.assignment.clone(),
    };
    let said = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    GroupDescription {
        group: name.to_owned(),
        kind: Some(group.kind),
        state: Some(group.state.clone()),
        protocol_type: said(&group.protocol_type),
        assignor: said(&group.protocol),
        coordinator: Some(coordinator),
        members: group.members.iter().map(member).collect(),
        offsets_known: committed.is_some(),
        partitions: keys.into_iter().map(row).collect(),
    }
}
