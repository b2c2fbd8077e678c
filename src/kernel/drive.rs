//! Derivation: from intent and observation to the next action of each node.

use super::node::{Failover, Leaving, Node, Process};
use super::observe::PROBE_DOUBTFUL_MS;
use super::{Effect, Goal, Kernel, Millis};
use crate::model::event::{Event, Sender};
use crate::model::ids::{NodeName, Role};
use crate::model::outcome::KeptDown;
use crate::model::signal::Signal;
use crate::model::step::Step;

/// Longer than that no broker is held back for a ZooKeeper server that opens no port.
const OPENING_MS: Millis = 5_000;

impl Kernel {
    /// Meant to have a process.
    pub(super) fn is_wanted(&self, node: &Node) -> bool {
        self.goal == Goal::Up && node.kept_down.is_none() && node.given_up.is_none()
    }

    /// Acts on every node; true when something changed.
    pub(super) fn drive_nodes(&mut self) -> bool {
        let names: Vec<NodeName> = self.nodes.keys().copied().collect();
        let mut changed = false;
        for name in names {
            changed |= self.drive_node(name);
        }
        changed | self.drive_shutdown()
    }

    fn drive_node(&mut self, name: NodeName) -> bool {
        let now = self.now;
        let node = &self.nodes[&name];
        let wanted = self.is_wanted(node);
        match &node.process {
            Process::Absent if wanted => self.bring_up(name),
            Process::Absent | Process::Spawning => false,
            Process::BackingOff { until } => {
                let due = !wanted || now >= *until;
                if due {
                    self.set_process(name, Process::Absent);
                }
                due
            }
            Process::Clearing { retry_at } => match retry_at {
                Some(at) if !wanted || now >= *at => {
                    self.set_process(name, Process::Absent);
                    true
                }
                _ => false,
            },
            Process::Running(running) => match &running.leaving {
                Some(leaving) => match leaving.deadline {
                    Some(deadline) if now >= deadline => {
                        self.escalate(name);
                        true
                    }
                    _ => false,
                },
                None if !wanted => self.take_down(name),
                None if running.probing.is_none() && now >= running.next_probe => {
                    self.probe(name);
                    true
                }
                None => false,
            },
        }
    }

    /// Removes the registration of a broker that was killed with `--fast-failover`, once its process is gone.
    /// Until that is done it is not started: the request could reach the controller after its new registration.
    pub(super) fn drive_failover(&mut self, name: NodeName) {
        let serving = self.quorum_is_serving();
        let Some(node) = self.nodes.get_mut(&name) else { return };
        if node.failover != Some(Failover::Wanted) || node.has_process() {
            return;
        }
        match (serving, node.stale_registration) {
            (_, false) => node.failover = Some(Failover::Done),
            (false, true) => node.failover = Some(Failover::Failed("no quorum serves".to_owned())),
            (true, true) => {
                node.failover = Some(Failover::UnderWay);
                node.process = Process::Clearing { retry_at: None };
                let epoch = node.epoch;
                self.effects.push(Effect::ClearRegistration { node: name, epoch });
            }
        }
    }

    fn bring_up(&mut self, name: NodeName) -> bool {
        let serving = self.quorum_is_serving();
        let needed = self.is_needed_by_quorum(name);
        let early = !serving && self.ensemble_is_opening();
        let Some(node) = self.nodes.get_mut(&name) else { return false };
        if node.is_broker() && early {
            return false;
        }
        if node.is_broker() && node.stale_registration && !needed {
            // A broker that starts while its old session lives dies with NodeExists, or waits for its end.
            if serving {
                node.process = Process::Clearing { retry_at: None };
                let epoch = node.epoch;
                self.effects.push(Effect::ClearRegistration { node: name, epoch });
            }
            return serving;
        }
        node.epoch += 1;
        node.process = Process::Spawning;
        node.trouble = None;
        let epoch = node.epoch;
        self.effects.push(Effect::Spawn { node: name, epoch });
        true
    }

