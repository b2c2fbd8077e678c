//! Kafka distributions and Java: find, fetch, verify.
