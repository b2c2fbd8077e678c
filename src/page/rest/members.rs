//! Brokers that join and leave, for programs.

use schemars::JsonSchema;
use serde::Deserialize;

use super::call::Call;
use super::operations::Nothing;
use crate::engine::ops::{FolderOps, LIVE};
use crate::error::Failure;
use crate::output::members::Scaled;
use crate::output::outcome::Report;
use crate::page::members;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Brokers {
    /// How many there are to be in all, not fewer than there are, 100 at most.
    brokers: u32,
}

pub(super) async fn scale(call: Call<Nothing, Brokers>) -> Result<Scaled, Failure> {
    let count = members::count(&call.body.brokers.to_string())?;
    Ok(members::scale(&call.dir, count).await?.0)
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct How {
    /// Though other nodes are down or partitions under-replicated.
    #[serde(default)]
    force: bool,
    /// Its folder with its data stays where it is.
    #[serde(default)]
    keep_data: bool,
}

pub(super) async fn decommission(call: Call<How, Nothing>) -> Result<Report, Failure> {
    let plan = LIVE.stored_plan(&call.dir)?;
    let How { force, keep_data } = call.query;
    let retired = members::retire(&call.dir, &plan, call.name("node"), (force, keep_data)).await?;
    Ok(Report::from(&retired.outcome))
}
