//! The basic types of the protocol, for what is written and read without kafka-protocol: requests in the versions
//! that only Kafka 0.10 speaks, which it has dropped, and those whose bytes are not to be copied.

use bytes::{Buf, BufMut, TryGetError};

use super::error::KafkaError;
use super::frame::Answer;

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

/// A string, or null.
pub(super) fn string(answer: &mut Answer) -> Result<Option<String>, TryGetError> {
    let length = answer.try_get_i16()?;
    let Ok(length) = usize::try_from(length) else { return Ok(None) };
    text(answer, length).map(Some)
}

/// The next so many bytes as text.
pub(super) fn text(answer: &mut Answer, length: usize) -> Result<String, TryGetError> {
    if answer.remaining() < length {
        return Err(TryGetError { requested: length, available: answer.remaining() });
    }
    Ok(String::from_utf8_lossy(&answer.copy_to_bytes(length)).into_owned())
}

pub(super) fn array<T>(
    answer: &mut Answer,
    mut item: impl FnMut(&mut Answer) -> Result<T, TryGetError>,
) -> Result<Vec<T>, TryGetError> {
    let count = answer.try_get_i32()?;
    (0..count).map(|_| item(answer)).collect()
}
