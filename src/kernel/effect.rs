//! What the kernel has the supervisor do.

use std::collections::BTreeSet;

use super::counts::{Question, RequestId};
use crate::model::event::Event;
use crate::model::ids::NodeName;
use crate::model::outcome::Outcome;
use crate::model::signal::Signal;
use crate::model::step::Step;

/// What the supervisor is to do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Effect {
    Journal(Event),
    Spawn {
        node: NodeName,
        epoch: u64,
    },
    Signal {
        node: NodeName,
        epoch: u64,
        signal: Signal,
    },
    Probe {
        node: NodeName,
        epoch: u64,
        probe: Question,
        step: Step,
        live_brokers: BTreeSet<i32>,
    },
    /// Remove the registration of a broker whose process is proven dead: of a live one it would be for ever out of
    /// the cluster (KRaft) or of its controller's sight (ZooKeeper).
    ClearRegistration {
        node: NodeName,
        epoch: u64,
    },
    /// Tell when a broker that was sent SIGTERM has closed its logs; not if it ends before.
    AwaitClosed {
        node: NodeName,
        epoch: u64,
    },
    Survey {
        survey: Question,
    },
    /// Every broker knows all of `live_brokers`, the spec's topics exist and take an acks=all produce.
    EnsureUsable {
        check: Question,
        live_brokers: BTreeSet<i32>,
    },
    Answer {
        request: RequestId,
        outcome: Outcome,
    },
    /// Everything is down: the supervisor ends.
    Shutdown,
}
