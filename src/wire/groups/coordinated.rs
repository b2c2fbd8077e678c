//! ConsumerGroupDescribe (KIP-848), ShareGroupDescribe (KIP-932) and StreamsGroupDescribe (KIP-1071): groups whose
//! partitions the coordinator itself assigns. Every version of theirs is flexible.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use bytes::{Buf, TryGetError};
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::{ApiKey, ConsumerGroupDescribeRequest};

use crate::wire::compact::{array, encoded, garbage, skip, skip_tags, string, strings};
use crate::wire::error::KafkaError;
use crate::wire::frame::Answer;
use crate::wire::groups::describe_groups::{DEAD, Group, Member};
use crate::wire::groups::{GroupType, Partitions, group_id};
use crate::wire::pool::Pool;

type Groups = BTreeMap<String, Result<Group, KafkaError>>;

/// API key of the request that describes groups of this type, and its versions. `None`: DescribeGroups does.
fn api(kind: GroupType) -> Option<(i16, RangeInclusive<i16>)> {
    match kind {
        GroupType::Classic => None,
        GroupType::Consumer => Some((ApiKey::ConsumerGroupDescribe as i16, 0..=1)),
        // Version 0 was for early access (Kafka 4.0).
        GroupType::Share => Some((ApiKey::ShareGroupDescribe as i16, 1..=1)),
        // kafka-protocol does not know it.
        GroupType::Streams => Some((89, 0..=0)),
    }
}

/// Each of these groups, all of one type; one that does not exist, or is of another type, is [`DEAD`].
pub(super) async fn describe(
    pool: &Pool,
    coordinator: SocketAddr,
    kind: GroupType,
    groups: &[&str],
    deadline: Duration,
) -> Result<Groups, KafkaError> {
    let Some((key, versions)) = api(kind) else { return Ok(Groups::new()) };
    // The three requests are alike.
    let request = ConsumerGroupDescribeRequest::default()
        .with_group_ids(groups.iter().map(|name| group_id(name)).collect());
    let body = encoded(&request, 0)?;
    let (version, answer) = pool.call_newest(coordinator, key, versions, &body, deadline).await?;
    read(answer, kind, version).map_err(garbage)
}

pub(in crate::wire) fn read(
    mut answer: Answer,
    kind: GroupType,
    version: i16,
) -> Result<Groups, TryGetError> {
    answer.try_get_i32()?; // How long we were throttled, in ms.
    let groups = array(&mut answer, |answer| group(answer, kind, version))?;
    Ok(groups.into_iter().collect())
}

fn group(
    answer: &mut Answer,
    kind: GroupType,
    version: i16,
) -> Result<(String, Result<Group, KafkaError>), TryGetError> {
    let (code, message) = (answer.try_get_i16()?, string(answer)?);
    let (name, state) = (string(answer)?.unwrap_or_default(), string(answer)?.unwrap_or_default());
    skip(answer, 4 + 4)?; // Epochs of the group and of its assignment.
    let (assignor, mut members) = match kind {
        GroupType::Streams => {
            let topology = topology(answer)?;
            (String::new(), array(answer, |answer| streams_member(answer, &topology))?)
        }
        _ => {
            let assignor = string(answer)?.unwrap_or_default();
            (assignor, array(answer, |answer| member(answer, kind, version))?)
        }
    };
    skip(answer, 4)?; // Authorized operations.
    skip_tags(answer)?;
    members.sort_by(|one, other| one.id.cmp(&other.id));
    let told = match KafkaError::check(code, message.as_deref()) {
        // Where this type is switched off, as in every cluster with ZooKeeper, there are no groups of it.
        Err(KafkaError::Code {
            code: ResponseError::GroupIdNotFound | ResponseError::UnsupportedVersion,
            ..
        }) => Ok(Group { state: DEAD.to_owned(), kind, ..Group::default() }),
        told => told.map(|()| Group {
            kind,
            state,
            protocol_type: kind.protocol_type().to_owned(),
            protocol: assignor,
            members,
        }),
    };
    Ok((name, told))
}

