//! Replicas that are moved, for programs: what is under way, what would be moved, having it done and taken back.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;

use super::call::Call;
use super::operations::Nothing;
use crate::admin::moves::moving::Moving;
use crate::admin::moves::{Moved, PlanFile, Proposal, Wanted};
use crate::engine::ops::{AdminOps, LIVE};
use crate::error::{ExitCode, Failure};

pub(super) async fn moving(call: Call<Nothing, Nothing>) -> Result<Moving, Failure> {
    LIVE.moving(&call.dir).await
}

/// What is to be spread evenly.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Spread {
    /// These topics; all without it.
    #[serde(default)]
    topics: Vec<String>,
    /// All but these.
    #[serde(default)]
    exclude: Vec<String>,
    /// Ids of brokers that shall hold nothing of them.
    #[serde(default)]
    without: BTreeSet<i32>,
}

pub(super) async fn propose(call: Call<Nothing, Spread>) -> Result<Proposal, Failure> {
    let Spread { topics, exclude, without } = call.body;
    LIVE.propose_moves(&call.dir, &Wanted::Spread { topics, exclude, without }).await
}

/// What is to be moved.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Begin {
    /// As a plan that was saved, or as Kafka's own tool has it; `before` of a partition is checked where it stands.
    plan: PlanFile,
    /// Bytes a second that a broker sends or fetches at most for it; not throttled without it.
    #[serde(default)]
    throttle_bytes_per_second: Option<u64>,
}

pub(super) async fn begin(call: Call<Nothing, Begin>) -> Result<Moved, Failure> {
    let Begin { plan, throttle_bytes_per_second } = call.body;
    let plan = plan.checked().map_err(|fault| {
        Failure::new(ExitCode::BadInput, format!("plan: {}", fault.what)).hint(fault.remedy)
    })?;
    let proposal = LIVE.propose_moves(&call.dir, &Wanted::Plan(plan)).await?;
    LIVE.move_replicas(&call.dir, &proposal.moves(), throttle_bytes_per_second, &mut |_| {}).await
}

pub(super) async fn cancel(call: Call<Nothing, Nothing>) -> Result<Moved, Failure> {
    LIVE.cancel_moves(&call.dir).await
}
