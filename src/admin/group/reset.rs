//! `group reset`.

use std::collections::{BTreeMap, BTreeSet};

use kafka_protocol::error::ResponseError;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::error::{AdminError, Setback};
use super::super::look::Known;
use super::super::{ASK, Admin, REQUEST};
use super::find::{in_use, setback};
use super::target::{Limits, Move, Reset, ResetTo, Selection, moves, selected};
use crate::model::topic_partition::TopicPartition;
use crate::wire::KafkaError;
use crate::wire::groups::describe_groups::{DEAD, describe_group};
use crate::wire::groups::offset_commit::{NOBODY, commit_offsets};
use crate::wire::groups::offset_fetch::fetch_offsets;
use crate::wire::groups::share_offsets::{alter_share_offsets, share_offsets};
use crate::wire::groups::{GroupType, OFFSETS_TOPIC};
use crate::wire::offsets::Offset;

const VERB: &str = "reset offsets";

/// What a reset does, checked for every partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct ResetPlan {
    pub group: String,
    #[serde(rename = "type")]
    pub kind: GroupType,
    pub partitions: Vec<Move>,
}

impl Admin {
    /// What a reset would do. Refused while the group has members, and when one partition cannot go where
    /// it is asked to.
    pub(crate) async fn plan_reset(&self, wanted: &Reset) -> Result<ResetPlan, AdminError> {
        let group = &wanted.group;
        let what = format!("the offsets of group {group} are not known");
        self.retry(&what, VERB, async || self.try_to_plan(wanted).await).await
    }

    /// Commits all of a plan at once, which the coordinator refuses if the group got members meanwhile.
    pub(crate) async fn reset(&self, plan: &ResetPlan) -> Result<(), AdminError> {
        let group = &plan.group;
        let offsets: BTreeMap<TopicPartition, i64> = plan
            .partitions
            .iter()
            .map(|moved| (TopicPartition::new(&moved.topic, moved.partition), moved.after))
            .collect();
        let what = format!("the offsets of group {group} are not committed");
        self.retry(&what, VERB, async || {
            let coordinator = self.coordinator(group).await?;
            let committed = match plan.kind {
                GroupType::Share => {
                    alter_share_offsets(&self.pool, coordinator, group, &offsets, REQUEST).await
                }
                _ => commit_offsets(&self.pool, coordinator, group, NOBODY, &offsets, REQUEST).await,
            };
            match committed {
                Ok(()) => Ok(()),
                Err(KafkaError::Code { code, .. }) if is_in_use(code) => {
                    Err(in_use(group, &describe_group(&self.pool, coordinator, group, ASK).await?))
                }
                Err(error) => Err(setback(error, || format!("commit offsets of group {group}"))),
            }
        })
        .await
    }

    async fn try_to_plan(&self, wanted: &Reset) -> Result<ResetPlan, Setback> {
        let group = &wanted.group;
        let known = self.topics_of(self.look().await, VERB)?;
        if let Selection::Topics(topics) = &wanted.partitions {
            let topics: Vec<_> = topics.keys().cloned().collect();
            self.must_exist(&topics, &known)?;
        }
        // A user may not be shown it.
        if !known.topics.contains_key(OFFSETS_TOPIC) && self.plan.login.is_none() {
            return Err(self.no_such_group(group).await);
        }
        let coordinator = self.coordinator(group).await?;
        let to_describe = || format!("describe group {group}");
        let told = describe_group(&self.pool, coordinator, group, ASK).await;
        let told = told.map_err(|error| setback(error, to_describe))?;
        if told.state == DEAD {
            return Err(self.no_such_group(group).await);
        }
        if !told.members.is_empty() {
            return Err(in_use(group, &told));
        }
        let committed = match told.kind {
            GroupType::Share => share_offsets(&self.pool, coordinator, group, ASK).await,
            _ => fetch_offsets(&self.pool, coordinator, group, ASK).await,
        };
        let committed =
            committed.map_err(|error| setback(error, || format!("read offsets of group {group}")))?;
        let committed = committed.into_iter().map(|(key, committed)| (key, committed.offset)).collect();
        let keys = selected(wanted, &committed, &known.topics)?;
        if keys.is_empty() {
            let what = format!("group `{group}` has committed no offsets");
            return Err(AdminError::invalid(what, "name topics with `--topic`").into());
        }
        let limits = self.limits(&keys, wanted.to, &known).await?;
        let partitions = moves(wanted.to, &committed, &limits)?;
        Ok(ResetPlan { group: group.clone(), kind: told.kind, partitions })
    }

