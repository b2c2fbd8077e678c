//! Requests in the versions that only Kafka 0.10 speaks, which kafka-protocol has dropped.

use bytes::{Buf, BufMut};
use kafka_protocol::messages::ApiKey;

use super::connection::Connection;
use super::error::KafkaError;
use super::frame::Answer;
use crate::plan::model::TopicPlan;

/// CreateTopics v1: versions 0 and 1 since 0.10.1 and 0.10.2; the oldest of kafka-protocol is 2.
pub const CREATE_TOPICS: i16 = 1;

/// Produce v2, with message sets of magic 1 (0.10); the oldest of kafka-protocol is 3.
pub const PRODUCE: i16 = 2;

/// Per topic: name, error code, message.
pub async fn create_topics(
    broker: &mut Connection,
    topics: &[&TopicPlan],
    timeout_ms: i32,
) -> Result<Vec<(String, i16, Option<String>)>, KafkaError> {
    let mut body = Vec::new();
    put_count(&mut body, topics.len());
    for topic in topics {
        put_string(&mut body, &topic.name)?;
        body.put_u32(topic.partitions);
        body.put_u16(topic.replication_factor);
        put_count(&mut body, 0); // No assignment of our own.
        put_count(&mut body, topic.config.len());
        for (key, value) in &topic.config {
            put_string(&mut body, key)?;
            put_string(&mut body, value)?;
        }
    }
    body.put_i32(timeout_ms);
    body.put_u8(0); // Not only validated.
    let mut answer = broker.call_raw(ApiKey::CreateTopics as i16, CREATE_TOPICS, &body).await?;
    array(&mut answer, |answer| {
        let name = string(answer)?.unwrap_or_default();
        Ok((name, answer.try_get_i16()?, string(answer)?))
    })
    .map_err(garbage)
}

/// Per topic and partition: error code and base offset.
pub async fn produce(
    broker: &mut Connection,
    records: &[(&str, Vec<(i32, Vec<u8>)>)],
    acks: i16,
    timeout_ms: i32,
) -> Result<Vec<(String, i32, i16, i64)>, KafkaError> {
    let mut body = Vec::new();
    body.put_i16(acks);
    body.put_i32(timeout_ms);
    put_count(&mut body, records.len());
    for (topic, partitions) in records {
        put_string(&mut body, topic)?;
        put_count(&mut body, partitions.len());
        for (partition, message_set) in partitions {
            body.put_i32(*partition);
            put_count(&mut body, message_set.len());
            body.put_slice(message_set);
        }
    }
    let mut answer = broker.call_raw(ApiKey::Produce as i16, PRODUCE, &body).await?;
    let topics = array(&mut answer, |answer| {
        let topic = string(answer)?.unwrap_or_default();
        array(answer, |answer| {
            let (partition, code) = (answer.try_get_i32()?, answer.try_get_i16()?);
            let offset = answer.try_get_i64()?;
            answer.try_get_i64()?; // Time of the append.
            Ok((topic.clone(), partition, code, offset))
        })
    });
    Ok(topics.map_err(garbage)?.into_iter().flatten().collect())
}

/// A message set of one message, magic 1 (KIP-32), without a key.
pub fn message_set(payload: &[u8], timestamp_ms: i64) -> Vec<u8> {
    let mut content = Vec::new();
    content.put_u8(1); // Magic.
    content.put_u8(0); // Attributes: not compressed, time of creation.
    content.put_i64(timestamp_ms);
    content.put_i32(-1); // No key.
    put_count(&mut content, payload.len());
    content.put_slice(payload);

    let mut set = Vec::new();
    set.put_i64(0); // Offset, given by the broker.
    put_count(&mut set, content.len() + 4);
    set.put_u32(kafka_protocol::records::IEEE.checksum(&content));
    set.put_slice(&content);
    set
}

/// Where [`message_set`] has its CRC.
pub const MESSAGE_SET_CRC: usize = 12;

fn put_count(body: &mut Vec<u8>, count: usize) {
    body.put_u32(count as u32);
}

fn put_string(body: &mut Vec<u8>, text: &str) -> Result<(), KafkaError> {
    let length = i16::try_from(text.len())
        .map_err(|_| KafkaError::Unwritable(format!("a string of {} bytes", text.len())))?;
    body.put_i16(length);
    body.put_slice(text.as_bytes());
    Ok(())
}

fn string(answer: &mut Answer) -> Result<Option<String>, bytes::TryGetError> {
    let length = answer.try_get_i16()?;
    let Ok(length) = usize::try_from(length) else { return Ok(None) };
    if answer.remaining() < length {
        return Err(bytes::TryGetError { requested: length, available: answer.remaining() });
    }
    Ok(Some(String::from_utf8_lossy(&answer.copy_to_bytes(length)).into_owned()))
}

fn array<T>(
    answer: &mut Answer,
    mut item: impl FnMut(&mut Answer) -> Result<T, bytes::TryGetError>,
) -> Result<Vec<T>, bytes::TryGetError> {
    let count = answer.try_get_i32()?;
    (0..count).map(|_| item(answer)).collect()
}

fn garbage(error: bytes::TryGetError) -> KafkaError {
    KafkaError::Garbage(error.to_string())
}
