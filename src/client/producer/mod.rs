//! Producing: records to the partitions of one topic, in order, through brokers that die and come back.
//!
//! Its core is pure: an accumulator of batches that is told what happened and at what moment,
//! and says what to do next. [`Producer`] does it: connections, compression, time.
//!
//! One request is in flight per broker, with at most one batch of each of its partitions; meanwhile the
//! next batches fill up and are compressed. So a partition never has two batches under way, and order
//! needs no further care.

mod answers;
mod batch;
mod core;
mod fate;
mod limits;
mod next;
mod open;
mod partitioner;
mod report;
mod settings;
mod shell;
#[cfg(test)]
mod tests;
mod wire;

pub(crate) use limits::Limits;
pub(crate) use open::ProduceError;
#[cfg(test)]
pub(crate) use report::PartitionReport;
pub(crate) use report::{Certainty, FirstFailure, Report};
pub(crate) use settings::{Acks, Idempotence, Settings};
pub(crate) use shell::Producer;
