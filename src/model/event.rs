//! The journal's words: what was asked, what the processes did, what Kafka did.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::acl::Acl;
use super::asked::Asked;
use super::exit::Exit;
use super::ids::{NodeName, Role};
use super::outcome::Outcome;
use super::reason::{self, Reason};
use super::signal::Signal;
use super::step::Step;

/// One line of `events.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// Counts up by one for the life of the cluster's folder, across supervisors.
    pub seq: u64,
    /// Wall-clock time, UTC.
    pub time: jiff::Timestamp,
    /// What happened; in JSON its fields stand beside `seq` and `time`.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A supervisor took the cluster over.
    SupervisorStarted {
        /// The supervisor's own process: it runs on after the command that started it.
        pid: u32,
        /// Of the `cluster` program that it is, such as `0.1.0`.
        version: String,
    },
    /// It ended in order (after `down`).
    SupervisorStopped {
        /// As in the [`Event::SupervisorStarted`] that it ends.
        pid: u32,
    },
    /// Somebody asked for something: the action as the command line has it, and as a value, which old entries have
    /// not: [`Event::asked`] reads both.
    Asked {
        /// Counts up by one with each request; its answer has the same number.
        request: u64,
        /// As the command line has it: `kill broker-0 --signal SIGKILL --force`.
        action: String,
        /// The command that asked, and its process: `cluster kill (pid 4711)`.
        by: String,
        /// The same as a value, with the nodes that were meant.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        asked: Option<Asked>,
    },
    /// The definite answer to a request: its words, and the value that they are made from, which old entries have not.
    Answered {
        /// The number of the [`Event::Asked`] that this answers.
        request: u64,
        /// True only when what was asked for holds; false also of a request that a later one overtook.
        ok: bool,
        /// [`Outcome::message`], for people.
        message: String,
        /// The same as a value, as who asked got it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        outcome: Option<Outcome>,
    },
    /// A request was refused by a guard; nothing was done. Words and value as in [`Event::Answered`].
    Refused {
        /// The number of the [`Event::Asked`] that this answers.
        request: u64,
        /// What it would break, or whom nobody could find: for people.
        message: String,
        /// The same as a value.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        outcome: Option<Outcome>,
    },
    /// The plan has a node that it had not before.
    NodeAdded {
        /// The new member; it is started by what asked for it.
        node: NodeName,
    },
    /// The plan no longer has it, and its process is gone.
    NodeRemoved {
        /// The former member: the metadata of Kafka may name its id still.
        node: NodeName,
    },
    /// A process was started.
    Started {
        /// Whose process: each node has at most one.
        node: NodeName,
        /// Of the JVM itself, no script around it; another one with every start.
        pid: u32,
    },
    /// JSON: the words in `error`, the value in `reason`, which old entries have not.
    StartFailed {
        /// It has no process after this, and nothing of it was started.
        node: NodeName,
        /// What the supervisor or the system met before there was a process.
        #[serde(flatten, with = "reason::error")]
        #[schemars(with = "reason::error::Both")]
        reason: Reason,
    },
    /// A running process, proven to be the node, was taken over from an earlier supervisor.
    Adopted {
        /// It was up all the while: no restart is behind this.
        node: NodeName,
        /// The same as in its [`Event::Started`].
        pid: u32,
    },
    /// A readiness step was reached, `after_ms` from the start of the process.
    Reached {
        /// Each node has its own steps, by its role: see `readiness` in the plan.
        node: NodeName,
        /// The steps before it were reached earlier.
        step: Step,
        /// Since its process started, in ms.
        after_ms: u64,
    },
    /// All steps were reached.
    Ready {
        /// From here on it counts as up, until [`Event::Unready`] or its exit.
        node: NodeName,
        /// Since its process started, in ms.
        after_ms: u64,
    },
    /// A ready node stopped answering, though its process is alive. JSON as of `StartFailed`.
    Unready {
        /// Its process runs on: nobody restarts it for this.
        node: NodeName,
        /// The one that failed, several probes in a row: the node has to reach it, and those behind it, again.
        step: Step,
        /// What the last of those probes met.
        #[serde(flatten, with = "reason::error")]
        #[schemars(with = "reason::error::Both")]
        reason: Reason,
    },
    /// A signal was sent.
    Signalled {
        /// It may live on: only [`Event::Exited`] says that it is gone.
        node: NodeName,
        /// The process that it went to; nothing else got it.
        pid: u32,
        /// `SIGTERM` asks for an orderly stop, `SIGKILL` is a crash.
        signal: Signal,
        /// Whose decision it was; the supervisor sends it either way.
        by: Sender,
    },
    /// The process is gone. `after_ms`: since the last signal that was sent to it.
    Exited {
        /// It may be started again: [`Event::RestartScheduled`] says so.
        node: NodeName,
        /// As in its [`Event::Started`] or [`Event::Adopted`].
        pid: u32,
        /// Exit code or signal; unknown where the process was not the supervisor's child.
        status: Exit,
        /// In ms; `None` when nothing had asked it to end.
        after_ms: Option<u64>,
        /// True when the operator or the supervisor asked for it.
        expected: bool,
        /// What the system says of it: [`Reason::OutOfMemoryKill`]. What the node says is told where it matters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Reason>,
    },
    /// A restart will follow after the back-off.
    RestartScheduled {
        /// It ended by itself, and the restart policy of the spec wants it up.
        node: NodeName,
        /// Counts from 1, and anew once a node was ready for long enough.
        attempt: u32,
        /// The back-off in ms: four times as long with each attempt, up to a limit.
        in_ms: u64,
    },
    /// It exits again and again: given up until `start`. JSON: `last_error` and `reason`.
    CrashLoop {
        /// Down until somebody starts it; the rest of the cluster goes on without it.
        node: NodeName,
        /// How often it exited by itself, since it was last up for long enough.
        exits: u32,
        /// From the first of these exits to the last, in ms.
        within_ms: u64,
        /// Why it ended the last time; `None` when it left no word of it.
        #[serde(flatten, with = "reason::last_error")]
        #[schemars(with = "reason::last_error::Both")]
        reason: Option<Reason>,
    },
    /// What a dead process left behind was removed, so that it can register again at once: znodes in ZooKeeper,
    /// the broker's registration in KRaft (UnregisterBroker).
    RegistrationCleared {
        /// A broker: nobody else registers under an id.
        node: NodeName,
        /// Paths of znodes, such as `/brokers/ids/0`, or what was unregistered in KRaft: for people.
        #[serde(alias = "znodes")]
        removed: Vec<String>,
    },
    /// A process is paused by SIGSTOP, or goes on after SIGCONT.
    Paused {
        /// By the operator, or by somebody else who sent it SIGSTOP.
        node: NodeName,
    },
    /// It goes on after SIGCONT, whoever sent that.
    Resumed {
        /// For Kafka it may have been dead meanwhile: its session can have expired.
        node: NodeName,
    },
    /// Kafka: registered brokers, as ZooKeeper's `/brokers/ids` has them; in KRaft those that are not fenced.
    BrokerRegistered {
        /// Always a broker: the name is made of the id that Kafka tells.
        node: NodeName,
    },
    /// `after_ms`: since its process ended, when it did.
    BrokerGone {
        /// Always a broker. Its process can be alive still: a paused one loses its session, too.
        node: NodeName,
        /// In ms.
        after_ms: Option<u64>,
    },
    /// In KRaft this is the leader of the quorum. `role`: broker or controller.
    ControllerChanged {
        /// `Controller` of a cluster with controllers of their own, else `Broker`.
        #[serde(default = "broker")]
        role: Role,
        /// Id of the one before; `None`: not known.
        from: Option<i32>,
        /// Id of the one that controls since; `None`: not known.
        to: Option<i32>,
    },
    /// Another server leads the ensemble, by its own word (`srvr`).
    #[serde(rename = "zookeeper-leader-changed")]
    ZooKeeperLeaderChanged {
        /// `myid` of the one before; `None`: not known.
        from: Option<i32>,
        /// `myid` of the one that leads since; `None`: not known.
        to: Option<i32>,
    },
    /// Partitions whose leader moved, all seen in one observation.
    LeadersMoved {
        /// In the order of topic and partition.
        moved: Vec<LeaderMove>,
        /// Partitions of all topics that have no leader after it.
        offline: u32,
    },
    /// Replicas left the ISR: they are dead, or have lagged for longer than `replica.lag.time.max.ms`.
    IsrShrunk {
        /// All that were seen in one observation; some of them may have gained other replicas.
        partitions: Vec<IsrChange>,
    },
    /// Replicas have caught up with their leaders, and count for acks=all again.
    IsrExpanded {
        /// All that were seen in one observation; none of them lost a replica.
        partitions: Vec<IsrChange>,
    },
    /// A topic was seen that was not there before, whoever made it.
    TopicCreated {
        /// Its name; Kafka's own, such as `__consumer_offsets`, are told, too.
        topic: String,
        /// How many it has.
        partitions: u32,
        /// Replicas of its first partition: by an assignment of its own, another can have more or fewer.
        replication_factor: u16,
        /// The spec has a topic of this name: `up` made it, or would have.
        by_spec: bool,
    },
    /// A topic that was there is not listed any more.
    TopicDeleted {
        /// Its name, which can come back with another topic id.
        topic: String,
    },
    /// A topic of the spec exists, but not as the spec has it.
    TopicDiffers {
        /// Its name. It is left as it is: only settings are changed by `up`.
        topic: String,
        /// For people: `it has 3 partitions, the spec 10`.
        difference: String,
    },
    /// Settings of a spec's topic that were changed to what the spec says.
    TopicConfigured {
        /// Its name; its partitions and replicas are untouched.
        topic: String,
        /// `key=value (was old)` each; without the old value where Kafka did not tell it.
        settings: Vec<String>,
    },
    /// Users whom brokers know now and did not before, or know no more, as the spec says.
    UsersChanged {
        /// By name.
        added: Vec<String>,
        /// By name.
        removed: Vec<String>,
    },
    /// The same of ACLs.
    AclsChanged {
        /// Which Kafka did not have.
        added: Vec<Acl>,
        /// Which an earlier spec had.
        removed: Vec<Acl>,
    },
    /// The whole cluster is usable, `after_ms` since it was asked for.
    Usable {
        /// In ms since the request: every step of every wanted node, and a cluster that was seen to serve.
        after_ms: u64,
    },
    /// Something failed that belongs to no node.
    Trouble {
        /// For people, such as that the supervisor itself did not run for a while.
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
            | Event::UsersChanged { .. }
            | Event::AclsChanged { .. }
            | Event::Usable { .. }
            | Event::Trouble { .. } => None,
        }
    }
}

