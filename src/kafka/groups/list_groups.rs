//! ListGroups: the groups that one broker coordinates.

use std::net::SocketAddr;
use std::time::Duration;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::ListGroupsRequest;

use super::super::error::KafkaError;
use super::super::pool::Pool;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupNames {
    pub names: Vec<String>,
    /// The broker became coordinator just now and still reads groups from disk: some may be missing.
    pub loading: bool,
}

pub async fn list_groups(
    pool: &Pool,
    broker: SocketAddr,
    deadline: Duration,
) -> Result<GroupNames, KafkaError> {
    let answer = pool.call(broker, &ListGroupsRequest::default(), deadline).await?;
    let loading =
        ResponseError::try_from_code(answer.error_code) == Some(ResponseError::CoordinatorLoadInProgress);
    if !loading {
        KafkaError::check(answer.error_code, None)?;
    }
    let names = answer.groups.into_iter().map(|group| group.group_id.0.to_string()).collect();
    Ok(GroupNames { names, loading })
}
