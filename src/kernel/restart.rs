//! Restarts: one node after the other, and a rolling one only while every replica is in the ISR.

use super::answer::{finish, say, stop_words};
use super::backoff::Backoff;
use super::node::{GivenUp, KeptDown, Node};
use super::request::{Kind, Target, Turn, set_deadline};
use super::{Kernel, Millis, RequestId};
use crate::model::ids::NodeName;
use crate::model::outcome::{NodeOutcome, Outcome, OutcomeKind};

impl Kernel {
    /// The command of a request went away, or has waited long enough: what was begun for it is finished, and nothing
    /// else is begun. Whoever looks at the cluster next does not expect it.
    pub fn abandon(&mut self, id: RequestId, now: Millis) {
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
                    [] => finish(OutcomeKind::Done, say(&nodes), nodes),
                    _ => finish(OutcomeKind::Failed, not_restarted(left), nodes),
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
            let target = Target { name, epoch: node.epoch, unchanged: !node.has_process() };
            node.kept_down = Some(KeptDown::Stopped);
            set_deadline(node, now);
            *turn = Some(Turn { target, stopped: None, since: now });
            return (None, true);
        };
        let name = current.target.name;
        if current.stopped.is_none() {
            if !self.gone(&current.target) {
                let overtaken = self.overtaken_by_start(std::slice::from_ref(&current.target));
                let outcome = overtaken.map(|outcome| Outcome { nodes: std::mem::take(done), ..outcome });
                return (outcome, false);
            }
            let Some(node) = self.nodes.get_mut(&name) else { return (None, false) };
            if node.kept_down == Some(KeptDown::Killed) {
                let message = format!("{name} was killed by a later request");
                return (Some(finish(OutcomeKind::Superseded, message, std::mem::take(done))), false);
            }
            let was_down = current.target.unchanged;
            current.stopped = Some(if was_down { "was down".to_owned() } else { stop_words(node) });
            node.kept_down = None;
            node.given_up = None;
            node.backoff = Backoff::default();
            return (None, true);
        }
        let Some(node) = self.nodes.get(&name) else { return (None, false) };
        if node.kept_down.is_some() {
            let message = format!("{name} was taken down by a later request");
            return (Some(finish(OutcomeKind::Superseded, message, std::mem::take(done))), false);
        }
        if let Some(mut outcome) = self.given_up_outcome(std::iter::once(node)) {
            done.append(&mut outcome.nodes);
            outcome.nodes = std::mem::take(done);
            return (Some(outcome), false);
        }
        if !node.is_ready() {
            return (None, false);
        }
        let took = self.now.saturating_sub(current.since) as f64 / 1000.0;
        let stopped = current.stopped.take().unwrap_or_default();
        done.push(NodeOutcome {
            node: name,
            what: format!("{stopped}, ready again after {took:.1} s"),
            unchanged: false,
        });
        *turn = None;
        (None, true)
    }

    /// Whether every replica is in the ISR and every node ready that is meant to be, so that `next` may be restarted;
    /// what it lacks itself may come of that. The error names a partition that waits in vain, why, and what helps.
    fn is_whole(&self, next: NodeName) -> Result<bool, String> {
        let Some(topics) = self.view().and_then(|view| view.topics.as_ref()) else { return Ok(false) };
        let partitions =
            topics.iter().flat_map(|(topic, view)| view.partitions.iter().map(move |one| (topic, one)));
        let others = self.nodes.values().filter(|node| node.name != next);
        let mut whole = others.filter(|node| self.is_wanted(node)).all(Node::is_ready);
        for (topic, (number, partition)) in partitions.filter(|(_, (_, one))| one.is_under_replicated()) {
            let missing = partition.replicas.iter().filter(|id| !partition.isr.contains(id));
            for missing in missing.map(|id| NodeName::broker(*id)).filter(|name| *name != next) {
                if let Some(why) = self.stays_away(missing) {
                    return Err(format!("{topic}-{number} lacks {missing} in its ISR, which {why}"));
                }
                whole = false;
            }
        }
        Ok(whole)
    }

    /// Why a broker does not come back by itself, and what brings it.
    fn stays_away(&self, broker: NodeName) -> Option<String> {
        let Some(node) = self.nodes.get(&broker) else {
            return Some("is no member of the cluster".to_owned());
        };
        let starts = format!("`cluster start {broker}` starts it");
        match (node.kept_down, node.given_up, node.running()) {
            (Some(_), ..) => Some(format!("is kept down; {starts}")),
            (None, Some(GivenUp::CrashLoop), _) => Some(format!(
                "was given up after a crash loop; {starts}, `cluster logs {broker}` says why it ended"
            )),
            (None, Some(GivenUp::Policy), _) => {
                Some(format!("has ended, and the restart policy leaves it; {starts}"))
            }
            (None, None, Some(running)) if running.paused => {
                Some(format!("is paused; `cluster resume {broker}` lets it go on"))
            }
            (None, None, _) => None,
        }
    }
}

/// `nobody waits for it any more; not restarted: broker-1, broker-2`.
fn not_restarted(left: &[NodeName]) -> String {
    let names: Vec<String> = left.iter().rev().map(ToString::to_string).collect();
    format!("nobody waits for it any more; not restarted: {}", names.join(", "))
}
