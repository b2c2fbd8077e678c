//! When a pending request is done, failed or overtaken, and what its answer says.

use super::node::{Failover, Node};
use super::pending::{Awaited, Gate, KILL_PATIENCE_MS, Kind, Pending};
use super::{Goal, Kernel, Millis};
use crate::model::event::Event;
use crate::model::ids::NodeName;
use crate::model::outcome::{FailoverResult, NodeOutcome, NodeResult, Outcome, OutcomeKind, Stop, Summary};
use crate::model::signal::Signal;

impl Kernel {
    /// Answers every request whose answer is known; true when something changed.
    pub(super) fn drive_requests(&mut self) -> bool {
        let mut changed = false;
        let mut still = Vec::new();
        for mut pending in std::mem::take(&mut self.pending) {
            let (outcome, moved) = self.drive_request(&mut pending);
            changed |= moved || outcome.is_some();
            match outcome {
                Some(outcome) => self.answer(pending.id, outcome),
                None => still.push(pending),
            }
        }
        still.append(&mut self.pending);
        self.pending = still;
        changed
    }

    /// When a pending request is answered whatever happens.
    pub(super) fn request_deadline(&self) -> Option<Millis> {
        let kills = self.pending.iter().filter(|pending| matches!(pending.kind, Kind::Kill { .. }));
        kills.map(|pending| pending.since + KILL_PATIENCE_MS).min()
    }

    fn drive_request(&mut self, pending: &mut Pending) -> (Option<Outcome>, bool) {
        let since = pending.since;
        let overtaken = self.goal == Goal::Down && !matches!(pending.kind, Kind::Down | Kind::Kill { .. });
        if overtaken && !matches!(pending.kind, Kind::Stop { .. }) {
            return (Some(Outcome::of(OutcomeKind::Superseded, Summary::DownMeanwhile)), false);
        }
        match &mut pending.kind {
            Kind::Up { ready_before, gate } => self.drive_up(since, ready_before, gate),
            Kind::Down => (self.down_outcome(since), false),
            Kind::Kill { awaited, signal } => (self.kill_outcome(awaited, *signal, since), false),
            Kind::Start { awaited } => (self.start_outcome(awaited, since), false),
            Kind::Stop { awaited } => (self.stop_outcome(awaited), false),
            Kind::Restart { queue, turn, done, left, force, rolling } => {
                self.drive_restart(queue, turn, (done, left), (*force, *rolling))
            }
            Kind::Scale { awaited, gate } => self.drive_scale(since, awaited, gate),
        }
    }

    fn drive_up(
        &mut self,
        since: Millis,
        ready_before: &[NodeName],
        gate: &mut Gate,
    ) -> (Option<Outcome>, bool) {
        if let Some(why) = gate.failed.take() {
            return (Some(unusable(why)), false);
        }
        if let Some(outcome) = self.given_up_outcome(self.nodes.values()) {
            return (Some(outcome), false);
        }
        let wanted: Vec<&Node> = self.nodes.values().filter(|node| self.is_wanted(node)).collect();
        if !wanted.iter().all(|node| node.is_ready()) {
            gate.close();
            return (None, false);
        }
        let brokers: std::collections::BTreeSet<i32> =
            wanted.iter().filter(|node| node.is_broker()).map(|node| node.name.id).collect();
        let none_wanted = brokers.is_empty();
        if !gate.is_open() && !none_wanted {
            return (None, self.check_gate(gate, brokers));
        }
        let nodes: Vec<NodeOutcome> =
            self.nodes.values().map(|node| up_outcome(node, ready_before)).collect();
        let after_ms = self.now.saturating_sub(since);
        let nothing_new = nodes.iter().all(NodeOutcome::is_unchanged) && !gate.changed_topics;
        let summary = match (nothing_new, none_wanted) {
            (true, false) => Summary::AlreadyUsable,
            (_, true) => Summary::NoBrokerWanted,
            (false, false) => Summary::Usable { after_ms },
        };
        if !nothing_new && !none_wanted {
            self.journal(Event::Usable { after_ms });
        }
        (Some(finish(OutcomeKind::Done, summary, nodes)), false)
    }

