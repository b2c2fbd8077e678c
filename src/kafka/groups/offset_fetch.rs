//! OffsetFetch: the offsets that a group has committed.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use kafka_protocol::messages::OffsetFetchRequest;

use super::super::error::KafkaError;
use super::super::pool::Pool;
use super::group_id;

/// What was committed for one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// Of the next record that the group will read.
    pub offset: i64,
    /// What the client noted beside it; most note nothing.
    pub metadata: String,
}

/// By topic and partition; those without a committed offset are left out. Needs Kafka 0.10.2 (KIP-88).
pub async fn fetch_offsets(
    pool: &Pool,
    coordinator: SocketAddr,
    group: &str,
    deadline: Duration,
) -> Result<BTreeMap<(String, i32), Committed>, KafkaError> {
    // Without topics it asks for all of them.
    let request = OffsetFetchRequest::default().with_group_id(group_id(group)).with_topics(None);
    let answer = pool.call(coordinator, &request, deadline).await?;
    KafkaError::check(answer.error_code, None)?;
    let mut offsets = BTreeMap::new();
    for topic in answer.topics {
        for partition in topic.partitions {
            KafkaError::check(partition.error_code, None)?;
            // -1: none.
            if partition.committed_offset >= 0 {
                let metadata = partition.metadata.map(|text| text.to_string()).unwrap_or_default();
                let committed = Committed { offset: partition.committed_offset, metadata };
                offsets.insert((topic.name.0.to_string(), partition.partition_index), committed);
            }
        }
    }
    Ok(offsets)
}
