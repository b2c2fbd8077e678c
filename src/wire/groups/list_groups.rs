//! ListGroups: the groups that one broker coordinates.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Buf, TryGetError};
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::{ApiKey, ListGroupsRequest};

use crate::wire::compact::{array, encoded, garbage, skip_tags, string};
use crate::wire::error::KafkaError;
use crate::wire::frame::Answer;
use crate::wire::groups::GroupType;
use crate::wire::pool::Pool;

/// The version that tells the types of groups (KIP-848, Kafka 3.8). Before, all are classic.
const TYPED: i16 = 5;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Listed {
    pub groups: BTreeMap<String, GroupType>,
    /// The broker became coordinator just now and still reads groups from disk: some may be missing.
    pub loading: bool,
}

pub(crate) async fn list_groups(
    pool: &Pool,
    broker: SocketAddr,
    deadline: Duration,
) -> Result<Listed, KafkaError> {
    // Its default asks for groups of every state and type.
    let request = ListGroupsRequest::default();
    let (code, groups) = if pool.speaks(broker, ApiKey::ListGroups as i16, TYPED, deadline).await? {
        let body = encoded(&request, TYPED)?;
        let key = ApiKey::ListGroups as i16;
        let (_, answer) = pool.call_newest(broker, key, TYPED..=TYPED, &body, deadline).await?;
        read(answer).map_err(garbage)?
    } else {
        let answer = pool.call(broker, &request, deadline).await?;
        let groups =
            answer.groups.into_iter().map(|group| (group.group_id.0.to_string(), GroupType::Classic));
        (answer.error_code, groups.collect())
    };
    let loading = ResponseError::try_from_code(code) == Some(ResponseError::CoordinatorLoadInProgress);
    if !loading {
        KafkaError::check(code, None)?;
    }
    Ok(Listed { groups, loading })
}

/// The error code of the whole answer, and the groups.
pub(in crate::wire) fn read(mut answer: Answer) -> Result<(i16, BTreeMap<String, GroupType>), TryGetError> {
    answer.try_get_i32()?; // How long we were throttled, in ms.
    let code = answer.try_get_i16()?;
    let groups = array(&mut answer, |answer| {
        let group = string(answer)?.unwrap_or_default();
        let (_protocol_type, _state) = (string(answer)?, string(answer)?);
        let kind = GroupType::named(&string(answer)?.unwrap_or_default());
        skip_tags(answer)?;
        Ok((group, kind))
    })?;
    Ok((code, groups.into_iter().collect()))
}
