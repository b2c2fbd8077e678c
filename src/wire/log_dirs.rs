//! DescribeLogDirs (KIP-113): what replicas take on a broker's disk.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::DescribeLogDirsRequest;
use kafka_protocol::messages::describe_log_dirs_request::DescribableLogDirTopic;
use kafka_protocol::messages::describe_log_dirs_response::DescribeLogDirsResult;
use schemars::JsonSchema;
use serde::Serialize;

use super::answers::topic_name;
use super::error::KafkaError;
use super::pieces;
use super::pool::Pool;
use crate::model::topic_partition::TopicPartition;

/// Partitions of one request: the broker counts the segments of each.
const AT_ONCE: usize = 2000;

/// Bytes of the segments of each of these partitions that this broker has a replica of. What lies in a
/// folder that the broker cannot read is left out. `deadline` is that of each request.
pub(crate) async fn sizes(
    pool: &Pool,
    address: SocketAddr,
    partitions: &BTreeMap<&str, Vec<i32>>,
    deadline: Duration,
) -> Result<BTreeMap<TopicPartition, u64>, KafkaError> {
    let mut sizes = BTreeMap::new();
    for piece in pieces::of_partitions(partitions, AT_ONCE) {
        sizes.extend(sizes_of(pool, address, &piece, deadline).await?);
    }
    Ok(sizes)
}

/// A folder that a broker keeps logs in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Folder {
    pub path: String,
    /// Why the broker cannot read it.
    pub error: Option<String>,
    pub replicas: usize,
    /// Bytes of the segments of all of them.
    pub size_bytes: u64,
}

/// Every log folder of this broker, with all that is in it.
pub(crate) async fn folders(
    pool: &Pool,
    address: SocketAddr,
    deadline: Duration,
) -> Result<Vec<Folder>, KafkaError> {
    let request = DescribeLogDirsRequest::default().with_topics(None);
    let answer = pool.call(address, &request, deadline).await?;
    let folder = |told: &DescribeLogDirsResult| {
        let replicas = || told.topics.iter().flat_map(|topic| &topic.partitions);
        Folder {
            path: told.log_dir.to_string(),
            error: ResponseError::try_from_code(told.error_code).map(|error| format!("{error:?}")),
            replicas: replicas().filter(|replica| !replica.is_future_key).count(),
            size_bytes: replicas().map(|replica| u64::try_from(replica.partition_size).unwrap_or(0)).sum(),
        }
    };
    Ok(answer.results.iter().map(folder).collect())
}

async fn sizes_of(
    pool: &Pool,
    address: SocketAddr,
    partitions: &BTreeMap<&str, Vec<i32>>,
    deadline: Duration,
) -> Result<BTreeMap<TopicPartition, u64>, KafkaError> {
    let of_topic = |(topic, numbers): (&&str, &Vec<i32>)| {
        DescribableLogDirTopic::default().with_topic(topic_name(topic)).with_partitions(numbers.clone())
    };
    let request =
        DescribeLogDirsRequest::default().with_topics(Some(partitions.iter().map(of_topic).collect()));
    let answer = pool.call(address, &request, deadline).await?;
    let mut sizes = BTreeMap::new();
    for folder in
        answer.results.iter().filter(|folder| ResponseError::try_from_code(folder.error_code).is_none())
    {
        for topic in &folder.topics {
            // A replica on its way to another folder is there twice (`isFutureKey`).
            for partition in topic.partitions.iter().filter(|partition| !partition.is_future_key) {
                let size = u64::try_from(partition.partition_size).unwrap_or(0);
                let of = TopicPartition::new(topic.name.0.as_str(), partition.partition_index);
                sizes.insert(of, size);
            }
        }
    }
    Ok(sizes)
}