fn member(answer: &mut Answer, kind: GroupType, version: i16) -> Result<Member, TryGetError> {
    let id = string(answer)?.unwrap_or_default();
    if kind == GroupType::Consumer {
        string(answer)?; // Instance id of static members (KIP-345).
    }
    string(answer)?; // Rack.
    skip(answer, 4)?; // Epoch.
    let (client_id, host) = (string(answer)?.unwrap_or_default(), string(answer)?.unwrap_or_default());
    let subscription = strings(answer)?;
    if kind == GroupType::Consumer {
        string(answer)?; // Regular expression that it subscribes to.
    }
    let held = assignment(answer)?;
    if kind == GroupType::Consumer {
        assignment(answer)?; // What it is to have once the others have given up theirs.
        if version >= 1 {
            skip(answer, 1)?; // Whether it speaks the classic protocol.
        }
    }
    skip_tags(answer)?;
    Ok(Member { id, client_id, host, subscription, assignment: Some(held) })
}

fn assignment(answer: &mut Answer) -> Result<Partitions, TryGetError> {
    let topics = array(answer, |answer| {
        skip(answer, 16)?; // Id of the topic.
        let topic = string(answer)?.unwrap_or_default();
        let mut numbers = numbers(answer)?;
        numbers.sort_unstable();
        skip_tags(answer)?;
        Ok((topic, numbers))
    })?;
    skip_tags(answer)?;
    Ok(topics.into_iter().collect())
}

fn numbers(answer: &mut Answer) -> Result<Vec<i32>, TryGetError> {
    array(answer, |answer| answer.try_get_i32())
}

/// The topics that the tasks of each subtopology read, by its id: task n reads partition n of each.
type Topology = BTreeMap<String, Vec<String>>;

fn topology(answer: &mut Answer) -> Result<Topology, TryGetError> {
    // A struct that may be null: the topology is not there before its first member is.
    if answer.try_get_i8()? < 0 {
        return Ok(Topology::new());
    }
    skip(answer, 4)?; // Epoch.
    let subtopologies = array(answer, |answer| {
        let id = string(answer)?.unwrap_or_default();
        let mut topics = strings(answer)?;
        strings(answer)?; // Topics for repartitioning that it writes.
        array(answer, created)?; // Changelogs.
        topics.extend(array(answer, created)?); // Topics for repartitioning that it reads.
        skip_tags(answer)?;
        Ok((id, topics))
    })?;
    skip_tags(answer)?;
    Ok(subtopologies.into_iter().collect())
}

/// Name of a topic that the application has created.
fn created(answer: &mut Answer) -> Result<String, TryGetError> {
    let name = string(answer)?.unwrap_or_default();
    skip(answer, 4 + 2)?; // Partitions and replication factor.
    array(answer, pair)?; // Settings.
    skip_tags(answer)?;
    Ok(name)
}

fn pair(answer: &mut Answer) -> Result<(), TryGetError> {
    string(answer)?; // Key.
    string(answer)?; // Value.
    skip_tags(answer)
}

fn streams_member(answer: &mut Answer, topology: &Topology) -> Result<Member, TryGetError> {
    let id = string(answer)?.unwrap_or_default();
    skip(answer, 4)?; // Epoch.
    string(answer)?; // Instance id.
    string(answer)?; // Rack.
    let (client_id, host) = (string(answer)?.unwrap_or_default(), string(answer)?.unwrap_or_default());
    skip(answer, 4)?; // Epoch of its topology.
    string(answer)?; // Id of its process.
    if answer.try_get_i8()? >= 0 {
        string(answer)?; // Where it can be asked for its state: host and port.
        skip(answer, 2)?;
        skip_tags(answer)?;
    }
    array(answer, pair)?; // Tags of the client.
    array(answer, task_offset)?;
    array(answer, task_offset)?;
    let active = tasks(answer)?;
    tasks(answer)?; // What it is to have.
    skip(answer, 1)?; // Whether it speaks the classic protocol.
    skip_tags(answer)?;
    let mut held = Partitions::new();
    for (subtopology, numbers) in active {
        for topic in topology.get(&subtopology).into_iter().flatten() {
            held.entry(topic.clone()).or_default().extend(&numbers);
        }
    }
    held.values_mut().for_each(|numbers| {
        numbers.sort_unstable();
        numbers.dedup();
    });
    let subscription = topology.values().flatten().cloned().collect();
    Ok(Member { id, client_id, host, subscription, assignment: Some(held) })
}

