//! Requests: each is accepted or refused at once, and answered once, when what it asked for holds.

use super::answer::finish;
use super::node::Failover;
use super::pending::{Awaited, Gate, Kind, Pending};
use super::{Effect, Goal, Kernel, Millis, RequestId};
use crate::model::action::Action;
use crate::model::asked::Asked;
use crate::model::event::Event;
use crate::model::ids::{NodeName, Role};
use crate::model::outcome::{KeptDown, NodeOutcome, NodeResult, Outcome, OutcomeKind, Summary};
use crate::model::signal::Signal;
use crate::model::view::{VoterMode, VoterView};
use crate::view::guard::{guard, is_guarded};
use crate::view::verdict::Facts;

impl Kernel {
    pub(super) fn accept(&mut self, asked: Asked, by: &str) -> RequestId {
        let id = self.next_request;
        self.next_request += 1;
        let (action, by) = (asked.to_string(), by.to_owned());
        self.journal(Event::Asked { request: id, action, by, asked: Some(asked.clone()) });
        for event in std::mem::take(&mut self.news_of_members) {
            self.journal(event);
        }
        if let Err(outcome) = self.check(&asked) {
            self.answer(id, outcome);
            return id;
        }
        let Asked { action, meant: mut nodes } = asked;
        let kind = match action {
            Action::Up => self.accept_up(),
            Action::Down => self.accept_down(),
            Action::Kill { signal, fast_failover, .. } if signal.is_deadly() => {
                self.accept_kill(nodes, signal, fast_failover)
            }
            Action::Kill { signal, .. } => {
                let outcome = self.send_to_all(&nodes, signal);
                self.answer(id, outcome);
                return id;
            }
            Action::Pause { .. } => {
                let outcome = self.pause(&nodes, true);
                self.answer(id, outcome);
                return id;
            }
            Action::Resume { .. } => {
                let outcome = self.pause(&nodes, false);
                self.answer(id, outcome);
                return id;
            }
            Action::Start { .. } => self.accept_start(nodes),
            Action::Stop { .. } => self.accept_stop(nodes),
            Action::Restart { force, rolling, .. } => {
                if rolling {
                    // Each election that a restart makes happens once: not to one that is restarted next.
                    nodes.sort_by_key(|name| (name.role, self.leads(*name)));
                }
                nodes.reverse();
                let (done, left) = (Vec::new(), Vec::new());
                Kind::Restart { queue: nodes, turn: None, done, left, force, rolling }
            }
            Action::Scale { .. } => self.accept_scale(nodes),
            Action::Forget { .. } => {
                let outcome = self.forgotten(&nodes);
                self.answer(id, outcome);
                return id;
            }
        };
        self.pending.push(Pending { id, since: self.now, kind });
        id
    }

    fn check(&self, Asked { action, meant: nodes }: &Asked) -> Result<(), Outcome> {
        if let Action::Forget { .. } = action {
            // What is forgotten already need not be forgotten.
            return Ok(());
        }
        if let Some(unknown) = nodes.iter().find(|name| !self.nodes.contains_key(name)) {
            let known = self.nodes.keys().copied().collect();
            return Err(Outcome::of(OutcomeKind::BadRequest, Summary::NoSuchNode { node: *unknown, known }));
        }
        let going_down = self.goal == Goal::Down && (self.has_processes() || !self.pending.is_empty());
        if going_down && *action != Action::Down {
            return Err(Outcome::of(OutcomeKind::GoingDown, Summary::GoingDown));
        }
        if self.goal == Goal::Down && !matches!(action, Action::Up | Action::Down) {
            return Err(Outcome::of(OutcomeKind::Failed, Summary::ClusterIsDown));
        }
        match action {
            // Each node is guarded when its turn comes.
            Action::Restart { .. } => Ok(()),
            _ if is_guarded(action) => self.guard(nodes),
            _ => Ok(()),
        }
    }

    /// Refuses what would break the quorum or take partitions below min ISR.
    pub(super) fn guard(&self, nodes: &[NodeName]) -> Result<(), Outcome> {
        let alive = self.alive();
        let lost = nodes.iter().copied().filter(|name| alive.contains(name)).collect();
        let facts = self.facts();
        guard(self.view(), &facts, &lost)
            .map_err(|harm| Outcome::of(OutcomeKind::Refused, Summary::Harm { harm }))
    }

    /// It is the controller, or leads the ensemble or quorum.
    fn leads(&self, name: NodeName) -> bool {
        let leader = VoterView::Answered { mode: VoterMode::Leader };
        self.view().is_some_and(|view| {
            view.controller_name() == Some(name) || view.voters.get(&name) == Some(&leader)
        })
    }

    /// What the verdict and the guards know beside Kafka's own word.
    pub(crate) fn facts(&self) -> Facts {
        let voters = self.nodes.values().filter(|node| node.is_voter).map(|node| node.name).collect();
        Facts { brokers: self.ids(Role::Broker), voters, alive: self.alive() }
    }

    fn accept_up(&mut self) -> Kind {
        let from_down = self.goal == Goal::Down;
        self.goal = Goal::Up;
        self.leave_at = None;
        for node in self.nodes.values_mut() {
            if from_down {
                node.kept_down = None;
            }
            if node.given_up.take().is_some() {
                node.backoff = super::backoff::Backoff::default();
            }
        }
        let ready_before = self.nodes.values().filter(|n| n.is_ready()).map(|n| n.name).collect();
        Kind::Up { ready_before, gate: Gate::default() }
    }

