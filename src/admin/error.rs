//! Why an operation on topics or groups was not done.

use std::time::Duration;

use kafka_protocol::error::ResponseError;

use crate::observe::dynamic::DynamicError;
use crate::plan::login::shown_to;
use crate::wire::KafkaError;
use crate::wire::error::is_refusal;
use crate::zookeeper::session::ZkError;

/// An operation failed. Unless it says otherwise, nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    #[error("{cluster} has no topic {}{}", quoted(.wanted), shown_to(.user.as_deref()))]
    UnknownTopic {
        cluster: String,
        wanted: Vec<String>,
        /// Who was shown what they may describe.
        user: Option<String>,
        /// Those that it has.
        known: Vec<String>,
    },
    #[error("{cluster} has no group {}", quoted(.wanted))]
    UnknownGroup {
        cluster: String,
        wanted: Vec<String>,
        /// Those that brokers tell of.
        known: Vec<String>,
        /// Whether every broker told.
        told_all: bool,
    },
    /// Offsets of a group belong to its members as long as it has any.
    #[error("group `{group}` has members: {}", .members.join(", "))]
    HasMembers { group: String, members: Vec<String> },
    #[error("{cluster} has no node or topic `{wanted}`")]
    UnknownName {
        cluster: String,
        wanted: String,
        /// Nodes and topics that it has.
        known: Vec<String>,
    },
    #[error("topic `{0}` exists already")]
    Exists(String),
    /// What was asked for cannot be, whoever is asked.
    #[error("{what}")]
    Invalid { what: String, remedy: String },
    /// Another operation is at it.
    #[error("{what}")]
    Busy { what: String, remedy: String },
    /// A plan that was given cannot be carried out.
    #[error("{what}")]
    BadPlan { what: String, remedy: String },
    /// A file of the cluster's folder cannot be read or written.
    #[error("{what}")]
    Local { what: String, remedy: String },
    #[error("the move was cancelled by another command")]
    Cancelled,
    /// The brokers' version lacks the request.
    #[error("Kafka {version} cannot {what}: its brokers have no {api}, which came with Kafka {since}")]
    Unsupported { version: String, what: &'static str, api: &'static str, since: &'static str },
    /// Whoever asks may not.
    #[error("{what}: {reason}")]
    Denied { what: String, reason: String },
    /// Kafka said no.
    #[error("failed to {what}: {reason}")]
    Kafka { what: String, reason: String },
    #[error("failed to {what}: {reason}")]
    Unreachable { what: String, reason: String },
    /// It may have been done, or may still be.
    #[error("{what} after {} s: {last}", .after.as_secs())]
    Timeout { what: String, after: Duration, last: String },
}

impl AdminError {
    pub(super) fn invalid(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        AdminError::Invalid { what: what.into(), remedy: remedy.into() }
    }
}

/// What hinders one try.
#[derive(Debug)]
pub(super) enum Setback {
    /// Gone by itself, once a controller is elected, a broker has followed, a request gets through.
    Passing(String),
    Fatal(AdminError),
    /// The broker's version lacks the request.
    Unsupported {
        api: &'static str,
        since: &'static str,
    },
}

impl std::fmt::Display for Setback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Setback::Passing(reason) => f.write_str(reason),
            Setback::Fatal(error) => error.fmt(f),
            Setback::Unsupported { api, since } => KafkaError::Unsupported { api, since }.fmt(f),
        }
    }
}

impl Setback {
    /// What an error in a controller's answer means: one that it may not give again, or its no to `what`
    /// (`alter topic x`).
    pub(super) fn of(error: ResponseError, reason: String, what: impl FnOnce() -> String) -> Self {
        Setback::Fatal(match () {
            () if error.is_retriable() => return Setback::Passing(reason),
            () if is_refusal(error) => {
                AdminError::Denied { what: format!("not allowed to {}", what()), reason }
            }
            () => AdminError::Kafka { what: what(), reason },
        })
    }
}

impl From<KafkaError> for Setback {
    fn from(error: KafkaError) -> Self {
        match error {
            KafkaError::Unsupported { api, since } => Setback::Unsupported { api, since },
            error if error.is_refusal() => Setback::Fatal(AdminError::Denied {
                what: "not allowed".to_owned(),
                reason: error.to_string(),
            }),
            error => Setback::Passing(error.to_string()),
        }
    }
}

impl From<ZkError> for Setback {
    fn from(error: ZkError) -> Self {
        Setback::Passing(error.to_string())
    }
}

impl From<DynamicError> for Setback {
    fn from(error: DynamicError) -> Self {
        match error {
            DynamicError::Failed(reason) => Setback::Passing(reason),
            DynamicError::Refused(reason) => {
                Setback::Fatal(AdminError::Denied { what: "not allowed".to_owned(), reason })
            }
        }
    }
}

impl From<AdminError> for Setback {
    fn from(error: AdminError) -> Self {
        Setback::Fatal(error)
    }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
