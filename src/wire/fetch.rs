//! Fetch: what the leader of partitions has from an offset on.
//!
//! Written and read here, since record sets are larger than any number that `frame::Answer`
//! believes, and are handed on as slices of the answer.

use bytes::{Buf, BufMut, Bytes, TryGetError};
use kafka_protocol::messages::ApiKey;

use super::basic::{put_count, put_string};
use super::connection::Connection;
use super::error::KafkaError;

/// Kafka 0.10 speaks up to 3, which counts bytes of the whole answer (KIP-74); 10 takes zstd (KIP-110). Followers
/// answer from 11 on (KIP-392): who lost the leadership would not say so, and be read from ever after.
const VERSIONS: std::ops::RangeInclusive<i16> = 3..=10;

/// The most that an answer holds and waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// How long the broker waits for the first record, in ms.
    pub max_wait_ms: i32,
    /// Bytes of all record sets. The first batch comes whole, however large it is.
    pub max_bytes: i32,
    /// Bytes of each record set.
    pub partition_bytes: i32,
}

/// What a broker has of one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fetched {
    pub partition: i32,
    pub code: i16,
    /// The next offset that consumers may read once more is replicated.
    pub high_watermark: i64,
    /// Batches for [`crate::wire::records::Batches`], the last of them cut off perhaps.
    pub records: Bytes,
}

/// Asks for partitions of one topic, each from an offset on. The caller sets the deadline.
pub(crate) async fn fetch(
    broker: &mut Connection,
    topic: &str,
    partitions: &[(i32, i64)],
    limits: Limits,
) -> Result<Vec<Fetched>, KafkaError> {
    let version = VERSIONS.rev().find(|version| broker.speaks(ApiKey::Fetch, *version));
    let version = version.ok_or(KafkaError::Unsupported { api: "Fetch v3", since: "0.10.1" })?;
    let mut request =
        broker.begin(ApiKey::Fetch as i16, version, 64 + topic.len() + 32 * partitions.len())?;
    write(version, topic, partitions, limits, &mut request)?;
    let answer = broker.exchange(request).await?;
    read(version, answer.0)
}

fn write(
    version: i16,
    topic: &str,
    partitions: &[(i32, i64)],
    limits: Limits,
    out: &mut Vec<u8>,
) -> Result<(), KafkaError> {
    out.put_i32(-1); // Asked by a client, not by a follower.
    out.put_i32(limits.max_wait_ms);
    out.put_i32(1); // Bytes that are worth an answer.
    out.put_i32(limits.max_bytes);
    if version >= 4 {
        out.put_i8(0); // READ_UNCOMMITTED.
    }
    if version >= 7 {
        out.put_i32(0); // No session (KIP-227):
        out.put_i32(-1); // FINAL_EPOCH.
    }
    put_count(out, 1);
    put_string(out, topic)?;
    put_count(out, partitions.len());
    for (partition, offset) in partitions {
        out.put_i32(*partition);
        if version >= 9 {
            out.put_i32(-1); // Whatever the leader's epoch is.
        }
        out.put_i64(*offset);
        if version >= 5 {
            out.put_i64(-1); // A follower's start of the log.
        }
        out.put_i32(limits.partition_bytes);
    }
    if version >= 7 {
        put_count(out, 0); // Partitions that leave the session.
    }
    Ok(())
}

/// What an answer says.
pub(super) fn read(version: i16, answer: Bytes) -> Result<Vec<Fetched>, KafkaError> {
    let mut code = 0;
    let fetched = decode(version, answer, &mut code);
    KafkaError::check(code, None)?;
    fetched.map_err(|error| KafkaError::Garbage(error.to_string()))
}

/// `code`: an error of the whole answer.
fn decode(version: i16, mut answer: Bytes, code: &mut i16) -> Result<Vec<Fetched>, TryGetError> {
    answer.try_get_i32()?; // How long we were throttled.
    if version >= 7 {
        *code = answer.try_get_i16()?;
        answer.try_get_i32()?; // Session.
    }
    // Nothing is allocated by these counts: each item takes bytes of the answer.
    let mut fetched = Vec::new();
    for _ in 0..answer.try_get_i32()? {
        let name = answer.try_get_i16()?;
        skip(&mut answer, i32::from(name))?;
        for _ in 0..answer.try_get_i32()? {
            fetched.push(decode_partition(version, &mut answer)?);
        }
    }
    Ok(fetched)
}

