//! Clients of Kafka for data, as programs that use a cluster have them: bytes in, bytes out.

pub mod producer;
