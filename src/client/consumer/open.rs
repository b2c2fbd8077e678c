//! Beginning: the topic must be there, and offsets to begin with be found.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;

use super::error::ConsumeError;
use super::locate::{Located, Locator, Missing, Start};
use super::search::{self, PATIENCE, Search};
use super::shell::Consumer;
use crate::client::topic::{TopicError, find, must_have};
use crate::plan::endpoints::Endpoints;
use crate::plan::model::Plan;
use crate::wire::pool::Pool;

impl Consumer {
    /// A consumer of one topic of a running cluster, with nothing to read yet. Never creates the topic.
    pub(crate) async fn open(plan: &Plan, topic: &str) -> Result<Self, ConsumeError> {
        Self::open_on(Pool::new(&Endpoints::of(plan)), &plan.name, topic).await
    }

    pub(super) async fn open_on(pool: Pool, cluster: &str, topic: &str) -> Result<Self, ConsumeError> {
        let found = find(&pool, cluster, topic).await?;
        Ok(Consumer::new(topic, Arc::new(pool), &found))
    }

    /// An error unless the topic has this partition.
    pub(crate) fn must_have(&self, partition: i32) -> Result<(), TopicError> {
        must_have(&self.topic, usize::try_from(self.count).unwrap_or(0), partition)
    }

    /// The offsets to begin with, of each partition as soon as its leader tells: after so long without one it is an
    /// error, without a limit never.
    pub(crate) fn search(&self, partitions: &[i32], start: Start, patience: Option<Duration>) -> Search {
        search::begin(self.locator(), partitions, start, patience)
    }

    /// All of them at once. Waits for up to 30 s for partitions that have no leader.
    pub(crate) async fn locate(
        &self,
        partitions: &[i32],
        start: Start,
    ) -> Result<BTreeMap<i32, Located>, ConsumeError> {
        let mut located = BTreeMap::new();
        let mut search = self.search(partitions, start, Some(PATIENCE));
        while let Some(found) = search.try_next().await? {
            located.extend(found.located);
        }
        Ok(located)
    }

    /// The same without waiting for a leader, and of those offsets too that a partition does not have: why it is not
    /// known, for a partition whose leader does not answer.
    pub(crate) async fn locate_now(
        &self,
        partitions: &[i32],
        start: Start,
    ) -> Result<BTreeMap<i32, Result<Located, Missing>>, ConsumeError> {
        let located = self.locator().locate(partitions, start).await;
        located.map_err(|reason| TopicError::Unreachable { topic: self.topic.to_string(), reason }.into())
    }

    fn locator(&self) -> Locator {
        Locator { pool: self.pool.clone(), topic: self.topic.clone() }
    }
}
