//! Kafka's wire protocol: the codec, connections, the pool that keeps them, a file per request.
//!
//! Thin on purpose: one request at a time per connection, every one with a deadline, every node
//! asked for itself. Nothing here knows what a request is for.

pub(crate) mod acls;
pub(crate) mod answers;
pub(crate) mod any;
mod basic;
mod compact;
pub(crate) mod configs;
pub(crate) mod connection;
pub(crate) mod create_partitions;
pub(crate) mod create_topics;
pub(crate) mod decoders;
pub(crate) mod delete_topics;
pub(crate) mod elect_leaders;
pub(crate) mod eligible;
pub(crate) mod error;
pub(crate) mod features;
pub(crate) mod fetch;
mod frame;
pub(crate) mod groups;
pub(crate) mod init_producer_id;
pub(crate) mod log_dirs;
pub(crate) mod metadata;
pub(crate) mod offsets;
pub(crate) mod pieces;
pub(crate) mod pool;
pub(crate) mod produce;
pub(crate) mod produce_request;
pub(crate) mod quorum;
pub(crate) mod reassign;
pub(crate) mod records;
mod sasl;
pub(crate) mod scram;
mod stream;
mod tls;
pub(crate) mod unregister;

#[cfg(test)]
pub(crate) mod fake;

pub use error::KafkaError;
#[cfg(test)]
mod robustness_tests;
