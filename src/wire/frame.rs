//! Frames: a 4-byte length, then the message. Bounded before anything is allocated.

use bytes::{Buf, Bytes, TryGetError};
use kafka_protocol::protocol::buf::ByteBuf;
use std::ops::Range;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::error::KafkaError;

/// The longest answer that is read, in bytes. Metadata of 100,000 partitions takes about 6 MB.
const MAX_FRAME: i32 = 64 << 20;

/// The largest 32-bit number that is believed. It is above every port, broker id, partition number
/// and leader epoch that a local cluster can have.
///
/// kafka-protocol allocates arrays by the count in the answer before it reads them: without this
/// limit four damaged bytes ask for 200 GB, and the process aborts.
const MAX_NUMBER: i32 = 1 << 17;

/// What is allocated on a mere claim, in bytes; most answers are shorter.
const PIECE: usize = 64 << 10;

/// Reads one frame, in pieces, so that a claimed length costs little until its bytes are there.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<Answer, KafkaError> {
    let length = stream.read_i32().await?;
    if !(0..=MAX_FRAME).contains(&length) {
        return Err(KafkaError::Garbage(format!("it claims to be {length} bytes long")));
    }
    let mut body = Vec::with_capacity((length as usize).min(PIECE));
    let read = stream.take(length as u64).read_to_end(&mut body).await?;
    if read < length as usize {
        return Err(KafkaError::Closed);
    }
    Ok(Answer(Bytes::from(body)))
}

/// Bytes of a frame that are its length.
pub(super) const LENGTH: usize = 4;

/// Writes one frame, whose first [`LENGTH`] bytes are still to be filled in.
pub(super) async fn write(
    stream: &mut (impl AsyncWrite + Unpin),
    mut frame: Vec<u8>,
) -> Result<(), KafkaError> {
    let body = frame.len().saturating_sub(LENGTH);
    let length = i32::try_from(body)
        .ok()
        .filter(|length| *length <= MAX_FRAME)
        .ok_or_else(|| KafkaError::Unwritable(format!("it is {body} bytes long")))?;
    if let Some(first) = frame.first_chunk_mut() {
        *first = length.to_be_bytes();
    }
    stream.write_all(&frame).await?;
    // TLS may keep the last of its records.
    stream.flush().await?;
    Ok(())
}

/// The bytes of an answer, read through [`MAX_NUMBER`].
///
/// Versions with compact arrays (variable-length counts) would go past it: see
/// [`crate::wire::connection::newest_plain`].
#[derive(Clone, Debug)]
pub struct Answer(pub Bytes);

impl Buf for Answer {
    fn remaining(&self) -> usize {
        self.0.remaining()
    }
    fn chunk(&self) -> &[u8] {
        self.0.chunk()
    }
    fn advance(&mut self, count: usize) {
        self.0.advance(count);
    }
    fn try_get_i32(&mut self) -> Result<i32, TryGetError> {
        match self.0.try_get_i32()? {
            number if number > MAX_NUMBER => {
                Err(TryGetError { requested: number as usize, available: self.0.remaining() })
            }
            number => Ok(number),
        }
    }
}

impl ByteBuf for Answer {
    fn peek_bytes(&mut self, range: Range<usize>) -> Bytes {
        self.0.peek_bytes(range)
    }
    fn get_bytes(&mut self, size: usize) -> Bytes {
        self.0.get_bytes(size)
    }
}
