//! Batches on their way: being filled, waiting, sent.

use std::sync::Arc;

use bytes::Bytes;
use tokio::time::Instant;

use crate::wire::produce_request::{Format, Payload};
use crate::wire::records::{
    BatchBuilder, Batches, Compression, MessageSetBuilder, Record, RecordsError, Sequence,
};

/// Records of one partition as they come, in the format of the broker.
#[derive(Debug)]
pub(super) enum Builder {
    Batch(BatchBuilder),
    MessageSet(MessageSetBuilder),
}

impl Builder {
    pub(super) fn new(format: Format) -> Self {
        match format {
            Format::Batches => Builder::Batch(BatchBuilder::default()),
            Format::MessageSets => Builder::MessageSet(MessageSetBuilder::default()),
        }
    }

    pub(super) fn push(&mut self, record: &Record) {
        match self {
            Builder::Batch(builder) => builder.push(record),
            Builder::MessageSet(builder) => builder.push(record),
        }
    }

    /// At most the bytes that this record adds.
    pub(super) fn size_of(format: Format, record: &Record) -> usize {
        match format {
            Format::Batches => BatchBuilder::size_of(record),
            Format::MessageSets => MessageSetBuilder::size_of(record),
        }
    }

    /// Bytes, uncompressed.
    pub(super) fn size(&self) -> usize {
        match self {
            Builder::Batch(builder) => builder.size(),
            Builder::MessageSet(builder) => builder.size(),
        }
    }

    pub(super) fn close(self, compression: Compression) -> Payload {
        match self {
            Builder::Batch(builder) => Payload::Batch(builder.close(compression)),
            Builder::MessageSet(builder) => Payload::Bytes(builder.close(compression)),
        }
    }
}

/// A batch that is being filled.
#[derive(Debug)]
pub(super) struct Open {
    pub builder: Builder,
    /// What came with each record.
    pub lines: Vec<u64>,
    /// When its first record came.
    pub since: Instant,
    /// Bytes that it takes of the buffer.
    pub charge: usize,
}

/// A batch that takes no more records.
#[derive(Debug)]
pub(super) struct Waiting {
    pub lines: Vec<u64>,
    pub since: Instant,
    pub charge: usize,
    pub body: Body,
    /// From its first try on; the same in every other one.
    pub sequence: Option<Sequence>,
    /// It was sent once without an answer that says that it was not stored.
    pub perhaps_stored: bool,
    pub tries: u32,
}

#[derive(Debug)]
pub(super) enum Body {
    /// To be compressed.
    Loose(Builder),
    /// Being compressed, under this number.
    Compressing(u64),
    Ready(Arc<Payload>),
}

impl Waiting {
    pub(super) fn of(open: Open, compression: Compression) -> Self {
        let Open { builder, lines, since, charge } = open;
        let body = match compression {
            Compression::None => Body::Ready(Arc::new(builder.close(Compression::None))),
            _ => Body::Loose(builder),
        };
        Waiting { lines, since, charge, body, sequence: None, perhaps_stored: false, tries: 0 }
    }

    pub(super) fn ready(&self) -> Option<&Arc<Payload>> {
        match &self.body {
            Body::Ready(payload) => Some(payload),
            _ => None,
        }
    }
}

/// The records of a payload, read back from it, so that nothing but the payload is kept for a split.
pub(super) fn records(payload: &Payload) -> Result<Vec<Record>, RecordsError> {
    let mut bytes = Vec::with_capacity(payload.size());
    payload.write(Sequence::NONE, &mut bytes);
    let mut records = Vec::new();
    for batch in Batches::new(Bytes::from(bytes)) {
        records.extend(batch?.records.into_iter().map(|stored| Record {
            key: stored.key,
            value: stored.value,
            headers: stored.headers,
            timestamp: stored.timestamp,
        }));
    }
    Ok(records)
}
