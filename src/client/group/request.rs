//! What a member asks, and what is answered, as values: [`super::machine`] makes and takes them,
//! [`super::member`] carries them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kafka_protocol::error::ResponseError;

use super::event::Offsets;
use crate::wire::groups::Partitions;
use crate::wire::groups::join_group::JoinAnswer;

/// What is to be asked; all but the first and the third go to the coordinator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    FindCoordinator,
    Join {
        member_id: String,
        session_timeout: Duration,
    },
    /// Partitions of these topics, as any broker tells them.
    Partitions(BTreeSet<String>),
    Sync {
        generation: i32,
        member_id: String,
        assignments: BTreeMap<String, Partitions>,
    },
    /// Every offset that the group has committed.
    Fetch,
    Heartbeat {
        generation: i32,
        member_id: String,
    },
    Commit {
        generation: i32,
        member_id: String,
        offsets: Offsets,
    },
    Leave {
        member_id: String,
    },
}

/// The answer to the request that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Coordinator(i32),
    Joined(JoinAnswer),
    Partitions(Partitions),
    Synced(Partitions),
    Fetched(Offsets),
    /// To heartbeats, commits and good-byes.
    Done,
}

/// Why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Code(ResponseError),
    /// Nobody answered; the request may have been carried out.
    Lost(String),
}
