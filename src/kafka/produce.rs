//! Producing one record.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use kafka_protocol::indexmap::IndexMap;
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::{ApiKey, ProduceRequest};
use kafka_protocol::records::{
    Compression, NO_PARTITION_LEADER_EPOCH, NO_PRODUCER_EPOCH, NO_PRODUCER_ID, NO_SEQUENCE, Record,
    RecordBatchEncoder, RecordEncodeOptions, TimestampType,
};

use super::answers::topic_name;
use super::connection::Connection;
use super::error::{KafkaError, within};
use super::legacy;
use super::metadata::{self, Topics};
use super::pool::Pool;

/// What the broker said to one partition of a produce request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Produced {
    pub topic: String,
    pub partition: i32,
    pub code: i16,
    pub message: Option<String>,
    pub offset: i64,
}

/// Whether the record batches that are sent may be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Batch {
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
pub(super) async fn produce(
    broker: &mut Connection,
    partitions: &[(&str, Vec<i32>)],
    payload: &[u8],
    batch: Batch,
    acks: i16,
    timeout_ms: i32,
) -> Result<Vec<Produced>, KafkaError> {
    match broker.version::<ProduceRequest>() {
        Ok(_) => produce_batches(broker, partitions, &record_batch(payload, batch)?, acks, timeout_ms).await,
        Err(_) if broker.speaks(ApiKey::Produce, legacy::PRODUCE) => {
            let mut message_set = legacy::message_set(payload, now_ms());
            if batch == Batch::Corrupt {
                message_set[legacy::MESSAGE_SET_CRC] ^= 0xff;
            }
            let answers = legacy::produce(broker, partitions, &message_set, acks, timeout_ms).await?;
            let read =
                |(topic, partition, code, offset)| Produced { topic, partition, code, message: None, offset };
            Ok(answers.into_iter().map(read).collect())
        }
        Err(error) => Err(error),
    }
}

async fn produce_batches(
    broker: &mut Connection,
    partitions: &[(&str, Vec<i32>)],
    records: &Bytes,
    acks: i16,
    timeout_ms: i32,
) -> Result<Vec<Produced>, KafkaError> {
    let data = |number: &i32| {
        PartitionProduceData::default().with_index(*number).with_records(Some(records.clone()))
    };
    let to_topic = |(topic, numbers): &(&str, Vec<i32>)| {
        TopicProduceData::default()
            .with_name(topic_name(topic))
            .with_partition_data(numbers.iter().map(data).collect())
    };
    let request = ProduceRequest::default()
        .with_transactional_id(None)
        .with_acks(acks)
        .with_timeout_ms(timeout_ms)
        .with_topic_data(partitions.iter().map(to_topic).collect());
    let answer = broker.call(&request).await?;
    let read = answer.responses.into_iter().flat_map(|of_topic| {
        let topic = of_topic.name.0.to_string();
        of_topic.partition_responses.into_iter().map(move |partition| Produced {
            topic: topic.clone(),
            partition: partition.index,
            code: partition.error_code,
            message: partition.error_message.map(|message| message.to_string()),
            offset: partition.base_offset,
        })
    });
    Ok(read.collect())
}

/// A record batch (magic 2) of one record without a key.
fn record_batch(payload: &[u8], batch: Batch) -> Result<Bytes, KafkaError> {
    /// Base offset 8, length 4, leader epoch 4, magic 1: then the CRC.
    const CRC: usize = 17;
    let record = Record {
        transactional: false,
        control: false,
        delete_horizon: false,
        partition_leader_epoch: NO_PARTITION_LEADER_EPOCH,
        producer_id: NO_PRODUCER_ID,
        producer_epoch: NO_PRODUCER_EPOCH,
        timestamp_type: TimestampType::Creation,
        offset: 0,
        sequence: NO_SEQUENCE,
        timestamp: now_ms(),
        key: None,
        value: Some(Bytes::copy_from_slice(payload)),
        headers: IndexMap::new(),
    };
    let mut bytes = BytesMut::new();
    let options = RecordEncodeOptions { version: 2, compression: Compression::None };
    RecordBatchEncoder::encode(&mut bytes, [&record], &options)
        .map_err(|error| KafkaError::Unwritable(error.to_string()))?;
    if batch == Batch::Corrupt {
        bytes[CRC] ^= 0xff;
    }
    Ok(bytes.freeze())
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
        None => Err(KafkaError::NoLeader { topic: topic.to_owned(), partition }),
    }
}

/// Where a broker of the plan listens.
pub fn address(pool: &Pool, broker: i32) -> Result<SocketAddr, KafkaError> {
    let known = pool.endpoints().brokers.get(&broker).copied();
    known
        .ok_or_else(|| KafkaError::Garbage(format!("it names broker {broker}, which the plan does not have")))
}

fn now_ms() -> i64 {
    SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_millis() as i64)
}
