//! Observations: what was seen changes what is known, and the journal tells it.

use super::backoff::Next;
use super::node::{Failover, GivenUp, Node, Process, Running, StopReport};
use super::{Effect, Goal, Kernel, Millis, Observation, Question};
use crate::model::event::Event;
use crate::model::exit::Exit;
use crate::model::ids::{NodeName, Role};
use crate::model::outcome::KeptDown;
use crate::model::reason::Reason;
use crate::model::signal::Signal;
use crate::model::step::Step;
use crate::spec::versions::Coordination;

/// A node that starts is asked this often ...
const PROBE_STARTING_MS: Millis = 40;
/// ... and after `PATIENT_AFTER_MS` this often: log recovery can take minutes.
const PROBE_PATIENT_MS: Millis = 250;
const PATIENT_AFTER_MS: Millis = 15_000;
/// A ready node is asked this often whether it still answers.
const PROBE_READY_MS: Millis = 2_000;
pub(super) const PROBE_DOUBTFUL_MS: Millis = 300;
/// Unanswered probes in a row after which a ready node counts as unresponsive.
const FAILURES_UNTIL_UNREADY: u32 = 3;
const RETRY_CLEARING_MS: Millis = 250;

impl Kernel {
    pub(super) fn note(&mut self, observation: Observation) {
        match observation {
            Observation::Spawned { node, epoch, pid } => self.spawned(node, epoch, pid),
            Observation::SpawnFailed { node, epoch, reason } => self.spawn_failed(node, epoch, reason),
            Observation::Exited { node, epoch, exit, reason } => self.exited(node, epoch, exit, reason),
            Observation::Probed { node, epoch, probe, step, result, paused } => {
                self.probed((node, epoch, probe), step, result, paused);
            }
            Observation::RegistrationCleared { node, epoch, result } => self.cleared(node, epoch, result),
            Observation::Closed { node, epoch } => {
                if self.current(node, epoch).is_some() {
                    self.end_last_controller(node);
                }
            }
            Observation::Surveyed { survey, view } => self.surveyed(survey, view),
            Observation::Usable { check, events, result } => self.checked_usable(check, events, result),
        }
    }

    /// The node, unless the observation is about an earlier process of it.
    fn current(&mut self, name: NodeName, epoch: u64) -> Option<&mut Node> {
        self.nodes.get_mut(&name).filter(|node| node.epoch == epoch)
    }

    fn spawned(&mut self, name: NodeName, epoch: u64, pid: u32) {
        let now = self.now;
        let Some(node) = self.current(name, epoch) else { return };
        node.process = Process::Running(Running::new(pid, now, now));
        self.journal(Event::Started { node: name, pid });
        self.watch.stir(now);
    }

    fn spawn_failed(&mut self, name: NodeName, epoch: u64, reason: Reason) {
        let Some(node) = self.current(name, epoch) else { return };
        node.process = Process::Absent;
        self.journal(Event::StartFailed { node: name, reason: reason.clone() });
        self.exited_by_itself(name, Exit::Unknown, Some(reason));
    }

    fn exited(&mut self, name: NodeName, epoch: u64, exit: Exit, reason: Option<Reason>) {
        let now = self.now;
        let serving = self.quorum_is_serving();
        let (goal, coordination, asked) = (self.goal, self.coordination, self.asked);
        let Some(node) = self.current(name, epoch) else { return };
        let Process::Running(running) = std::mem::replace(&mut node.process, Process::Absent) else { return };
        node.exited_at = Some(now);
        node.exited_after = asked;
        let report = running.leaving.as_ref().map(|leaving| StopReport {
            took_ms: now.saturating_sub(leaving.since),
            escalated: leaving.escalated,
            was_last: leaving.was_last,
            first_signal: leaving.first_signal,
        });
        node.last_stop = report;
        // Only a broker that shut down in order while its ensemble served has closed its session.
        let closed_session = serving
            && report.is_some_and(|stop| stop.first_signal == Signal::TERM && !stop.escalated)
            && matches!(exit, Exit::Code(0 | 143));
        let is_forgotten = match coordination {
            Coordination::ZooKeeper => closed_session,
            // A controller that goes on holds the session of any broker to its end.
            Coordination::Kraft => closed_session && goal == Goal::Down,
        };
        node.stale_registration = name.role == Role::Broker && !is_forgotten;
        if goal == Goal::Down {
            node.kept_down.get_or_insert(KeptDown::Stopped);
        }
        let expected = running.leaving.is_some();
        self.journal(Event::Exited {
            node: name,
            pid: running.pid,
            status: exit,
            after_ms: running.leaving.map(|leaving| now.saturating_sub(leaving.last_signal_at)),
            expected,
            reason: reason
                .clone()
                .filter(|reason| !expected && matches!(reason, Reason::OutOfMemoryKill { .. })),
        });
        self.watch.stir(now);
        self.close_gates();
        self.drive_failover(name);
        if goal == Goal::Down && name.role != Role::ZooKeeper {
            self.end_last_controllers();
        }
        if !expected {
            self.exited_by_itself(name, exit, reason);
        }
    }

