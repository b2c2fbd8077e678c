//! What a test says of nodes and supervisors.

use std::collections::VecDeque;

use super::Fake;
use crate::api::message::{Reply, Request, Seen};
use crate::api::page::{Front, OpenPage, OpenedPage};
use crate::engine::ops::NodeOps;
use crate::engine::session::{OnReply, OnSeen, Supervisor};
use crate::error::Failure;
use crate::model::action::Action;
use crate::model::outcome::{NodeOutcome, Outcome, OutcomeKind, Summary};
use crate::model::status::Status;
use crate::paths::ClusterDir;
use crate::plan::model::Plan;

#[derive(Default)]
pub(super) struct Script {
    running: Vec<String>,
    replies: Vec<Reply>,
    /// Without one, the supervisor never answers.
    outcomes: VecDeque<Result<Outcome, Failure>>,
    /// A watch sees one; without one, nothing.
    statuses: VecDeque<Result<Status, Failure>>,
    requests: Vec<Action>,
    /// What was asked to be opened; `None`: closed.
    pages: Vec<Option<OpenPage>>,
}

impl Fake {
    pub(crate) fn running(&self, names: &[&str]) {
        self.nodes.borrow_mut().running = names.iter().map(|name| (*name).to_owned()).collect();
    }

    pub(crate) fn reply(&self, reply: Reply) {
        self.nodes.borrow_mut().replies.push(reply);
    }

    pub(crate) fn answer(&self, result: OutcomeKind, message: &str, nodes: Vec<NodeOutcome>) {
        let outcome = Outcome { result, summary: Summary::words(message), nodes };
        self.nodes.borrow_mut().outcomes.push_back(Ok(outcome));
    }

    pub(crate) fn fail(&self, failure: Failure) {
        self.nodes.borrow_mut().outcomes.push_back(Err(failure));
    }

    pub(crate) fn statuses(&self, statuses: impl IntoIterator<Item = Result<Status, Failure>>) {
        self.nodes.borrow_mut().statuses.extend(statuses);
    }

    pub(crate) fn pages(&self) -> Vec<Option<OpenPage>> {
        self.nodes.borrow().pages.clone()
    }

    pub(crate) fn requests(&self) -> Vec<Action> {
        self.nodes.borrow().requests.clone()
    }
}

impl NodeOps for Fake {
    fn supervisor(&self, dir: &ClusterDir) -> Result<Option<Supervisor>, Failure> {
        let name = dir.path().file_name().unwrap().to_str().unwrap();
        let runs = self.nodes.borrow().running.iter().any(|running| running == name);
        Ok(runs.then_some(Supervisor { pid: Some(4600) }))
    }

    async fn act(
        &self,
        _: &ClusterDir,
        request: &Request,
        on_reply: OnReply<'_>,
    ) -> Result<Outcome, Failure> {
        let replies = self.nodes.borrow().replies.clone();
        self.nodes.borrow_mut().requests.push(request.action.clone());
        replies.into_iter().for_each(on_reply);
        let outcome = self.nodes.borrow_mut().outcomes.pop_front();
        match outcome {
            Some(outcome) => outcome,
            None => std::future::pending().await,
        }
    }

    async fn status(&self, _: &ClusterDir, _: Option<&str>) -> Result<Status, Failure> {
        self.nodes.borrow_mut().statuses.pop_front().expect("no more statuses are scripted")
    }

    async fn foreground(
        &self,
        plan: &Plan,
        request: &Request,
        _: Box<dyn Front>,
        on_reply: OnReply<'_>,
    ) -> Result<Outcome, Failure> {
        let outcome = self.act(&ClusterDir(plan.dir.clone()), request, &mut *on_reply).await?;
        on_reply(Reply::Done { outcome: outcome.clone() });
        Ok(outcome)
    }

    async fn watch(&self, _: &ClusterDir, on_seen: OnSeen<'_>) -> Result<(), Failure> {
        let status = self.nodes.borrow_mut().statuses.pop_front();
        match status {
            Some(status) => on_seen(Seen::Status(Box::new(status?))),
            None => std::future::pending().await,
        }
        Ok(())
    }

    async fn open_page(&self, _: &ClusterDir, wanted: &OpenPage) -> Result<OpenedPage, Failure> {
        self.nodes.borrow_mut().pages.push(Some(wanted.clone()));
        let port = wanted.port.unwrap_or(9000);
        Ok(OpenedPage { port, token: "all".into(), read_token: "look".into() })
    }

    async fn close_page(&self, _: &ClusterDir) -> Result<(), Failure> {
        self.nodes.borrow_mut().pages.push(None);
        Ok(())
    }

    async fn supervise(&self, _: &ClusterDir, _: Box<dyn Front>) -> Result<(), Failure> {
        Ok(())
    }
}
