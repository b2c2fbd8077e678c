//! Clients of Kafka for data, as programs that use a cluster have them: bytes in, bytes out.

pub mod alarm;
pub mod consumer;
pub mod group;
pub mod notice;
pub mod producer;
pub mod topic;