    pub(super) fn given_up_outcome<'a>(&self, nodes: impl Iterator<Item = &'a Node>) -> Option<Outcome> {
        let given_up: Vec<NodeOutcome> = nodes
            .filter(|node| node.given_up.is_some() && node.kept_down.is_none())
            .map(|node| NodeOutcome::new(node.name, NodeResult::Failed { reason: node.trouble.clone() }))
            .collect();
        (!given_up.is_empty()).then(|| finish(OutcomeKind::Failed, Summary::NotUp, given_up))
    }

    fn down_outcome(&self, since: Millis) -> Option<Outcome> {
        if self.has_processes() {
            return None;
        }
        let nodes = self.nodes.values().map(|node| down_outcome(node, since)).collect();
        Some(finish(OutcomeKind::Done, Summary::Down, nodes))
    }

    pub(super) fn gone(&self, one: &Awaited) -> bool {
        self.nodes.get(&one.name).is_none_or(|node| node.epoch != one.epoch || !node.has_process())
    }

    /// A later request wants a node up that this one takes down, and its process never left.
    pub(super) fn overtaken_by_start(&self, awaited: &[Awaited]) -> Option<Outcome> {
        let stays = |node: &&Node| {
            node.kept_down.is_none() && node.running().is_none_or(|running| running.leaving.is_none())
        };
        let late = awaited.iter().filter(|one| !self.gone(one));
        let node = late.filter_map(|one| self.nodes.get(&one.name)).find(stays)?;
        Some(Outcome::of(OutcomeKind::Superseded, Summary::StartedLater { node: node.name }))
    }

    fn kill_outcome(&self, awaited: &[Awaited], signal: Signal, since: Millis) -> Option<Outcome> {
        let told = |one: &&Awaited| {
            let failover = self.nodes.get(&one.name).and_then(|node| node.failover.as_ref());
            !matches!(failover, Some(Failover::Wanted | Failover::UnderWay))
        };
        let late: Vec<&Awaited> = awaited.iter().filter(|one| !self.gone(one) || !told(one)).collect();
        let out_of_patience = self.now >= since + KILL_PATIENCE_MS;
        if !late.is_empty() && !out_of_patience {
            return self.overtaken_by_start(awaited);
        }
        let nodes = awaited.iter().map(|one| self.killed(one, signal)).collect();
        let kind = if late.is_empty() { OutcomeKind::Done } else { OutcomeKind::TimedOut };
        Some(finish(kind, Summary::Nodes, nodes))
    }

    fn killed(&self, one: &Awaited, signal: Signal) -> NodeOutcome {
        let node = self.nodes.get(&one.name);
        let failover = match node.and_then(|node| node.failover.clone()) {
            Some(Failover::Done) => Some(FailoverResult::Done),
            Some(Failover::Failed(why)) => Some(FailoverResult::Failed { why }),
            Some(Failover::Wanted | Failover::UnderWay) | None => None,
        };
        let result = if one.unchanged {
            NodeResult::AlreadyDown { stays_down: true, failover }
        } else if !self.gone(one) {
            NodeResult::StillThere { signal }
        } else {
            let after_ms = node.and_then(|node| node.last_stop).map(|stop| stop.took_ms);
            NodeResult::Killed { signal, after_ms, failover }
        };
        NodeOutcome::new(one.name, result)
    }

    fn stop_outcome(&self, awaited: &[Awaited]) -> Option<Outcome> {
        if !awaited.iter().all(|one| self.gone(one)) {
            return self.overtaken_by_start(awaited);
        }
        let outcome = |one: &Awaited| {
            let result = match self.nodes.get(&one.name) {
                Some(_) if one.unchanged => NodeResult::AlreadyDown { stays_down: true, failover: None },
                Some(node) => NodeResult::Stopped(last_stop(node)),
                None => NodeResult::Gone,
            };
            NodeOutcome::new(one.name, result)
        };
        Some(finish(OutcomeKind::Done, Summary::Nodes, awaited.iter().map(outcome).collect()))
    }

    fn start_outcome(&self, awaited: &[Awaited], since: Millis) -> Option<Outcome> {
        let states: Vec<&Node> = awaited.iter().filter_map(|one| self.nodes.get(&one.name)).collect();
        if let Some(node) = states.iter().find(|node| node.kept_down.is_some()) {
            let summary = Summary::TakenDownLater { node: node.name };
            return Some(Outcome::of(OutcomeKind::Superseded, summary));
        }
        if let Some(outcome) = self.given_up_outcome(states.iter().copied()) {
            return Some(outcome);
        }
        if !states.iter().all(|node| node.is_ready()) {
            return None;
        }
        let after_ms = Some(self.now.saturating_sub(since));
        let outcome = |one: &Awaited| {
            let ready = NodeResult::Ready { after_ms };
            NodeOutcome::new(one.name, if one.unchanged { NodeResult::AlreadyRunning } else { ready })
        };
        Some(finish(OutcomeKind::Done, Summary::Nodes, awaited.iter().map(outcome).collect()))
    }
}

pub(super) fn finish(result: OutcomeKind, summary: Summary, nodes: Vec<NodeOutcome>) -> Outcome {
    Outcome { result, summary, nodes }
}

/// Of a cluster that will not be usable: `why` is Kafka's word.
pub(super) fn unusable(why: String) -> Outcome {
    Outcome::of(OutcomeKind::Failed, Summary::words(why))
}

fn up_outcome(node: &Node, ready_before: &[NodeName]) -> NodeOutcome {
    let result = match node.kept_down {
        Some(by) => NodeResult::StaysDown { by },
        None if ready_before.contains(&node.name) => NodeResult::AlreadyRunning,
        None => NodeResult::Ready { after_ms: None },
    };
    NodeOutcome::new(node.name, result)
}

fn down_outcome(node: &Node, since: Millis) -> NodeOutcome {
    let ended = node.exited_at.is_some_and(|at| at >= since);
    let down = NodeResult::AlreadyDown { stays_down: false, failover: None };
    NodeOutcome::new(node.name, if ended { NodeResult::Stopped(last_stop(node)) } else { down })
}

/// How its last process ended: in order, or by force after the deadline.
pub(super) fn last_stop(node: &Node) -> Stop {
    let Some(stop) = node.last_stop else { return Stop::ByItself };
    let after_ms = stop.took_ms;
    match stop.first_signal {
        _ if stop.was_last => Stop::WithoutQuorum { after_ms },
        _ if stop.escalated => Stop::Forced { after_ms },
        Signal::TERM => Stop::InOrder { after_ms },
        signal => Stop::Killed { signal, after_ms },
    }
}
