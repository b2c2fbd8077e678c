//! How the Kafka and the Java of a plan were found. `plan.json` has the words that people read.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a Kafka distribution comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KafkaSource {
    #[serde(rename = "kafka.home in the spec")]
    Spec,
    #[serde(rename = "KAFKA_HOME")]
    KafkaHome,
    #[serde(rename = "the cache")]
    Cache,
    /// It is not there yet; [`KafkaSource::Archive`] or [`KafkaSource::Maven`] once it is.
    #[serde(rename = "to be fetched")]
    ToBeFetched,
    #[serde(rename = "the Apache archive")]
    Archive,
    Maven,
}

/// Where a Java comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JavaSource {
    #[serde(rename = "java in the spec")]
    Spec,
    #[serde(rename = "JAVA_HOME")]
    JavaHome,
    #[serde(rename = "PATH")]
    Path,
}

impl fmt::Display for KafkaSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl fmt::Display for JavaSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_read_from_the_words_that_older_plans_have() {
        for (words, source) in [
            ("kafka.home in the spec", KafkaSource::Spec),
            ("KAFKA_HOME", KafkaSource::KafkaHome),
            ("the cache", KafkaSource::Cache),
            ("to be fetched", KafkaSource::ToBeFetched),
            ("the Apache archive", KafkaSource::Archive),
            ("Maven", KafkaSource::Maven),
        ] {
            assert_eq!(serde_json::from_value::<KafkaSource>(words.into()).unwrap(), source);
            assert_eq!(source.to_string(), words);
        }
        for (words, source) in [
            ("java in the spec", JavaSource::Spec),
            ("JAVA_HOME", JavaSource::JavaHome),
            ("PATH", JavaSource::Path),
        ] {
            assert_eq!(serde_json::from_value::<JavaSource>(words.into()).unwrap(), source);
            assert_eq!(source.to_string(), words);
        }
    }
}
