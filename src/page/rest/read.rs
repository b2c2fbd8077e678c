//! What programs can look at: the answers of commands with `--json`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::call::Call;
use super::operations::Nothing;
use crate::admin::group::{GroupList, GroupsDescription};
use crate::admin::quorum::Quorum;
use crate::admin::{ConfigRequest, Configs, Description, Disks, Listed};
use crate::engine::journal::Journal;
use crate::engine::ops::{AdminOps, LIVE, NodeOps};
use crate::error::{End, ExitCode, Failure};
use crate::model::event::Entry;
use crate::model::status::Status;
use crate::view::explain::Explanation;

/// Entries of one answer, unless it is said how many.
const ENTRIES: usize = 1_000;

type Look = Call<Nothing, Nothing>;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OfTopic {
    /// This topic and no other.
    topic: Option<String>,
}

pub(super) async fn status(call: Call<OfTopic, Nothing>) -> Result<Status, Failure> {
    LIVE.status(&call.dir, call.query.topic.as_deref()).await
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Since {
    /// The `seq` of the last one that is known: those behind it, oldest first. Without it, the last ones.
    after: Option<u64>,
    /// So many at most; 1000 without it.
    limit: Option<usize>,
}

pub(super) async fn events(call: Call<Since, Nothing>) -> Result<Vec<Entry>, Failure> {
    let Since { after, limit } = call.query;
    let limit = limit.unwrap_or(ENTRIES);
    let mut entries = std::collections::VecDeque::new();
    let read = Journal::of(&call.dir).read(&mut |entry, _| {
        if after.is_some_and(|after| entry.seq <= after || entries.len() >= limit) {
            return Ok(());
        }
        entries.push_back(entry);
        if entries.len() > limit {
            entries.pop_front();
        }
        Ok(())
    });
    match read {
        Ok(_) => Ok(entries.into()),
        Err(End::Failure(failure)) => Err(failure),
        Err(End::Quiet(_) | End::HandedOn(_)) => {
            Err(Failure::new(ExitCode::Failed, "reading the journal was broken off"))
        }
    }
}

pub(super) async fn topics(call: Look) -> Result<Vec<Listed>, Failure> {
    LIVE.topics(&call.dir).await
}

pub(super) async fn topic(call: Look) -> Result<Description, Failure> {
    LIVE.describe_topics(&call.dir, Some(call.name("topic"))).await
}

pub(super) async fn topic_config(call: Look) -> Result<Configs, Failure> {
    config(&call, "topic").await
}

pub(super) async fn node_config(call: Look) -> Result<Configs, Failure> {
    config(&call, "node").await
}

async fn config(call: &Look, key: &str) -> Result<Configs, Failure> {
    let wanted =
        ConfigRequest { name: call.name(key).to_owned(), is_topic: key == "topic", keys: Vec::new() };
    LIVE.config(&call.dir, &wanted).await
}

pub(super) async fn explain(call: Look) -> Result<Explanation, Failure> {
    LIVE.explain_topic(&call.dir, call.name("topic")).await
}

pub(super) async fn groups(call: Look) -> Result<GroupList, Failure> {
    LIVE.groups(&call.dir).await
}

pub(super) async fn group(call: Look) -> Result<GroupsDescription, Failure> {
    LIVE.describe_groups(&call.dir, Some(call.name("group"))).await
}

pub(super) async fn disks(call: Look) -> Result<Disks, Failure> {
    LIVE.disks(&call.dir).await
}

pub(super) async fn quorum(call: Look) -> Result<Quorum, Failure> {
    LIVE.quorum(&call.dir).await
}
