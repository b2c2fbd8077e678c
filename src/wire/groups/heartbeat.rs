//! Heartbeat: a member lives, and learns that the group rebalances (`REBALANCE_IN_PROGRESS`).

use std::net::SocketAddr;
use std::time::Duration;

use kafka_protocol::messages::HeartbeatRequest;

use crate::wire::answers::text;
use crate::wire::error::KafkaError;
use crate::wire::groups::group_id;
use crate::wire::groups::offset_commit::Committer;
use crate::wire::pool::Pool;

pub(crate) async fn heartbeat(
    pool: &Pool,
    coordinator: SocketAddr,
    group: &str,
    member: Committer<'_>,
    deadline: Duration,
) -> Result<(), KafkaError> {
    let request = HeartbeatRequest::default()
        .with_group_id(group_id(group))
        .with_generation_id(member.generation)
        .with_member_id(text(member.member_id));
    let answer = pool.call(coordinator, &request, deadline).await?;
    KafkaError::check(answer.error_code, None)
}
