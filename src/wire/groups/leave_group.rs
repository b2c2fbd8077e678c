//! LeaveGroup: the others need not wait for the session's end.

use std::net::SocketAddr;
use std::time::Duration;

use kafka_protocol::messages::LeaveGroupRequest;
use kafka_protocol::messages::leave_group_request::MemberIdentity;

use crate::wire::answers::text;
use crate::wire::error::{KafkaError, within};
use crate::wire::groups::group_id;
use crate::wire::pool::Pool;

pub(crate) async fn leave_group(
    pool: &Pool,
    coordinator: SocketAddr,
    group: &str,
    member_id: &str,
    deadline: Duration,
) -> Result<(), KafkaError> {
    within(deadline, async {
        let mut broker = pool.take(coordinator).await?;
        let request = LeaveGroupRequest::default().with_group_id(group_id(group));
        // From version 3 on several members leave at once (KIP-345).
        let request = match broker.version::<LeaveGroupRequest>()? {
            ..3 => request.with_member_id(text(member_id)),
            _ => request.with_members(vec![MemberIdentity::default().with_member_id(text(member_id))]),
        };
        let answer = broker.call(&request).await?;
        pool.keep(broker);
        KafkaError::check(answer.error_code, None)?;
        answer.members.iter().try_for_each(|member| KafkaError::check(member.error_code, None))
    })
    .await
}
