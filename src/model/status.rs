//! The answer to `status`: stable JSON, documented in docs/status.md.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ids::{NodeName, Role};
use super::reason::{self, Reason};
use super::step::Step;
use super::view::{PartitionView, VoterMode};

/// What `status` answers: one moment, as the supervisor and the nodes see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    /// The name from the spec.
    pub cluster: String,
    /// Full version of the cluster's Kafka; nodes may run another.
    pub kafka_version: String,
    /// The process that watches the nodes and answers this.
    pub supervisor_pid: u32,
    /// Every member, in the order of starting: coordinators, then brokers, by id.
    pub nodes: Vec<NodeStatus>,
    /// Id of the controller: a broker, or in KRaft the voter that leads the quorum; `None` when nobody could tell.
    pub controller: Option<i32>,
    /// By name; `None` when no broker could tell.
    pub topics: Option<BTreeMap<String, TopicStatus>>,
    /// Leaders that are not the preferred ones though these could lead; `None` when no broker could tell.
    pub imbalance: Option<Imbalance>,
    /// What all of this comes to for the data.
    pub verdict: Verdict,
    /// Topics that refuse acks=all once any of their replicas is down.
    #[serde(default)]
    pub bear_no_failure: Vec<StrictTopic>,
    /// Settings of brokers' files that do not hold, as the brokers told at most a minute ago.
    #[serde(default)]
    pub settings: Vec<SettingProblem>,
    /// What could not be learnt and why, a line each.
    pub unknown: Vec<String>,
}

impl Status {
    /// What is known of a node; `None`: the cluster has none of this name.
    pub fn node(&self, name: NodeName) -> Option<&NodeStatus> {
        self.nodes.iter().find(|node| node.node == name)
    }

    /// The controller's name: a controller of its own, or a broker. `None`: nobody could tell.
    pub fn controller_name(&self) -> Option<NodeName> {
        let is_apart = self.nodes.iter().any(|node| node.node.role == Role::Controller);
        let role = if is_apart { Role::Controller } else { Role::Broker };
        Some(NodeName { role, id: self.controller? })
    }
}

/// A setting of a broker's file that this Kafka does not know, or in whose place another value holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SettingProblem {
    /// A broker: the files of other nodes are not compared.
    pub node: NodeName,
    /// As Kafka writes it, such as `log.retention.ms`.
    pub key: String,
    /// Whether it is unknown or overridden.
    pub problem: Problem,
    /// In words.
    pub note: String,
}

/// One node: what the supervisor knows of its process, and Kafka of its membership.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NodeStatus {
    /// Its role and id.
    pub node: NodeName,
    /// Full version of the Kafka that it runs.
    pub kafka_version: String,
    /// Where its process is between not started, ready and given up.
    pub state: NodeState,
    /// While starting: the readiness step that it waits for.
    pub waiting_for: Option<Step>,
    /// `None`: it has no process.
    pub pid: Option<u32>,
    /// Client port.
    pub port: u16,
    /// Since its process started, in ms, by the system's clock: a pause counts. `None` without a process.
    pub uptime_ms: Option<u64>,
    /// Resident memory in bytes.
    pub memory_bytes: Option<u64>,
    /// User and system time of its process since it started, in ms; `None` without a process.
    #[serde(default)]
    pub cpu_ms: Option<u64>,
    /// Restarts by the supervisor since the operator last started it.
    pub restarts: u32,
    /// ZooKeeper servers and KRaft voters: leader or follower; standalone of a single ZooKeeper server.
    pub mode: Option<VoterMode>,
    /// Brokers: in the cluster by Kafka's own word.
    pub registered: Option<bool>,
    /// A broker without a process that is registered still: how long at most until its session is over and Kafka gives
    /// it up, in ms (`zookeeper.session.timeout.ms`, in KRaft `broker.session.timeout.ms`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_ends_in_ms: Option<u64>,
    /// What the last probe or start met, or why it is down. JSON: the words in `note`, the value in `reason`.
    #[serde(flatten, with = "reason::note")]
    #[schemars(with = "reason::note::Both")]
    pub reason: Option<Reason>,
}

/// What a node does, and when it does nothing, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NodeState {
    /// Not started yet, or waits for another node or for a stale registration to go.
    Waiting,
    /// The process is there, not all readiness steps are.
    Starting,
    /// Every readiness step is reached; a single probe that fails does not change that.
    Ready,
    /// It was ready; the process is alive and does not answer.
    Unresponsive,
    /// Stopped by SIGSTOP.
    Paused,
    /// Asked to end, and not gone yet.
    Stopping,
    /// Down by the operator's `stop`.
    Stopped,
    /// Down by the operator's `kill`.
    Killed,
    /// It exited by itself and its policy says not to restart it.
    Exited,
    /// It exited by itself and waits out its back-off.
    BackingOff,
    /// It exited again and again and was given up.
    CrashLoop,
}

