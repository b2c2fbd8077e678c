//! Heartbeat: a member lives, and learns that the group rebalances (`REBALANCE_IN_PROGRESS`).

use std::net::SocketAddr;
use std::time::Duration;

use kafka_protocol::messages::HeartbeatRequest;

use super::super::answers::text;
use super::super::error::KafkaError;
use super::super::pool::Pool;
use super::group_id;
use super::offset_commit::Committer;

pub async fn heartbeat(
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
