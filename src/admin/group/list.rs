//! `group list`.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::Admin;
use super::super::error::AdminError;
use crate::wire::groups::GroupType;

/// The JSON of `group list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct GroupList {
    /// By name.
    pub groups: Vec<ListedGroup>,
    /// What could not be learnt and why, a line each.
    pub unknown: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct ListedGroup {
    pub group: String,
    #[serde(rename = "type")]
    pub kind: GroupType,
    /// As Kafka calls it: `Stable`, `Empty`, `PreparingRebalance`, ...
    pub state: String,
    /// `consumer`, `connect`, `share`, ...; empty when offsets are all that it has.
    pub protocol_type: String,
    /// Broker id.
    pub coordinator: i32,
    /// How many.
    pub members: usize,
}

impl Admin {
    /// Every group of every broker. What is dead takes less than 2 s of it.
    pub(crate) async fn groups(&self) -> Result<GroupList, AdminError> {
        let sighting = self.sight("list groups").await?;
        let listed = sighting.groups.into_iter().map(|(group, (coordinator, told))| ListedGroup {
            group,
            kind: told.kind,
            state: told.state,
            protocol_type: told.protocol_type,
            coordinator,
            members: told.members.len(),
        });
        Ok(GroupList { groups: listed.collect(), unknown: sighting.unknown })
    }
}
