//! DeleteGroups (KIP-229): groups and their offsets go.

use std::net::SocketAddr;
use std::time::Duration;

use kafka_protocol::messages::DeleteGroupsRequest;

use crate::wire::error::{KafkaError, within};
use crate::wire::groups::group_id;
use crate::wire::pool::Pool;

/// Whether a broker has this request, which came with Kafka 1.1.
pub(crate) async fn can_delete(
    pool: &Pool,
    broker: SocketAddr,
    deadline: Duration,
) -> Result<(), KafkaError> {
    within(deadline, async {
        let broker = pool.take(broker).await?;
        let version = broker.version::<DeleteGroupsRequest>();
        pool.keep(broker);
        version.map(drop)
    })
    .await
}

/// Deletes one group. `NON_EMPTY_GROUP`: it has members; `GROUP_ID_NOT_FOUND`: there is none.
pub(crate) async fn delete_group(
    pool: &Pool,
    coordinator: SocketAddr,
    group: &str,
    deadline: Duration,
) -> Result<(), KafkaError> {
    let request = DeleteGroupsRequest::default().with_groups_names(vec![group_id(group)]);
    let answer = pool.call(coordinator, &request, deadline).await?;
    let result = answer.results.first().ok_or_else(|| KafkaError::Garbage("no group is in it".to_owned()))?;
    KafkaError::check(result.error_code, None)
}
