//! Clients of Kafka for data, as programs that use a cluster have them: bytes in, bytes out.

pub(crate) mod alarm;
pub(crate) mod consumer;
pub(crate) mod group;
pub(crate) mod notice;
pub(crate) mod producer;
pub(crate) mod topic;
