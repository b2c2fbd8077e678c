//! FindCoordinator: which broker coordinates a group.

use std::time::Duration;

use kafka_protocol::messages::FindCoordinatorRequest;

use crate::wire::answers::text;
use crate::wire::any::any;
use crate::wire::error::KafkaError;
use crate::wire::pool::Pool;

/// The coordinator's broker id, by the first broker's word. Asking creates `__consumer_offsets` when it
/// does not exist yet. `COORDINATOR_NOT_AVAILABLE`: the group's partition of it has no leader.
pub async fn find_coordinator(pool: &Pool, group: &str, deadline: Duration) -> Result<i32, KafkaError> {
    // Its default asks for a group (type 0), which is all that version 0 knows.
    let request = FindCoordinatorRequest::default().with_key(text(group));
    let answer = any(pool, |address| pool.call(address, &request, deadline)).await?;
    KafkaError::check(answer.error_code, answer.error_message.as_deref())?;
    pool.learn(answer.node_id.0, &answer.host, answer.port);
    Ok(answer.node_id.0)
}
