//! How a producer does its work.

use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::wire::records::Compression;

/// Who must have a record before it counts as acknowledged (Kafka's `acks`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Acks {
    /// Every in-sync replica
    #[default]
    All,
    /// The leader
    #[value(name = "1")]
    Leader,
    /// Nobody: it is sent, and that is all
    #[value(name = "0")]
    None,
}

impl Acks {
    /// As requests have it.
    pub(crate) fn on_the_wire(self) -> i16 {
        match self {
            Acks::All => -1,
            Acks::Leader => 1,
            Acks::None => 0,
        }
    }
}

/// As `--acks` has it.
impl Serialize for Acks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Acks::All => "all",
            Acks::Leader => "1",
            Acks::None => "0",
        })
    }
}

/// Whether brokers are to know a batch again that they have already (`enable.idempotence`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Idempotence {
    /// With acks=all and brokers that can (0.11, KIP-98).
    #[default]
    WherePossible,
    Required,
    Off,
}

/// What is up to the user of a producer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Settings {
    pub acks: Acks,
    pub idempotence: Idempotence,
    /// Records will have headers, which brokers before 0.11 cannot store: better told before the first.
    pub headers: bool,
    pub compression: Compression,
    /// The most bytes that a batch has before it is compressed; a larger record is a batch of its own.
    pub batch_size: usize,
    /// How long a batch that is not full waits for more records.
    pub linger: Duration,
    /// How long a record may take from [`super::Producer::push`] to its acknowledgement, other tries
    /// included (`delivery.timeout.ms`).
    pub timeout: Duration,
    /// Bytes of records that may be under way; beyond, [`super::Producer::has_room`] is false.
    pub buffer: usize,
    /// Batches that are compressed at once.
    pub compressors: usize,
    /// The partition that is first in turn for records without a key.
    pub seed: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            acks: Acks::All,
            idempotence: Idempotence::WherePossible,
            headers: false,
            compression: Compression::None,
            batch_size: 256 << 10,
            linger: Duration::from_millis(5),
            timeout: Duration::from_secs(120),
            buffer: 8 << 20,
            compressors: 2,
            seed: 0,
        }
    }
}
