//! What can be told of an intent by itself.

use super::Intent;
use crate::model::ids::NodeName;
use crate::model::signal::Signal;

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
