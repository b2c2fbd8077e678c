//! The definite answer to a request.

use serde::{Deserialize, Serialize};

use super::ids::NodeName;

/// The definite answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    pub result: OutcomeKind,
    /// One line for people.
    pub message: String,
    /// What became of each node, in the order asked for.
    pub nodes: Vec<NodeOutcome>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeKind {
    Done,
    /// Refused by a guard; nothing was done.
    Refused,
    Failed,
    TimedOut,
    /// A later request took its place, e.g. `down` during `up`.
    Superseded,
    /// The cluster is being taken down; nothing was done.
    GoingDown,
    /// No such node.
    BadRequest,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeOutcome {
    pub node: NodeName,
    /// `killed with SIGKILL`, `stopped in order after 412 ms`, `already running`, ...
    pub what: String,
    /// True when the request changed nothing for this node.
    pub unchanged: bool,
}
