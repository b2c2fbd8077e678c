//! What programs can have done: the requests of commands, with their answers.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;

use super::call::Call;
use super::operations::Nothing;
use crate::admin::group::{DeletedGroups, Reset, ResetTo, Selection};
use crate::admin::{Alteration, Altered, Created, Deleted, Election, TopicRequest, given};
use crate::api::message::Request;
use crate::engine::ops::{AdminOps, LIVE, NodeOps};
use crate::error::{ExitCode, Failure};
use crate::output::groups::ResetReport;
use crate::output::outcome::Report;
use crate::page::down;
use crate::page::order::{BY, Order};
use crate::wire::create_topics::{Layout, NewTopic};

type Change<B> = Call<Nothing, B>;

pub(super) async fn act(call: Change<Order>) -> Result<Report, Failure> {
    let action = call.body.action().map_err(|why| Failure::new(ExitCode::Usage, why))?;
    let request = Request { action, by: BY.to_owned() };
    Ok(Report::from(&LIVE.act(&call.dir, &request, &mut |_| {}).await?))
}

pub(super) async fn down(call: Change<Nothing>) -> Result<Report, Failure> {
    Ok(Report::from(&down::down(&call.dir).await?))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateTopic {
    /// Letters, digits, `.`, `_` and `-`.
    name: String,
    /// The brokers' `num.partitions` without it.
    #[serde(default)]
    partitions: Option<u32>,
    /// The brokers' `default.replication.factor` without it.
    #[serde(default)]
    replication_factor: Option<u16>,
    /// In the place of both: the broker ids of each partition's replicas, the preferred leader first.
    #[serde(default)]
    assignment: Option<Vec<Vec<i32>>>,
    /// Settings of its own.
    #[serde(default)]
    config: BTreeMap<String, String>,
    /// A topic that exists is no error, and left as it is.
    #[serde(default)]
    if_not_exists: bool,
}

pub(super) async fn create_topic(call: Change<CreateTopic>) -> Result<Created, Failure> {
    let CreateTopic { name, partitions, replication_factor, assignment, config, if_not_exists } = call.body;
    let layout = match assignment {
        Some(_) if partitions.is_some() || replication_factor.is_some() => {
            let message = "`assignment` stands in the place of `partitions` and `replication_factor`";
            return Err(Failure::new(ExitCode::Usage, message));
        }
        Some(replicas) => Layout::Assigned(replicas),
        None => Layout::Counted { partitions, replication_factor },
    };
    let topic = NewTopic { name, layout, config };
    LIVE.create_topic(&call.dir, &TopicRequest { topic, if_not_exists }).await
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AlterTopic {
    /// How many it is to have, more than it has.
    #[serde(default)]
    partitions: Option<u32>,
    /// Settings of its own, with their values.
    #[serde(default)]
    set: BTreeMap<String, String>,
    /// Settings that it shall no longer have of its own.
    #[serde(default)]
    delete: BTreeSet<String>,
}

pub(super) async fn alter_topic(call: Change<AlterTopic>) -> Result<Altered, Failure> {
    let topic = call.name("topic").to_owned();
    let AlterTopic { partitions, set, delete } = call.body;
    let wanted = given::consistent(Alteration { topic, partitions, set, delete })?;
    LIVE.alter_topic(&call.dir, &wanted).await
}

pub(super) async fn delete_topic(call: Change<Nothing>) -> Result<Deleted, Failure> {
    LIVE.delete_topics(&call.dir, &[call.name("topic").to_owned()]).await
}

pub(super) async fn elect_topic(call: Change<Nothing>) -> Result<Vec<Election>, Failure> {
    LIVE.elect_preferred(&call.dir, Some(call.name("topic"))).await
}

pub(super) async fn elect(call: Change<Nothing>) -> Result<Vec<Election>, Failure> {
    LIVE.elect_preferred(&call.dir, None).await
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ResetGroup {
    /// Topics with the numbers of partitions, or `null` for all of them; without it, all that the group has committed
    /// offsets for.
    #[serde(default)]
    topics: Option<BTreeMap<String, Option<BTreeSet<i32>>>>,
    to: To,
    /// Change nothing: answer what would be done.
    #[serde(default)]
    dry_run: bool,
}

/// Where a group's offsets go.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum To {
    Earliest,
    Latest,
    /// This one, in each partition.
    Offset(i64),
    /// The first message that is as old as this or younger, in ms since 1970.
    TimeMs(i64),
    /// So many messages on, back when negative.
    ShiftBy(i64),
}

pub(super) async fn reset_group(call: Change<ResetGroup>) -> Result<ResetReport, Failure> {
    let to = match call.body.to {
        To::Earliest => ResetTo::Earliest,
        To::Latest => ResetTo::Latest,
        To::Offset(offset) => ResetTo::Offset(offset),
        To::TimeMs(ms) => ResetTo::Time(ms),
        To::ShiftBy(by) => ResetTo::ShiftBy(by),
    };
    let group = call.name("group").to_owned();
    let partitions = call.body.topics.clone().map_or(Selection::All, Selection::Topics);
    let plan = LIVE.plan_group_reset(&call.dir, &Reset { group, partitions, to }).await?;
    if !call.body.dry_run {
        LIVE.reset_group(&call.dir, &plan).await?;
    }
    Ok(ResetReport { done: !call.body.dry_run, plan })
}

pub(super) async fn delete_group(call: Change<Nothing>) -> Result<DeletedGroups, Failure> {
    LIVE.delete_groups(&call.dir, &[call.name("group").to_owned()]).await
}
