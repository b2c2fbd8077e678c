//! Kafka's wire protocol: connections, admin requests, the survey that status is made of.
//!
//! Thin on purpose: one request at a time per connection, every one with a deadline, every node
//! asked for itself. Nothing here decides; `view` and `kernel` do.

mod acting;
pub mod answers;
mod any;
mod compact;
pub mod configs;
pub mod connection;
pub mod controllers;
pub mod create_partitions;
pub mod create_topics;
pub mod decoders;
pub mod delete_topics;
pub mod dynamic;
pub mod elect_leaders;
pub mod eligible;
pub mod endpoints;
mod error;
pub mod features;
pub mod fetch;
mod frame;
pub mod groups;
pub mod init_producer_id;
mod legacy;
pub mod log_dirs;
mod merge;
pub mod metadata;
mod min_isr;
pub mod offsets;
pub mod pieces;
pub mod pool;
pub mod probe;
pub mod produce;
pub mod produce_request;
pub mod quorum;
pub mod reassign;
pub mod records;
pub mod survey;
pub mod topics;
pub mod unregister;
pub mod writable;

#[cfg(test)]
pub(crate) mod fake;

pub use error::KafkaError;
#[cfg(test)]
mod robustness_tests;
