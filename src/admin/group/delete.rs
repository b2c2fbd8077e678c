//! `group delete`.

use kafka_protocol::error::ResponseError;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::error::{AdminError, Setback};
use super::super::{ASK, Admin, REQUEST};
use super::find::{in_use, setback};
use crate::wire::KafkaError;
use crate::wire::groups::delete_groups::{can_delete, delete_group};
use crate::wire::groups::describe_groups::describe_group;
use crate::wire::pool::address;

const VERB: &str = "delete groups";

/// The JSON of `group delete`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct DeletedGroups {
    pub deleted: Vec<String>,
}

impl Admin {
    /// Whether these groups can be deleted, before anybody is asked to confirm it.
    pub(crate) async fn may_delete_groups(&self, groups: &[String]) -> Result<(), AdminError> {
        let sighting = self.sight(VERB).await?;
        let untold =
            groups.iter().find(|group| !sighting.groups.contains_key(*group) && sighting.may_exist(group));
        if let Some(group) = untold {
            let reason = sighting.unknown.join("; ");
            return Err(AdminError::Unreachable { what: format!("look at group {group}"), reason });
        }
        let is_missing = |group: &&String| !sighting.groups.contains_key(*group);
        let missing: Vec<_> = groups.iter().filter(is_missing).cloned().collect();
        if !missing.is_empty() {
            return Err(self.unknown_group(missing, &sighting));
        }
        for name in groups {
            let (coordinator, group) = &sighting.groups[name];
            self.retry(&format!("broker-{coordinator} does not answer"), VERB, async || {
                can_delete(&self.pool, address(&self.pool, *coordinator)?, ASK).await?;
                match group.members.is_empty() {
                    true => Ok(()),
                    false => Err(in_use(name, group)),
                }
            })
            .await?;
        }
        Ok(())
    }

    /// Deletes groups and their offsets, each by its coordinator.
    pub(crate) async fn delete_groups(&self, groups: &[String]) -> Result<DeletedGroups, AdminError> {
        self.may_delete_groups(groups).await?;
        for group in groups {
            let what = format!("group {group} is not deleted");
            self.retry(&what, VERB, async || self.ask_to_delete_group(group).await).await?;
        }
        Ok(DeletedGroups { deleted: groups.to_vec() })
    }

    async fn ask_to_delete_group(&self, group: &str) -> Result<(), Setback> {
        let coordinator = self.coordinator(group).await?;
        match delete_group(&self.pool, coordinator, group, REQUEST).await {
            Ok(()) => Ok(()),
            Err(KafkaError::Code { code, .. }) => match code {
                // Gone by an earlier try whose answer was lost, or by somebody else.
                ResponseError::GroupIdNotFound => Ok(()),
                ResponseError::NonEmptyGroup => {
                    Err(in_use(group, &describe_group(&self.pool, coordinator, group, ASK).await?))
                }
                code => {
                    let error = KafkaError::Code { code, message: None };
                    Err(setback(error, || format!("delete group {group}")))
                }
            },
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use kafka_protocol::messages::delete_groups_response::{DeletableGroupResult, DeleteGroupsResponse};
    use kafka_protocol::messages::describe_groups_response::{
        DescribeGroupsResponse, DescribedGroup, DescribedGroupMember,
    };
    use kafka_protocol::messages::find_coordinator_response::FindCoordinatorResponse;
    use kafka_protocol::messages::list_groups_response::{ListGroupsResponse, ListedGroup};
    use kafka_protocol::messages::{ApiKey, BrokerId, GroupId};

    use super::super::super::testing::admin;
    use super::*;
    use crate::wire::answers::text;
    use crate::wire::fake::{Damage, FakeBroker, Reply, body, metadata};
    use crate::wire::groups::OFFSETS_TOPIC;

    /// A broker with group g; `codes` are its answers to being asked to delete.
    async fn delete(
        groups: &[&str],
        members: usize,
        codes: Vec<ResponseError>,
    ) -> Result<DeletedGroups, AdminError> {
        let id = || GroupId(text("g"));
        let mut codes = codes.into_iter();
        let handler = move |_, key, version| {
            Reply::Body(match key {
                ApiKey::Metadata => body(&metadata(&[(OFFSETS_TOPIC, 1)]), version),
                ApiKey::ListGroups => {
                    let listed = vec![ListedGroup::default().with_group_id(id())];
                    body(&ListGroupsResponse::default().with_groups(listed), version)
                }
                ApiKey::DescribeGroups => {
                    let member = DescribedGroupMember::default().with_client_id(text("c"));
                    let group = DescribedGroup::default()
                        .with_group_id(id())
                        .with_group_state(text("Empty"))
                        .with_members(vec![member.with_client_host(text("/h")); members]);
                    body(&DescribeGroupsResponse::default().with_groups(vec![group]), version)
                }
                ApiKey::FindCoordinator => {
                    body(&FindCoordinatorResponse::default().with_node_id(BrokerId(0)), version)
                }
                ApiKey::DeleteGroups => {
                    let code = codes.next().map_or(0, |error| error.code());
                    let result = DeletableGroupResult::default().with_group_id(id()).with_error_code(code);
                    body(&DeleteGroupsResponse::default().with_results(vec![result]), version)
                }
                _ => return Reply::Close,
            })
        };
        let broker = FakeBroker::start(handler, Damage::None).await;
        let groups: Vec<_> = groups.iter().map(|group| (*group).to_owned()).collect();
        admin(&broker).delete_groups(&groups).await
    }

    #[tokio::test]
    async fn deleting_is_tried_again_until_the_coordinator_does_it_or_the_group_is_gone() {
        use ResponseError::{CoordinatorNotAvailable, GroupIdNotFound, NotCoordinator};
        for codes in [vec![NotCoordinator, CoordinatorNotAvailable], vec![NotCoordinator, GroupIdNotFound]] {
            assert_eq!(delete(&["g"], 0, codes).await.unwrap().deleted, ["g"]);
        }
    }

    #[tokio::test]
    async fn groups_that_are_not_there_or_have_members_are_kept() {
        let error = delete(&["g", "h", "i"], 0, vec![]).await.unwrap_err();
        assert_eq!(error.to_string(), "velib has no group `h`, `i`");
        let error = delete(&["g"], 1, vec![]).await.unwrap_err();
        assert_eq!(error.to_string(), "group `g` has members: c (h)");
    }

    #[tokio::test]
    async fn what_kafka_refuses_is_said_at_once() {
        let error = delete(&["g"], 0, vec![ResponseError::GroupAuthorizationFailed]).await.unwrap_err();
        assert_eq!(error.to_string(), "not allowed to delete group g: GroupAuthorizationFailed");
    }
}