/// A topic, as the brokers' metadata has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TopicStatus {
    /// In force, which the spec may not say: an acks=all produce needs as many in the ISR.
    pub min_insync_replicas: u16,
    /// Kafka's own, such as `__consumer_offsets`.
    pub internal: bool,
    /// By partition number.
    pub partitions: BTreeMap<i32, PartitionStatus>,
}

/// A partition, with what follows from who is up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PartitionStatus {
    /// What Kafka says: leader, replicas, ISR. In JSON its fields stand beside the others.
    #[serde(flatten)]
    pub view: PartitionView,
    /// The leader is the first of `replicas`.
    pub preferred: bool,
    /// It has a leader that is up; until Kafka has elected another it still names one that is not.
    pub led: bool,
    /// A replica is not in the ISR, or is not up.
    pub under_replicated: bool,
}

/// What the partitions of a topic come to: its row in the table of `status`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All of them.
    pub partitions: usize,
    /// With a replica that is out of the ISR or not up.
    pub under_replicated: usize,
    /// Without a leader that is up.
    pub offline: usize,
    /// How many of them each broker leads that is up.
    pub leaders: BTreeMap<i32, usize>,
}

impl TopicStatus {
    /// Its row: a partition counts as offline, too, while Kafka names a leader that is down.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts { partitions: self.partitions.len(), ..Counts::default() };
        for partition in self.partitions.values() {
            counts.under_replicated += usize::from(partition.under_replicated);
            match partition.view.leader.filter(|_| partition.led) {
                Some(leader) => *counts.leaders.entry(leader).or_default() += 1,
                None => counts.offline += 1,
            }
        }
        counts
    }
}

/// Whether the data can be read and written, and what more may fail.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// The worst of what is found.
    pub state: Health,
    /// One line, e.g. `degraded (orange): nothing lost; 7 partitions under-replicated; no further broker may fail`.
    pub message: String,
    /// Of all topics, Kafka's own included.
    pub partitions: u32,
    /// Of all topics, too: partitions with a replica that is out of the ISR or not up.
    pub under_replicated: u32,
    /// `topic-partition` of those without a live leader.
    pub offline: Vec<String>,
    /// `topic-partition` of those that refuse acks=all.
    pub under_min_isr: Vec<String>,
    /// How many more brokers may fail, whichever they are, with every partition still readable and writable at acks=all.
    pub brokers_may_fail: u32,
    /// How many more ZooKeeper servers or KRaft voters may fail.
    pub coordinators_may_fail: u32,
}

/// What a cluster is good for at the moment: the words are ours, and not Kafka's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// Every replica is in sync, every node is up and well, and somebody controls.
    Healthy,
    /// Nothing lost, all partitions served, with less redundancy than planned.
    Degraded,
    /// Some partitions cannot be read or written, or the quorum is lost.
    Unavailable,
}

/// Partitions that their preferred leader could lead and does not; the JSON of `status`, documented in
/// docs/status.md.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Imbalance {
    /// All of them: what `elect preferred` moves.
    pub partitions: u32,
    /// Those that Kafka moves by itself.
    pub moved_by_kafka: u32,
    /// How long that takes at most, in s: from one look of the controller to the next. `None`: it does not
    /// look (`auto.leader.rebalance.enable=false`).
    pub within_s: Option<u64>,
}

/// What is wrong with a setting of the file or the spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Problem {
    /// This Kafka does not know it.
    Unknown,
    /// Another value is in force.
    Overridden,
}

/// A topic of which every replica has to be in sync for an acks=all produce: the JSON of `status`, documented in
/// docs/status.md.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StrictTopic {
    /// Kafka's own topics are among them.
    pub topic: String,
    /// Of the partition with fewest replicas, but those with one.
    pub replication_factor: usize,
    /// In force: as large, or larger.
    pub min_insync_replicas: u16,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::samples::{degraded, healthy};

    #[test]
    fn the_controller_is_the_node_of_that_role() {
        assert_eq!(healthy().controller_name(), Some(NodeName::broker(1)));
        let mut unknown = degraded();
        unknown.controller = None;
        assert_eq!(unknown.controller_name(), None);
    }
}
