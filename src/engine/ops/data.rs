//! What sends and reads messages.

use super::Live;
use crate::bench::Order as BenchOrder;
use crate::engine::bench;
use crate::engine::consume::browse;
use crate::engine::consume::read::{self, Sink};
use crate::engine::produce::feed::{self, Ended, OnTalk, Order};
use crate::engine::produce::one::{self, Landed};
use crate::error::{End, Failure};
use crate::paths::ClusterDir;

/// What commands need of [`crate::client`]. A cluster of which nothing runs is `ExitCode::NotRunning`.
pub(crate) trait DataOps {
    /// Hands the records of a topic to `sink`.
    async fn consume(
        &self,
        dir: &ClusterDir,
        order: &read::Order,
        sink: &mut dyn Sink,
    ) -> Result<read::Ended, End>;

    /// A page of a topic's messages, within some seconds; it may be dropped meanwhile.
    async fn browse(&self, dir: &ClusterDir, order: &browse::Order) -> Result<browse::Page, Failure>;

    /// Sends the lines of standard input, and hears what happens meanwhile.
    async fn produce(&self, dir: &ClusterDir, order: &Order, talk: OnTalk<'_>) -> Result<Ended, Failure>;

    /// Sends one message, within some seconds.
    async fn produce_one(&self, dir: &ClusterDir, order: &one::Order) -> Result<Landed, Failure>;

    /// Measures on a topic of its own or on one that is there, and hears what happens meanwhile.
    async fn bench(
        &self,
        dir: &ClusterDir,
        order: &BenchOrder,
        talk: OnTalk<'_>,
    ) -> Result<bench::Ended, Failure>;
}

impl DataOps for Live {
    async fn consume(
        &self,
        dir: &ClusterDir,
        order: &read::Order,
        sink: &mut dyn Sink,
    ) -> Result<read::Ended, End> {
        read::topic(&self.plan(dir)?, order, sink).await
    }

    async fn browse(&self, dir: &ClusterDir, order: &browse::Order) -> Result<browse::Page, Failure> {
        browse::page(&self.plan(dir)?, order).await
    }

    async fn produce(&self, dir: &ClusterDir, order: &Order, talk: OnTalk<'_>) -> Result<Ended, Failure> {
        feed::standard_input(&self.plan(dir)?, order, talk).await
    }

    async fn produce_one(&self, dir: &ClusterDir, order: &one::Order) -> Result<Landed, Failure> {
        one::send(&self.plan(dir)?, order).await
    }

    async fn bench(
        &self,
        dir: &ClusterDir,
        order: &BenchOrder,
        talk: OnTalk<'_>,
    ) -> Result<bench::Ended, Failure> {
        bench::measure(&self.plan(dir)?, order, talk).await
    }
}
