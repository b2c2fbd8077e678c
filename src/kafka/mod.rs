//! Kafka's wire protocol: connections, admin requests, the survey that status is made of.
