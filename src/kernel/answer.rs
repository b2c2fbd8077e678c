//! When a pending request is done, failed or overtaken, and what its answer says.

use super::gate::Gate;
use super::node::{Failover, KeptDown, Node};
use super::request::{KILL_PATIENCE_MS, Kind, Pending, Target, list};
use super::{Goal, Kernel, Millis, STAYS_DOWN};
use crate::model::event::Event;
use crate::model::ids::NodeName;
use crate::model::outcome::{NodeOutcome, Outcome, OutcomeKind};
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
            // Other words than for a request that comes when the cluster goes down already: that one
            // may be made again afterwards, this one must not undo the `down` that came after it.
            let message = "`cluster down` was asked for meanwhile";
            return (Some(finish(OutcomeKind::Superseded, message, Vec::new())), false);
        }
        match &mut pending.kind {
            Kind::Up { ready_before, gate } => self.drive_up(since, ready_before, gate),
            Kind::Down => (self.down_outcome(since), false),
            Kind::Kill { targets, signal } => (self.kill_outcome(targets, *signal, since), false),
            Kind::Start { targets } => (self.start_outcome(targets, since), false),
            Kind::Stop { targets } => (self.stop_outcome(targets), false),
            Kind::Restart { queue, turn, done, left, force, rolling } => {
                self.drive_restart(queue, turn, (done, left), (*force, *rolling))
            }
            Kind::Scale { targets, gate } => self.drive_scale(since, targets, gate),
        }
    }

    fn drive_up(
        &mut self,
        since: Millis,
        ready_before: &[NodeName],
        gate: &mut Gate,
    ) -> (Option<Outcome>, bool) {
        if let Some(message) = gate.failed.take() {
            return (Some(finish(OutcomeKind::Failed, message, Vec::new())), false);
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
        let kept: Vec<&NodeOutcome> =
            nodes.iter().filter(|outcome| self.nodes[&outcome.node].kept_down.is_some()).collect();
        let nothing_new = nodes.iter().all(|outcome| outcome.unchanged) && !gate.changed_topics;
        let mut message = match (nothing_new, none_wanted) {
            (true, false) => "already up and usable; nothing was changed".to_owned(),
            (_, true) => "no broker is meant to be up".to_owned(),
            (false, false) => format!("usable after {:.1} s", after_ms as f64 / 1000.0),
        };
        if !kept.is_empty() {
            message.push_str(&format!("; kept down: {} (`cluster start`)", list(kept.into_iter())));
        }
        if !nothing_new && !none_wanted {
            self.journal(Event::Usable { after_ms });
        }
        (Some(finish(OutcomeKind::Done, message, nodes)), false)
    }

    pub(super) fn given_up_outcome<'a>(&self, nodes: impl Iterator<Item = &'a Node>) -> Option<Outcome> {
        let given_up: Vec<NodeOutcome> = nodes
            .filter(|node| node.given_up.is_some() && node.kept_down.is_none())
            .map(|node| NodeOutcome {
                node: node.name,
                what: node.last_error.clone().unwrap_or_else(|| "it ended".to_owned()),
                unchanged: false,
            })
            .collect();
        let first = given_up.first()?;
        let message = format!("{} did not come up: {}", list(given_up.iter()), first.what);
        Some(finish(OutcomeKind::Failed, message, given_up))
    }

    fn down_outcome(&self, since: Millis) -> Option<Outcome> {
        if self.has_processes() {
            return None;
        }
        let nodes: Vec<NodeOutcome> = self.nodes.values().map(|node| stop_outcome(node, since)).collect();
        let forced = nodes.iter().filter(|outcome| outcome.what.contains("SIGKILL")).count();
        let message = match forced {
            0 => "down".to_owned(),
            _ => format!("down; {forced} of {} nodes had to be killed", nodes.len()),
        };
        Some(finish(OutcomeKind::Done, message, nodes))
    }

    pub(super) fn gone(&self, target: &Target) -> bool {
        self.nodes.get(&target.name).is_none_or(|node| node.epoch != target.epoch || !node.has_process())
    }

    /// A later request wants a node up that this one takes down, and its process never left.
    pub(super) fn overtaken_by_start(&self, targets: &[Target]) -> Option<Outcome> {
        let stays = |node: &&Node| {
            node.kept_down.is_none() && node.running().is_none_or(|running| running.leaving.is_none())
        };
        let late = targets.iter().filter(|target| !self.gone(target));
        let node = late.filter_map(|target| self.nodes.get(&target.name)).find(stays)?;
        let message = format!("{} was started by a later request", node.name);
        Some(finish(OutcomeKind::Superseded, message, Vec::new()))
    }

    fn kill_outcome(&self, targets: &[Target], signal: Signal, since: Millis) -> Option<Outcome> {
        let told = |target: &&Target| {
            let failover = self.nodes.get(&target.name).and_then(|node| node.failover.as_ref());
            !matches!(failover, Some(Failover::Wanted | Failover::UnderWay))
        };
        let late: Vec<&Target> =
            targets.iter().filter(|target| !self.gone(target) || !told(target)).collect();
        let out_of_patience = self.now >= since + KILL_PATIENCE_MS;
        if !late.is_empty() && !out_of_patience {
            return self.overtaken_by_start(targets);
        }
        let nodes: Vec<NodeOutcome> = targets
            .iter()
            .map(|target| {
                let took = self.nodes.get(&target.name).and_then(|node| node.last_stop);
                let mut what = match (target.unchanged, self.gone(target), took) {
                    (true, ..) => "already down; stays down".to_owned(),
                    (_, false, _) => format!("sent {}; its process is still there", signal),
                    (_, _, Some(stop)) => {
                        format!("killed with {}, gone after {} ms", signal, stop.took_ms)
                    }
                    (_, _, None) => format!("killed with {}", signal),
                };
                match self.nodes.get(&target.name).and_then(|node| node.failover.as_ref()) {
                    Some(Failover::Done) => what.push_str("; the cluster was told"),
                    Some(Failover::Failed(why)) => {
                        what.push_str(&format!(
                            "; the cluster could not be told, and will wait for its session to end: {why}"
                        ));
                    }
                    Some(Failover::Wanted | Failover::UnderWay) | None => {}
                }
                NodeOutcome { node: target.name, what, unchanged: target.unchanged }
            })
            .collect();
        let kind = if late.is_empty() { OutcomeKind::Done } else { OutcomeKind::TimedOut };
        Some(finish(kind, say(&nodes), nodes))
    }

    fn stop_outcome(&self, targets: &[Target]) -> Option<Outcome> {
        if !targets.iter().all(|target| self.gone(target)) {
            return self.overtaken_by_start(targets);
        }
        let nodes: Vec<NodeOutcome> = targets
            .iter()
            .map(|target| match self.nodes.get(&target.name) {
                Some(_) if target.unchanged => NodeOutcome {
                    node: target.name,
                    what: "already down; stays down".to_owned(),
                    unchanged: true,
                },
                Some(node) => NodeOutcome { node: target.name, what: stop_words(node), unchanged: false },
                None => NodeOutcome { node: target.name, what: "gone".to_owned(), unchanged: true },
            })
            .collect();
        Some(finish(OutcomeKind::Done, say(&nodes), nodes))
    }

    fn start_outcome(&self, targets: &[Target], since: Millis) -> Option<Outcome> {
        let states: Vec<&Node> = targets.iter().filter_map(|target| self.nodes.get(&target.name)).collect();
        if let Some(node) = states.iter().find(|node| node.kept_down.is_some()) {
            let message = format!("{} was taken down by a later request", node.name);
            return Some(finish(OutcomeKind::Superseded, message, Vec::new()));
        }
        if let Some(outcome) = self.given_up_outcome(states.iter().copied()) {
            return Some(outcome);
        }
        if !states.iter().all(|node| node.is_ready()) {
            return None;
        }
        let took = self.now.saturating_sub(since) as f64 / 1000.0;
        let nodes: Vec<NodeOutcome> = targets
            .iter()
            .map(|target| NodeOutcome {
                node: target.name,
                what: if target.unchanged {
                    "already running".to_owned()
                } else {
                    format!("ready after {took:.1} s")
                },
                unchanged: target.unchanged,
            })
            .collect();
        Some(finish(OutcomeKind::Done, say(&nodes), nodes))
    }
}