    /// Restart, give up or leave, as policy and back-off say.
    pub(super) fn exited_by_itself(&mut self, name: NodeName, exit: Exit, reason: Option<Reason>) {
        let (now, policy) = (self.now, self.policy);
        let Some(node) = self.nodes.get_mut(&name) else { return };
        node.trouble = Some(reason.clone().unwrap_or(Reason::Ended { exit }));
        if node.kept_down.is_some() {
            return;
        }
        let event = match node.backoff.exited(policy, exit, now) {
            Next::RestartIn { ms, attempt } => {
                node.process = Process::BackingOff { until: now + ms };
                Event::RestartScheduled { node: name, attempt, in_ms: ms }
            }
            Next::CrashLoop { exits, within_ms } => {
                node.given_up = Some(GivenUp::CrashLoop);
                Event::CrashLoop { node: name, exits, within_ms, reason }
            }
            Next::Leave => {
                node.given_up = Some(GivenUp::Policy);
                return;
            }
        };
        self.journal(event);
    }

    fn probed(
        &mut self,
        (name, epoch, probe): (NodeName, u64, Question),
        step: Step,
        result: Result<(), Reason>,
        paused: bool,
    ) {
        let now = self.now;
        let Some(node) = self.current(name, epoch) else { return };
        let steps = node.readiness.clone();
        let Some(running) = node.running_mut().filter(|running| running.probing == Some(probe)) else {
            return;
        };
        running.probing = None;
        let mut events = Vec::new();
        if running.paused != paused {
            running.paused = paused;
            events.push(if paused { Event::Paused { node: name } } else { Event::Resumed { node: name } });
        }
        if paused || running.leaving.is_some() {
            running.next_probe = now + PROBE_DOUBTFUL_MS;
            self.effects.extend(events.into_iter().map(Effect::Journal));
            return;
        }
        let age = now.saturating_sub(running.started_at);
        let mut trouble = None;
        match (running.ready, result) {
            (true, Ok(())) => {
                running.failures = 0;
                running.next_probe = now + PROBE_READY_MS;
            }
            (true, Err(reason)) => {
                running.failures += 1;
                running.next_probe = now + PROBE_DOUBTFUL_MS;
                if running.failures >= FAILURES_UNTIL_UNREADY {
                    running.ready = false;
                    running.quiet = false;
                    running.reached = steps.iter().position(|known| *known == step).unwrap_or(0);
                    events.push(Event::Unready { node: name, step, reason: reason.clone() });
                    trouble = Some(reason);
                }
            }
            (false, Ok(())) => {
                running.reached += 1;
                running.next_probe = now;
                if !running.quiet {
                    events.push(Event::Reached { node: name, step, after_ms: age });
                }
                if running.reached == steps.len() {
                    running.ready = true;
                    running.was_ready = true;
                    running.failures = 0;
                    running.next_probe = now + PROBE_READY_MS;
                    if !running.quiet {
                        events.push(Event::Ready { node: name, after_ms: age });
                    }
                    running.quiet = false;
                    node.backoff.ready(now);
                }
                node.trouble = None;
            }
            (false, Err(reason)) => {
                let patient = age > PATIENT_AFTER_MS;
                running.next_probe = now + if patient { PROBE_PATIENT_MS } else { PROBE_STARTING_MS };
                trouble = Some(reason);
            }
        }
        if trouble.is_some() {
            node.trouble = trouble;
        }
        if !events.is_empty() {
            self.watch.stir(now);
        }
        self.effects.extend(events.into_iter().map(Effect::Journal));
    }

    fn cleared(&mut self, name: NodeName, epoch: u64, result: Result<Vec<String>, String>) {
        let now = self.now;
        let Some(node) = self.current(name, epoch) else { return };
        if !matches!(node.process, Process::Clearing { .. }) {
            return;
        }
        match result {
            Ok(removed) => {
                node.stale_registration = false;
                node.process = Process::Absent;
                if node.failover.is_some() {
                    node.failover = Some(Failover::Done);
                    self.watch.stir(now);
                }
                if !removed.is_empty() {
                    self.journal(Event::RegistrationCleared { node: name, removed });
                }
            }
            Err(error) if node.failover == Some(Failover::UnderWay) => {
                node.failover = Some(Failover::Failed(error));
                node.process = Process::Absent;
            }
            Err(error) => {
                node.trouble = Some(Reason::OldRegistration { why: error });
                node.process = Process::Clearing { retry_at: Some(now + RETRY_CLEARING_MS) };
            }
        }
    }
}
