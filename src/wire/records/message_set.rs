//! Writing message sets of magic 1 (KIP-32), the format of Kafka 0.10.

use bytes::BufMut;

use crate::wire::records::{Compression, Record};

/// Before a message: offset 8, size 4.
pub(super) const LOG_OVERHEAD: usize = 12;
/// Of a message: CRC 4, magic 1, attributes 1, timestamp 8, lengths of key and value 8.
const MESSAGE_OVERHEAD: usize = 22;

/// Records of one partition, written as they come. They have no headers: those are dropped, so refuse
/// them before.
#[derive(Debug, Default)]
pub(crate) struct MessageSetBuilder {
    messages: Vec<u8>,
    count: i32,
    max_timestamp: i64,
}

impl MessageSetBuilder {
    pub(crate) fn push(&mut self, record: &Record) {
        // Offsets inside a compressed set are relative (KIP-31); others are given by the broker.
        put_message(
            &mut self.messages,
            i64::from(self.count),
            0,
            record.timestamp,
            record.key.as_deref(),
            record.value.as_deref(),
        );
        self.max_timestamp = self.max_timestamp.max(record.timestamp);
        self.count += 1;
    }

    /// Bytes of the set, uncompressed.
    pub(crate) fn size(&self) -> usize {
        self.messages.len()
    }

    /// The bytes that this record adds to a set.
    pub(crate) fn size_of(record: &Record) -> usize {
        let length = |bytes: &Option<bytes::Bytes>| bytes.as_ref().map_or(0, |bytes| bytes.len());
        LOG_OVERHEAD + MESSAGE_OVERHEAD + length(&record.key) + length(&record.value)
    }

    /// The set as it is sent: as it is, or as the one message of another.
    pub(crate) fn close(self, compression: Compression) -> Vec<u8> {
        match compression {
            Compression::None => self.messages,
            compression => {
                let inner = compression.compress(&self.messages);
                let mut out = Vec::with_capacity(LOG_OVERHEAD + MESSAGE_OVERHEAD + inner.len());
                let last = i64::from(self.count - 1);
                put_message(&mut out, last, compression.attributes(), self.max_timestamp, None, Some(&inner));
                out
            }
        }
    }
}

fn put_message(
    out: &mut Vec<u8>,
    offset: i64,
    attributes: u8,
    timestamp: i64,
    key: Option<&[u8]>,
    value: Option<&[u8]>,
) {
    out.put_i64(offset);
    let length = |bytes: Option<&[u8]>| bytes.map_or(0, <[u8]>::len);
    out.put_i32((MESSAGE_OVERHEAD + length(key) + length(value)) as i32);
    let crc = out.len();
    out.put_u32(0);
    out.put_u8(1); // Magic.
    out.put_u8(attributes);
    out.put_i64(timestamp);
    for bytes in [key, value] {
        out.put_i32(bytes.map_or(-1, |bytes| bytes.len() as i32));
        out.put_slice(bytes.unwrap_or_default());
    }
    let sum = crc32fast::hash(&out[crc + 4..]);
    out[crc..crc + 4].copy_from_slice(&sum.to_be_bytes());
}
