//! The journal's words: what was asked, what the processes did, what Kafka did.

use serde::{Deserialize, Serialize};

use super::asked::Asked;
use super::exit::Exit;
use super::ids::{NodeName, Role};
use super::reason::{self, Reason};
use super::signal::Signal;
use super::step::Step;

/// One line of `events.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Counts up by one for the life of the cluster's folder, across supervisors.
    pub seq: u64,
    /// Wall-clock time, UTC.
    pub time: jiff::Timestamp,
    #[serde(flatten)]
    pub event: Event,
}

impl Entry {
    /// The entry on a line of the journal; `None` for one that was cut short, or that another version wrote.
    pub(crate) fn parse(line: &[u8]) -> Option<Self> {
        serde_json::from_slice(line).ok()
    }
}

/// Who has a node sent a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sender {
    /// By a command that names the node, such as `kill`.
    Operator,
    /// On the way to what somebody asked for: an orderly stop, and what follows a deadline.
    Supervisor,
}

/// Entries from before there were controllers apart from brokers do not say which it is.
fn broker() -> Role {
    Role::Broker
}

/// What happened. JSON: `{"event": "killed", "node": "broker-0", ...}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A supervisor took the cluster over.
    SupervisorStarted {
        pid: u32,
        version: String,
    },
    /// It ended in order (after `down`).
    SupervisorStopped {
        pid: u32,
    },
    /// Somebody asked for something: the action as the command line has it, and as a value, which old entries have
    /// not: [`Event::asked`] reads both.
    Asked {
        request: u64,
        action: String,
        by: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        asked: Option<Asked>,
    },
    /// The definite answer to a request.
    Answered {
        request: u64,
        ok: bool,
        message: String,
    },
    /// A request was refused by a guard; nothing was done.
    Refused {
        request: u64,
        message: String,
    },
    /// The plan has a node that it had not before.
    NodeAdded {
        node: NodeName,
    },
    /// The plan no longer has it, and its process is gone.
    NodeRemoved {
        node: NodeName,
    },
    /// A process was started.
    Started {
        node: NodeName,
        pid: u32,
    },
    /// JSON: the words in `error`, the value in `reason`, which old entries have not.
    StartFailed {
        node: NodeName,
        #[serde(flatten, with = "reason::error")]
        reason: Reason,
    },
    /// A running process, proven to be the node, was taken over from an earlier supervisor.
    Adopted {
        node: NodeName,
        pid: u32,
    },
    /// A readiness step was reached, `after_ms` from the start of the process.
    Reached {
        node: NodeName,
        step: Step,
        after_ms: u64,
    },
    /// All steps were reached.
    Ready {
        node: NodeName,
        after_ms: u64,
    },
    /// A ready node stopped answering, though its process is alive. JSON as of `StartFailed`.
    Unready {
        node: NodeName,
        step: Step,
        #[serde(flatten, with = "reason::error")]
        reason: Reason,
    },
    /// A signal was sent.
    Signalled {
        node: NodeName,
        pid: u32,
        signal: Signal,
        by: Sender,
    },
    /// The process is gone. `after_ms`: since the last signal that was sent to it.
    Exited {
        node: NodeName,
        pid: u32,
        status: Exit,
        after_ms: Option<u64>,
        /// True when the operator or the supervisor asked for it.
        expected: bool,
    },
    /// A restart will follow after the back-off.
    RestartScheduled {
        node: NodeName,
        attempt: u32,
        in_ms: u64,
    },
    /// It exits again and again: given up until `start`. JSON: `last_error` and `reason`.
    CrashLoop {
        node: NodeName,
        exits: u32,
        within_ms: u64,
        #[serde(flatten, with = "reason::last_error")]
        reason: Option<Reason>,
    },
    /// What a dead process left behind was removed, so that it can register again at once: znodes in ZooKeeper,
    /// the broker's registration in KRaft (UnregisterBroker).
    RegistrationCleared {
        node: NodeName,
        #[serde(alias = "znodes")]
        removed: Vec<String>,
    },
    /// A process is paused by SIGSTOP, or goes on after SIGCONT.
    Paused {
        node: NodeName,
    },
    Resumed {
        node: NodeName,
    },
    /// Kafka: registered brokers, as ZooKeeper's `/brokers/ids` has them; in KRaft those that are not fenced.
    BrokerRegistered {
        node: NodeName,
    },
    /// `after_ms`: since its process ended, when it did.
    BrokerGone {
        node: NodeName,
        after_ms: Option<u64>,
    },
    /// In KRaft this is the leader of the quorum. `role`: broker or controller.
    ControllerChanged {
        #[serde(default = "broker")]
        role: Role,
        from: Option<i32>,
        to: Option<i32>,
    },
    #[serde(rename = "zookeeper-leader-changed")]
    ZooKeeperLeaderChanged {
        from: Option<i32>,
        to: Option<i32>,
    },
    /// Partitions whose leader moved, all seen in one observation.
    LeadersMoved {
        moved: Vec<LeaderMove>,
        offline: u32,
    },
    IsrShrunk {
        partitions: Vec<IsrChange>,
    },
    IsrExpanded {
        partitions: Vec<IsrChange>,
    },
    TopicCreated {
        topic: String,
        partitions: u32,
        replication_factor: u16,
        by_spec: bool,
    },
    TopicDeleted {
        topic: String,
    },
    /// A topic of the spec exists, but not as the spec has it.
    TopicDiffers {
        topic: String,
        difference: String,
    },
    /// Settings of a spec's topic that were changed to what the spec says.
    TopicConfigured {
        topic: String,
        settings: Vec<String>,
    },
    /// The whole cluster is usable, `after_ms` since it was asked for.
    Usable {
        after_ms: u64,
    },
    /// Something failed that belongs to no node.
    Trouble {
        message: String,
    },
}

