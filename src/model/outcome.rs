//! The definite answer to a request, as values: who reads it compares these. Their words for people are in
//! [`sentence`](super::sentence).

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::ids::NodeName;
use super::reason::{self, Reason};
use super::refusal::{Harm, NobodyMeant};
use super::signal::Signal;

/// The definite answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    pub result: OutcomeKind,
    /// What there is to say of the request as a whole.
    pub summary: Summary,
    /// What became of each node, in the order asked for.
    pub nodes: Vec<NodeOutcome>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeKind {
    Done,
    /// Refused by a guard; nothing was done.
    Refused,
    Failed,
    TimedOut,
    /// A later request took its place, e.g. `down` during `up`.
    Superseded,
    /// The cluster is being taken down; nothing was done.
    GoingDown,
    /// No such node.
    BadRequest,
}

/// What a request came to, or why it came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Summary {
    /// What became of each node is all that there is to say.
    Nodes,
    /// Every wanted node is ready, and the cluster was seen to be usable.
    Usable {
        after_ms: u64,
    },
    /// It was so before, and nothing was changed.
    AlreadyUsable,
    /// The operator keeps every broker down.
    NoBrokerWanted,
    /// No process is left.
    Down,
    /// The nodes whose result is [`NodeResult::Failed`] did not come up.
    NotUp,
    Sent {
        signal: Signal,
    },
    Paused,
    Resumed,
    /// New brokers are ready, and the cluster usable with them.
    Joined {
        after_ms: u64,
    },
    /// Nobody had to join.
    AllMembers,
    Forgotten,
    /// The plan has this node, which was to be forgotten.
    StillPlanned {
        node: NodeName,
    },
    /// The command of a restart went away before these had their turn.
    NotRestarted {
        nodes: Vec<NodeName>,
    },
    /// A rolling restart would wait in vain for `broker` to come back into the ISR.
    OutOfIsr {
        topic: String,
        partition: i32,
        broker: NodeName,
        why: Absence,
    },
    /// `down` came while this request was under way.
    DownMeanwhile,
    /// A later request wanted another thing of this node.
    StartedLater {
        node: NodeName,
    },
    TakenDownLater {
        node: NodeName,
    },
    KilledLater {
        node: NodeName,
    },
    GoingDown,
    ClusterIsDown,
    NoSuchNode {
        node: NodeName,
        known: Vec<NodeName>,
    },
    /// A guard refused it.
    Harm {
        harm: Harm,
    },
    /// Nobody is what it names.
    NobodyMeant {
        why: NobodyMeant,
    },
    /// The stored plan is not the running one with other topics and brokers; `busy` runs and is not in it.
    OtherPlan {
        path: PathBuf,
        busy: Option<NodeName>,
    },
    /// Of a cluster that was to be taken down.
    WasNotRunning {
        cluster: String,
    },
    /// What Kafka or the system said, which nobody but a reader is to make anything of.
    Words {
        text: String,
    },
}

/// Why a broker does not come back by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Absence {
    NoMember,
    KeptDown,
    CrashLoop,
    /// The restart policy leaves it.
    Policy,
    Paused,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeOutcome {
    pub node: NodeName,
    pub result: NodeResult,
}

/// What became of a node. Times are in ms since the request, unless they are told to be since a signal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum NodeResult {
    /// `after_ms` only where each node's time is told.
    Ready {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after_ms: Option<u64>,
    },
    AlreadyRunning,
    /// The operator took it down before: `up` leaves it so.
    StaysDown {
        by: KeptDown,
    },
    /// It did not come up, or ended. JSON: the words of the reason in `why`, the value in `reason`.
    Failed {
        #[serde(flatten, with = "reason::why")]
        reason: Option<Reason>,
    },
    Stopped(Stop),
    /// By the signal that was asked for; `after_ms` from the signal to the exit.
    Killed {
        signal: Signal,
        after_ms: Option<u64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failover: Option<FailoverResult>,
    },
    /// It was sent a deadly signal, and its process lives on.
    StillThere {
        signal: Signal,
    },
    /// `stays_down`: until `start`, since it was asked for.
    AlreadyDown {
        stays_down: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failover: Option<FailoverResult>,
    },
    /// It is no member any more.
    Gone,
    /// `ready_after_ms` from when its turn came.
    Restarted {
        stop: Stop,
        ready_after_ms: u64,
    },
    /// A signal that ends nothing.
    Sent {
        signal: Signal,
    },
    Paused,
    AlreadyPaused,
    /// It is down.
    NothingToPause,
    Resumed,
    NotPaused,
    /// It is down.
    NothingToResume,
    /// A new broker.
    Joined {
        after_ms: u64,
    },
    AlreadyMember,
    /// Nothing knows it any more.
    Forgotten,
    NoMember,
    /// A broker that left the cluster for good; `dir` is its folder, where its data was or still is.
    Left {
        stop: Stop,
        kept_data: bool,
        dir: PathBuf,
    },
}

/// How a process that was to end did so; `after_ms` from the first signal to the exit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "kebab-case")]
pub enum Stop {
    InOrder {
        after_ms: u64,
    },
    /// A voter that went last: it would have waited for a quorum that was gone.
    WithoutQuorum {
        after_ms: u64,
    },
    /// SIGKILL, since it did not end before its deadline.
    Forced {
        after_ms: u64,
    },
    /// Another signal of the operator came first.
    Killed {
        signal: Signal,
        after_ms: u64,
    },
    ByItself,
    WasDown,
}

/// What came of `kill --fast-failover`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum FailoverResult {
    /// The broker's registration is gone.
    Done,
    Failed {
        why: String,
    },
}

/// Why the operator keeps a node down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeptDown {
    Killed,
    Stopped,
}

impl Outcome {
    /// One of no node.
    pub fn of(result: OutcomeKind, summary: Summary) -> Self {
        Outcome { result, summary, nodes: Vec::new() }
    }

    /// The message has said already what became of this node.
    pub fn has_told(&self, node: &NodeOutcome) -> bool {
        match self.summary {
            Summary::Nodes => true,
            Summary::NotUp => {
                self.nodes.iter().find(|node| node.did_fail()).map(|first| &first.result)
                    == Some(&node.result)
            }
            _ => false,
        }
    }
}

impl Summary {
    pub fn words(text: impl Into<String>) -> Self {
        Summary::Words { text: text.into() }
    }
}

impl NodeOutcome {
    pub fn new(node: NodeName, result: NodeResult) -> Self {
        NodeOutcome { node, result }
    }

    /// The request changed nothing for this node.
    pub fn is_unchanged(&self) -> bool {
        matches!(
            self.result,
            NodeResult::AlreadyRunning
                | NodeResult::StaysDown { .. }
                | NodeResult::AlreadyDown { .. }
                | NodeResult::Gone
                | NodeResult::AlreadyPaused
                | NodeResult::NothingToPause
                | NodeResult::NotPaused
                | NodeResult::NothingToResume
                | NodeResult::AlreadyMember
                | NodeResult::NoMember
        )
    }

    pub fn did_fail(&self) -> bool {
        matches!(self.result, NodeResult::Failed { .. })
    }
}