pub(super) fn finish(result: OutcomeKind, message: impl Into<String>, nodes: Vec<NodeOutcome>) -> Outcome {
    Outcome { result, message: message.into(), nodes }
}

/// `broker-0: killed with SIGKILL, gone after 2 ms; broker-1: already down`.
pub(super) fn say(nodes: &[NodeOutcome]) -> String {
    let parts: Vec<String> =
        nodes.iter().map(|outcome| format!("{}: {}", outcome.node, outcome.what)).collect();
    if parts.is_empty() { "nothing to do".to_owned() } else { parts.join("; ") }
}

fn up_outcome(node: &Node, ready_before: &[NodeName]) -> NodeOutcome {
    let (what, unchanged) = match node.kept_down {
        Some(KeptDown::Killed) => (format!("killed; {STAYS_DOWN}"), true),
        Some(KeptDown::Stopped) => (format!("stopped; {STAYS_DOWN}"), true),
        None if ready_before.contains(&node.name) => ("already running".to_owned(), true),
        None => ("ready".to_owned(), false),
    };
    NodeOutcome { node: node.name, what, unchanged }
}

fn stop_outcome(node: &Node, since: Millis) -> NodeOutcome {
    if node.exited_at.is_some_and(|at| at >= since) {
        NodeOutcome { node: node.name, what: stop_words(node), unchanged: false }
    } else {
        NodeOutcome { node: node.name, what: "already down".to_owned(), unchanged: true }
    }
}

/// How its last process ended: in order, or by force after the deadline.
pub(super) fn stop_words(node: &Node) -> String {
    match node.last_stop {
        Some(stop) if stop.was_last => {
            format!("stopped after {} ms, not waiting for a quorum that is gone", stop.took_ms)
        }
        Some(stop) if stop.escalated => {
            format!("did not stop in order; killed with SIGKILL after {:.1} s", stop.took_ms as f64 / 1000.0)
        }
        Some(stop) if stop.first_signal == Signal::TERM => {
            format!("stopped in order after {} ms", stop.took_ms)
        }
        Some(stop) => format!("killed with {} after {} ms", stop.first_signal, stop.took_ms),
        None => "ended by itself".to_owned(),
    }
}
