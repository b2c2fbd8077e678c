//! Kafka's wire protocol: the codec, connections, the pool that keeps them, a file per request.
//!
//! Thin on purpose: one request at a time per connection, every one with a deadline, every node
//! asked for itself. Nothing here knows what a request is for.

pub mod answers;
pub(crate) mod any;
mod basic;
mod compact;
pub mod configs;
pub mod connection;
pub mod create_partitions;
pub mod create_topics;
pub mod decoders;
pub mod delete_topics;
pub mod elect_leaders;
pub mod eligible;
pub(crate) mod error;
pub mod features;
pub mod fetch;
mod frame;
pub mod groups;
pub mod init_producer_id;
pub mod log_dirs;
pub mod metadata;
pub mod offsets;
pub mod pieces;
pub mod pool;
pub mod produce;
pub mod produce_request;
pub mod quorum;
pub mod reassign;
pub mod records;
pub mod unregister;

#[cfg(test)]
pub(crate) mod fake;

pub use error::KafkaError;
#[cfg(test)]
mod robustness_tests;
