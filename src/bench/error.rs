//! Why nothing was measured.

use crate::admin::AdminError;
use crate::client::consumer::ConsumeError;
use crate::client::producer::ProduceError;
use crate::client::topic::TopicError;
use crate::dist::tools::ToolError;

/// Nothing was measured. A topic that was made for it is deleted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    #[error(transparent)]
    Admin(#[from] AdminError),
    #[error(transparent)]
    Topic(#[from] TopicError),
    #[error(transparent)]
    Produce(#[from] ProduceError),
    #[error(transparent)]
    Consume(#[from] ConsumeError),
    /// It cannot be as asked for.
    #[error("{message}")]
    Invalid { message: String, remedy: String },
    /// This version of Kafka has no such tool to compare with.
    #[error("Kafka {version} has no {tool} to compare with")]
    NoTool { tool: &'static str, version: String },
    #[error(transparent)]
    Tool(#[from] ToolError),
    /// Of the messages that have to be there before anything is measured.
    #[error("failed to make the messages that are needed first: {reason}")]
    NotPrepared { reason: String },
}

impl BenchError {
    pub(super) fn invalid(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        BenchError::Invalid { message: message.into(), remedy: remedy.into() }
    }
}
