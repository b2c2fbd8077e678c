//! The state machine: what to do next. No I/O, no clock (`now` is an argument), no async.
//!
//! The supervisor feeds it intents ([`Intent`]) and observations ([`Observation`]); it answers with
//! [`Effect`]s. Three layers per node: intent (wanted up, or kept down by the operator), observed
//! (what its process does), derived (what follows: `NodeState`). Every process has an epoch;
//! an observation of an earlier one is late, and ignored. Whatever is asked of the world has a number, in the order
//! of asking: an answer is late, too, when its question came before an act that it contradicts, or before one whose
//! answer is known.

mod answer;
pub(crate) mod backoff;
pub(crate) mod drive;
pub(crate) mod durable;
mod gate;
mod intent;
mod members;
pub(crate) mod node;
pub(crate) mod observe;
pub(crate) mod request;
mod restart;
pub(crate) mod watch;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod world;

use crate::model::signal::Signal;
use std::collections::{BTreeMap, BTreeSet};

use crate::model::asked::Asked;
use crate::model::event::Event;
use crate::model::exit::Exit;
use crate::model::ids::{NodeName, Role};
use crate::model::outcome::Outcome;
use crate::model::reason::{LastWords, Reason};
use crate::model::step::Step;
use crate::model::view::ClusterView;
use crate::plan::model::Plan;
use crate::spec::model::RestartPolicy;
use crate::spec::versions::Coordination;
use node::Node;
use request::Pending;
use watch::Watch;

/// Monotonic time in ms, from any fixed moment.
pub(crate) type Millis = u64;

/// Identifies a request for as long as it is pending.
pub(crate) type RequestId = u64;

/// Numbers what is asked of the world, in the order of asking.
pub(crate) type Question = u64;

/// What the operator wants.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Intent {
    Up,
    Down,
    /// After a deadly signal the node stays down until `start`.
    Kill {
        nodes: Vec<NodeName>,
        signal: Signal,
        force: bool,
        /// Brokers only: tell the cluster that they are gone as soon as they are proven dead.
        fast_failover: bool,
    },
    Start {
        nodes: Vec<NodeName>,
    },
    Stop {
        nodes: Vec<NodeName>,
        force: bool,
    },
    Pause {
        nodes: Vec<NodeName>,
        force: bool,
    },
    Resume {
        nodes: Vec<NodeName>,
    },
    Restart {
        nodes: Vec<NodeName>,
        force: bool,
        /// Leaders after the others of their role, and each node only when every replica is in the ISR.
        rolling: bool,
    },
    /// These brokers, which the plan has, are to be ready, and the cluster usable with them.
    Scale {
        nodes: Vec<NodeName>,
    },
    /// These nodes, which the plan no longer has, are to be forgotten.
    Forget {
        nodes: Vec<NodeName>,
    },
}

/// What was seen.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Observation {
    Spawned {
        node: NodeName,
        epoch: u64,
        pid: u32,
    },
    SpawnFailed {
        node: NodeName,
        epoch: u64,
        reason: Reason,
    },
    Exited {
        node: NodeName,
        epoch: u64,
        exit: Exit,
        last_words: Option<LastWords>,
    },
    /// A probe's answer. `paused`: the process is stopped by SIGSTOP.
    Probed {
        node: NodeName,
        epoch: u64,
        probe: Question,
        step: Step,
        result: Result<(), Reason>,
        paused: bool,
    },
    /// Znodes that a dead broker left were removed, or why not.
    RegistrationCleared {
        node: NodeName,
        epoch: u64,
        result: Result<Vec<String>, String>,
    },
    /// A broker that is stopping has closed its logs, as `Effect::AwaitClosed` asked.
    Closed {
        node: NodeName,
        epoch: u64,
    },
    /// What Kafka says.
    Surveyed {
        survey: Question,
        view: ClusterView,
    },
    /// The check of `Effect::EnsureUsable` ended.
    /// `events`: what was done to the spec's topics.
    Usable {
        check: Question,
        events: Vec<Event>,
        result: Result<(), CheckFailure>,
    },
}

/// Why the cluster is not usable yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CheckFailure {
    pub message: String,
    /// Asking again would not help, e.g. a topic setting that Kafka refuses.
    pub fatal: bool,
}

/// What the supervisor is to do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Effect {
    Journal(Event),
    Spawn {
        node: NodeName,
        epoch: u64,
    },
    Signal {
        node: NodeName,
        epoch: u64,
        signal: Signal,
    },
    Probe {
        node: NodeName,
        epoch: u64,
        probe: Question,
        step: Step,
        live_brokers: BTreeSet<i32>,
    },
    /// Remove the registration of a broker whose process is proven dead: of a live one it would be for ever out of
    /// the cluster (KRaft) or of its controller's sight (ZooKeeper).
    ClearRegistration {
        node: NodeName,
        epoch: u64,
    },
    /// Tell when a broker that was sent SIGTERM has closed its logs; not if it ends before.
    AwaitClosed {
        node: NodeName,
        epoch: u64,
    },
    Survey {
        survey: Question,
    },
    /// Every broker knows all of `live_brokers`, the spec's topics exist and take an acks=all produce.
    EnsureUsable {
        check: Question,
        live_brokers: BTreeSet<i32>,
    },
    Answer {
        request: RequestId,
        outcome: Outcome,
    },
    /// Everything is down: the supervisor ends.
    Shutdown,
}

