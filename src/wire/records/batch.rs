//! Writing record batches (magic 2).

use bytes::BufMut;

use crate::wire::records::{Compression, Record, varint};

/// Before the records: base offset 8, length 4, leader epoch 4, magic 1, CRC 4, attributes 2, last offset
/// delta 4, timestamps 16, producer id 8, epoch 2, sequence 4, count 4 (`DefaultRecordBatch`).
pub(super) const HEADER: usize = 61;
/// What the length does not count: base offset and itself.
pub(super) const BEFORE_LENGTH_ENDS: usize = 12;
/// The CRC covers what comes after it.
pub(super) const CRC: usize = 17;
pub(super) const AFTER_CRC: usize = 21;

/// Who wrote a batch, for brokers that drop what they have already (KIP-98).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sequence {
    pub producer_id: i64,
    pub producer_epoch: i16,
    /// Of the first record.
    pub base: i32,
}

impl Sequence {
    /// Of a producer that is not idempotent (`RecordBatch.NO_PRODUCER_ID` and so on).
    pub(crate) const NONE: Sequence = Sequence { producer_id: -1, producer_epoch: -1, base: -1 };
}

/// Records of one partition, written as they come.
#[derive(Debug, Default)]
pub(crate) struct BatchBuilder {
    records: Vec<u8>,
    pub(super) count: i32,
    first_timestamp: i64,
    max_timestamp: i64,
}

/// A batch that takes no more records: compressed, to be written as often as it is tried.
#[derive(Debug)]
pub(crate) struct Batch {
    records: Vec<u8>,
    compression: Compression,
    pub(super) count: i32,
    first_timestamp: i64,
    max_timestamp: i64,
}

impl BatchBuilder {
    pub(crate) fn push(&mut self, record: &Record) {
        if self.count == 0 {
            self.first_timestamp = record.timestamp;
            self.max_timestamp = record.timestamp;
        }
        self.max_timestamp = self.max_timestamp.max(record.timestamp);
        let timestamp_delta = record.timestamp.wrapping_sub(self.first_timestamp);
        let offset_delta = i64::from(self.count);

        let out = &mut self.records;
        varint::put(out, body_length(record, timestamp_delta, offset_delta) as i64);
        out.put_u8(0); // Attributes: none are defined.
        varint::put(out, timestamp_delta);
        varint::put(out, offset_delta);
        put_bytes(out, record.key.as_deref());
        put_bytes(out, record.value.as_deref());
        varint::put(out, record.headers.len() as i64);
        for (name, value) in &record.headers {
            put_bytes(out, Some(name));
            put_bytes(out, value.as_deref());
        }
        self.count += 1;
    }

    /// Bytes of the batch, uncompressed.
    pub(crate) fn size(&self) -> usize {
        HEADER + self.records.len()
    }

    /// At most the bytes that this record adds to a batch.
    pub(crate) fn size_of(record: &Record) -> usize {
        // Length, timestamp and offset at their longest: the batch that it will be in is not known.
        body_length(record, 0, 0) + 5 + 9 + 4
    }

    pub(crate) fn close(self, compression: Compression) -> Batch {
        let records = match compression {
            Compression::None => self.records,
            compression => compression.compress(&self.records),
        };
        let BatchBuilder { count, first_timestamp, max_timestamp, .. } = self;
        Batch { records, compression, count, first_timestamp, max_timestamp }
    }
}

impl Batch {
    /// Bytes that [`Batch::write`] writes.
    pub(crate) fn size(&self) -> usize {
        HEADER + self.records.len()
    }

    pub(crate) fn write(&self, sequence: Sequence, out: &mut Vec<u8>) {
        let start = out.len();
        out.put_i64(0); // Base offset: given by the broker.
        out.put_i32((self.size() - BEFORE_LENGTH_ENDS) as i32);
        out.put_i32(-1); // Leader epoch: given by the broker.
        out.put_i8(2); // Magic.
        out.put_u32(0); // CRC: below.
        out.put_u16(u16::from(self.compression.attributes()));
        out.put_i32(self.count - 1);
        out.put_i64(self.first_timestamp);
        out.put_i64(self.max_timestamp);
        out.put_i64(sequence.producer_id);
        out.put_i16(sequence.producer_epoch);
        out.put_i32(sequence.base);
        out.put_i32(self.count);
        out.put_slice(&self.records);
        let crc = crc32c::crc32c(&out[start + AFTER_CRC..]);
        out[start + CRC..start + AFTER_CRC].copy_from_slice(&crc.to_be_bytes());
    }
}

fn put_bytes(out: &mut Vec<u8>, bytes: Option<&[u8]>) {
    match bytes {
        Some(bytes) => {
            varint::put(out, bytes.len() as i64);
            out.put_slice(bytes);
        }
        None => varint::put(out, -1),
    }
}

/// Bytes of a record after its length.
fn body_length(record: &Record, timestamp_delta: i64, offset_delta: i64) -> usize {
    let of = |bytes: Option<&[u8]>| match bytes {
        Some(bytes) => varint::length(bytes.len() as i64) + bytes.len(),
        None => 1,
    };
    let headers: usize =
        record.headers.iter().map(|(name, value)| of(Some(name)) + of(value.as_deref())).sum();
    1 + varint::length(timestamp_delta)
        + varint::length(offset_delta)
        + of(record.key.as_deref())
        + of(record.value.as_deref())
        + varint::length(record.headers.len() as i64)
        + headers
}
