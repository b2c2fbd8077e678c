//! Requests in the versions that only Kafka 0.10 speaks, which kafka-protocol has dropped.

use bytes::{Buf, BufMut, TryGetError};
use kafka_protocol::messages::ApiKey;

use super::answers::TopicAnswer;
use super::connection::Connection;
use super::create_topics::NewTopic;
use super::error::KafkaError;
use super::frame::Answer;
use super::produce_request::Produced;

/// CreateTopics v1: versions 0 and 1 since 0.10.1 and 0.10.2; the oldest of kafka-protocol is 2.
pub(super) const CREATE_TOPICS: i16 = 1;

/// DeleteTopics v0, since 0.10.1; the oldest of kafka-protocol is 1.
pub(super) const DELETE_TOPICS: i16 = 0;

/// Produce v2, with message sets of magic 1 (0.10); the oldest of kafka-protocol is 3.
pub(super) const PRODUCE: i16 = 2;

pub(super) async fn create_topics(
    broker: &mut Connection,
    topics: &[NewTopic],
    timeout_ms: i32,
) -> Result<Vec<TopicAnswer>, KafkaError> {
    let mut body = Vec::new();
    put_count(&mut body, topics.len());
    for topic in topics {
        put_string(&mut body, &topic.name)?;
        let (partitions, replication_factor, assignment) = topic.on_the_wire();
        body.put_i32(partitions);
        body.put_i16(replication_factor);
        put_count(&mut body, assignment.len());
        for (number, replicas) in (0..).zip(assignment) {
            body.put_i32(number);
            put_count(&mut body, replicas.len());
            replicas.iter().for_each(|id| body.put_i32(*id));
        }
        put_count(&mut body, topic.config.len());
        for (key, value) in &topic.config {
            put_string(&mut body, key)?;
            put_string(&mut body, value)?;
        }
    }
    body.put_i32(timeout_ms);
    body.put_u8(0); // Not only validated.
    let answer = broker.call_raw(ApiKey::CreateTopics as i16, CREATE_TOPICS, &body).await?;
    read_created(answer).map_err(|error| KafkaError::Garbage(error.to_string()))
}

pub(super) async fn delete_topics(
    broker: &mut Connection,
    topics: &[String],
    timeout_ms: i32,
) -> Result<Vec<TopicAnswer>, KafkaError> {
    let mut body = Vec::new();
    put_count(&mut body, topics.len());
    for topic in topics {
        put_string(&mut body, topic)?;
    }
    body.put_i32(timeout_ms);
    let answer = broker.call_raw(ApiKey::DeleteTopics as i16, DELETE_TOPICS, &body).await?;
    read_deleted(answer).map_err(|error| KafkaError::Garbage(error.to_string()))
}

pub(super) fn read_created(mut answer: Answer) -> Result<Vec<TopicAnswer>, TryGetError> {
    array(&mut answer, |answer| {
        let name = string(answer)?.unwrap_or_default();
        Ok(TopicAnswer::new(&name, answer.try_get_i16()?, string(answer)?))
    })
}

pub(super) fn read_deleted(mut answer: Answer) -> Result<Vec<TopicAnswer>, TryGetError> {
    array(&mut answer, |answer| {
        let name = string(answer)?.unwrap_or_default();
        Ok(TopicAnswer::new(&name, answer.try_get_i16()?, None::<String>))
    })
}

/// The answer of [`PRODUCE`].
pub(super) fn read_produced(mut answer: Answer) -> Result<Vec<Produced>, TryGetError> {
    let topics = array(&mut answer, |answer| {
        let topic = string(answer)?.unwrap_or_default();
        array(answer, |answer| {
            let (partition, code) = (answer.try_get_i32()?, answer.try_get_i16()?);
            let offset = answer.try_get_i64()?;
            answer.try_get_i64()?; // Time of the append.
            Ok(Produced { topic: topic.clone(), partition, code, message: None, offset })
        })
    })?;
    Ok(topics.into_iter().flatten().collect())
}

pub(super) fn put_count(body: &mut Vec<u8>, count: usize) {
    body.put_u32(count as u32);
}

pub(super) fn put_string(body: &mut Vec<u8>, text: &str) -> Result<(), KafkaError> {
    let length = i16::try_from(text.len())
        .map_err(|_| KafkaError::Unwritable(format!("a string of {} bytes", text.len())))?;
    body.put_i16(length);
    body.put_slice(text.as_bytes());
    Ok(())
}

fn string(answer: &mut Answer) -> Result<Option<String>, TryGetError> {
    let length = answer.try_get_i16()?;
    let Ok(length) = usize::try_from(length) else { return Ok(None) };
    if answer.remaining() < length {
        return Err(TryGetError { requested: length, available: answer.remaining() });
    }
    Ok(Some(String::from_utf8_lossy(&answer.copy_to_bytes(length)).into_owned()))
}

fn array<T>(
    answer: &mut Answer,
    mut item: impl FnMut(&mut Answer) -> Result<T, TryGetError>,
) -> Result<Vec<T>, TryGetError> {
    let count = answer.try_get_i32()?;
    (0..count).map(|_| item(answer)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_as_kafka_0_10_writes_them() {
        let created = [&[0, 0, 0, 1, 0, 1][..], b"t", &[0, 36, 0, 2], b"no"].concat();
        assert_eq!(read_created(Answer(created.into())).unwrap(), [TopicAnswer::new("t", 36, Some("no"))]);
        let deleted = [&[0, 0, 0, 1, 0, 1][..], b"t", &[0, 0]].concat();
        assert_eq!(read_deleted(Answer(deleted.into())).unwrap(), [TopicAnswer::new("t", 0, None::<String>)]);
        let partition = [0, 0, 0, 7, 0, 2, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0];
        let produced = [&[0, 0, 0, 1, 0, 1][..], b"t", &[0, 0, 0, 1], &partition, &[0; 4]].concat();
        let read = Produced { topic: "t".to_owned(), partition: 7, code: 2, message: None, offset: 9 };
        assert_eq!(read_produced(Answer(produced.into())).unwrap(), [read]);
    }
}
