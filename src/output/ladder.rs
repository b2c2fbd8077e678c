//! Where each node of a running request is, kept from the supervisor's replies. Knows no stream.

use std::collections::BTreeMap;

use super::{events, status};
use crate::api::message::Reply;
use crate::model::event::Event;
use crate::model::ids::NodeName;
use crate::model::reason::Reason;
use crate::model::status::{NodeState, NodeStatus};
use crate::model::step::Step;
use crate::units;

/// What the request wants of its nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goal {
    Ready,
    Down,
}

/// How far one node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Nothing has been heard of it, or it waits for others.
    Waiting,
    Starting {
        waiting_for: Option<Step>,
    },
    /// `None`: it was ready before it was asked for.
    Ready {
        after_ms: Option<u64>,
    },
    /// Its process is on its way out.
    Stopping,
    /// Not running; how that came.
    Down(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rung {
    pub stage: Stage,
    pub last_error: Option<String>,
}

/// The nodes that a request is about.
#[derive(Clone, Debug)]
pub(crate) struct Ladder {
    goal: Goal,
    rungs: BTreeMap<NodeName, Rung>,
    usable_after_ms: Option<u64>,
}

impl Ladder {
    pub(crate) fn new(goal: Goal, nodes: impl IntoIterator<Item = NodeName>) -> Self {
        let rung = Rung { stage: Stage::Waiting, last_error: None };
        let rungs = nodes.into_iter().map(|node| (node, rung.clone())).collect();
        Ladder { goal, rungs, usable_after_ms: None }
    }

    pub(crate) fn nodes(&self) -> impl Iterator<Item = (NodeName, &Rung)> {
        self.rungs.iter().map(|(node, rung)| (*node, rung))
    }

    pub(crate) fn rung(&self, node: NodeName) -> Option<&Rung> {
        self.rungs.get(&node)
    }

    /// How long it took until the cluster was usable, when this request made it so.
    pub(crate) fn usable_after_ms(&self) -> Option<u64> {
        self.usable_after_ms
    }

    /// Takes a reply in; the node whose rung it changes.
    pub(crate) fn apply(&mut self, reply: &Reply) -> Option<NodeName> {
        match reply {
            Reply::Progress { node } => self.progress(node),
            Reply::Event { entry } => self.event(&entry.event),
            Reply::Done { .. } => None,
        }
    }

    fn progress(&mut self, status: &NodeStatus) -> Option<NodeName> {
        let rung = self.rungs.get_mut(&status.node)?;
        rung.stage = match status.state {
            NodeState::Waiting => Stage::Waiting,
            NodeState::Starting => Stage::Starting { waiting_for: status.waiting_for },
            NodeState::Ready => match rung.stage {
                Stage::Ready { after_ms } => Stage::Ready { after_ms },
                _ => Stage::Ready { after_ms: None },
            },
            NodeState::Stopping => Stage::Stopping,
            // An exit has already been told in more words.
            _ if matches!(rung.stage, Stage::Down(_)) => return None,
            other => Stage::Down(match (self.goal, &status.reason) {
                (Goal::Down, Some(Reason::StaysDown { .. })) => format!("was {}", status::state(other)),
                (Goal::Ready, Some(reason @ Reason::StaysDown { .. })) => reason.to_string(),
                _ => status::state(other).to_owned(),
            }),
        };
        // That it stays down is no error, and has been said.
        let error = status.reason.as_ref().filter(|reason| !matches!(reason, Reason::StaysDown { .. }));
        rung.last_error = error.map(Reason::to_string);
        Some(status.node)
    }

    fn event(&mut self, event: &Event) -> Option<NodeName> {
        if let Event::Usable { after_ms } = event {
            self.usable_after_ms = Some(*after_ms);
        }
        let node = event.node()?;
        let rung = self.rungs.get_mut(&node)?;
        rung.stage = match event {
            Event::Started { .. } | Event::Adopted { .. } => Stage::Starting { waiting_for: None },
            Event::Ready { after_ms, .. } => Stage::Ready { after_ms: Some(*after_ms) },
            Event::Unready { step, .. } => Stage::Starting { waiting_for: Some(*step) },
            Event::Exited { .. }
            | Event::StartFailed { .. }
            | Event::RestartScheduled { .. }
            | Event::CrashLoop { .. } => Stage::Down(events::what(event)),
            _ => return None,
        };
        rung.last_error = match event {
            Event::Unready { reason, .. } => Some(reason.to_string()),
            _ => None,
        };
        Some(node)
    }

    /// Whether the node is where the request wants it.
    pub(crate) fn is_done(&self, rung: &Rung) -> bool {
        match self.goal {
            Goal::Ready => matches!(rung.stage, Stage::Ready { .. }),
            Goal::Down => matches!(rung.stage, Stage::Down(_)),
        }
    }
}

impl Rung {
    /// One line: the step that it waits for and the last error, or how it ended.
    pub(crate) fn text(&self) -> String {
        let stage = self.stage_text();
        match self.last_error.as_ref().and_then(|error| error.lines().next()) {
            Some(error) if !matches!(self.stage, Stage::Ready { .. }) => format!("{stage}: {error}"),
            _ => stage,
        }
    }

    /// The same without the last error of a node that gets on; one that ended keeps what it said.
    pub(crate) fn stage_text(&self) -> String {
        match &self.stage {
            Stage::Waiting => "waiting".to_owned(),
            Stage::Starting { waiting_for: None } => "starting".to_owned(),
            Stage::Starting { waiting_for: Some(step) } => format!("waiting for {}", step.waits_for()),
            Stage::Ready { after_ms: None } => "ready".to_owned(),
            Stage::Ready { after_ms: Some(ms) } => format!("ready after {}", units::duration(*ms)),
            Stage::Stopping => "stopping".to_owned(),
            Stage::Down(how) => how.clone(),
        }
    }
}

/// What a reply says in a plain line, for those who have no terminal; `None` when it is not about
/// the request's nodes or of no use to one who waits.
pub(crate) fn plain(ladder: &Ladder, reply: &Reply) -> Option<String> {
    let Reply::Event { entry } = reply else { return None };
    let what = events::what(&entry.event);
    match (&entry.event, entry.event.node()) {
        (
            Event::Reached { step: Step::Process, .. }
            | Event::BrokerRegistered { .. }
            | Event::BrokerGone { .. },
            _,
        ) => None,
        (_, Some(node)) => ladder.rungs.contains_key(&node).then(|| format!("{node}: {what}")),
        _ => aside(&entry.event),
    }
}

/// What is worth a line above the nodes' own: topics and trouble.
pub(crate) fn aside(event: &Event) -> Option<String> {
    match event {
        Event::TopicCreated { .. }
        | Event::TopicConfigured { .. }
        | Event::TopicDiffers { .. }
        | Event::UsersChanged { .. }
        | Event::AclsChanged { .. }
        | Event::Trouble { .. } => Some(events::what(event)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::outcome::KeptDown;
    use crate::model::samples::node;
    use crate::output::events::samples;

    const NODE: NodeName = NodeName { role: crate::model::ids::Role::Broker, id: 0 };

    fn event(event: Event) -> Reply {
        Reply::Event { entry: samples::entry(event) }
    }

    fn waiting_for(step: Step, note: Option<&str>) -> Reply {
        let mut status = node(NODE, NodeState::Starting);
        status.waiting_for = Some(step);
        status.reason = note.map(|why| Reason::NotReady { why: why.into() });
        Reply::Progress { node: status }
    }

    fn told(goal: Goal, replies: &[Reply]) -> (String, bool) {
        let mut ladder = Ladder::new(goal, [NODE]);
        for reply in replies {
            ladder.apply(reply);
        }
        let rung = ladder.rung(NODE).unwrap();
        (rung.text(), ladder.is_done(rung))
    }

    #[test]
    fn a_node_shows_the_step_it_waits_for_and_its_last_error() {
        let mut replies = vec![];
        assert_eq!(told(Goal::Ready, &replies), ("waiting".into(), false));
        replies.push(event(Event::Started { node: NODE, pid: 1 }));
        assert_eq!(told(Goal::Ready, &replies), ("starting".into(), false));
        replies.push(waiting_for(Step::Port, Some("connection refused")));
        assert_eq!(
            told(Goal::Ready, &replies),
            ("waiting for its port to open: connection refused".into(), false)
        );
        replies.push(event(Event::Ready { node: NODE, after_ms: 3400 }));
        replies.push(Reply::Progress { node: node(NODE, NodeState::Ready) });
        assert_eq!(told(Goal::Ready, &replies), ("ready after 3.4 s".into(), true));
    }

    #[test]
    fn a_node_that_was_ready_before_has_no_time() {
        let ready = Reply::Progress { node: node(NODE, NodeState::Ready) };
        assert_eq!(told(Goal::Ready, &[ready]), ("ready".into(), true));
    }

    #[test]
    fn how_a_node_ended_is_not_overwritten_by_its_bare_state() {
        let exited = event(Event::Exited {
            node: NODE,
            pid: 1,
            status: crate::model::exit::Exit::Code(1),
            after_ms: None,
            expected: false,
            reason: None,
        });
        let state = Reply::Progress { node: node(NODE, NodeState::BackingOff) };
        assert_eq!(
            told(Goal::Ready, &[exited.clone(), state]),
            ("exited: exit code 1, unasked".into(), false)
        );
        assert!(told(Goal::Down, &[exited]).1);
    }

    #[test]
    fn a_node_that_was_down_before_says_so_once() {
        let mut killed = node(NODE, NodeState::Killed);
        killed.reason = Some(Reason::StaysDown { by: KeptDown::Killed });
        let killed = [Reply::Progress { node: killed }];
        assert_eq!(told(Goal::Down, &killed), ("was killed".into(), true));
        assert_eq!(told(Goal::Ready, &killed), ("killed; stays down until `cluster start`".into(), false));
    }

    #[test]
    fn other_nodes_are_passed_over() {
        let mut ladder = Ladder::new(Goal::Ready, [NODE]);
        let other = NodeName::broker(1);
        let reply = event(Event::Ready { node: other, after_ms: 1 });
        assert_eq!(ladder.apply(&reply), None);
        assert_eq!(plain(&ladder, &reply), None);
    }

    #[test]
    fn plain_lines_tell_the_steps_and_leave_out_the_noise() {
        let ladder = Ladder::new(Goal::Ready, [NODE]);
        let lines: Vec<_> = samples::all().into_iter().filter_map(|e| plain(&ladder, &event(e))).collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        broker-0: added to the cluster
        broker-0: taken over, still running with pid 4700
        broker-0: failed to start: no such file: /opt/java
        broker-0: registration removed, as its process is gone (/brokers/ids/0, /controller)
        broker-0: port open after 812 ms
        broker-0: answers its protocol after 1.0 s
        broker-0: registered after 1.3 s
        broker-0: knows the controller and every live broker after 1.9 s
        broker-0: replicas in the ISR after 2.0 s
        broker-0: ready after 2.0 s
        topic velib-stations created: 10 partitions, replication factor 2, as the spec says
        topic velib-stations set to what the spec says: retention.ms=86400000
        topic velib-stations is not as the spec says: 12 partitions, the spec says 10
        users alice, bob added, user carol removed, as the spec says
        1 ACL added (alice: allow read topic:velib-*), 2 ACLs removed (bob: allow read topic:velib-*; carol: allow read topic:velib-*), as the spec says
        broker-0: SIGKILL sent to pid 4700 by the operator
        broker-0: exited: SIGKILL, 2 ms after the signal
        broker-0: exited: exit code 1, unasked
        broker-0: exited: SIGKILL, unasked: killed by the kernel, which had no memory left (the cgroup's limit is 420 MiB)
        broker-0: restart 1 follows at once
        broker-0: restart 2 follows in 2.0 s
        broker-0: given up until `start`, 5 exits within 1 min: ERROR Fatal error

          at kafka.Kafka

        broker-0: given up until `start`, 5 exits within 1 min
        broker-0: no longer ready, waiting for an answer to its protocol: no answer within 500 ms
        broker-0: paused
        broker-0: goes on
        trouble: failed to write state.json: disk full
        "#);
    }

    #[test]
    fn the_time_until_usable_is_kept() {
        let mut ladder = Ladder::new(Goal::Ready, [NODE]);
        assert_eq!(ladder.usable_after_ms(), None);
        ladder.apply(&event(Event::Usable { after_ms: 4100 }));
        assert_eq!(ladder.usable_after_ms(), Some(4100));
    }
}
