//! Which Kafka version has what.

pub use crate::spec::versions::at_least;

/// ZooKeeper 3.5 and later (bundled from Kafka 2.4, KAFKA-8634) has the admin server and the
/// whitelist of four-letter words.
pub(crate) fn has_zookeeper_3_5(kafka_version: &str) -> bool {
    at_least(kafka_version, &[2, 4])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number_and_not_by_letter() {
        assert!(at_least("3.9.2", &[0, 11]));
        assert!(at_least("3.10.0", &[3, 9]));
        assert!(at_least("0.11.0.0", &[0, 11]));
        assert!(!at_least("0.10.2.2", &[0, 11]));
        assert!(!at_least("3.8.1", &[3, 9]));
    }
}
