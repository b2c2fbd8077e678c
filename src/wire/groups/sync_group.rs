//! SyncGroup: the leader hands out what it has assigned, every member gets its part.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use kafka_protocol::messages::SyncGroupRequest;
use kafka_protocol::messages::sync_group_request::SyncGroupRequestAssignment;

use crate::wire::answers::text;
use crate::wire::error::KafkaError;
use crate::wire::groups::consumer_protocol::{read_assignment, write_assignment};
use crate::wire::groups::offset_commit::Committer;
use crate::wire::groups::{Partitions, group_id};
use crate::wire::pool::Pool;

/// The partitions of this member. `assignments`, by member, are the leader's to give.
pub(crate) async fn sync_group(
    pool: &Pool,
    coordinator: SocketAddr,
    group: &str,
    member: Committer<'_>,
    assignments: &BTreeMap<String, Partitions>,
    deadline: Duration,
) -> Result<Partitions, KafkaError> {
    let of_member = |(id, partitions): (&String, &Partitions)| {
        let assignment = write_assignment(partitions)?;
        Ok(SyncGroupRequestAssignment::default().with_member_id(text(id)).with_assignment(assignment))
    };
    let assignments: Result<Vec<_>, KafkaError> = assignments.iter().map(of_member).collect();
    let request = SyncGroupRequest::default()
        .with_group_id(group_id(group))
        .with_generation_id(member.generation)
        .with_member_id(text(member.member_id))
        .with_assignments(assignments?);
    let answer = pool.call(coordinator, &request, deadline).await?;
    KafkaError::check(answer.error_code, None)?;
    // A leader may give a member nothing at all.
    if answer.assignment.is_empty() {
        return Ok(Partitions::new());
    }
    read_assignment(answer.assignment)
        .ok_or_else(|| KafkaError::Garbage("the leader's assignment is not a consumer's".to_owned()))
}
