//! A rung of a node's readiness ladder, asked as a whole: of its process, of the node itself (`probe`), and, where its
//! own word is not enough, of the machine and of the whole cluster.

use std::time::Duration;

use super::probe::{Expectation, NotReady, in_every_isr, probe};
use crate::host::ports::{HostPorts, ThisHost};
use crate::model::reason::Reason;
use crate::model::step::Step;
use crate::model::view::{BrokerView, ClusterView};
use crate::plan::model::NodePlan;
use crate::process::{Identity, usage};
use crate::wire::pool::Pool;

/// One rung of one node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rung<'a> {
    pub step: Step,
    pub node: &'a NodePlan,
    /// Of its process, if it has one.
    pub identity: Option<&'a Identity>,
    pub expect: &'a Expectation,
}

/// What was found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Reached, or why not yet.
    pub result: Result<(), Reason>,
    /// Its process is stopped by a signal, and answers nothing until it goes on.
    pub paused: bool,
}

impl Rung<'_> {
    /// Asks once. `survey` is polled only if what the node says itself has to be confirmed by others; `deadline` is
    /// the node's.
    pub(crate) async fn ask(
        self,
        pool: &Pool,
        survey: impl Future<Output = ClusterView>,
        deadline: Duration,
    ) -> Asked {
        match state(self.identity) {
            State::Gone => Asked { result: Err(Reason::ProcessGone), paused: false },
            State::Paused => Asked { result: Err(Reason::ProcessPaused), paused: true },
            State::Running => {
                let result = self.reached(pool, survey, deadline).await;
                // One that was sent SIGSTOP while it was asked answers nothing.
                let paused = result.is_err() && matches!(state(self.identity), State::Paused);
                Asked { result, paused }
            }
        }
    }

    async fn reached(
        self,
        pool: &Pool,
        survey: impl Future<Output = ClusterView>,
        deadline: Duration,
    ) -> Result<(), Reason> {
        let not_ready = |error: NotReady| Reason::NotReady { why: error.to_string() };
        probe(self.step, self.node, self.expect, pool, deadline).await.map_err(not_ready)?;
        match self.step {
            Step::Port => owns_port(self.identity, self.node.ports.client),
            // Its own Metadata can lack the topics for a moment after its start.
            Step::InSync => in_sync(&survey.await, self.node.name.id).map_err(not_ready),
            Step::Process | Step::Protocol | Step::Quorum | Step::Registered | Step::Joined => Ok(()),
        }
    }
}

/// A stranger that listens on the node's port would answer in its place.
fn owns_port(identity: Option<&Identity>, port: u16) -> Result<(), Reason> {
    match (ThisHost.holder(port), identity) {
        (Some(holder), Some(identity)) if holder.pid != identity.pid => {
            Err(Reason::PortTaken { port, holder: Some(holder) })
        }
        // Who holds it cannot always be told.
        _ => Ok(()),
    }
}

fn in_sync(view: &ClusterView, broker: i32) -> Result<(), NotReady> {
    let topics = view.topics.as_ref().ok_or(NotReady::TopicsUnknown)?;
    in_every_isr(broker, topics.iter().map(|(topic, of)| (topic, &of.partitions)))?;
    tells_clients(view, broker)
}

/// A client that asks only this broker must be told of every topic.
fn tells_clients(view: &ClusterView, broker: i32) -> Result<(), NotReady> {
    let Some(BrokerView::Answered { topics: told, .. }) = view.brokers.get(&broker) else {
        return Err(NotReady::TellsNoTopics);
    };
    match view.topics.iter().flatten().find(|(topic, _)| !told.contains(*topic)) {
        None => Ok(()),
        Some((topic, _)) => Err(NotReady::LacksTopic { topic: topic.clone() }),
    }
}

enum State {
    Running,
    Paused,
    Gone,
}

fn state(identity: Option<&Identity>) -> State {
    match identity.map(usage::usage) {
        Some(Ok(Some(usage))) if usage.state.is_paused() => State::Paused,
        Some(Ok(Some(_))) => State::Running,
        Some(Ok(None)) | None => State::Gone,
        // What cannot be read proves nothing; the protocol will tell.
        Some(Err(_)) => State::Running,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::view::TopicView;

    #[test]
    fn a_broker_is_ready_only_when_it_tells_clients_of_every_topic() {
        let topic = TopicView { partitions: [].into(), min_insync_replicas: 1, internal: false };
        let telling = |topics: &[&str]| ClusterView {
            brokers: [(
                0,
                BrokerView::Answered {
                    controller: Some(0),
                    live_brokers: BTreeSet::from([0]),
                    topics: topics.iter().map(ToString::to_string).collect(),
                },
            )]
            .into(),
            topics: Some([("velib".to_owned(), topic.clone())].into()),
            ..ClusterView::default()
        };
        in_sync(&telling(&["velib", "other"]), 0).unwrap();
        let error = in_sync(&telling(&[]), 0).unwrap_err();
        assert_eq!(error.to_string(), "its Metadata has not got topic velib yet");
        assert!(in_sync(&telling(&["velib"]), 1).is_err(), "unknown is not ready");
    }
}
