//! One node: intent, observed process, derived state.

use crate::model::signal::Signal;

use super::backoff::Backoff;
use super::counts::{Millis, Question};
use crate::model::ids::{NodeName, Role};
use crate::model::outcome::KeptDown;
use crate::model::reason::Reason;
use crate::model::status::NodeState;
use crate::model::step::Step;
use crate::plan::model::NodePlan;

/// Why a node that is wanted up is not started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GivenUp {
    CrashLoop,
    /// The restart policy leaves it.
    Policy,
}

#[derive(Debug)]
pub(crate) struct Node {
    pub name: NodeName,
    pub(super) readiness: Vec<Step>,
    pub(super) stop_deadline_ms: Millis,
    /// One of those whose majority coordinates the cluster.
    pub(super) is_voter: bool,
    // Intent.
    pub(super) kept_down: Option<KeptDown>,
    // Observed.
    /// Counts processes: observations of an earlier one are late.
    pub(super) epoch: u64,
    pub(super) process: Process,
    /// A broker's registration may stand without a process behind it: until it is removed, a new process would
    /// die with NodeExists (ZooKeeper), or be refused with DUPLICATE_BROKER_REGISTRATION until the session of the
    /// old one is over (KRaft).
    pub(super) stale_registration: bool,
    /// When its last process ended.
    pub(super) exited_at: Option<Millis>,
    /// What had been asked by then: answers to it can be about the time before.
    pub(super) exited_after: Question,
    pub(super) backoff: Backoff,
    pub(super) given_up: Option<GivenUp>,
    /// The last thing that went wrong.
    pub(super) trouble: Option<Reason>,
    /// What came of `kill --fast-failover`.
    pub(super) failover: Option<Failover>,
    /// How the last stop went, for the answer to `stop`.
    pub(super) last_stop: Option<StopReport>,
}

/// Telling the cluster that a killed broker is gone, so that leaders move at once instead of when its session
/// ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failover {
    /// As soon as its process is gone.
    Wanted,
    UnderWay,
    Done,
    Failed(String),
}

/// How a process that was asked to end did so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StopReport {
    /// From the first signal to the exit.
    pub took_ms: Millis,
    /// It let the deadline pass and got SIGKILL.
    pub escalated: bool,
    /// It was the last of the controllers, and got SIGKILL without being waited for.
    pub was_last: bool,
    pub first_signal: Signal,
}

#[derive(Debug)]
pub(crate) enum Process {
    Absent,
    /// No process; one is started at `until`.
    BackingOff {
        until: Millis,
    },
    /// A stale registration is being removed, then it is started. `retry_at`: after a failed attempt.
    Clearing {
        retry_at: Option<Millis>,
    },
    Spawning,
    Running(Running),
}

#[derive(Debug)]
pub(crate) struct Running {
    pub pid: u32,
    pub started_at: Millis,
    /// How many readiness steps have been reached.
    pub reached: usize,
    /// The probe under way.
    pub probing: Option<Question>,
    pub next_probe: Millis,
    /// Failed probes in a row since the node was ready.
    pub failures: u32,
    pub ready: bool,
    /// It has been ready before.
    pub was_ready: bool,
    pub paused: bool,
    /// Adopted while ready: reaching the steps again is no news.
    pub quiet: bool,
    pub leaving: Option<Leaving>,
}

/// A process that was sent a deadly signal.
#[derive(Debug)]
pub(crate) struct Leaving {
    pub since: Millis,
    pub first_signal: Signal,
    /// SIGKILL follows then; `None`: it was sent already, or the operator chose the signal.
    pub deadline: Option<Millis>,
    pub escalated: bool,
    pub was_last: bool,
    /// It is looked whether it has closed its logs.
    pub closing: bool,
    pub last_signal_at: Millis,
}

impl Running {
    pub(crate) fn new(pid: u32, started_at: Millis, now: Millis) -> Self {
        Running {
            pid,
            started_at,
            reached: 0,
            probing: None,
            next_probe: now,
            failures: 0,
            ready: false,
            was_ready: false,
            paused: false,
            quiet: false,
            leaving: None,
        }
    }

    /// It was sent a signal: the probe under way may tell of the time before. The next one is due at `at`.
    pub(super) fn ask_anew(&mut self, at: Millis) {
        self.probing = None;
        self.next_probe = at;
    }
}

impl Node {
    pub(super) fn new(plan: &NodePlan) -> Self {
        Node {
            name: plan.name,
            readiness: plan.readiness.clone(),
            stop_deadline_ms: plan.stop_deadline_ms,
            is_voter: plan.is_voter(),
            kept_down: None,
            epoch: 0,
            process: Process::Absent,
            stale_registration: false,
            exited_at: None,
            exited_after: 0,
            backoff: Backoff::default(),
            given_up: None,
            trouble: None,
            failover: None,
            last_stop: None,
        }
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        self.running().map(|running| running.pid)
    }

    /// When its process started, on the kernel's clock.
    pub(crate) fn started_at(&self) -> Option<Millis> {
        self.running().map(|running| running.started_at)
    }

