//! The definite answer to a request, as values: who reads it compares these. Their words for people are in
//! [`sentence`](super::sentence).

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ids::NodeName;
use super::reason::{self, Reason};
use super::refusal::{Harm, NobodyMeant};
use super::signal::Signal;

/// The definite answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Outcome {
    /// How it ended: what the exit code of a command follows from.
    pub result: OutcomeKind,
    /// What there is to say of the request as a whole.
    pub summary: Summary,
    /// What became of each node, in the order asked for.
    pub nodes: Vec<NodeOutcome>,
}

/// How a request ended; docs/exit-codes.md has the exit code of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeKind {
    /// What was asked for holds; also when it held before.
    Done,
    /// Refused by a guard; nothing was done.
    Refused,
    /// It was begun, or was to be, and what was asked for will not hold without another request.
    Failed,
    /// The deadline came first; what was begun goes on.
    TimedOut,
    /// A later request took its place, e.g. `down` during `up`.
    Superseded,
    /// The cluster is being taken down; nothing was done.
    GoingDown,
    /// No such node.
    BadRequest,
}

/// What a request came to, or why it came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Summary {
    /// What became of each node is all that there is to say.
    Nodes,
    /// Every wanted node is ready, and the cluster was seen to be usable.
    Usable {
        /// Since the request, in ms.
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
    /// A signal that ends nothing was delivered; what it did is the node's business.
    Sent {
        /// As it was asked for, such as `SIGQUIT`.
        signal: Signal,
    },
    /// Those of the nodes that run are held by SIGSTOP; [`NodeResult`] tells which were so before.
    Paused,
    /// Those of the nodes that run were sent SIGCONT.
    Resumed,
    /// New brokers are ready, and the cluster usable with them.
    Joined {
        /// Since the request, in ms.
        after_ms: u64,
    },
    /// Nobody had to join.
    AllMembers,
    /// The nodes that the stored plan lacks are members no more.
    Forgotten,
    /// The plan has this node, which was to be forgotten.
    StillPlanned {
        /// The first one that the stored plan still has.
        node: NodeName,
    },
    /// The command of a restart went away before these had their turn.
    NotRestarted {
        /// In the order in which they would have been restarted.
        nodes: Vec<NodeName>,
    },
    /// A rolling restart would wait in vain for `broker` to come back into the ISR.
    OutOfIsr {
        /// Of the partition that lacks `broker`: the first such topic by name.
        topic: String,
        /// Its number, from 0.
        partition: i32,
        /// Who is missing, which is not the node whose turn it is.
        broker: NodeName,
        /// What keeps it out until somebody does something.
        why: Absence,
    },
    /// `down` came while this request was under way.
    DownMeanwhile,
    /// A later request wanted another thing of this node.
    StartedLater {
        /// The first of the request's nodes that was started again.
        node: NodeName,
    },
    /// A later `kill`, `stop` or `down` took this node, which was to be up.
    TakenDownLater {
        /// Which node was to be up.
        node: NodeName,
    },
    /// A later `kill` came while it was this node's turn to be restarted.
    KilledLater {
        /// Whose turn it was; those behind it were left alone.
        node: NodeName,
    },
    /// A `down` is under way: nothing else is begun until all processes are gone.
    GoingDown,
    /// A `down` is through, and the supervisor about to end: only `up` is of use.
    ClusterIsDown,
    /// A node is named that the cluster does not have; nothing was done.
    NoSuchNode {
        /// The first such name.
        node: NodeName,
        /// All that the cluster has, to choose from.
        known: Vec<NodeName>,
    },
    /// A guard refused it.
    Harm {
        /// What it would have broken; `--force` does it all the same.
        harm: Harm,
    },
    /// Nobody is what it names.
    NobodyMeant {
        /// What keeps a target from meaning anybody at the moment.
        why: NobodyMeant,
    },
    /// The stored plan is not the running one with other topics and brokers; `busy` runs and is not in it.
    OtherPlan {
        /// Absolute path of the stored plan, `plan.json` in the cluster's folder.
        path: PathBuf,
        /// A node with a process that the stored plan lacks; `None`: something else differs.
        busy: Option<NodeName>,
    },
    /// Of a cluster that was to be taken down.
    WasNotRunning {
        /// Its name.
        cluster: String,
    },
    /// What Kafka or the system said, which nobody but a reader is to make anything of.
    Words {
        /// In the words of whoever said it: shown, never looked into.
        text: String,
    },
}

/// Why a broker does not come back by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Absence {
    /// The cluster does not have it any more, though partitions still name it as a replica.
    NoMember,
    /// The operator killed or stopped it.
    KeptDown,
    /// It exited again and again, and was given up.
    CrashLoop,
    /// The restart policy leaves it.
    Policy,
    /// It is stopped by SIGSTOP: it is up again only after `resume`.
    Paused,
}

/// What a request came to for one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NodeOutcome {
    /// By name, also when the request named it by what it was, such as `controller`.
    pub node: NodeName,
    /// What was done to it, or why nothing was.
    pub result: NodeResult,
}

