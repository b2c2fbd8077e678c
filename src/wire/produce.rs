//! Producing one record.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;

use super::connection::Connection;
use super::error::{KafkaError, within};
use super::metadata;
use super::metadata::Topics;
use super::pool::{Pool, address};
use super::produce_request;
use super::produce_request::{Entry, Format, Payload, Produced};
use super::records::{BatchBuilder, Compression, MessageSetBuilder, Record, Sequence};
use crate::model::topic_partition::TopicPartition;

/// Whether the record batches that are sent may be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Batch {
    Valid,
    /// With a wrong CRC: no broker stores it.
    Corrupt,
}

/// Appends one record and returns its offset. `acks`: -1 (all), 1, or 0 (no answer, so not allowed
/// here). Tries once: retrying is the caller's business.
pub async fn produce_once(
    pool: &Pool,
    topic: &str,
    partition: i32,
    payload: &[u8],
    acks: i16,
    deadline: Duration,
) -> Result<i64, KafkaError> {
    if acks == 0 {
        return Err(KafkaError::Unwritable("acks=0 has no answer".to_owned()));
    }
    within(deadline, async {
        let leader = leader(pool, topic, partition, deadline).await?;
        let mut broker = pool.take(leader).await?;
        let partitions = [(topic, vec![partition])];
        let timeout_ms = i32::try_from(deadline.as_millis()).unwrap_or(i32::MAX);
        let produced = produce(&mut broker, &partitions, payload, Batch::Valid, acks, timeout_ms).await?;
        pool.keep(broker);
        let answer = produced.first().ok_or_else(|| KafkaError::Garbage("no partition in it".to_owned()))?;
        KafkaError::check(answer.code, answer.message.as_deref())?;
        Ok(answer.offset)
    })
    .await
}

/// One record to each of these partitions, all led by this broker.
pub(crate) async fn produce(
    broker: &mut Connection,
    partitions: &[(&str, Vec<i32>)],
    payload: &[u8],
    batch: Batch,
    acks: i16,
    timeout_ms: i32,
) -> Result<Vec<Produced>, KafkaError> {
    let payload = Arc::new(Payload::Bytes(one_record(Format::of(broker)?, payload, batch)));
    let entry =
        |partition: &i32| Entry { partition: *partition, payload: payload.clone(), sequence: Sequence::NONE };
    let topics: Vec<_> =
        partitions.iter().map(|(topic, numbers)| (*topic, numbers.iter().map(entry).collect())).collect();
    produce_request::produce(broker, &topics, acks, timeout_ms).await
}

/// A batch or message set of one record without a key.
fn one_record(format: Format, payload: &[u8], batch: Batch) -> Vec<u8> {
    /// Base offset 8, length 4, leader epoch 4, magic 1: then the CRC.
    const CRC_OF_BATCH: usize = 17;
    /// Offset 8, size 4: then the CRC.
    const CRC_OF_MESSAGE: usize = 12;
    let record =
        Record { value: Some(Bytes::copy_from_slice(payload)), timestamp: now_ms(), ..Record::default() };
    let (mut bytes, crc) = match format {
        Format::Batches => {
            let mut builder = BatchBuilder::default();
            builder.push(&record);
            let mut bytes = Vec::new();
            builder.close(Compression::None).write(Sequence::NONE, &mut bytes);
            (bytes, CRC_OF_BATCH)
        }
        Format::MessageSets => {
            let mut builder = MessageSetBuilder::default();
            builder.push(&record);
            (builder.close(Compression::None), CRC_OF_MESSAGE)
        }
    };
    if batch == Batch::Corrupt {
        bytes[crc] ^= 0xff;
    }
    bytes
}

async fn leader(
    pool: &Pool,
    topic: &str,
    partition: i32,
    deadline: Duration,
) -> Result<SocketAddr, KafkaError> {
    let metadata = metadata::ask_any(pool, Topics::One(topic), deadline).await?;
    let view = metadata.topics.get(topic).and_then(|topic| topic.partitions.get(&partition));
    match view.and_then(|view| view.leader) {
        Some(leader) => address(pool, leader),
        None => Err(KafkaError::NoLeader(TopicPartition::new(topic, partition))),
    }
}

fn now_ms() -> i64 {
    SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_millis() as i64)
}