    /// When its last process ended; `None`: nobody saw one end.
    pub(crate) fn exited_at(&self) -> Option<Millis> {
        self.exited_at
    }

    pub(crate) fn restarts(&self) -> u32 {
        self.backoff.restarts()
    }

    pub(crate) fn running(&self) -> Option<&Running> {
        match &self.process {
            Process::Running(running) => Some(running),
            _ => None,
        }
    }

    pub(super) fn running_mut(&mut self) -> Option<&mut Running> {
        match &mut self.process {
            Process::Running(running) => Some(running),
            _ => None,
        }
    }

    pub(crate) fn is_broker(&self) -> bool {
        self.name.role == Role::Broker
    }

    /// A process exists, or will in a moment.
    pub(crate) fn has_process(&self) -> bool {
        matches!(self.process, Process::Spawning | Process::Running(_))
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.running().is_some_and(|running| running.ready && running.leaving.is_none())
    }

    /// Its process was sent a signal that is to end it.
    pub(crate) fn is_leaving(&self) -> bool {
        self.running().is_some_and(|running| running.leaving.is_some())
    }

    /// Its process runs, is not paused, and nobody wants it gone.
    pub(crate) fn is_alive(&self) -> bool {
        self.kept_down.is_none()
            && self.running().is_some_and(|running| running.leaving.is_none() && !running.paused)
    }

    /// It has told of itself that it is registered, and still lives.
    pub(super) fn is_registered(&self) -> bool {
        let registered = self.readiness.iter().position(|step| *step == Step::Registered);
        self.is_alive()
            && registered.is_some_and(|at| self.running().is_some_and(|running| running.reached > at))
    }

    /// The readiness step that it waits for.
    pub(crate) fn waiting_for(&self) -> Option<Step> {
        let running = self.running().filter(|running| running.leaving.is_none() && !running.ready)?;
        self.readiness.get(running.reached).copied()
    }

    /// When time alone makes something happen here. `wanted`: it is meant to be up.
    pub(super) fn deadline(&self, wanted: bool) -> Option<Millis> {
        match &self.process {
            Process::Absent | Process::Spawning => None,
            Process::BackingOff { until } => wanted.then_some(*until),
            Process::Clearing { retry_at } => *retry_at,
            Process::Running(running) => match &running.leaving {
                Some(leaving) => leaving.deadline,
                // One that is to go but must wait for others is moved by their exits.
                None if running.probing.is_some() || !wanted => None,
                None => Some(running.next_probe),
            },
        }
    }

    /// The derived state, as `status` shows it.
    pub(crate) fn state(&self) -> NodeState {
        match &self.process {
            Process::Running(running) if running.leaving.is_some() => NodeState::Stopping,
            Process::Running(running) if running.paused => NodeState::Paused,
            Process::Running(running) if running.ready => NodeState::Ready,
            Process::Running(running) if running.was_ready => NodeState::Unresponsive,
            Process::Running(_) | Process::Spawning => NodeState::Starting,
            Process::Absent | Process::BackingOff { .. } | Process::Clearing { .. } => {
                match (self.kept_down, self.given_up, &self.process) {
                    (Some(KeptDown::Killed), ..) => NodeState::Killed,
                    (Some(KeptDown::Stopped), ..) => NodeState::Stopped,
                    (None, Some(GivenUp::CrashLoop), _) => NodeState::CrashLoop,
                    (None, Some(GivenUp::Policy), _) => NodeState::Exited,
                    (None, None, Process::BackingOff { .. }) => NodeState::BackingOff,
                    (None, None, _) => NodeState::Waiting,
                }
            }
        }
    }

    /// What it waits for, or what went wrong last: what there is to say beside the state.
    pub(crate) fn reason(&self) -> Option<Reason> {
        match self.state() {
            NodeState::Ready | NodeState::Stopping | NodeState::Paused => None,
            NodeState::Killed => Some(Reason::StaysDown { by: KeptDown::Killed }),
            NodeState::Stopped => Some(Reason::StaysDown { by: KeptDown::Stopped }),
            NodeState::Waiting => Some(match (&self.trouble, self.stale_registration) {
                (Some(trouble), _) => trouble.clone(),
                (None, true) => Reason::WaitsForQuorum,
                (None, false) => Reason::WaitsForStart,
            }),
            NodeState::Starting
            | NodeState::Unresponsive
            | NodeState::Exited
            | NodeState::BackingOff
            | NodeState::CrashLoop => self.trouble.clone(),
        }
    }

    pub(super) fn check_invariants(&self) {
        if let Process::Running(running) = &self.process {
            assert!(running.reached <= self.readiness.len(), "{}: more steps than there are", self.name);
            assert!(
                !running.ready || running.reached == self.readiness.len(),
                "{}: ready before its last step",
                self.name
            );
        }
        assert!(
            self.given_up.is_none() || !self.has_process(),
            "{}: given up, but there is a process",
            self.name
        );
    }
}