    async fn no_such_group(&self, group: &str) -> Setback {
        match self.sight(VERB).await {
            Ok(sighting) => self.unknown_group(vec![group.to_owned()], &sighting).into(),
            Err(error) => error.into(),
        }
    }

    /// By the word of every partition's leader.
    async fn limits(
        &self,
        keys: &BTreeSet<TopicPartition>,
        to: ResetTo,
        known: &Known,
    ) -> Result<BTreeMap<TopicPartition, Limits>, Setback> {
        let mut led: BTreeMap<i32, BTreeMap<&str, Vec<i32>>> = BTreeMap::new();
        for key in keys {
            let leader = known.topics[&key.topic].partitions[&key.partition].leader;
            let leader = leader.ok_or_else(|| Setback::Passing(format!("{key} has no leader")))?;
            led.entry(leader).or_default().entry(&key.topic).or_default().push(key.partition);
        }
        let earliest = self.told_offsets(&led, Offset::Earliest).await?;
        let latest = self.told_offsets(&led, Offset::Latest).await?;
        let at_time = match to {
            ResetTo::Time(ms) => self.told_offsets(&led, Offset::At(ms)).await?,
            _ => BTreeMap::new(),
        };
        let limit = |key: &TopicPartition| {
            let untold = || Setback::Passing(format!("the leader of {key} does not tell of it"));
            let (earliest, latest) = earliest.get(key).zip(latest.get(key)).ok_or_else(untold)?;
            let at_time = at_time.get(key).copied().unwrap_or(-1);
            Ok((key.clone(), Limits { earliest: *earliest, latest: *latest, at_time }))
        };
        keys.iter().map(limit).collect()
    }

    async fn told_offsets(
        &self,
        led: &BTreeMap<i32, BTreeMap<&str, Vec<i32>>>,
        offset: Offset,
    ) -> Result<BTreeMap<TopicPartition, i64>, Setback> {
        let mut told = BTreeMap::new();
        for (id, answer) in self.offsets(led, offset, ASK).await {
            let offsets = answer.map_err(|error| Setback::Passing(format!("broker-{id}: {error}")))?;
            for (key, offset) in offsets {
                let passing = |error| Setback::Passing(format!("{key}: {error}"));
                told.insert(key.clone(), offset.map_err(passing)?);
            }
        }
        Ok(told)
    }
}

