//! Restarts: one node after the other, and a rolling one only while every replica is in the ISR.

use super::answer::{finish, last_stop};
use super::backoff::Backoff;
use super::node::{GivenUp, Node};
use super::pending::{Awaited, Kind, Turn};
use super::request::set_deadline;
use super::{Kernel, Millis, RequestId};
use crate::model::ids::NodeName;
use crate::model::outcome::{
    Absence, KeptDown, NodeOutcome, NodeResult, Outcome, OutcomeKind, Stop, Summary,
};

impl Kernel {
    /// The command of a request went away, or has waited long enough: what was begun for it is finished, and nothing
    /// else is begun. Whoever looks at the cluster next does not expect it.
    pub(crate) fn abandon(&mut self, id: RequestId, now: Millis) {
        self.set_now(now);
        for pending in self.pending.iter_mut().filter(|pending| pending.id == id) {
            if let Kind::Restart { queue, left, .. } = &mut pending.kind {
                left.append(queue);
            }
        }
        self.settle();
    }

    pub(super) fn drive_restart(
        &mut self,
        queue: &mut Vec<NodeName>,
        turn: &mut Option<Turn>,
        (done, left): (&mut Vec<NodeOutcome>, &[NodeName]),
        (force, rolling): (bool, bool),
    ) -> (Option<Outcome>, bool) {
        let Some(current) = turn else {
            let Some(name) = queue.last().copied() else {
                let nodes = std::mem::take(done);
                let outcome = match left {
                    [] => finish(OutcomeKind::Done, Summary::Nodes, nodes),
                    _ => {
                        let left = left.iter().rev().copied().collect();
                        finish(OutcomeKind::Failed, Summary::NotRestarted { nodes: left }, nodes)
                    }
                };
                return (Some(outcome), false);
            };
            match self.is_whole(name) {
                Ok(false) if rolling && !force => return (None, false),
                Err(why) if rolling && !force => {
                    return (Some(finish(OutcomeKind::Refused, why, std::mem::take(done))), false);
                }
                _ => {}
            }
            queue.pop();
            if !force && let Err(mut outcome) = self.guard(&[name]) {
                outcome.nodes = std::mem::take(done);
                return (Some(outcome), false);
            }
            let now = self.now;
            let Some(node) = self.nodes.get_mut(&name) else { return (None, false) };
            let awaited = Awaited { name, epoch: node.epoch, unchanged: !node.has_process() };
            node.kept_down = Some(KeptDown::Stopped);
            set_deadline(node, now);
            *turn = Some(Turn { awaited, stopped: None, since: now });
            return (None, true);
        };
        let name = current.awaited.name;
        let Some(stop) = current.stopped else {
            if !self.gone(&current.awaited) {
                let overtaken = self.overtaken_by_start(std::slice::from_ref(&current.awaited));
                let outcome = overtaken.map(|outcome| Outcome { nodes: std::mem::take(done), ..outcome });
                return (outcome, false);
            }
            let Some(node) = self.nodes.get_mut(&name) else { return (None, false) };
            if node.kept_down == Some(KeptDown::Killed) {
                let summary = Summary::KilledLater { node: name };
                return (Some(finish(OutcomeKind::Superseded, summary, std::mem::take(done))), false);
            }
            let was_down = current.awaited.unchanged;
            current.stopped = Some(if was_down { Stop::WasDown } else { last_stop(node) });
            node.kept_down = None;
            node.given_up = None;
            node.backoff = Backoff::default();
            return (None, true);
        };
        let Some(node) = self.nodes.get(&name) else { return (None, false) };
        if node.kept_down.is_some() {
            let summary = Summary::TakenDownLater { node: name };
            return (Some(finish(OutcomeKind::Superseded, summary, std::mem::take(done))), false);
        }
        if let Some(mut outcome) = self.given_up_outcome(std::iter::once(node)) {
            done.append(&mut outcome.nodes);
            outcome.nodes = std::mem::take(done);
            return (Some(outcome), false);
        }
        if !node.is_ready() {
            return (None, false);
        }
        let ready_after_ms = self.now.saturating_sub(current.since);
        done.push(NodeOutcome::new(name, NodeResult::Restarted { stop, ready_after_ms }));
        *turn = None;
        (None, true)
    }

    /// Whether every replica is in the ISR and every node ready that is meant to be, so that `next` may be restarted;
    /// what it lacks itself may come of that. The error is a partition that waits in vain, and why.
    fn is_whole(&self, next: NodeName) -> Result<bool, Summary> {
        let Some(topics) = self.view().and_then(|view| view.topics.as_ref()) else { return Ok(false) };
        let partitions =
            topics.iter().flat_map(|(topic, view)| view.partitions.iter().map(move |one| (topic, one)));
        let others = self.nodes.values().filter(|node| node.name != next);
        let mut whole = others.filter(|node| self.is_wanted(node)).all(Node::is_ready);
        for (topic, (number, partition)) in partitions.filter(|(_, (_, one))| one.is_under_replicated()) {
            let missing = partition.replicas.iter().filter(|id| !partition.isr.contains(id));
            for missing in missing.map(|id| NodeName::broker(*id)).filter(|name| *name != next) {
                if let Some(why) = self.stays_away(missing) {
                    let (topic, partition, broker) = (topic.clone(), *number, missing);
                    return Err(Summary::OutOfIsr { topic, partition, broker, why });
                }
                whole = false;
            }
        }
        Ok(whole)
    }

    /// Why a broker does not come back by itself, if it does not.
    fn stays_away(&self, broker: NodeName) -> Option<Absence> {
        let Some(node) = self.nodes.get(&broker) else { return Some(Absence::NoMember) };
        match (node.kept_down, node.given_up, node.running()) {
            (Some(_), ..) => Some(Absence::KeptDown),
            (None, Some(GivenUp::CrashLoop), _) => Some(Absence::CrashLoop),
            (None, Some(GivenUp::Policy), _) => Some(Absence::Policy),
            (None, None, Some(running)) if running.paused => Some(Absence::Paused),
            (None, None, _) => None,
        }
    }
}
