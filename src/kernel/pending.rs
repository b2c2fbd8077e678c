//! Requests that were accepted and have no answer yet.

use super::counts::{Millis, Question, RequestId};
use crate::model::ids::NodeName;
use crate::model::outcome::{NodeOutcome, Stop};
use crate::model::signal::Signal;

/// How long a process may outlive a deadly signal of the operator before the request is answered.
pub(super) const KILL_PATIENCE_MS: Millis = 10_000;

/// An accepted request that has no answer yet.
#[derive(Debug)]
pub(super) struct Pending {
    pub id: RequestId,
    pub since: Millis,
    pub kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    Up {
        /// Nodes that were ready when it was asked for.
        ready_before: Vec<NodeName>,
        gate: Gate,
    },
    Down,
    Kill {
        awaited: Vec<Awaited>,
        signal: Signal,
    },
    Start {
        awaited: Vec<Awaited>,
    },
    Stop {
        awaited: Vec<Awaited>,
    },
    Restart {
        /// Nodes whose turn has not come, the next one last.
        queue: Vec<NodeName>,
        turn: Option<Turn>,
        done: Vec<NodeOutcome>,
        /// Nodes that are left alone, since nobody waits for them any more; the next one last.
        left: Vec<NodeName>,
        force: bool,
        rolling: bool,
    },
    Scale {
        awaited: Vec<Awaited>,
        gate: Gate,
    },
}

/// A node that a request is about.
#[derive(Debug)]
pub(super) struct Awaited {
    pub name: NodeName,
    /// Its process when the request came.
    pub epoch: u64,
    /// There is nothing to do for it.
    pub unchanged: bool,
}

/// The node that a restart is at.
#[derive(Debug)]
pub(super) struct Turn {
    pub awaited: Awaited,
    pub stopped: Option<Stop>,
    pub since: Millis,
}

/// What one request knows of the checks that were made for it.
#[derive(Debug, Default)]
pub(super) struct Gate {
    /// The check under way.
    pub check: Option<Question>,
    pub usable: bool,
    /// The spec's topics, or their settings, were changed.
    pub changed_topics: bool,
    /// Asking again would not help.
    pub failed: Option<String>,
}

impl Gate {
    pub(super) fn is_open(&self) -> bool {
        self.usable
    }

    /// What was checked does not hold any more.
    pub(super) fn close(&mut self) {
        self.check = None;
        self.usable = false;
    }
}
