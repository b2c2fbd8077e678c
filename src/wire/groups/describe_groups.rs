//! State and members of groups, by their coordinator: DescribeGroups of the classic ones, see [`coordinated`] for the
//! others.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use kafka_protocol::messages::DescribeGroupsRequest;
use kafka_protocol::messages::describe_groups_response::{DescribedGroup, DescribedGroupMember};

use crate::wire::error::KafkaError;
use crate::wire::groups::consumer_protocol::{CONSUMER, read_assignment, read_subscription};
use crate::wire::groups::{AT_ONCE, GroupType, Partitions, coordinated, group_id};
use crate::wire::pieces::{Told, in_pieces};
use crate::wire::pool::Pool;

/// One group as its coordinator knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Group {
    pub kind: GroupType,
    /// `Stable`, `Empty`: no members, `Dead`: it does not exist; of classic groups also `PreparingRebalance` and
    /// `CompletingRebalance` (`AwaitingSync` before Kafka 0.11), of others `Assigning`, `Reconciling`, `NotReady`.
    pub state: String,
    /// `consumer`, `connect`, `share`, ...; empty when offsets are all that it has.
    pub protocol_type: String,
    /// The assignor that the members agreed on, or the coordinator has; empty while there is none.
    pub protocol: String,
    /// By id.
    pub members: Vec<Member>,
}

/// `DEAD` of `GroupState`: what a coordinator says of a group that it does not know.
pub(crate) const DEAD: &str = "Dead";

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Member {
    pub id: String,
    pub client_id: String,
    /// As the coordinator writes it: `/127.0.0.1`.
    pub host: String,
    /// Topics that it wants; none are told while members rejoin.
    pub subscription: Vec<String>,
    /// `None`: it speaks another protocol than consumers do, or none that is understood.
    pub assignment: Option<Partitions>,
}

/// Any number of groups that this broker coordinates; `deadline` is that of each request.
pub(crate) async fn describe_groups(
    pool: &Pool,
    coordinator: SocketAddr,
    groups: &BTreeMap<String, GroupType>,
    deadline: Duration,
) -> Told<Group> {
    let mut by_type: BTreeMap<GroupType, Vec<&str>> = BTreeMap::new();
    for (name, kind) in groups {
        by_type.entry(*kind).or_default().push(name);
    }
    let mut told = Told::default();
    for (kind, names) in by_type {
        let piece = |piece| describe_piece(pool, coordinator, kind, piece, deadline);
        told.then(in_pieces(&names, AT_ONCE, piece).await);
        if told.stopped.is_some() {
            break;
        }
    }
    told
}

async fn describe_piece(
    pool: &Pool,
    coordinator: SocketAddr,
    kind: GroupType,
    groups: &[&str],
    deadline: Duration,
) -> Result<BTreeMap<String, Result<Group, KafkaError>>, KafkaError> {
    let told = match kind {
        GroupType::Classic => describe_classic(pool, coordinator, groups, deadline).await,
        kind => coordinated::describe(pool, coordinator, kind, groups, deadline).await,
    };
    match told {
        // Groups of other types are not concerned.
        Err(KafkaError::Unsupported { api, since }) => {
            let why = || Err(KafkaError::Unsupported { api, since });
            Ok(groups.iter().map(|name| ((*name).to_owned(), why())).collect())
        }
        told => told,
    }
}

async fn describe_classic(
    pool: &Pool,
    coordinator: SocketAddr,
    groups: &[&str],
    deadline: Duration,
) -> Result<BTreeMap<String, Result<Group, KafkaError>>, KafkaError> {
    let request =
        DescribeGroupsRequest::default().with_groups(groups.iter().map(|name| group_id(name)).collect());
    let answer = pool.call(coordinator, &request, deadline).await?;
    Ok(answer.groups.into_iter().map(|group| (group.group_id.0.to_string(), read(group))).collect())
}

/// One group, whatever its type: a coordinator says of a classic one what it is, and of others that they are
/// [`DEAD`] when it is asked as for a classic one.
pub(crate) async fn describe_group(
    pool: &Pool,
    coordinator: SocketAddr,
    group: &str,
    deadline: Duration,
) -> Result<Group, KafkaError> {
    for kind in [GroupType::Classic, GroupType::Consumer, GroupType::Share, GroupType::Streams] {
        let told = describe_piece(pool, coordinator, kind, &[group], deadline).await?.remove(group);
        let told =
            match told.unwrap_or_else(|| Err(KafkaError::Garbage(format!("group {group} is not in it")))) {
                // Then there are no groups of this type either.
                Err(KafkaError::Unsupported { .. }) if kind != GroupType::Classic => continue,
                told => told?,
            };
        if told.state != DEAD {
            return Ok(told);
        }
    }
    Ok(Group { state: DEAD.to_owned(), ..Group::default() })
}

fn read(group: DescribedGroup) -> Result<Group, KafkaError> {
    KafkaError::check(group.error_code, group.error_message.as_deref())?;
    let is_consumer = &*group.protocol_type == CONSUMER;
    let mut members: Vec<_> =
        group.members.into_iter().map(|member| read_member(member, is_consumer)).collect();
    // Coordinators keep them in no order.
    members.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(Group {
        kind: GroupType::Classic,
        state: group.group_state.to_string(),
        protocol_type: group.protocol_type.to_string(),
        protocol: group.protocol_data.to_string(),
        members,
    })
}

fn read_member(member: DescribedGroupMember, is_consumer: bool) -> Member {
    let subscription = read_subscription(member.member_metadata).filter(|_| is_consumer);
    Member {
        id: member.member_id.to_string(),
        client_id: member.client_id.to_string(),
        host: member.client_host.to_string(),
        subscription: subscription.map(|subscription| subscription.topics).unwrap_or_default(),
        assignment: match member.member_assignment {
            // Nothing is assigned while the members rejoin.
            bytes if bytes.is_empty() && is_consumer => Some(Partitions::new()),
            bytes => read_assignment(bytes).filter(|_| is_consumer),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::answers::text;
    use crate::wire::groups::consumer_protocol::write_assignment;

    fn member(assignment: bytes::Bytes) -> DescribedGroupMember {
        DescribedGroupMember::default().with_member_id(text("m")).with_member_assignment(assignment)
    }

    #[test]
    fn what_another_protocol_keeps_in_its_members_is_not_taken_for_partitions() {
        let held: Partitions = [("bikes".to_owned(), vec![1])].into();
        let bytes = write_assignment(&held).unwrap();
        let described = |kind| {
            DescribedGroup::default()
                .with_protocol_type(text(kind))
                .with_members(vec![member(bytes.clone()), member(bytes::Bytes::from_static(b"x"))])
        };
        let held_by = |kind| -> Vec<_> {
            read(described(kind)).unwrap().members.into_iter().map(|member| member.assignment).collect()
        };
        assert_eq!(held_by("consumer"), [Some(held), None]);
        assert_eq!(held_by("connect"), [None, None]);
    }
}
