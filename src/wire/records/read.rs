//! Reading what a partition holds: record batches and message sets, in any mixture.

use bytes::{Buf, Bytes};

use crate::wire::records::batch::{AFTER_CRC, BEFORE_LENGTH_ENDS, CRC, HEADER};
use crate::wire::records::message_set::LOG_OVERHEAD;
use crate::wire::records::{Compression, Header, RecordsError, StoredRecord, varint};

/// Where the magic of a batch and of a message stands.
const MAGIC: usize = 16;
/// Of a batch's attributes (`DefaultRecordBatch`).
const LOG_APPEND_TIME: u16 = 1 << 3;
const CONTROL: u16 = 1 << 5;

/// What one batch holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReadBatch {
    /// In order of offsets. Empty when all were compacted away, and for markers of transactions.
    pub records: Vec<StoredRecord>,
    /// Where the next batch begins: the last record may have been compacted away.
    pub next_offset: i64,
}

/// The batches of an answer to Fetch, one by one. Ends at the first that is not whole: brokers cut
/// answers at any byte.
///
/// A batch may begin before the offset that was asked for; its earlier records are read, too.
#[derive(Clone, Debug)]
pub(crate) struct Batches(Bytes);

impl Batches {
    pub(crate) fn new(records: Bytes) -> Self {
        Batches(records)
    }
}

impl Iterator for Batches {
    type Item = Result<ReadBatch, RecordsError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = take_whole(&mut self.0)?;
        let read = batch.and_then(|batch| match batch[MAGIC] as i8 {
            2 => read_batch(batch),
            0 | 1 => read_message(batch),
            other => Err(RecordsError::Magic(other)),
        });
        if read.is_err() {
            self.0.clear();
        }
        Some(read)
    }
}

/// The next batch or message, if it is here whole.
fn take_whole(bytes: &mut Bytes) -> Option<Result<Bytes, RecordsError>> {
    let length = bytes.get(8..BEFORE_LENGTH_ENDS)?;
    let length = i32::from_be_bytes([length[0], length[1], length[2], length[3]]);
    let Ok(length) = usize::try_from(length) else {
        bytes.clear();
        return Some(Err(RecordsError::Damaged("a batch has a negative length")));
    };
    let whole = BEFORE_LENGTH_ENDS + length;
    if bytes.len() < whole {
        return None;
    }
    if whole <= MAGIC {
        bytes.clear();
        return Some(Err(RecordsError::TooShort));
    }
    Some(Ok(bytes.split_to(whole)))
}

fn read_batch(mut batch: Bytes) -> Result<ReadBatch, RecordsError> {
    if batch.len() < HEADER {
        return Err(RecordsError::TooShort);
    }
    let base_offset = i64::from_be_bytes(batch[..8].try_into().map_err(|_| RecordsError::TooShort)?);
    batch.advance(CRC);
    let crc = batch.get_u32();
    debug_assert_eq!(CRC + 4, AFTER_CRC);
    if crc32c::crc32c(&batch) != crc {
        return Err(RecordsError::Checksum(base_offset));
    }
    let attributes = batch.get_u16();
    let last_offset_delta = batch.get_i32();
    let first_timestamp = batch.get_i64();
    let max_timestamp = batch.get_i64();
    batch.advance(8 + 2 + 4); // Who wrote it.
    let count = batch.get_i32();
    let next_offset = base_offset
        .checked_add(i64::from(last_offset_delta))
        .and_then(|last| last.checked_add(1))
        .filter(|next| *next > base_offset)
        .ok_or(RecordsError::Damaged("a batch ends before it begins"))?;
    let mut read = ReadBatch { records: Vec::new(), next_offset };
    if attributes & CONTROL != 0 {
        return Ok(read);
    }
    let mut bytes = Compression::from_attributes(attributes as u8)?.decompress(&batch)?;
    // The shortest record has 7 bytes, whatever the count claims.
    let count = usize::try_from(count).map_err(|_| RecordsError::Damaged("a batch has a negative count"))?;
    read.records.reserve(count.min(bytes.len() / 7));
    for _ in 0..count {
        let mut record = read_record(&mut bytes, base_offset, first_timestamp)?;
        if attributes & LOG_APPEND_TIME != 0 {
            record.timestamp = max_timestamp;
        }
        read.records.push(record);
    }
    Ok(read)
}