/// What became of a node. Times are in ms since the request, unless they are told to be since a signal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum NodeResult {
    /// `after_ms` only where each node's time is told.
    Ready {
        /// In ms, until all that the request named were ready.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after_ms: Option<u64>,
    },
    /// It was ready, and was left alone.
    AlreadyRunning,
    /// The operator took it down before: `up` leaves it so.
    StaysDown {
        /// How it was taken down.
        by: KeptDown,
    },
    /// It did not come up, or ended. JSON: the words of the reason in `why`, the value in `reason`.
    Failed {
        /// `None`: it ended, and left no word of why.
        #[serde(flatten, with = "reason::why")]
        #[schemars(with = "reason::why::Both")]
        reason: Option<Reason>,
    },
    /// It was asked to end, and has ended; how, is in the value.
    Stopped(Stop),
    /// By the signal that was asked for; `after_ms` from the signal to the exit.
    Killed {
        /// The one that was asked for: SIGKILL where nothing was said.
        signal: Signal,
        /// In ms; `None` when nobody saw the exit.
        after_ms: Option<u64>,
        /// With `--fast-failover` only: whether the cluster knows of it already.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failover: Option<FailoverResult>,
    },
    /// It was sent a deadly signal, and its process lives on.
    StillThere {
        /// The one that was asked for: of a paused process, all but SIGKILL wait until it goes on.
        signal: Signal,
    },
    /// `stays_down`: until `start`, since it was asked for.
    AlreadyDown {
        /// False of `down`, after which `up` starts it again.
        stays_down: bool,
        /// With `--fast-failover` only: its old registration can be in the way all the same.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failover: Option<FailoverResult>,
    },
    /// It is no member any more.
    Gone,
    /// `ready_after_ms` from when its turn came.
    Restarted {
        /// How the process before the restart ended.
        stop: Stop,
        /// In ms, the stop included.
        ready_after_ms: u64,
    },
    /// A signal that ends nothing.
    Sent {
        /// Such as `SIGQUIT`, at which a JVM prints its threads.
        signal: Signal,
    },
    /// It got SIGSTOP: its sessions expire unless it is resumed in time.
    Paused,
    /// Nothing was sent: SIGSTOP would change nothing.
    AlreadyPaused,
    /// It is down.
    NothingToPause,
    /// It was paused, and got SIGCONT.
    Resumed,
    /// It got SIGCONT all the same: a pause by somebody else may not have been seen yet.
    NotPaused,
    /// It is down.
    NothingToResume,
    /// A new broker.
    Joined {
        /// In ms, until all that joined were ready and the cluster usable.
        after_ms: u64,
    },
    /// The running cluster had it before.
    AlreadyMember,
    /// Nothing knows it any more.
    Forgotten,
    /// The running cluster did not have it before.
    NoMember,
    /// A broker that left the cluster for good; `dir` is its folder, where its data was or still is.
    Left {
        /// How its process ended, before its registration was taken away.
        stop: Stop,
        /// By `--keep-data`; otherwise `dir` is deleted.
        kept_data: bool,
        /// Absolute.
        dir: PathBuf,
    },
}

/// How a process that was to end did so; `after_ms` from the first signal to the exit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "how", rename_all = "kebab-case")]
pub enum Stop {
    /// After SIGTERM, within its deadline: a broker hands its leaders over and closes its logs first.
    InOrder {
        /// From SIGTERM to the exit, in ms.
        after_ms: u64,
    },
    /// A voter that went last: it would have waited for a quorum that was gone.
    WithoutQuorum {
        /// From the first signal to the exit, in ms.
        after_ms: u64,
    },
    /// SIGKILL, since it did not end before its deadline.
    Forced {
        /// From the first signal to the exit, in ms: the deadline and a little.
        after_ms: u64,
    },
    /// Another signal of the operator came first.
    Killed {
        /// The one that the operator sent first.
        signal: Signal,
        /// From that signal to the exit, in ms.
        after_ms: u64,
    },
    /// Nothing was sent to it: it was gone when its turn came.
    ByItself,
    /// There was no process to end.
    WasDown,
}

/// What came of `kill --fast-failover`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum FailoverResult {
    /// The broker's registration is gone.
    Done,
    /// It may be registered still: then partitions that it led wait for its session to end.
    Failed {
        /// ZooKeeper's or Kafka's word, or that no quorum serves.
        why: String,
    },
}

/// Why the operator keeps a node down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum KeptDown {
    /// By `kill` with a deadly signal.
    Killed,
    /// By `stop`, or by the `down` of the whole cluster.
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
    /// Of a sentence that Kafka, the system or a file's reader made.
    pub fn words(text: impl Into<String>) -> Self {
        Summary::Words { text: text.into() }
    }
}

impl NodeOutcome {
    /// A node, and what became of it: no more than the two fields.
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

    /// It had to be killed, since it did not end in order.
    pub fn was_forced(&self) -> bool {
        matches!(
            self.result,
            NodeResult::Stopped(Stop::Forced { .. } | Stop::Killed { signal: Signal::KILL, .. })
        )
    }

    /// It did not come up. Not true of one that is down because the operator wants it so.
    pub fn did_fail(&self) -> bool {
        matches!(self.result, NodeResult::Failed { .. })
    }
}
