//! What Kafka and ZooKeeper say at this moment, asked of every node apart: the survey that status is made of, the
//! probes of readiness, whether partitions can be written. Nothing here decides; `view` and `kernel` do.

mod acting;
pub mod controllers;
pub mod dynamic;
pub mod memory;
mod merge;
mod min_isr;
pub mod probe;
pub mod readiness;
pub mod survey;
pub mod writable;
