//! What must outlive the supervisor: intents, and what a broker may have left in ZooKeeper.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::node::{Process, Running};
use super::{Goal, Kernel, Millis};
use crate::model::event::Event;
use crate::model::exit::Exit;
use crate::model::ids::NodeName;
use crate::model::outcome::KeptDown;
use crate::plan::model::Plan;

/// Saved by the supervisor before it acts on what it says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Durable {
    pub goal: Goal,
    pub nodes: BTreeMap<NodeName, DurableNode>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct DurableNode {
    /// The operator keeps it down.
    pub kept_down: Option<KeptDown>,
    /// A broker's registration may still stand in ZooKeeper without a process behind it.
    pub stale_registration: bool,
    /// It was ready when this was saved.
    pub ready: bool,
}

/// A process that a new supervisor found running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub pid: u32,
    /// How long it has been running, in ms.
    pub age_ms: Millis,
}

impl Kernel {
    pub(crate) fn durable(&self) -> Durable {
        let node = |node: &super::node::Node| DurableNode {
            kept_down: node.kept_down,
            // A running broker is registered: should it die unseen, that stays behind.
            stale_registration: node.stale_registration || node.has_process(),
            ready: node.is_ready(),
        };
        Durable {
            goal: self.goal,
            nodes: self.nodes.iter().map(|(name, state)| (*name, node(state))).collect(),
        }
    }

    /// The kernel of a supervisor that follows another: `found` are the processes proven to be the
    /// plan's nodes, `lost` the nodes whose noted process is gone though nobody saw it go.
    pub(crate) fn recover(
        plan: &Plan,
        durable: &Durable,
        found: &BTreeMap<NodeName, Found>,
        lost: &BTreeMap<NodeName, u32>,
        now: Millis,
    ) -> Self {
        let mut kernel = Kernel::new(plan, now);
        kernel.goal = durable.goal;
        if kernel.goal == Goal::Up {
            kernel.leave_at = None;
        } else if !found.is_empty() {
            // The earlier supervisor was taking it down: that is finished, then this one ends.
            kernel.leave_at = Some(now);
        }
        kernel.tell_members(durable);
        let mut unseen_exits = Vec::new();
        for (name, node) in &mut kernel.nodes {
            if let Some(saved) = durable.nodes.get(name) {
                node.kept_down = saved.kept_down;
                node.stale_registration = saved.stale_registration;
            }
            if let Some(process) = found.get(name) {
                let was_ready = durable.nodes.get(name).is_some_and(|saved| saved.ready);
                node.epoch += 1;
                let mut running = Running::new(process.pid, now.saturating_sub(process.age_ms), now);
                running.quiet = was_ready;
                node.process = Process::Running(running);
                node.stale_registration = true;
                kernel.effects.push(super::Effect::Journal(Event::Adopted { node: *name, pid: process.pid }));
            } else if let Some(pid) = lost.get(name) {
                node.stale_registration = true;
                unseen_exits.push((*name, *pid));
            }
        }
        for (name, pid) in unseen_exits {
            kernel.exited_unseen(name, pid);
        }
        kernel.settle();
        kernel
    }

    fn exited_unseen(&mut self, name: NodeName, pid: u32) {
        let Some(node) = self.nodes.get_mut(&name) else { return };
        let expected = node.kept_down.is_some() || self.goal == Goal::Down;
        self.effects.push(super::Effect::Journal(Event::Exited {
            node: name,
            pid,
            status: Exit::Unseen,
            after_ms: None,
            expected,
            reason: None,
        }));
        if !expected {
            self.exited_by_itself(name, Exit::Unseen, None);
        }
    }
}
