//! Why records cannot be consumed.

use crate::client::topic::TopicError;
use crate::model::topic_partition::TopicPartition;
use crate::wire::records::RecordsError;

/// Nothing, or nothing more, can be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConsumeError {
    #[error(transparent)]
    Topic(#[from] TopicError),
    #[error("offset {offset} is out of range: {partition} has {earliest} to {latest}")]
    OutOfRange { partition: TopicPartition, offset: i64, earliest: i64, latest: i64 },
    #[error("topic {topic} was deleted")]
    Gone { topic: String },
    #[error("failed to read {partition} at offset {offset}: {reason}")]
    Unreadable { partition: TopicPartition, offset: i64, reason: RecordsError },
    /// Kafka said no, and will say it again.
    #[error("failed to consume {partition} from offset {offset}: {reason}")]
    Refused { partition: TopicPartition, offset: i64, reason: String },
}
