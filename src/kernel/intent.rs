//! What is wanted: of nodes, and of the cluster as a whole.

use crate::model::ids::NodeName;
use crate::model::signal::Signal;

/// What the operator wants.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Intent {
    Up,
    Down,
    /// After a deadly signal the node stays down until `start`.
    Kill {
        nodes: Vec<NodeName>,
        signal: Signal,
        force: bool,
        /// Brokers only: tell the cluster that they are gone as soon as they are proven dead.
        fast_failover: bool,
    },
    Start {
        nodes: Vec<NodeName>,
    },
    Stop {
        nodes: Vec<NodeName>,
        force: bool,
    },
    Pause {
        nodes: Vec<NodeName>,
        force: bool,
    },
    Resume {
        nodes: Vec<NodeName>,
    },
    Restart {
        nodes: Vec<NodeName>,
        force: bool,
        /// Leaders after the others of their role, and each node only when every replica is in the ISR.
        rolling: bool,
    },
    /// These brokers, which the plan has, are to be ready, and the cluster usable with them.
    Scale {
        nodes: Vec<NodeName>,
    },
    /// These nodes, which the plan no longer has, are to be forgotten.
    Forget {
        nodes: Vec<NodeName>,
    },
}

impl Intent {
    /// The nodes that it is about; none when it is about all of them.
    pub(crate) fn nodes(&self) -> &[NodeName] {
        match self {
            Intent::Up | Intent::Down => &[],
            Intent::Kill { nodes, .. }
            | Intent::Start { nodes }
            | Intent::Stop { nodes, .. }
            | Intent::Pause { nodes, .. }
            | Intent::Resume { nodes }
            | Intent::Restart { nodes, .. }
            | Intent::Scale { nodes }
            | Intent::Forget { nodes } => nodes,
        }
    }

    /// Whether a guard has a say in it, which judges by what Kafka says at this moment: it takes nodes away, and
    /// nobody said that this is to be done in any case.
    pub(crate) fn is_guarded(&self) -> bool {
        match self {
            Intent::Kill { force, signal, .. } => !force && (signal.is_deadly() || *signal == Signal::STOP),
            Intent::Stop { force, .. } | Intent::Pause { force, .. } | Intent::Restart { force, .. } => {
                !force
            }
            Intent::Up
            | Intent::Down
            | Intent::Start { .. }
            | Intent::Resume { .. }
            | Intent::Scale { .. }
            | Intent::Forget { .. } => false,
        }
    }
}

/// What the cluster as a whole is meant to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Goal {
    Up,
    Down,
}