/// What the cluster as a whole is meant to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Goal {
    Up,
    Down,
}

/// The state machine of one cluster. One owner: the supervisor's loop.
#[derive(Debug)]
pub(crate) struct Kernel {
    now: Millis,
    goal: Goal,
    policy: RestartPolicy,
    coordination: Coordination,
    nodes: BTreeMap<NodeName, Node>,
    /// The largest epoch of a node that was forgotten: one that comes later counts on from it.
    retired_epoch: u64,
    /// Who came and went with the plan that the next request is about: told after it.
    news_of_members: Vec<Event>,
    pending: Vec<Pending>,
    next_request: RequestId,
    /// The number of what was asked last.
    asked: Question,
    /// With the goal down and no process left, the supervisor ends then.
    leave_at: Option<Millis>,
    watch: Watch,
    effects: Vec<Effect>,
    shut_down: bool,
}

impl Kernel {
    /// A cluster of which no process runs. Nothing happens before the first intent.
    pub(crate) fn new(plan: &Plan, now: Millis) -> Self {
        let nodes = plan.nodes.iter().map(|planned| (planned.name, Node::new(planned))).collect();
        Kernel {
            now,
            goal: Goal::Down,
            policy: plan.restart,
            coordination: plan.coordination(),
            nodes,
            retired_epoch: 0,
            news_of_members: Vec::new(),
            pending: Vec::new(),
            next_request: 1,
            asked: 0,
            leave_at: Some(now + drive::IDLE_SUPERVISOR_MS),
            watch: Watch::new(plan, now),
            effects: Vec::new(),
            shut_down: false,
        }
    }

    /// Takes an intent; its answer comes as `Effect::Answer` with the returned id. `asked`: where it comes from, for
    /// the journal.
    pub(crate) fn request(&mut self, intent: Intent, asked: Asked, by: &str, now: Millis) -> RequestId {
        self.set_now(now);
        let id = self.accept(intent, asked, by);
        self.settle();
        id
    }

    /// Takes what was seen.
    pub(crate) fn observe(&mut self, observation: Observation, now: Millis) {
        self.set_now(now);
        self.note(observation);
        self.settle();
    }

    /// Lets time pass: acts on every deadline that is due.
    pub(crate) fn tick(&mut self, now: Millis) {
        self.set_now(now);
        self.settle();
    }

    /// The supervisor did not run for a while: what was asked before is held against nobody.
    pub(crate) fn forgive(&mut self, now: Millis) {
        self.set_now(now);
        for running in self.nodes.values_mut().filter_map(Node::running_mut) {
            running.failures = 0;
            running.ask_anew(now);
        }
        self.close_gates();
        self.watch.stir(now);
    }

    /// When `tick` has something to do next, if nothing else happens before.
    pub(crate) fn next_deadline(&self) -> Option<Millis> {
        let nodes = self.nodes.values().filter_map(|node| node.deadline(self.is_wanted(node)));
        let leave = self
            .leave_at
            .filter(|_| self.goal == Goal::Down && !self.has_processes() && self.pending.is_empty());
        nodes
            .chain(self.watch.deadline(self.has_processes()))
            .chain(self.request_deadline())
            .chain(leave)
            .min()
    }

    /// What is to be done, in order; empties the queue.
    pub(crate) fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    pub(crate) fn node(&self, name: NodeName) -> Option<&Node> {
        self.nodes.get(&name)
    }

    pub(crate) fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.values()
    }

    /// What Kafka said last; parts that nobody could tell are as they were told before.
    pub(crate) fn view(&self) -> Option<&ClusterView> {
        self.watch.view()
    }

    /// Nodes whose process runs and is not paused, on its way out or meant to be: what guards and
    /// the verdict count on.
    pub(crate) fn alive(&self) -> BTreeSet<NodeName> {
        self.nodes.values().filter(|node| node.is_alive()).map(|node| node.name).collect()
    }

    /// Ids of the nodes of a role.
    pub(crate) fn ids(&self, role: Role) -> BTreeSet<i32> {
        self.nodes.keys().filter(|name| name.role == role).map(|name| name.id).collect()
    }

    /// The spec's topics, when `up` brings new ones.
    pub(crate) fn set_topics(&mut self, plan: &Plan) {
        self.watch.set_topics(plan);
    }

    fn set_now(&mut self, now: Millis) {
        // A clock that goes back would undo deadlines.
        self.now = self.now.max(now);
    }

    /// A number for what is about to be asked.
    fn question(&mut self) -> Question {
        self.asked += 1;
        self.asked
    }

    fn journal(&mut self, event: Event) {
        self.effects.push(Effect::Journal(event));
    }

    fn has_processes(&self) -> bool {
        self.nodes.values().any(Node::has_process)
    }

    /// Drives nodes and requests until nothing more follows: each can unblock the other.
    fn settle(&mut self) {
        loop {
            let drove = self.drive_nodes();
            let answered = self.drive_requests();
            if !drove && !answered {
                break;
            }
        }
        self.drive_watch();
        if cfg!(debug_assertions) {
            self.check_invariants();
        }
    }

    fn check_invariants(&self) {
        for node in self.nodes.values() {
            node.check_invariants();
        }
        if self.shut_down {
            assert!(!self.has_processes(), "the supervisor ends while processes run");
        }
    }
}