fn task_offset(answer: &mut Answer) -> Result<(), TryGetError> {
    string(answer)?; // Subtopology.
    skip(answer, 4 + 8)?; // Partition, offset.
    skip_tags(answer)
}

/// Active tasks: numbers by subtopology. Those on standby and those that warm up read no input.
fn tasks(answer: &mut Answer) -> Result<Vec<(String, Vec<i32>)>, TryGetError> {
    let mut tasks = || {
        array(answer, |answer| {
            let task = (string(answer)?.unwrap_or_default(), numbers(answer)?);
            skip_tags(answer)?;
            Ok(task)
        })
    };
    let (active, _standby, _warmup) = (tasks()?, tasks()?, tasks()?);
    skip_tags(answer)?;
    Ok(active)
}

#[cfg(test)]
pub(crate) mod testing {
    //! The answers of a coordinator that a test plays.

    use bytes::Bytes;
    use kafka_protocol::messages::consumer_group_describe_response::{
        Assignment, ConsumerGroupDescribeResponse, DescribedGroup, Member, TopicPartitions,
    };
    use kafka_protocol::messages::share_group_describe_response as share;
    use kafka_protocol::messages::share_group_describe_response::ShareGroupDescribeResponse;

    use crate::wire::answers::{text, topic_name};
    use crate::wire::fake::flexible;
    use crate::wire::groups::group_id;

    /// Group g of KIP-848: its members hold these partitions of velib. With an error there is none.
    pub(crate) fn consumer(held: &[&[i32]], code: i16, version: i16) -> Bytes {
        let assigned = |numbers: &[i32]| {
            let topic = TopicPartitions::default().with_topic_name(topic_name("velib"));
            Assignment::default().with_topic_partitions(vec![topic.with_partitions(numbers.to_vec())])
        };
        let member = |(number, numbers): (usize, &&[i32])| {
            Member::default()
                .with_member_id(text(&format!("m-{number}")))
                .with_rack_id(Some(text("rack")))
                .with_client_id(text(&format!("c-{number}")))
                .with_client_host(text("/h"))
                .with_subscribed_topic_names(vec![topic_name("velib")])
                .with_assignment(assigned(numbers))
                .with_target_assignment(assigned(&[7, 8, 9]))
                .with_member_type(1)
        };
        let group = DescribedGroup::default()
            .with_error_code(code)
            .with_group_id(group_id("g"))
            .with_group_state(text(if held.is_empty() { "Empty" } else { "Stable" }))
            .with_assignor_name(text("uniform"))
            .with_members(held.iter().enumerate().map(member).collect());
        flexible(&ConsumerGroupDescribeResponse::default().with_groups(vec![group]), version)
    }