fn read_record(
    bytes: &mut Bytes,
    base_offset: i64,
    first_timestamp: i64,
) -> Result<StoredRecord, RecordsError> {
    let length = varint::get_length(bytes)?.ok_or(RecordsError::Damaged("a record has a negative length"))?;
    if bytes.len() < length {
        return Err(RecordsError::TooShort);
    }
    let mut body = bytes.split_to(length);
    body.try_get_u8().map_err(|_| RecordsError::TooShort)?; // Attributes: none are defined.
    let timestamp = first_timestamp.wrapping_add(varint::get(&mut body)?);
    let offset = base_offset.wrapping_add(varint::get(&mut body)?);
    let key = get_bytes(&mut body)?;
    let value = get_bytes(&mut body)?;
    let count = varint::get_length(&mut body)?.unwrap_or_default();
    let mut headers = Vec::with_capacity(count.min(body.len() / 2));
    for _ in 0..count {
        headers.push(read_header(&mut body)?);
    }
    Ok(StoredRecord { offset, timestamp, key, value, headers })
}

fn read_header(body: &mut Bytes) -> Result<Header, RecordsError> {
    let name = get_bytes(body)?.ok_or(RecordsError::Damaged("a header has no name"))?;
    Ok((name, get_bytes(body)?))
}

fn get_bytes(body: &mut Bytes) -> Result<Option<Bytes>, RecordsError> {
    let Some(length) = varint::get_length(body)? else { return Ok(None) };
    match body.len() < length {
        true => Err(RecordsError::TooShort),
        false => Ok(Some(body.split_to(length))),
    }
}

/// A message of a message set; when it is compressed, the set inside it.
fn read_message(message: Bytes) -> Result<ReadBatch, RecordsError> {
    let wrapper = Message::read(message)?;
    let next_offset = wrapper.offset.checked_add(1).ok_or(RecordsError::Damaged("an offset is too large"))?;
    let compression = Compression::from_attributes(wrapper.attributes)?;
    if compression == Compression::None {
        return Ok(ReadBatch { records: vec![wrapper.stored()], next_offset });
    }
    let mut inner = compression.decompress(wrapper.value.as_ref().ok_or(RecordsError::TooShort)?)?;
    let mut records = Vec::new();
    while let Some(message) = take_whole(&mut inner) {
        let message = Message::read(message?)?;
        if Compression::from_attributes(message.attributes)? != Compression::None {
            return Err(RecordsError::Damaged("a compressed message is inside another"));
        }
        records.push(message.stored());
    }
    // Offsets inside are relative to the last one, whose own the wrapper has (KIP-31).
    if wrapper.magic >= 1 {
        let last = records.last().map_or(0, |record| record.offset);
        for record in &mut records {
            record.offset = wrapper.offset.wrapping_sub(last).wrapping_add(record.offset);
            if u16::from(wrapper.attributes) & LOG_APPEND_TIME != 0 {
                record.timestamp = wrapper.timestamp;
            }
        }
    }
    Ok(ReadBatch { records, next_offset })
}

struct Message {
    offset: i64,
    magic: u8,
    attributes: u8,
    timestamp: i64,
    key: Option<Bytes>,
    value: Option<Bytes>,
}

impl Message {
    fn read(mut message: Bytes) -> Result<Self, RecordsError> {
        let short = |_| RecordsError::TooShort;
        let offset = message.try_get_i64().map_err(short)?;
        message.advance(LOG_OVERHEAD - 8);
        let crc = message.try_get_u32().map_err(short)?;
        if crc32fast::hash(&message) != crc {
            return Err(RecordsError::Checksum(offset));
        }
        let magic = message.try_get_u8().map_err(short)?;
        let attributes = message.try_get_u8().map_err(short)?;
        let timestamp = match magic {
            0 => -1,
            1 => message.try_get_i64().map_err(short)?,
            other => return Err(RecordsError::Magic(other as i8)),
        };
        let mut bytes = || {
            let Ok(length) = usize::try_from(message.try_get_i32().map_err(short)?) else { return Ok(None) };
            match message.len() < length {
                true => Err(RecordsError::TooShort),
                false => Ok(Some(message.split_to(length))),
            }
        };
        let (key, value) = (bytes()?, bytes()?);
        Ok(Message { offset, magic, attributes, timestamp, key, value })
    }

    fn stored(self) -> StoredRecord {
        let Message { offset, timestamp, key, value, .. } = self;
        StoredRecord { offset, timestamp, key, value, headers: Vec::new() }
    }
}
