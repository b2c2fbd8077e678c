//! Produce: record batches, or message sets for Kafka 0.10, to partitions that one broker leads.
//!
//! The body is written here and not by kafka-protocol: it is simple, and a batch of 1 MB is copied
//! once, from where it is kept for another try into the bytes that go out.

use std::sync::Arc;

use bytes::{Buf, BufMut, TryGetError};
use kafka_protocol::messages::{ApiKey, ProduceRequest, ProduceResponse};
use kafka_protocol::protocol::Decodable;

use super::basic::{array, put_count, put_string, string};
use super::connection::Connection;
use super::error::KafkaError;
use super::frame::Answer;
use super::records::{Batch, Sequence};

/// Produce v2, with message sets of magic 1 (0.10); the oldest of kafka-protocol is 3.
pub(super) const OF_0_10: i16 = 2;

/// What a broker stores of records, and so what it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Magic 2, since Kafka 0.11 (Produce v3).
    Batches,
    /// Magic 1 (Produce v2).
    MessageSets,
}

impl Format {
    pub(crate) fn of(broker: &Connection) -> Result<Self, KafkaError> {
        match broker.version::<ProduceRequest>() {
            Ok(_) => Ok(Format::Batches),
            Err(_) if broker.speaks(ApiKey::Produce, OF_0_10) => Ok(Format::MessageSets),
            Err(error) => Err(error),
        }
    }
}

/// Records of one partition, as they go out.
#[derive(Debug)]
pub(crate) enum Payload {
    Batch(Batch),
    /// A message set, or a batch that is not to be changed.
    Bytes(Vec<u8>),
}

impl Payload {
    /// Bytes of it on the wire.
    pub(crate) fn size(&self) -> usize {
        match self {
            Payload::Batch(batch) => batch.size(),
            Payload::Bytes(bytes) => bytes.len(),
        }
    }

    /// The sequence is a batch's only: message sets have none.
    pub(crate) fn write(&self, sequence: Sequence, out: &mut Vec<u8>) {
        match self {
            Payload::Batch(batch) => batch.write(sequence, out),
            Payload::Bytes(bytes) => out.put_slice(bytes),
        }
    }
}

/// The records of one partition in a request; a broker takes one batch a partition.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub partition: i32,
    pub payload: Arc<Payload>,
    pub sequence: Sequence,
}

/// What a broker said to one partition of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Produced {
    pub topic: String,
    pub partition: i32,
    pub code: i16,
    /// The broker's own words, since Produce v8.
    pub message: Option<String>,
    /// Of the first record; -1 when it is not told.
    pub offset: i64,
}

/// Sends a request and waits for its answer; with acks=0 there is none, and the result is empty.
/// `timeout_ms` is how long the broker may wait for its replicas. The caller sets the deadline.
pub(crate) async fn produce(
    broker: &mut Connection,
    topics: &[(&str, Vec<Entry>)],
    acks: i16,
    timeout_ms: i32,
) -> Result<Vec<Produced>, KafkaError> {
    let version = match Format::of(broker)? {
        Format::Batches => broker.version::<ProduceRequest>()?,
        Format::MessageSets => OF_0_10,
    };
    let mut request = broker.begin(ApiKey::Produce as i16, version, size(topics))?;
    write(version, topics, acks, timeout_ms, &mut request)?;
    match acks {
        0 => broker.send(request).await.map(|()| Vec::new()),
        _ => read(version, broker.exchange(request).await?),
    }
}

/// About the bytes of a request.
fn size(topics: &[(&str, Vec<Entry>)]) -> usize {
    let entries = |entries: &[Entry]| entries.iter().map(|entry| 8 + entry.payload.size()).sum::<usize>();
    12 + topics.iter().map(|(topic, of_topic)| 6 + topic.len() + entries(of_topic)).sum::<usize>()
}

fn write(
    version: i16,
    topics: &[(&str, Vec<Entry>)],
    acks: i16,
    timeout_ms: i32,
    out: &mut Vec<u8>,
) -> Result<(), KafkaError> {
    if version > OF_0_10 {
        out.put_i16(-1); // No transactional id.
    }
    out.put_i16(acks);
    out.put_i32(timeout_ms);
    put_count(out, topics.len());
    for (topic, entries) in topics {
        put_string(out, topic)?;
        put_count(out, entries.len());
        for entry in entries {
            out.put_i32(entry.partition);
            put_count(out, entry.payload.size());
            entry.payload.write(entry.sequence, out);
        }
    }
    Ok(())
}

pub(super) fn read(version: i16, mut answer: Answer) -> Result<Vec<Produced>, KafkaError> {
    if version <= OF_0_10 {
        return read_as_0_10(answer).map_err(|error| KafkaError::Garbage(error.to_string()));
    }
    let answer = ProduceResponse::decode(&mut answer, version)
        .map_err(|error| KafkaError::Garbage(error.to_string()))?;
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

/// The answer of [`OF_0_10`].
fn read_as_0_10(mut answer: Answer) -> Result<Vec<Produced>, TryGetError> {
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

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::wire::records::{BatchBuilder, Compression, Record};

    fn batch(value: &'static str) -> Arc<Payload> {
        let mut builder = BatchBuilder::default();
        builder.push(&Record { value: Some(Bytes::from(value)), ..Record::default() });
        Arc::new(Payload::Batch(builder.close(Compression::None)))
    }

    #[test]
    fn a_request_is_what_another_implementation_understands() {
        let sequence = Sequence { producer_id: 7, producer_epoch: 1, base: 30 };
        let entry = |partition, value| Entry { partition, payload: batch(value), sequence };
        let topics = [("bikes", vec![entry(0, "a"), entry(2, "bb")]), ("docks", vec![entry(1, "ccc")])];
        for version in 3..=8 {
            let mut body = Vec::new();
            write(version, &topics, -1, 1500, &mut body).unwrap();
            assert!(body.len() <= size(&topics) && body.len() + 8 > size(&topics), "{version}");
            let request = ProduceRequest::decode(&mut Bytes::from(body), version).unwrap();
            assert_eq!((request.acks, request.timeout_ms), (-1, 1500));
            assert_eq!(request.topic_data.len(), 2);
            let bikes = &request.topic_data[0];
            assert_eq!(bikes.name.0.as_str(), "bikes");
            assert_eq!(bikes.partition_data[1].index, 2);
            let mut expected = Vec::new();
            batch("bb").write(sequence, &mut expected);
            assert_eq!(bikes.partition_data[1].records.as_ref().unwrap(), &expected);
        }
    }

    #[test]
    fn the_answer_of_kafka_0_10_is_read() {
        let partition = [0, 0, 0, 7, 0, 2, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0];
        let produced = [&[0, 0, 0, 1, 0, 1][..], b"t", &[0, 0, 0, 1], &partition, &[0; 4]].concat();
        let expected = Produced { topic: "t".to_owned(), partition: 7, code: 2, message: None, offset: 9 };
        assert_eq!(read_as_0_10(Answer(produced.into())).unwrap(), [expected]);
    }
}