    /// A ZooKeeper server has just been started, or is about to be, and its port is not open yet.
    ///
    /// A broker that finds no ensemble sleeps for up to 1 s before it looks again (ZooKeeper's
    /// `ClientCnxn.SendThread.startConnect`), so one that is started together with its ensemble is usable
    /// later than one that is started when the ports are open: both take the processor from the election.
    fn ensemble_is_opening(&self) -> bool {
        let opening = |node: &Node| {
            let port = node.readiness.iter().position(|step| *step == Step::Port);
            match &node.process {
                Process::Absent | Process::Spawning => true,
                Process::BackingOff { .. } | Process::Clearing { .. } => false,
                Process::Running(running) => {
                    running.leaving.is_none()
                        && !running.paused
                        && port.is_some_and(|port| running.reached <= port)
                        && self.now.saturating_sub(running.started_at) < OPENING_MS
                }
            }
        };
        let servers = self.nodes.values().filter(|node| node.name.role == Role::ZooKeeper);
        servers.filter(|node| self.is_wanted(node)).any(opening)
    }

    /// Enough ZooKeeper servers or controllers answer for the ensemble or quorum to serve.
    pub(super) fn quorum_is_serving(&self) -> bool {
        let (count, serving) =
            self.voters(|node| if node.is_broker() { node.is_registered() } else { node.is_ready() });
        serving > count / 2
    }

    /// A broker that is a controller too, without which the others are no majority: who would remove its
    /// registration?
    fn is_needed_by_quorum(&self, name: NodeName) -> bool {
        let is_voter = self.nodes.get(&name).is_some_and(|node| node.is_voter);
        let (count, there) = self.voters(Node::has_process);
        is_voter && there <= count / 2
    }

    /// How many voters there are, and of how many this holds.
    fn voters(&self, holds: impl Fn(&Node) -> bool) -> (usize, usize) {
        let voters = self.nodes.values().filter(|node| node.is_voter);
        voters.fold((0, 0), |(count, held), node| (count + 1, held + usize::from(holds(node))))
    }

    /// Ends a process that is not wanted: brokers before coordinators, since a broker without its
    /// ensemble or quorum cannot shut down in order.
    fn take_down(&mut self, name: NodeName) -> bool {
        // A broker that ignores the operator's own signal has no deadline, and is not waited for.
        let on_its_way = |node: &Node| match node.running().and_then(|running| running.leaving.as_ref()) {
            Some(leaving) => leaving.deadline.is_some() || leaving.escalated,
            None => true,
        };
        let brokers_leave = self
            .nodes
            .values()
            .any(|node| node.is_broker() && node.has_process() && !self.is_wanted(node) && on_its_way(node));
        let Some(node) = self.nodes.get(&name) else { return false };
        let killed = node.kept_down == Some(KeptDown::Killed);
        if name.role != Role::Broker && brokers_leave && !killed {
            return false;
        }
        if killed {
            self.send(name, Signal::KILL, Sender::Operator, None);
        } else {
            let deadline = self.now + node.stop_deadline_ms;
            let paused = node.running().is_some_and(|running| running.paused);
            self.send(name, Signal::TERM, Sender::Supervisor, Some(deadline));
            if paused {
                // A stopped process does not see SIGTERM before it goes on.
                self.send(name, Signal::CONT, Sender::Supervisor, Some(deadline));
            }
        }
        true
    }

    fn escalate(&mut self, name: NodeName) {
        self.send(name, Signal::KILL, Sender::Supervisor, None);
        if let Some(leaving) = self.leaving_mut(name) {
            leaving.escalated = true;
            leaving.deadline = None;
        }
    }

    /// A controller that leads waits 5 s at its end for another to be elected
    /// (`KafkaRaftClient.GracefulShutdown`). The last ones, without a majority, would wait in vain; what they have
    /// written is the kernel's, which SIGKILL takes nothing from. One that is a broker, too, closes its logs first.
    pub(super) fn end_last_controllers(&mut self) {
        if self.has_majority() {
            return;
        }
        let leaving = |node: &&mut Node| {
            let leaving = node.running().and_then(|running| running.leaving.as_ref());
            node.is_voter
                && node.name.role != Role::ZooKeeper
                && leaving.is_some_and(|leaving| leaving.deadline.is_some() && !leaving.closing)
        };
        let mut controllers = Vec::new();
        for node in self.nodes.values_mut().filter(leaving) {
            let (name, epoch, is_broker) = (node.name, node.epoch, node.is_broker());
            match node.running_mut().and_then(|running| running.leaving.as_mut()) {
                Some(leaving) if is_broker => {
                    leaving.closing = true;
                    self.effects.push(Effect::AwaitClosed { node: name, epoch });
                }
                _ => controllers.push(name),
            }
        }
        controllers.into_iter().for_each(|name| self.end_last_controller(name));
    }