/// A partition whose leader is another than before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeaderMove {
    /// Kafka's own topics are among them.
    pub topic: String,
    /// Its number, from 0.
    pub partition: i32,
    /// Id of the broker that led; `None`: it was offline.
    pub from: Option<i32>,
    /// Id of the broker that leads now; `None`: it is offline.
    pub to: Option<i32>,
    /// Leader epoch after the move, which counts elections; `None` before Kafka 2.1.
    pub epoch: Option<i32>,
}

/// A partition whose in-sync replicas are others than before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IsrChange {
    /// Kafka's own topics are among them.
    pub topic: String,
    /// Its number, from 0.
    pub partition: i32,
    /// Ids of the brokers in the ISR before, in Kafka's order.
    pub from: Vec<i32>,
    /// Ids of the brokers in it now, in Kafka's order.
    pub to: Vec<i32>,
}

#[cfg(test)]
mod tests {
    use super::super::outcome::{NodeOutcome, NodeResult, OutcomeKind, Summary};
    use super::*;

    #[test]
    fn entries_of_earlier_versions_are_read_and_written_as_they_were() {
        let node = NodeName::broker(0);
        let signalled = |signal, by| Event::Signalled { node, pid: 7, signal, by };
        let exited = |status, after_ms| Event::Exited {
            node,
            pid: 7,
            status,
            after_ms,
            expected: false,
            reason: None,
        };
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
            (
                r#"{"event":"answered","request":3,"ok":true,"message":"broker-0: paused"}"#,
                Event::Answered { request: 3, ok: true, message: "broker-0: paused".into(), outcome: None },
            ),
            (
                r#"{"event":"refused","request":4,"message":"no broker would be alive"}"#,
                Event::Refused { request: 4, message: "no broker would be alive".into(), outcome: None },
            ),
        ] {
            assert_eq!(serde_json::from_str::<Event>(json).unwrap(), event);
            assert_eq!(serde_json::to_string(&event).unwrap(), json);
        }
    }

    #[test]
    fn an_answer_is_read_as_it_was_written_with_its_value() {
        let results = [NodeResult::Paused, NodeResult::Failed { reason: Some(Reason::ProcessGone) }];
        let nodes = (0..).map(NodeName::broker).zip(results);
        let nodes = nodes.map(|(node, result)| NodeOutcome::new(node, result)).collect();
        let outcome = Outcome { result: OutcomeKind::Failed, summary: Summary::NotUp, nodes };
        let event =
            Event::Answered { request: 3, ok: false, message: outcome.message(), outcome: Some(outcome) };
        let entry = Entry { seq: 1, time: jiff::Timestamp::UNIX_EPOCH, event };
        let line = serde_json::to_vec(&entry).unwrap();
        assert_eq!(Entry::parse(&line), Some(entry));
    }
}
