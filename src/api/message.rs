//! What goes over the socket: a request, and the lines of its answer.

use serde::{Deserialize, Serialize};

use crate::model::action::Action;
use crate::model::event::Entry;
use crate::model::outcome::Outcome;
use crate::model::status::{NodeStatus, Status};

/// A request as it goes over the socket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Request {
    #[serde(flatten)]
    pub action: Action,
    /// Who asks, for the journal: `cluster kill (pid 4711)`.
    pub by: String,
}

/// One line of the answer, newline-delimited JSON: any number of `Event`s and `Progress`, then one `Done`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(crate) enum Reply {
    /// Journal entries from the moment of the request on, for every node.
    Event {
        entry: Entry,
    },
    /// Where a node is on its ladder, whenever that or its last error changes.
    Progress {
        node: NodeStatus,
    },
    Done {
        outcome: Outcome,
    },
}

/// One line of what a watcher sees, newline-delimited JSON: a `Status` first, then what comes. Tagged from outside: a
/// tag within would have serde keep the whole before it knows what it is, and lose the keys that are numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Seen {
    /// How the cluster is by the last survey: when it has changed, and every second for memory and the like.
    Status(Box<Status>),
    /// A journal entry.
    Event(Entry),
}
