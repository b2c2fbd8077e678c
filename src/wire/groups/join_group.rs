//! JoinGroup: a member enters a group, or enters its next generation. Answered when all members have, or
//! when the rebalance timeout is up.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::JoinGroupRequest;
use kafka_protocol::messages::join_group_request::JoinGroupRequestProtocol;

use crate::wire::answers::text;
use crate::wire::error::KafkaError;
use crate::wire::groups::consumer_protocol::{CONSUMER, read_subscription, write_subscription};
use crate::wire::groups::group_id;
use crate::wire::pool::Pool;

/// Who wants to join.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Joining<'a> {
    pub group: &'a str,
    /// Empty: a new member.
    pub member_id: &'a str,
    /// The coordinator takes a member for dead that it has not heard of for so long.
    pub session_timeout: Duration,
    /// How long it waits for members to join again.
    pub rebalance_timeout: Duration,
    pub topics: &'a [String],
    /// Names of assignors, the preferred one first.
    pub assignors: &'a [&'a str],
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum JoinAnswer {
    /// Join again with this id (KIP-394, version 4 on).
    MemberIdRequired(String),
    Joined(Joined),
}

/// A member of a generation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Joined {
    pub generation: i32,
    pub member_id: String,
    /// The assignor that all members know.
    pub assignor: String,
    /// All members, when this one is the leader, which assigns partitions to all; otherwise empty.
    pub members: Vec<JoinedMember>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct JoinedMember {
    pub id: String,
    /// Of static members (KIP-345).
    pub instance_id: Option<String>,
    /// Topics that it wants; none when its subscription is not understood.
    pub topics: Vec<String>,
}

/// `deadline` is longer than the rebalance timeout.
pub(crate) async fn join_group(
    pool: &Pool,
    coordinator: SocketAddr,
    joining: &Joining<'_>,
    deadline: Duration,
) -> Result<JoinAnswer, KafkaError> {
    let ms = |time: Duration| i32::try_from(time.as_millis()).unwrap_or(i32::MAX);
    let subscription = write_subscription(joining.topics)?;
    let protocol = |name: &&str| {
        JoinGroupRequestProtocol::default().with_name(text(name)).with_metadata(subscription.clone())
    };
    let request = JoinGroupRequest::default()
        .with_group_id(group_id(joining.group))
        .with_session_timeout_ms(ms(joining.session_timeout))
        .with_rebalance_timeout_ms(ms(joining.rebalance_timeout))
        .with_member_id(text(joining.member_id))
        .with_protocol_type(text(CONSUMER))
        .with_protocols(joining.assignors.iter().map(protocol).collect());
    let answer = pool.call(coordinator, &request, deadline).await?;
    if ResponseError::try_from_code(answer.error_code) == Some(ResponseError::MemberIdRequired) {
        return Ok(JoinAnswer::MemberIdRequired(answer.member_id.to_string()));
    }
    KafkaError::check(answer.error_code, None)?;
    let topics =
        |metadata: Bytes| read_subscription(metadata).map(|wanted| wanted.topics).unwrap_or_default();
    let members = answer.members.into_iter().map(|member| JoinedMember {
        id: member.member_id.to_string(),
        instance_id: member.group_instance_id.map(|id| id.to_string()),
        topics: topics(member.metadata),
    });
    Ok(JoinAnswer::Joined(Joined {
        generation: answer.generation_id,
        members: members.collect(),
        member_id: answer.member_id.to_string(),
        assignor: answer.protocol_name.map(|name| name.to_string()).unwrap_or_default(),
    }))
}
