//! What is asked of the supervisor of a cluster, and being one.

use super::Live;
use crate::api::message::Request;
use crate::engine::session::{self, OnReply, Supervisor};
use crate::error::Failure;
use crate::model::outcome::Outcome;
use crate::model::status::Status;
use crate::paths::ClusterDir;
use crate::plan::model::Plan;

/// What commands need of the nodes of a cluster and of its supervisor.
pub(crate) trait NodeOps {
    /// The supervisor of a cluster, when one runs. Changes nothing.
    fn supervisor(&self, dir: &ClusterDir) -> Result<Option<Supervisor>, Failure>;

    /// Has something done; starts a supervisor first when none runs. Except for `Up`, a cluster of
    /// which nothing runs, neither supervisor nor node, is `ExitCode::NotRunning`.
    /// Dropping the future does not undo the request.
    async fn act(
        &self,
        dir: &ClusterDir,
        request: &Request,
        on_reply: OnReply<'_>,
    ) -> Result<Outcome, Failure>;

    /// The answer of a supervisor within 2 s; starts one when nodes run without it. A cluster of
    /// which nothing runs is `ExitCode::NotRunning`.
    async fn status(&self, dir: &ClusterDir, topic: Option<&str>) -> Result<Status, Failure>;

    /// Supervises in this process, with `request` as its first, until the cluster is down: by
    /// Ctrl-C, SIGTERM, `down`, or since the request was not done. `on_reply` hears `Done`, too.
    async fn foreground(
        &self,
        plan: &Plan,
        request: &Request,
        on_reply: OnReply<'_>,
    ) -> Result<Outcome, Failure>;

    /// Is the supervisor, as a daemon, until the cluster is down.
    async fn supervise(&self, dir: &ClusterDir) -> Result<(), Failure>;
}

impl NodeOps for Live {
    fn supervisor(&self, dir: &ClusterDir) -> Result<Option<Supervisor>, Failure> {
        session::supervisor(dir)
    }

    async fn act(
        &self,
        dir: &ClusterDir,
        request: &Request,
        on_reply: OnReply<'_>,
    ) -> Result<Outcome, Failure> {
        session::act(dir, request, on_reply).await
    }

    async fn status(&self, dir: &ClusterDir, topic: Option<&str>) -> Result<Status, Failure> {
        session::status(dir, topic).await
    }

    async fn foreground(
        &self,
        plan: &Plan,
        request: &Request,
        on_reply: OnReply<'_>,
    ) -> Result<Outcome, Failure> {
        session::foreground(plan, request, on_reply).await
    }

    async fn supervise(&self, dir: &ClusterDir) -> Result<(), Failure> {
        session::supervise(dir).await
    }
}