    /// Group g of KIP-932, the same.
    pub(crate) fn share(held: &[&[i32]], code: i16) -> Bytes {
        let member = |(number, numbers): (usize, &&[i32])| {
            let topic = share::TopicPartitions::default()
                .with_topic_name(topic_name("velib"))
                .with_partitions(numbers.to_vec());
            share::Member::default()
                .with_member_id(text(&format!("m-{number}")))
                .with_client_id(text(&format!("c-{number}")))
                .with_client_host(text("/h"))
                .with_assignment(share::Assignment::default().with_topic_partitions(vec![topic]))
        };
        let group = share::DescribedGroup::default()
            .with_error_code(code)
            .with_group_id(group_id("g"))
            .with_group_state(text(if held.is_empty() { "Empty" } else { "Stable" }))
            .with_assignor_name(text("simple"))
            .with_members(held.iter().enumerate().map(member).collect());
        flexible(&ShareGroupDescribeResponse::default().with_groups(vec![group]), 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn behind_the_header(bytes: bytes::Bytes) -> Answer {
        Answer(bytes.slice(1..))
    }

    #[test]
    fn members_have_what_they_hold_now_and_not_what_they_are_to_have() {
        for (kind, version) in [(GroupType::Consumer, 0), (GroupType::Consumer, 1), (GroupType::Share, 1)] {
            let answer = match kind {
                GroupType::Share => testing::share(&[&[1, 0], &[]], 0),
                _ => testing::consumer(&[&[1, 0], &[]], 0, version),
            };
            let group = read(behind_the_header(answer), kind, version).unwrap().remove("g").unwrap().unwrap();
            assert_eq!((group.kind, group.state.as_str(), group.members.len()), (kind, "Stable", 2));
            let [one, other] = &group.members[..] else { panic!() };
            let held: Partitions = [("velib".to_owned(), vec![0, 1])].into();
            assert_eq!((one.client_id.as_str(), one.assignment.as_ref()), ("c-0", Some(&held)));
            assert_eq!(other.id, "m-1");
        }
    }

    #[test]
    fn a_group_that_is_not_of_this_type_is_dead_and_any_other_error_is_one() {
        let read = |code| {
            read(behind_the_header(testing::share(&[], code)), GroupType::Share, 1)
                .unwrap()
                .remove("g")
                .unwrap()
        };
        for code in [ResponseError::GroupIdNotFound, ResponseError::UnsupportedVersion] {
            assert_eq!(read(code.code()).unwrap().state, DEAD);
        }
        assert!(read(ResponseError::NotCoordinator.code()).is_err());
    }

    /// Compact: one more than how many bytes.
    fn put(body: &mut Vec<u8>, text: &str) {
        body.push(text.len() as u8 + 1);
        body.extend(text.as_bytes());
    }

    #[test]
    fn tasks_of_streams_are_partitions_of_the_topics_that_they_read() {
        let mut body = vec![0, 0, 0, 0, 2, 0, 0, 0];
        put(&mut body, "app");
        put(&mut body, "Stable");
        body.extend([0; 8]);
        // A topology of one subtopology, which reads bikes and a topic for repartitioning, and has a changelog.
        body.extend([1, 0, 0, 0, 1, 2]);
        put(&mut body, "sub");
        body.push(2);
        put(&mut body, "bikes");
        body.push(1);
        for topic in ["changelog", "again"] {
            body.push(2);
            put(&mut body, topic);
            body.extend([0, 0, 0, 2, 0, 1, 2]);
            put(&mut body, "k");
            put(&mut body, "v");
            body.extend([0, 0]);
        }
        body.extend([0, 0]);
        // A member.
        body.push(2);
        put(&mut body, "m");
        body.extend([0, 0, 0, 1, 0, 0]);
        put(&mut body, "c");
        put(&mut body, "/h");
        body.extend([0, 0, 0, 1]);
        put(&mut body, "process");
        body.push(1);
        put(&mut body, "localhost");
        body.extend([0x1f, 0x90, 0]);
        body.extend([1, 1]);
        body.push(2);
        put(&mut body, "sub");
        body.extend([0; 13]);
        for active in [[1, 0], [9, 8]] {
            body.push(2);
            put(&mut body, "sub");
            body.extend([3, 0, 0, 0, active[0], 0, 0, 0, active[1], 0, 1, 1, 0]);
        }
        body.extend([0, 0]);
        body.extend([0x80, 0, 0, 0, 0, 0]);

        let mut answer = Answer(body.into());
        let group = read(answer.clone(), GroupType::Streams, 0).unwrap().remove("app").unwrap().unwrap();
        let held: Partitions = [("again".to_owned(), vec![0, 1]), ("bikes".to_owned(), vec![0, 1])].into();
        assert_eq!(
            (group.members[0].client_id.as_str(), group.members[0].assignment.as_ref()),
            ("c", Some(&held))
        );
        assert_eq!((group.state.as_str(), group.protocol_type.as_str()), ("Stable", "streams"));
        answer.0.truncate(answer.0.len() - 8);
        assert!(read(answer, GroupType::Streams, 0).is_err(), "it was read to its end");
    }
}
