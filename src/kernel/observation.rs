//! What the kernel is told.

use super::counts::Question;
use crate::model::event::Event;
use crate::model::exit::Exit;
use crate::model::ids::NodeName;
use crate::model::reason::Reason;
use crate::model::step::Step;
use crate::model::view::ClusterView;

/// What was seen.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Observation {
    Spawned {
        node: NodeName,
        epoch: u64,
        pid: u32,
    },
    SpawnFailed {
        node: NodeName,
        epoch: u64,
        reason: Reason,
    },
    Exited {
        node: NodeName,
        epoch: u64,
        exit: Exit,
        /// `None`: neither the node nor the system says why.
        reason: Option<Reason>,
    },
    /// A probe's answer. `paused`: the process is stopped by SIGSTOP.
    Probed {
        node: NodeName,
        epoch: u64,
        probe: Question,
        step: Step,
        result: Result<(), Reason>,
        paused: bool,
    },
    /// Znodes that a dead broker left were removed, or why not.
    RegistrationCleared {
        node: NodeName,
        epoch: u64,
        result: Result<Vec<String>, String>,
    },
    /// A broker that is stopping has closed its logs, as `Effect::AwaitClosed` asked.
    Closed {
        node: NodeName,
        epoch: u64,
    },
    /// What Kafka says.
    Surveyed {
        survey: Question,
        view: ClusterView,
    },
    /// The check of `Effect::EnsureUsable` ended.
    /// `events`: what was done to the spec's topics.
    Usable {
        check: Question,
        events: Vec<Event>,
        result: Result<(), CheckFailure>,
    },
}

/// Why the cluster is not usable yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CheckFailure {
    pub message: String,
    /// Asking again would not help, e.g. a topic setting that Kafka refuses.
    pub fatal: bool,
}
