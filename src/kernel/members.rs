//! The members of the cluster: nodes that are added to a kernel that runs, and nodes that it forgets.

use std::collections::BTreeSet;

use super::answer::{finish, unusable};
use super::durable::Durable;
use super::node::Node;
use super::pending::{Awaited, Gate, Kind};
use super::{Kernel, Millis};
use crate::model::event::Event;
use crate::model::ids::NodeName;
use crate::model::outcome::{NodeOutcome, NodeResult, Outcome, OutcomeKind, Summary};
use crate::plan::model::Plan;

impl Kernel {
    /// Takes the members of another plan of the same cluster. New nodes come up by themselves when the
    /// cluster is meant to be up; nodes that the plan has no longer are forgotten. Nothing is changed, and
    /// its name is the error, if one of these has a process or is meant to have one. A request follows.
    pub(crate) fn take_members(&mut self, plan: &Plan, now: Millis) -> Result<(), NodeName> {
        self.set_now(now);
        let leaving = |node: &&Node| plan.node(node.name).is_none();
        let gone: Vec<NodeName> = self.nodes.values().filter(leaving).map(|node| node.name).collect();
        let busy = |name: &&NodeName| self.nodes[*name].has_process() || self.is_wanted(&self.nodes[*name]);
        if let Some(&busy) = gone.iter().find(busy) {
            return Err(busy);
        }
        for name in gone {
            self.forget(name);
        }
        for planned in &plan.nodes {
            if !self.nodes.contains_key(&planned.name) {
                let mut node = Node::new(planned);
                node.epoch = self.retired_epoch;
                self.nodes.insert(planned.name, node);
                self.news_of_members.push(Event::NodeAdded { node: planned.name });
            }
        }
        Ok(())
    }

    fn forget(&mut self, name: NodeName) {
        let Some(node) = self.nodes.remove(&name) else { return };
        self.retired_epoch = self.retired_epoch.max(node.epoch);
        for pending in &mut self.pending {
            if let Kind::Restart { queue, left, .. } = &mut pending.kind {
                queue.retain(|waiting| *waiting != name);
                left.retain(|waiting| *waiting != name);
            }
        }
        self.news_of_members.push(Event::NodeRemoved { node: name });
    }

    /// Tells which nodes came and went since the state was saved: whoever wrote the plan may have been
    /// killed before a supervisor took it.
    pub(super) fn tell_members(&mut self, before: &Durable) {
        if before.nodes.is_empty() {
            return;
        }
        let (old, new): (BTreeSet<NodeName>, BTreeSet<NodeName>) =
            (before.nodes.keys().copied().collect(), self.nodes.keys().copied().collect());
        old.difference(&new).for_each(|node| self.journal(Event::NodeRemoved { node: *node }));
        new.difference(&old).for_each(|node| self.journal(Event::NodeAdded { node: *node }));
    }

    pub(super) fn accept_scale(&mut self, nodes: Vec<NodeName>) -> Kind {
        // Those that the operator keeps down, and those that were given up, are left as they are.
        let awaited = self
            .awaited(nodes, |node| node.is_ready() || node.kept_down.is_some() || node.given_up.is_some());
        Kind::Scale { awaited, gate: Gate::default() }
    }

    pub(super) fn drive_scale(
        &mut self,
        since: Millis,
        awaited: &[Awaited],
        gate: &mut Gate,
    ) -> (Option<Outcome>, bool) {
        if let Some(why) = gate.failed.take() {
            return (Some(unusable(why)), false);
        }
        let new = awaited.iter().filter(|one| !one.unchanged);
        let new: Vec<&Node> = new.filter_map(|one| self.nodes.get(&one.name)).collect();
        if let Some(node) = new.iter().find(|node| node.kept_down.is_some()) {
            let summary = Summary::TakenDownLater { node: node.name };
            return (Some(Outcome::of(OutcomeKind::Superseded, summary)), false);
        }
        if let Some(outcome) = self.given_up_outcome(new.iter().copied()) {
            return (Some(outcome), false);
        }
        if !new.iter().all(|node| node.is_ready()) {
            gate.close();
            return (None, false);
        }
        if !new.is_empty() && !gate.is_open() {
            // Another broker that is in trouble is not what was asked about.
            let ready = self.nodes.values().filter(|node| node.is_broker() && node.is_ready());
            let ready = ready.map(|node| node.name.id).collect();
            return (None, self.check_gate(gate, ready));
        }
        let after_ms = self.now.saturating_sub(since);
        let outcome = |one: &Awaited| {
            let joined = NodeResult::Joined { after_ms };
            NodeOutcome::new(one.name, if one.unchanged { NodeResult::AlreadyMember } else { joined })
        };
        let nodes: Vec<NodeOutcome> = awaited.iter().map(outcome).collect();
        if new.is_empty() {
            return (Some(finish(OutcomeKind::Done, Summary::AllMembers, nodes)), false);
        }
        self.journal(Event::Usable { after_ms });
        (Some(finish(OutcomeKind::Done, Summary::Joined { after_ms }, nodes)), false)
    }

    pub(super) fn forgotten(&self, nodes: &[NodeName]) -> Outcome {
        if let Some(node) = nodes.iter().find(|node| self.nodes.contains_key(node)) {
            return Outcome::of(OutcomeKind::Failed, Summary::StillPlanned { node: *node });
        }
        let forgotten = |node: &NodeName| NodeOutcome::new(*node, NodeResult::Forgotten);
        finish(OutcomeKind::Done, Summary::Forgotten, nodes.iter().map(forgotten).collect())
    }
}