fn decode_partition(version: i16, answer: &mut Bytes) -> Result<Fetched, TryGetError> {
    let partition = answer.try_get_i32()?;
    let code = answer.try_get_i16()?;
    let high_watermark = answer.try_get_i64()?;
    if version >= 4 {
        answer.try_get_i64()?; // Last stable offset.
        if version >= 5 {
            answer.try_get_i64()?; // Start of the log.
        }
        for _ in 0..answer.try_get_i32()? {
            answer.try_get_i64()?; // An aborted transaction: producer,
            answer.try_get_i64()?; // first offset.
        }
    }
    let length = answer.try_get_i32()?;
    let records = skip(answer, length)?;
    Ok(Fetched { partition, code, high_watermark, records })
}

/// The next bytes; none when the length is negative.
fn skip(answer: &mut Bytes, length: i32) -> Result<Bytes, TryGetError> {
    let length = usize::try_from(length).unwrap_or(0);
    match answer.len() < length {
        true => Err(TryGetError { requested: length, available: answer.len() }),
        false => Ok(answer.split_to(length)),
    }
}

/// For [`crate::wire::decoders`].
pub(super) fn read_every_version(bytes: &[u8]) {
    for version in VERSIONS {
        drop(read(version, Bytes::copy_from_slice(bytes)));
    }
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use kafka_protocol::messages::fetch_response::{
        AbortedTransaction, FetchResponse, FetchableTopicResponse, PartitionData,
    };
    use kafka_protocol::messages::{FetchRequest, ProducerId};
    use kafka_protocol::protocol::{Decodable, Encodable};

    use super::*;
    use crate::wire::answers::topic_name;

    const LIMITS: Limits = Limits { max_wait_ms: 500, max_bytes: 1000, partition_bytes: 100 };

    #[test]
    fn a_request_is_what_another_implementation_understands() {
        for version in 4..=*VERSIONS.end() {
            let mut body = Vec::new();
            write(version, "bikes", &[(3, 42), (0, 0)], LIMITS, &mut body).unwrap();
            let mut body = Bytes::from(body);
            let request = FetchRequest::decode(&mut body, version).unwrap();
            assert!(body.is_empty(), "{version}");
            assert_eq!((request.max_wait_ms, request.max_bytes, request.isolation_level), (500, 1000, 0));
            assert_eq!(request.topics[0].topic.0.as_str(), "bikes");
            let first = &request.topics[0].partitions[0];
            assert_eq!((first.partition, first.fetch_offset, first.partition_max_bytes), (3, 42, 100));
            if version >= 7 {
                assert_eq!((request.session_id, request.session_epoch), (0, -1));
            }
        }
    }

    #[test]
    fn an_answer_is_read_as_another_implementation_writes_it() {
        let aborted = AbortedTransaction::default().with_producer_id(ProducerId(7)).with_first_offset(1);
        let partition = PartitionData::default()
            .with_partition_index(3)
            .with_error_code(6)
            .with_high_watermark(99)
            .with_aborted_transactions(Some(vec![aborted]))
            .with_records(Some(Bytes::from_static(b"records")));
        let nothing = PartitionData::default().with_partition_index(4).with_records(None);
        let topic = FetchableTopicResponse::default()
            .with_topic(topic_name("bikes"))
            .with_partitions(vec![partition, nothing]);
        for version in 4..=*VERSIONS.end() {
            let mut bytes = BytesMut::new();
            FetchResponse::default().with_responses(vec![topic.clone()]).encode(&mut bytes, version).unwrap();
            let fetched = read(version, bytes.freeze()).unwrap();
            assert_eq!(fetched.len(), 2);
            assert_eq!((fetched[0].partition, fetched[0].code, fetched[0].high_watermark), (3, 6, 99));
            assert_eq!(fetched[0].records, "records", "{version}");
            assert!(fetched[1].records.is_empty());
        }
    }

    #[test]
    fn an_error_of_the_whole_answer_is_one() {
        let mut bytes = BytesMut::new();
        FetchResponse::default().with_error_code(70).encode(&mut bytes, 10).unwrap();
        assert!(matches!(read(10, bytes.freeze()), Err(KafkaError::Code { .. })));
    }
}
