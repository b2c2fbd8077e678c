//! What is asked of the supervisor of a cluster, and being one.

use super::Live;
use crate::api::message::Request;
use crate::api::page::{Front, OpenPage, OpenedPage};
use crate::engine::session::{self, OnReply, OnSeen, Supervisor};
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

    /// Sees the state of a cluster and its events as they come, until its supervisor ends. Starts none, and asks
    /// nobody else.
    async fn watch(&self, dir: &ClusterDir, on_seen: OnSeen<'_>) -> Result<(), Failure>;

    /// Has the supervisor serve the page. A cluster of which nothing runs is `ExitCode::NotRunning`, a port that is
    /// taken `ExitCode::Busy`.
    async fn open_page(&self, dir: &ClusterDir, wanted: &OpenPage) -> Result<OpenedPage, Failure>;

    /// Has it close the page.
    async fn close_page(&self, dir: &ClusterDir) -> Result<(), Failure>;

    /// Supervises in this process, with `request` as its first, until the cluster is down: by
    /// Ctrl-C, SIGTERM, `down`, or since the request was not done. `on_reply` hears `Done`, too.
    async fn foreground(
        &self,
        plan: &Plan,
        request: &Request,
        front: Box<dyn Front>,
        on_reply: OnReply<'_>,
    ) -> Result<Outcome, Failure>;

    /// Is the supervisor, as a daemon, until the cluster is down. `front`: the page that it serves when asked to.
    async fn supervise(&self, dir: &ClusterDir, front: Box<dyn Front>) -> Result<(), Failure>;
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
        front: Box<dyn Front>,
        on_reply: OnReply<'_>,
    ) -> Result<Outcome, Failure> {
        session::foreground(plan, request, front, on_reply).await
    }

    async fn watch(&self, dir: &ClusterDir, on_seen: OnSeen<'_>) -> Result<(), Failure> {
        session::watch(dir, on_seen).await
    }

    async fn open_page(&self, dir: &ClusterDir, wanted: &OpenPage) -> Result<OpenedPage, Failure> {
        session::open_page(dir, wanted).await
    }

    async fn close_page(&self, dir: &ClusterDir) -> Result<(), Failure> {
        session::close_page(dir).await
    }

    async fn supervise(&self, dir: &ClusterDir, front: Box<dyn Front>) -> Result<(), Failure> {
        session::supervise(dir, front).await
    }
}
