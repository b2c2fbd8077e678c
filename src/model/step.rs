//! The readiness ladder of a node.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One rung of the readiness ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// The process is alive.
    Process,
    /// Its client port accepts connections, and no other process is known to hold it.
    Port,
    /// A broker or controller answers ApiVersions; a ZooKeeper server's `srvr` has a Mode (leader, follower,
    /// standalone).
    Protocol,
    /// A controller leads the quorum, or follows the leader that another voter is.
    Quorum,
    /// Its own Metadata lists itself.
    Registered,
    /// Its Metadata names a controller and every other live broker.
    Joined,
    /// No partition that it replicates misses it in the ISR, by its own word and by the whole cluster's, and it tells
    /// clients of every topic that there is.
    InSync,
}

impl Step {
    /// What the step waits for, to be read after "waiting for".
    pub fn waits_for(self) -> &'static str {
        match self {
            Step::Process => "the process",
            Step::Port => "its port to open",
            Step::Protocol => "an answer to its protocol",
            Step::Quorum => "a leader of the quorum",
            Step::Registered => "its registration",
            Step::Joined => "a controller and every live broker in its metadata",
            Step::InSync => "its replicas to be in the ISR",
        }
    }
}
