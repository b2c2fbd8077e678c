//! Kafka's own command line tools: which there are, how each is told where to connect, and the JVM
//! that runs one.
//!
//! What Kafka's bin/*.sh do: a distribution of Maven has jars only.

mod classes;
pub(crate) mod connect;
mod jvm;
mod table;

pub(crate) use connect::Connect;
pub(crate) use jvm::{ToolError, command};

use crate::plan::version::at_least;

/// A tool of one line of Kafka versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tool {
    /// Of its script in Kafka's bin, without `.sh`.
    pub name: &'static str,
    pub main_class: &'static str,
    /// A class of another jar, without which it ends at once.
    pub needs: Option<&'static str>,
    pub connect: Connect,
    /// The script's `-Xmx`.
    pub heap_mib: u32,
}

/// The tools of a version.
pub(crate) fn all(kafka_version: &str) -> &'static [Tool] {
    let since = |version: &[u32]| at_least(kafka_version, version);
    match () {
        () if since(&[4, 3]) => &table::KAFKA_4_3,
        () if since(&[4]) => &table::KAFKA_4_0,
        () if since(&[3, 9]) => table::KAFKA_3_9,
        () if since(&[2]) => table::before_3_9(kafka_version),
        () if since(&[1]) => &table::KAFKA_1,
        () => table::KAFKA_0_10_2,
    }
}

/// The tool that `word` names, with or without `kafka-` in front and `.sh` behind.
pub(crate) fn find(kafka_version: &str, word: &str) -> Option<&'static Tool> {
    let word = word.strip_suffix(".sh").unwrap_or(word);
    let is_meant = |tool: &&Tool| tool.name == word || tool.name.strip_prefix("kafka-") == Some(word);
    all(kafka_version).iter().find(is_meant)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::spec::versions::SUPPORTED;

    #[test]
    fn a_tool_is_found_by_its_script_with_or_without_prefix_and_suffix() {
        for word in ["kafka-topics", "topics", "kafka-topics.sh", "topics.sh"] {
            assert_eq!(find("3.9.2", word).unwrap().main_class, "org.apache.kafka.tools.TopicCommand");
            assert_eq!(find("0.10.2.2", word).unwrap().main_class, "kafka.admin.TopicCommand");
        }
        assert_eq!(find("3.9.2", "zookeeper-shell").unwrap().name, "zookeeper-shell");
        for word in ["", "kafka-", "topic", "Topics", "kafka-kafka-topics", "shell"] {
            assert_eq!(find("3.9.2", word), None, "{word}");
        }
    }

    #[test]
    fn tools_of_kafka_4_are_those_of_3_9_that_it_still_has() {
        let class = |version, word| find(version, word).map(|tool| tool.main_class);
        for gone in ["zookeeper-shell", "replica-verification"] {
            assert!(class("3.9.2", gone).is_some() && class("4.0.2", gone).is_none(), "{gone}");
        }
        assert_eq!(class("4.0.2", "acls"), Some("org.apache.kafka.tools.AclCommand"));
        assert_eq!(class("4.2.1", "dump-log"), Some("kafka.tools.DumpLogSegments"));
        assert_eq!(class("4.3.1", "dump-log"), Some("org.apache.kafka.tools.DumpLogSegments"));
        assert_eq!(class("4.4.0", "groups"), Some("org.apache.kafka.tools.GroupsCommand"));
    }

    #[test]
    fn tools_before_3_9_are_where_they_were_then() {
        let class = |version, word| find(version, word).map(|tool| tool.main_class);
        for (version, topics, consumer, producer_perf) in [
            ("3.8.1", "org.apache.kafka.tools", "org.apache.kafka.tools.consumer", true),
            ("3.7.2", "org.apache.kafka.tools", "kafka.tools", true),
            ("3.6.2", "kafka.admin", "kafka.tools", true),
            ("2.8.2", "kafka.admin", "kafka.tools", true),
        ] {
            assert_eq!(class(version, "topics").unwrap(), format!("{topics}.TopicCommand"), "{version}");
            let console = format!("{consumer}.ConsoleConsumer");
            assert_eq!(class(version, "console-consumer").unwrap(), console, "{version}");
            assert_eq!(class(version, "producer-perf-test").is_some(), producer_perf);
        }
        assert!(class("3.2.3", "metadata-quorum").is_none() && class("3.3.2", "metadata-quorum").is_some());
        assert!(class("2.8.2", "transactions").is_none() && class("3.0.2", "transactions").is_some());
        assert!(class("2.8.2", "preferred-replica-election").is_some());
        assert!(class("3.0.2", "preferred-replica-election").is_none());
        assert_eq!(class("1.1.1", "delete-records"), Some("kafka.admin.DeleteRecordsCommand"));
        assert_eq!(class("0.10.2.2", "delete-records"), None);
    }

    #[test]
    fn each_name_is_there_once_and_in_order() {
        for version in SUPPORTED.iter().map(|known| known.version) {
            let names: Vec<_> = all(version).iter().map(|tool| tool.name).collect();
            assert_eq!(names, names.iter().copied().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>());
        }
    }
}