/// What a coordinator says to nobody who commits while the group has members.
fn is_in_use(code: ResponseError) -> bool {
    use ResponseError::{
        IllegalGeneration, NonEmptyGroup, RebalanceInProgress, StaleMemberEpoch, UnknownMemberId,
    };
    matches!(
        code,
        UnknownMemberId | IllegalGeneration | RebalanceInProgress | StaleMemberEpoch | NonEmptyGroup
    )
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use kafka_protocol::messages::ApiKey;
    use kafka_protocol::messages::describe_groups_response::{
        DescribeGroupsResponse, DescribedGroup, DescribedGroupMember,
    };
    use kafka_protocol::messages::find_coordinator_response::FindCoordinatorResponse;
    use kafka_protocol::messages::list_groups_response::ListGroupsResponse;
    use kafka_protocol::messages::list_offsets_response::{
        ListOffsetsPartitionResponse, ListOffsetsResponse, ListOffsetsTopicResponse,
    };
    use kafka_protocol::messages::offset_commit_response::{
        OffsetCommitResponse, OffsetCommitResponsePartition, OffsetCommitResponseTopic,
    };
    use kafka_protocol::messages::offset_fetch_response::OffsetFetchResponse;
    use kafka_protocol::messages::{BrokerId, GroupId};

    use super::super::super::testing::admin;
    use super::*;
    use crate::wire::answers::{text, topic_name};
    use crate::wire::fake::{Damage, FakeBroker, Reply, body, metadata};

    fn described(state: &'static str, members: usize) -> DescribeGroupsResponse {
        let member = DescribedGroupMember::default().with_client_id(text("c")).with_client_host(text("/h"));
        let group = DescribedGroup::default()
            .with_group_id(GroupId(text("g")))
            .with_group_state(text(state))
            .with_members(vec![member; members]);
        DescribeGroupsResponse::default().with_groups(vec![group])
    }

    /// Both partitions of velib begin and end at 7.
    fn ends() -> ListOffsetsResponse {
        let partition =
            |number| ListOffsetsPartitionResponse::default().with_partition_index(number).with_offset(7);
        let topic = ListOffsetsTopicResponse::default()
            .with_name(topic_name("velib"))
            .with_partitions(vec![partition(0), partition(1)]);
        ListOffsetsResponse::default().with_topics(vec![topic])
    }

    fn committed(code: i16) -> OffsetCommitResponse {
        let partition = OffsetCommitResponsePartition::default().with_error_code(code);
        let topic = OffsetCommitResponseTopic::default().with_partitions(vec![partition]);
        OffsetCommitResponse::default().with_topics(vec![topic])
    }

    /// A broker that coordinates group g; `codes` are its answers to commits. What was asked is noted.
    async fn broker(
        state: &'static str,
        members: usize,
        codes: Vec<i16>,
    ) -> (FakeBroker, Arc<Mutex<Vec<ApiKey>>>) {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let noted = asked.clone();
        let mut codes = codes.into_iter();
        let mut finds = 0;
        let handler = move |_, key, version| {
            noted.lock().unwrap().push(key);
            Reply::Body(match key {
                ApiKey::Metadata => body(&metadata(&[("velib", 2), (OFFSETS_TOPIC, 1)]), version),
                ApiKey::FindCoordinator => {
                    finds += 1;
                    // Its first word is that nobody coordinates.
                    let code = if finds == 1 { ResponseError::CoordinatorNotAvailable.code() } else { 0 };
                    let found =
                        FindCoordinatorResponse::default().with_node_id(BrokerId(0)).with_error_code(code);
                    body(&found, version)
                }
                ApiKey::DescribeGroups => body(&described(state, members), version),
                ApiKey::ListGroups => body(&ListGroupsResponse::default(), version),
                ApiKey::OffsetFetch => body(&OffsetFetchResponse::default(), version),
                ApiKey::ListOffsets => body(&ends(), version),
                ApiKey::OffsetCommit => body(&committed(codes.next().expect("another commit")), version),
                _ => return Reply::Close,
            })
        };
        (FakeBroker::start(handler, Damage::None).await, asked)
    }

    fn wanted(to: ResetTo) -> Reset {
        let partitions = Selection::Topics([("velib".to_owned(), None)].into());
        Reset { group: "g".to_owned(), partitions, to }
    }

    #[tokio::test]
    async fn a_plan_is_committed_once_the_coordinator_takes_it() {
        let passing = [ResponseError::NotCoordinator, ResponseError::CoordinatorLoadInProgress];
        let codes = passing.iter().map(ResponseError::code).chain([0]).collect();
        let (broker, asked) = broker("Empty", 0, codes).await;
        let admin = admin(&broker);
        let plan = admin.plan_reset(&wanted(ResetTo::Latest)).await.unwrap();
        assert_eq!(plan.partitions.iter().map(|moved| moved.after).collect::<Vec<_>>(), [7, 7]);
        assert!(!asked.lock().unwrap().contains(&ApiKey::OffsetCommit), "a plan commits nothing");
        admin.reset(&plan).await.unwrap();
    }

    #[tokio::test]
    async fn what_has_members_or_is_not_there_or_out_of_range_is_refused_before_any_commit() {
        for (state, members, to, said) in [
            ("Stable", 1, ResetTo::Latest, "group `g` has members: c (h)"),
            ("Dead", 0, ResetTo::Latest, "velib has no group `g`"),
            (
                "Empty",
                0,
                ResetTo::Offset(8),
                "there is no such offset: velib/0: 8 is not within 7 to 7; velib/1: 8 is not within 7 to 7",
            ),
        ] {
            let (broker, asked) = broker(state, members, vec![]).await;
            let error = admin(&broker).plan_reset(&wanted(to)).await.unwrap_err();
            assert_eq!(error.to_string(), said);
            assert!(!asked.lock().unwrap().contains(&ApiKey::OffsetCommit));
        }
    }

    #[tokio::test]
    async fn a_group_that_got_members_meanwhile_is_not_moved() {
        let (broker, _) = broker("Stable", 1, vec![ResponseError::UnknownMemberId.code()]).await;
        let plan = ResetPlan { group: "g".to_owned(), kind: GroupType::Classic, partitions: vec![] };
        let error = admin(&broker).reset(&plan).await.unwrap_err();
        assert_eq!(error.to_string(), "group `g` has members: c (h)");
    }
}
