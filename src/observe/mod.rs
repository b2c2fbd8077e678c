//! What Kafka and ZooKeeper say at this moment, asked of every node apart: the survey that status is made of, the
//! probes of readiness, whether partitions can be written. Nothing here decides; `view` and `kernel` do.

mod acting;
pub(crate) mod controllers;
pub(crate) mod dynamic;
pub(crate) mod memory;
mod merge;
mod min_isr;
pub(crate) mod probe;
pub(crate) mod readiness;
pub(crate) mod survey;
pub(crate) mod writable;
