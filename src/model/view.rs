//! What Kafka and ZooKeeper themselves say, at one moment. Built by `observe::survey`.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ids::{NodeName, Role};
use super::sentence::no_quorum;

/// The answer of every node asked apart, merged. What nobody could tell is absent, never guessed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClusterView {
    /// Every broker of the plan, by id.
    pub brokers: BTreeMap<i32, BrokerView>,
    /// Every ZooKeeper server or voter of the KRaft quorum that the plan has.
    pub voters: BTreeMap<NodeName, VoterView>,
    /// The controller's id, as ZooKeeper's `/controller` or most answering brokers name it; in KRaft the leader of
    /// the quorum.
    pub controller: Option<i32>,
    /// Why the controller that ZooKeeper names does not act as one, in its own word. `None`: it does, or nobody could
    /// tell.
    #[serde(default)]
    pub idle_controller: Option<String>,
    /// Why ZooKeeper's servers commit nothing, as asked over a session. `None`: they do, or there are none. It says
    /// something only beside a server that leads: without one nothing can be committed anyway.
    #[serde(default)]
    pub idle_ensemble: Option<String>,
    /// Ids of registered brokers, by the same source.
    pub registered: Option<BTreeSet<i32>>,
    /// `None` when no broker could tell.
    pub topics: Option<BTreeMap<String, TopicView>>,
}

impl ClusterView {
    /// The controller's name: a controller of its own, or a broker.
    pub fn controller_name(&self) -> Option<NodeName> {
        let name = NodeName { role: self.controllers_are(), id: self.controller? };
        Some(name)
    }

    /// The voter that leads the ensemble or the quorum, by its own word.
    pub fn leading_voter(&self) -> Option<NodeName> {
        self.voters.iter().find_map(|(name, voter)| match voter {
            VoterView::Answered { mode: VoterMode::Leader | VoterMode::Standalone } => Some(*name),
            _ => None,
        })
    }

    /// Why nothing can be changed, when no voter serves.
    pub fn lacks_quorum(&self) -> Option<&'static str> {
        let serves = |voter: &VoterView| matches!(voter, VoterView::Answered { .. });
        let role = self.voters.keys().next()?.role;
        (!self.voters.values().any(serves)).then(|| no_quorum(role))
    }

    /// Who controls: nodes of the role controller where there are any, else brokers.
    pub fn controllers_are(&self) -> Role {
        let is_apart = self.voters.keys().any(|name| name.role == Role::Controller);
        if is_apart { Role::Controller } else { Role::Broker }
    }
}

/// What one broker answered for itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BrokerView {
    /// It answered Metadata.
    Answered {
        /// The controller that it names.
        controller: Option<i32>,
        /// The brokers that it lists as alive.
        live_brokers: BTreeSet<i32>,
        /// The topics that it tells clients of: none, for a moment after its start.
        topics: BTreeSet<String>,
    },
    /// Why not, in one line: `connection refused`, `no answer within 500 ms`.
    Unknown {
        /// One line, for people.
        reason: String,
    },
}

/// What one ZooKeeper server or controller answered for itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum VoterView {
    /// It said what it is: ZooKeeper by `srvr`, a controller by DescribeQuorum.
    Answered {
        /// Only a voter that serves has one: without a leader of the quorum nobody is told as a follower.
        mode: VoterMode,
    },
    /// It did not answer, or does not serve.
    Unknown {
        /// One line, for people: `connection refused`, `no answer within 500 ms`.
        reason: String,
    },
}

/// What a voter is in its ensemble or quorum, by its own word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum VoterMode {
    /// All writes go through it; in KRaft it is the controller.
    Leader,
    /// It follows a leader, and counts towards the majority.
    Follower,
    /// A ZooKeeper server that is alone by its config.
    Standalone,
}

/// One topic, merged of what brokers told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TopicView {
    /// By partition number.
    pub partitions: BTreeMap<i32, PartitionView>,
    /// `min.insync.replicas` in force.
    pub min_insync_replicas: u16,
    /// Kafka's own, such as `__consumer_offsets`.
    pub internal: bool,
}

/// One partition, in Kafka's own words and order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PartitionView {
    /// `None`: no leader, offline.
    pub leader: Option<i32>,
    /// Leader epoch; `None` where the protocol does not tell (before Kafka 2.1).
    pub leader_epoch: Option<i32>,
    /// In the order of assignment: the first is the preferred leader.
    pub replicas: Vec<i32>,
    /// Ids of the brokers in sync, which acks=all waits for. Of an offline partition, those that were so last.
    pub isr: Vec<i32>,
}

/// A topic's replication factor: of the partition with most replicas, since an assignment can differ by
/// partition.
pub fn replication_factor(partitions: &BTreeMap<i32, PartitionView>) -> usize {
    partitions.values().map(|partition| partition.replicas.len()).max().unwrap_or(0)
}

impl PartitionView {
    /// The first replica leads: where `elect preferred` would put the leader.
    pub fn is_preferred_leader(&self) -> bool {
        self.leader.is_some() && self.leader == self.replicas.first().copied()
    }

    /// By Kafka's word alone: a replica that has just died can be in the ISR still.
    pub fn is_under_replicated(&self) -> bool {
        self.isr.len() < self.replicas.len()
    }
}
