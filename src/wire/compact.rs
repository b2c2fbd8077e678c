//! Fields of flexible versions (KIP-482): variable-length counts, compact strings and arrays, tagged fields.
//!
//! kafka-protocol reserves room by a count that is only claimed; here an array grows as its items are read,
//! and each takes a byte at least. So nothing larger than the answer itself is ever allocated.

use bytes::{Buf, BytesMut, TryGetError};
use kafka_protocol::protocol::Encodable;

use super::basic;
use super::error::KafkaError;
use super::frame::Answer;

/// The body of a request in a flexible version. Only reading needs the care that this module takes.
pub(super) fn encoded(request: &impl Encodable, version: i16) -> Result<BytesMut, KafkaError> {
    let mut body = BytesMut::new();
    request.encode(&mut body, version).map_err(|error| KafkaError::Unwritable(error.to_string()))?;
    Ok(body)
}

/// An answer that ends too early.
pub(super) fn garbage(error: TryGetError) -> KafkaError {
    KafkaError::Garbage(error.to_string())
}

/// An unsigned varint of 32 bits, as protobuf's: 7 bits a byte, the lowest first.
fn unsigned(answer: &mut Answer) -> Result<usize, TryGetError> {
    let mut value: u64 = 0;
    for shift in (0..35).step_by(7) {
        let byte = answer.try_get_u8()?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(usize::try_from(value).unwrap_or(usize::MAX));
        }
    }
    Err(TryGetError { requested: usize::MAX, available: answer.remaining() })
}

/// How many, `None` for null: the wire has one more.
fn count(answer: &mut Answer) -> Result<Option<usize>, TryGetError> {
    Ok(unsigned(answer)?.checked_sub(1))
}

pub(super) fn string(answer: &mut Answer) -> Result<Option<String>, TryGetError> {
    let Some(length) = count(answer)? else { return Ok(None) };
    basic::text(answer, length).map(Some)
}

/// Empty for null.
pub(super) fn array<T>(
    answer: &mut Answer,
    mut item: impl FnMut(&mut Answer) -> Result<T, TryGetError>,
) -> Result<Vec<T>, TryGetError> {
    let mut items = Vec::new();
    for _ in 0..count(answer)?.unwrap_or(0) {
        items.push(item(answer)?);
    }
    Ok(items)
}

pub(super) fn strings(answer: &mut Answer) -> Result<Vec<String>, TryGetError> {
    array(answer, |answer| Ok(string(answer)?.unwrap_or_default()))
}

/// Passes over fields that take so many bytes.
pub(super) fn skip(answer: &mut Answer, bytes: usize) -> Result<(), TryGetError> {
    if answer.remaining() < bytes {
        return Err(TryGetError { requested: bytes, available: answer.remaining() });
    }
    answer.advance(bytes);
    Ok(())
}

/// Hands each tagged field to `each`, with the bytes of its value.
pub(super) fn tags(
    answer: &mut Answer,
    mut each: impl FnMut(usize, Answer) -> Result<(), TryGetError>,
) -> Result<(), TryGetError> {
    for _ in 0..unsigned(answer)? {
        let tag = unsigned(answer)?;
        let length = unsigned(answer)?;
        if answer.remaining() < length {
            return Err(TryGetError { requested: length, available: answer.remaining() });
        }
        each(tag, Answer(answer.0.split_to(length)))?;
    }
    Ok(())
}

/// Passes over tagged fields.
pub(super) fn skip_tags(answer: &mut Answer) -> Result<(), TryGetError> {
    tags(answer, |_, _| Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(bytes: &[u8]) -> Answer {
        Answer(bytes.to_vec().into())
    }

    #[test]
    fn compact_fields_are_read_as_kafka_writes_them() {
        assert_eq!(unsigned(&mut answer(&[0xac, 0x02])), Ok(300));
        assert_eq!(string(&mut answer(b"\x03ab")), Ok(Some("ab".to_owned())));
        assert_eq!(string(&mut answer(&[0])), Ok(None));
        assert_eq!(array(&mut answer(&[3, 7, 8]), |answer| answer.try_get_u8()), Ok(vec![7, 8]));
        let mut tagged = answer(&[1, 5, 2, 9, 9, 42]);
        skip_tags(&mut tagged).unwrap();
        assert_eq!(tagged.try_get_u8(), Ok(42));
    }

    #[test]
    fn what_is_longer_than_the_answer_is_refused() {
        let four_billion = [0xff, 0xff, 0xff, 0xff, 0x0f];
        assert!(string(&mut answer(&four_billion)).is_err());
        assert!(array(&mut answer(&four_billion), |answer| answer.try_get_u8()).is_err());
        assert!(skip_tags(&mut answer(&four_billion)).is_err());
        assert!(unsigned(&mut answer(&[0xff; 9])).is_err(), "it has no end");
    }
}
