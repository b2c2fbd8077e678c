//! Why records cannot be consumed.

use crate::kafka::records::RecordsError;

/// Nothing, or nothing more, can be read.
#[derive(Debug, thiserror::Error)]
pub enum ConsumeError {
    #[error("{cluster} has no topic `{topic}`")]
    UnknownTopic {
        cluster: String,
        topic: String,
        /// Those that it has.
        known: Vec<String>,
    },
    #[error("{topic} has no partition {partition}: {}", range(*.count))]
    UnknownPartition { topic: String, partition: i32, count: usize },
    #[error("offset {offset} is out of range: {topic}-{partition} has {earliest} to {latest}")]
    OutOfRange { topic: String, partition: i32, offset: i64, earliest: i64, latest: i64 },
    #[error("failed to consume {topic}: {reason}")]
    Unreachable { topic: String, reason: String },
    #[error("topic {topic} was deleted")]
    Gone { topic: String },
    #[error("failed to read {topic}-{partition} at offset {offset}: {reason}")]
    Unreadable { topic: String, partition: i32, offset: i64, reason: RecordsError },
    /// Kafka said no, and will say it again.
    #[error("failed to consume {topic}-{partition} from offset {offset}: {reason}")]
    Refused { topic: String, partition: i32, offset: i64, reason: String },
}

/// `they are 0 to 9`
fn range(count: usize) -> String {
    match count {
        1 => "it has partition 0 only".to_owned(),
        count => format!("they are 0 to {}", count.saturating_sub(1)),
    }
}