    fn accept_down(&mut self) -> Kind {
        self.goal = Goal::Down;
        self.leave_at = Some(self.now);
        for node in self.nodes.values_mut() {
            node.given_up = None;
            set_deadline(node, self.now);
            if !node.has_process() {
                node.kept_down.get_or_insert(KeptDown::Stopped);
            }
        }
        Kind::Down
    }

    fn accept_kill(&mut self, nodes: Vec<NodeName>, signal: Signal, fast_failover: bool) -> Kind {
        let awaited = self.awaited(nodes, |node| !node.has_process());
        for one in &awaited {
            if let Some(node) = self.nodes.get_mut(&one.name) {
                node.kept_down = Some(KeptDown::Killed);
                node.given_up = None;
                node.failover = (fast_failover && node.is_broker()).then_some(Failover::Wanted);
            }
            self.send_deadly(one.name, signal);
            self.drive_failover(one.name);
        }
        Kind::Kill { awaited, signal }
    }

    fn accept_start(&mut self, nodes: Vec<NodeName>) -> Kind {
        // A ready node can be about to be stopped: ZooKeeper servers wait for brokers to leave first.
        let awaited = self.awaited(nodes, |node| node.is_ready() && node.kept_down.is_none());
        for one in awaited.iter().filter(|one| !one.unchanged) {
            if let Some(node) = self.nodes.get_mut(&one.name) {
                node.kept_down = None;
                node.given_up = None;
                set_deadline(node, self.now);
                node.backoff = super::backoff::Backoff::default();
                if let super::node::Process::BackingOff { until } = &mut node.process {
                    *until = self.now;
                }
            }
        }
        Kind::Start { awaited }
    }

    fn accept_stop(&mut self, nodes: Vec<NodeName>) -> Kind {
        let awaited = self.awaited(nodes, |node| !node.has_process());
        for one in &awaited {
            if let Some(node) = self.nodes.get_mut(&one.name) {
                node.kept_down.get_or_insert(KeptDown::Stopped);
                node.given_up = None;
                set_deadline(node, self.now);
            }
        }
        Kind::Stop { awaited }
    }

    pub(super) fn awaited(
        &self,
        nodes: Vec<NodeName>,
        unchanged: impl Fn(&super::node::Node) -> bool,
    ) -> Vec<Awaited> {
        let mut seen = std::collections::BTreeSet::new();
        let wanted = nodes.into_iter().filter(|name| seen.insert(*name));
        wanted
            .filter_map(|name| self.nodes.get(&name))
            .map(|node| Awaited { name: node.name, epoch: node.epoch, unchanged: unchanged(node) })
            .collect()
    }

    fn send_to_all(&mut self, nodes: &[NodeName], signal: Signal) -> Outcome {
        let mut outcomes = Vec::new();
        for name in nodes {
            let running = self.nodes.get(name).is_some_and(|node| node.running().is_some());
            if running {
                self.send_harmless(*name, signal);
            }
            let down = NodeResult::AlreadyDown { stays_down: false, failover: None };
            outcomes.push(NodeOutcome::new(*name, if running { NodeResult::Sent { signal } } else { down }));
        }
        // With nobody to send it to, what was asked for does not hold.
        let nobody_runs = outcomes.iter().all(|one| matches!(one.result, NodeResult::AlreadyDown { .. }));
        let result = if nobody_runs { OutcomeKind::Failed } else { OutcomeKind::Done };
        finish(result, Summary::Sent { signal }, outcomes)
    }

    /// Stops processes where they are, or lets them go on.
    fn pause(&mut self, nodes: &[NodeName], pause: bool) -> Outcome {
        let (signal, done, summary) = match pause {
            true => (Signal::STOP, NodeResult::Paused, Summary::Paused),
            false => (Signal::CONT, NodeResult::Resumed, Summary::Resumed),
        };
        let mut outcomes = Vec::new();
        for name in nodes {
            let running = self.nodes.get(name).and_then(|node| node.running());
            let result = match running.map(|running| running.paused) {
                None if pause => NodeResult::NothingToPause,
                None => NodeResult::NothingToResume,
                Some(true) if pause => NodeResult::AlreadyPaused,
                // Somebody else's SIGSTOP may not have been seen yet: SIGCONT does no harm.
                Some(paused) => {
                    self.send_harmless(*name, signal);
                    if pause || paused { done.clone() } else { NodeResult::NotPaused }
                }
            };
            outcomes.push(NodeOutcome::new(*name, result));
        }
        match outcomes.iter().all(|one| one.result == NodeResult::NothingToPause) {
            true => finish(OutcomeKind::Failed, Summary::Nodes, outcomes),
            false => finish(OutcomeKind::Done, summary, outcomes),
        }
    }

    pub(super) fn answer(&mut self, id: RequestId, outcome: Outcome) {
        let (message, value) = (outcome.message(), Some(outcome.clone()));
        self.journal(match outcome.result {
            OutcomeKind::Refused => Event::Refused { request: id, message, outcome: value },
            result => {
                let ok = result == OutcomeKind::Done;
                Event::Answered { request: id, ok, message, outcome: value }
            }
        });
        self.effects.push(Effect::Answer { request: id, outcome });
    }
}

/// Bounds the leave of a process that the operator sent a signal of his own, such as SIGTERM.
pub(super) fn set_deadline(node: &mut super::node::Node, now: Millis) {
    let deadline = now + node.stop_deadline_ms;
    if let Some(leaving) = node.running_mut().and_then(|running| running.leaving.as_mut())
        && !leaving.escalated
    {
        leaving.deadline.get_or_insert(deadline);
    }
}
