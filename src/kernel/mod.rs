//! The state machine: what to do next. No I/O, no clock (`now` is an argument), no async.
//!
//! The supervisor feeds it what is asked ([`Asked`]) and observations ([`Observation`]); it answers with
//! [`Effect`]s. Three layers per node: intent (wanted up, or kept down by the operator), observed
//! (what its process does), derived (what follows: `NodeState`). Every process has an epoch;
//! an observation of an earlier one is late, and ignored. Whatever is asked of the world has a number, in the order
//! of asking: an answer is late, too, when its question came before an act that it contradicts, or before one whose
//! answer is known.

mod answer;
pub(crate) mod backoff;
mod counts;
pub(crate) mod drive;
pub(crate) mod durable;
mod effect;
mod gate;
mod goal;
mod members;
pub(crate) mod node;
mod observation;
pub(crate) mod observe;
mod pending;
pub(crate) mod request;
mod restart;
mod survey;
pub(crate) mod watch;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod world;

use std::collections::{BTreeMap, BTreeSet};

use crate::model::asked::Asked;
use crate::model::event::Event;
use crate::model::ids::{NodeName, Role};
use crate::model::view::ClusterView;
use crate::plan::model::Plan;
use crate::spec::model::RestartPolicy;
use crate::spec::versions::Coordination;
pub(crate) use counts::{Millis, Question, RequestId};
pub(crate) use effect::Effect;
pub(crate) use goal::Goal;
use node::Node;
pub(crate) use observation::{CheckFailure, Observation};
use pending::Pending;
use watch::Watch;

/// A supervisor to which nobody gives a cluster to run ends after this.
const IDLE_SUPERVISOR_MS: Millis = 30_000;

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
    /// A cluster of which no process runs. Nothing happens before the first request.
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
            leave_at: Some(now + IDLE_SUPERVISOR_MS),
            watch: Watch::new(plan, now),
            effects: Vec::new(),
            shut_down: false,
        }
    }

    /// Takes an action and the nodes that it means; its answer comes as `Effect::Answer` with the returned id. `by`:
    /// where it comes from, for the journal.
    pub(crate) fn request(&mut self, asked: Asked, by: &str, now: Millis) -> RequestId {
        self.set_now(now);
        let id = self.accept(asked, by);
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

    /// What Kafka said last, and nothing from before; `None` until it was asked for the first time.
    pub(crate) fn fresh_view(&self) -> Option<&ClusterView> {
        self.watch.fresh.as_ref()
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