impl Event {
    /// What was asked for, if that is what it tells.
    pub fn asked(&self) -> Option<Asked> {
        match self {
            Event::Asked { asked, action, .. } => asked.clone().or_else(|| action.parse().ok()),
            _ => None,
        }
    }

    /// The node that it is about.
    pub fn node(&self) -> Option<NodeName> {
        match self {
            Event::NodeAdded { node }
            | Event::NodeRemoved { node }
            | Event::Started { node, .. }
            | Event::StartFailed { node, .. }
            | Event::Adopted { node, .. }
            | Event::Reached { node, .. }
            | Event::Ready { node, .. }
            | Event::Unready { node, .. }
            | Event::Signalled { node, .. }
            | Event::Exited { node, .. }
            | Event::RestartScheduled { node, .. }
            | Event::CrashLoop { node, .. }
            | Event::RegistrationCleared { node, .. }
            | Event::Paused { node }
            | Event::Resumed { node }
            | Event::BrokerRegistered { node }
            | Event::BrokerGone { node, .. } => Some(*node),
            Event::SupervisorStarted { .. }
            | Event::SupervisorStopped { .. }
            | Event::Asked { .. }
            | Event::Answered { .. }
            | Event::Refused { .. }
            | Event::ControllerChanged { .. }
            | Event::ZooKeeperLeaderChanged { .. }
            | Event::LeadersMoved { .. }
            | Event::IsrShrunk { .. }
            | Event::IsrExpanded { .. }
            | Event::TopicCreated { .. }
            | Event::TopicDeleted { .. }
            | Event::TopicDiffers { .. }
            | Event::TopicConfigured { .. }
            | Event::Usable { .. }
            | Event::Trouble { .. } => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaderMove {
    pub topic: String,
    pub partition: i32,
    pub from: Option<i32>,
    pub to: Option<i32>,
    pub epoch: Option<i32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IsrChange {
    pub topic: String,
    pub partition: i32,
    pub from: Vec<i32>,
    pub to: Vec<i32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_earlier_versions_are_read_and_written_as_they_were() {
        let node = NodeName::broker(0);
        let signalled = |signal, by| Event::Signalled { node, pid: 7, signal, by };
        let exited = |status, after_ms| Event::Exited { node, pid: 7, status, after_ms, expected: false };
        for (json, event) in [
            (
                r#"{"event":"signalled","node":"broker-0","pid":7,"signal":"SIGKILL","by":"operator"}"#,
                signalled(Signal::KILL, Sender::Operator),
            ),
            (
                r#"{"event":"signalled","node":"broker-0","pid":7,"signal":"SIGTERM","by":"supervisor"}"#,
                signalled(Signal::TERM, Sender::Supervisor),
            ),
            (
                r#"{"event":"exited","node":"broker-0","pid":7,"status":"exit code 1","after_ms":null,"expected":false}"#,
                exited(Exit::Code(1), None),
            ),
            (
                r#"{"event":"exited","node":"broker-0","pid":7,"status":"exit code 143 (SIGTERM)","after_ms":9,"expected":false}"#,
                exited(Exit::Code(143), Some(9)),
            ),
            (
                r#"{"event":"exited","node":"broker-0","pid":7,"status":"SIGKILL","after_ms":2,"expected":false}"#,
                exited(Exit::Signal(9), Some(2)),
            ),
            (
                r#"{"event":"exited","node":"broker-0","pid":7,"status":"unknown (it was adopted)","after_ms":null,"expected":false}"#,
                exited(Exit::Unknown, None),
            ),
            (
                r#"{"event":"exited","node":"broker-0","pid":7,"status":"unknown (no supervisor watched)","after_ms":null,"expected":false}"#,
                exited(Exit::Unseen, None),
            ),
        ] {
            assert_eq!(serde_json::from_str::<Event>(json).unwrap(), event);
            assert_eq!(serde_json::to_string(&event).unwrap(), json);
        }
    }
}
