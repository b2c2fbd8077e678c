//! The format of what is produced and fetched: record batches (magic 2, since Kafka 0.11, KIP-98) and
//! message sets (magic 0 and 1, KIP-32). Bytes in, bytes out; no sockets, no clock.
//!
//! Ours, since clients spend their time here: a record that is sent is written once, a record that is
//! read is a slice of the answer, and nothing is allocated by a count that a broker claims.

mod batch;
mod compression;
mod message_set;
mod read;
mod varint;

pub(crate) use batch::{Batch, BatchBuilder, Sequence};
pub(crate) use compression::Compression;
pub(crate) use message_set::MessageSetBuilder;
pub(crate) use read::Batches;

use bytes::Bytes;

/// A key that says more about a record: name and value.
pub(crate) type Header = (Bytes, Option<Bytes>);

/// A record that is to be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Record {
    pub key: Option<Bytes>,
    /// `None`: a tombstone, which deletes the key from a compacted topic.
    pub value: Option<Bytes>,
    /// In order; names may repeat. Not in message sets.
    pub headers: Vec<Header>,
    /// Since the epoch, in ms.
    pub timestamp: i64,
}

/// A record as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredRecord {
    pub offset: i64,
    /// Since the epoch, in ms; -1 in message sets of magic 0.
    pub timestamp: i64,
    pub key: Option<Bytes>,
    pub value: Option<Bytes>,
    pub headers: Vec<Header>,
}

/// Why records cannot be read: the bytes are damaged or need something that is not known here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RecordsError {
    #[error("a record batch ends too soon")]
    TooShort,
    #[error("the checksum of the batch at offset {0} is wrong")]
    Checksum(i64),
    #[error("a record batch of unknown format {0} (magic)")]
    Magic(i8),
    #[error("unknown compression {0}")]
    UnknownCompression(u8),
    #[error("{0} data is damaged: {1}")]
    Compression(Compression, String),
    #[error("a batch is larger than {} MiB when it is decompressed", .0 >> 20)]
    TooLarge(usize),
    #[error("{0}")]
    Damaged(&'static str),
}

#[cfg(test)]
mod tests;