    /// Ends one that is stopping and has nothing left to do but to wait for a quorum that is gone.
    pub(super) fn end_last_controller(&mut self, name: NodeName) {
        let has_majority = self.has_majority();
        let waits = self.leaving_mut(name).is_some_and(|leaving| leaving.deadline.is_some());
        if waits && !has_majority {
            self.escalate(name);
            if let Some(leaving) = self.leaving_mut(name) {
                leaving.was_last = true;
            }
        }
    }

    fn has_majority(&self) -> bool {
        let (count, left) = self.voters(Node::has_process);
        left > count / 2
    }

    fn leaving_mut(&mut self, name: NodeName) -> Option<&mut Leaving> {
        self.nodes.get_mut(&name)?.running_mut()?.leaving.as_mut()
    }

    /// Sends a signal and, for one that ends the process, notes that it is leaving.
    pub(super) fn send_deadly(&mut self, name: NodeName, signal: Signal) {
        self.send(name, signal, Sender::Operator, None);
    }

    /// Sends a signal that does not end the process.
    pub(super) fn send_harmless(&mut self, name: NodeName, signal: Signal) {
        let now = self.now;
        let Some(node) = self.nodes.get_mut(&name) else { return };
        let epoch = node.epoch;
        let Some(running) = node.running_mut() else { return };
        let pid = running.pid;
        let paused_before = running.paused;
        let (paused, ask_at) = match signal {
            // The threads of a process stop one after the other, when each comes to run.
            Signal::STOP => (true, now + PROBE_DOUBTFUL_MS),
            Signal::CONT => (false, now),
            _ => (paused_before, now),
        };
        running.paused = paused;
        running.ask_anew(ask_at);
        self.effects.push(Effect::Journal(Event::Signalled {
            node: name,
            pid,
            signal,
            by: Sender::Operator,
        }));
        self.effects.push(Effect::Signal { node: name, epoch, signal });
        if paused && !paused_before {
            self.journal(Event::Paused { node: name });
        } else if !paused && paused_before {
            self.journal(Event::Resumed { node: name });
        }
        self.close_gates();
        self.watch.stir(now);
    }

    fn send(&mut self, name: NodeName, signal: Signal, by: Sender, deadline: Option<Millis>) {
        let now = self.now;
        let Some(node) = self.nodes.get_mut(&name) else { return };
        let epoch = node.epoch;
        let Some(running) = node.running_mut() else { return };
        let pid = running.pid;
        let leaving = running.leaving.get_or_insert(Leaving {
            since: now,
            first_signal: signal,
            deadline,
            escalated: false,
            was_last: false,
            closing: false,
            last_signal_at: now,
        });
        leaving.last_signal_at = now;
        running.ready = false;
        running.ask_anew(now);
        self.effects.push(Effect::Journal(Event::Signalled { node: name, pid, signal, by }));
        self.effects.push(Effect::Signal { node: name, epoch, signal });
        self.close_gates();
        self.watch.stir(now);
    }

    fn probe(&mut self, name: NodeName) {
        let live_brokers = self.registered_brokers();
        let probe = self.question();
        let Some(node) = self.nodes.get_mut(&name) else { return };
        let epoch = node.epoch;
        let steps = node.readiness.clone();
        let Some(running) = node.running_mut() else { return };
        running.probing = Some(probe);
        // A ready node is only asked whether it still answers.
        let step = steps.get(running.reached).copied().unwrap_or(Step::Protocol);
        self.effects.push(Effect::Probe { node: name, epoch, probe, step, live_brokers });
    }

    /// Brokers that are registered by their own word and alive: a joining broker must know them all.
    fn registered_brokers(&self) -> std::collections::BTreeSet<i32> {
        self.nodes.values().filter(|node| node.is_registered()).map(|node| node.name.id).collect()
    }

    fn set_process(&mut self, name: NodeName, process: Process) {
        if let Some(node) = self.nodes.get_mut(&name) {
            node.process = process;
        }
    }

    fn drive_shutdown(&mut self) -> bool {
        let due = self.goal == Goal::Down
            && !self.shut_down
            && !self.has_processes()
            && self.pending.is_empty()
            && self.leave_at.is_some_and(|at| self.now >= at);
        if due {
            self.shut_down = true;
            self.effects.push(Effect::Shutdown);
        }
        due
    }
}
