//! What there is in each version.

use std::collections::BTreeSet;

use super::refused::REFUSED;
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
    for gone in ["zookeeper-shell", "mirror-maker"] {
        assert!(class("3.9.2", gone).is_some() && class("4.0.2", gone).is_none(), "{gone}");
    }
    assert_eq!(class("4.0.2", "acls"), Some("org.apache.kafka.tools.AclCommand"));
    assert_eq!(class("4.2.1", "dump-log"), Some("kafka.tools.DumpLogSegments"));
    assert_eq!(class("4.3.1", "dump-log"), Some("org.apache.kafka.tools.DumpLogSegments"));
    assert!(class("4.0.2", "streams-groups").is_none() && class("4.1.2", "streams-groups").is_some());
    assert_eq!(class("4.3.1", "configs"), Some("kafka.admin.ConfigCommand"));
    assert_eq!(class("4.4.0", "configs"), Some("org.apache.kafka.tools.ConfigCommand"));
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

/// Kafka's bin, of every supported version: what a script is called, from which version on it is there, and from
/// which on no more.
const SCRIPTS: &[(&str, &[u32], &[u32])] = &[
    ("connect-distributed", &[], END),
    ("connect-mirror-maker", &[2, 4], END),
    ("connect-plugin-path", &[3, 6], END),
    ("connect-standalone", &[], END),
    ("kafka-acls", &[], END),
    ("kafka-broker-api-versions", &[], END),
    ("kafka-client-metrics", &[3, 7], END),
    ("kafka-cluster", &[2, 8], END),
    ("kafka-configs", &[], END),
    ("kafka-console-consumer", &[], END),
    ("kafka-console-producer", &[], END),
    ("kafka-console-share-consumer", &[4], END),
    ("kafka-consumer-groups", &[], END),
    ("kafka-consumer-offset-checker", &[], &[1]),
    ("kafka-consumer-perf-test", &[], END),
    ("kafka-delegation-tokens", &[1, 1], END),
    ("kafka-delete-records", &[0, 11], END),
    ("kafka-dump-log", &[2], END),
    ("kafka-e2e-latency", &[3, 3], END),
    ("kafka-features", &[2, 7], END),
    ("kafka-get-offsets", &[3], END),
    ("kafka-groups", &[4], END),
    ("kafka-jmx", &[3, 3], END),
    ("kafka-leader-election", &[2, 4], END),
    ("kafka-log-dirs", &[1], END),
    ("kafka-metadata-quorum", &[3, 3], END),
    ("kafka-metadata-shell", &[2, 8], END),
    ("kafka-mirror-maker", &[], &[4]),
    ("kafka-preferred-replica-election", &[], &[3]),
    ("kafka-producer-perf-test", &[], END),
    ("kafka-reassign-partitions", &[], END),
    ("kafka-replay-log-producer", &[], &[2]),
    ("kafka-replica-verification", &[], END),
    ("kafka-run-class", &[], END),
    ("kafka-server-start", &[], END),
    ("kafka-server-stop", &[], END),
    ("kafka-share-consumer-perf-test", &[4, 1], END),
    ("kafka-share-groups", &[4], END),
    ("kafka-simple-consumer-shell", &[], &[2]),
    ("kafka-storage", &[2, 8], END),
    ("kafka-streams-application-reset", &[], END),
    ("kafka-streams-groups", &[4, 1], END),
    ("kafka-topics", &[], END),
    ("kafka-transactions", &[3], END),
    ("kafka-verifiable-consumer", &[], END),
    ("kafka-verifiable-producer", &[], END),
    ("kafka-verifiable-share-consumer", &[4, 1], END),
    ("test-kraft-server-start", &[3, 3], END),
    ("test-raft-server-start", &[2, 7], &[3, 3]),
    ("trogdor", &[1], END),
    ("zookeeper-security-migration", &[], &[4]),
    ("zookeeper-server-start", &[], &[4]),
    ("zookeeper-server-stop", &[], &[4]),
    ("zookeeper-shell", &[], &[4]),
];
const END: &[u32] = &[u32::MAX];

#[test]
fn every_script_of_every_version_is_run_or_refused_with_the_reason() {
    for version in SUPPORTED.iter().map(|known| known.version) {
        let here =
            SCRIPTS.iter().filter(|(_, since, until)| at_least(version, since) && !at_least(version, until));
        for (script, ..) in here {
            let run = all(version).iter().filter(|tool| tool.name == *script).count();
            let refused = REFUSED.iter().filter(|refused| refused.name == *script).count();
            assert_eq!(run + refused, 1, "{script} of {version}");
        }
    }
}

#[test]
fn every_tool_has_a_script_in_some_version() {
    for version in SUPPORTED.iter().map(|known| known.version) {
        let is_script = |tool: &&Tool| SCRIPTS.iter().any(|(script, ..)| *script == tool.name);
        assert_eq!(all(version).iter().find(|tool| !is_script(tool)), None, "{version}");
    }
}

#[test]
fn the_versions_that_have_a_tool_are_known() {
    assert_eq!(versions_with("zookeeper-shell"), Some(("0.10.2.2", "3.9.2")));
    assert_eq!(versions_with("groups.sh"), Some(("4.0.2", "4.4.0")));
    assert_eq!(versions_with("consumer-offset-checker"), Some(("0.10.2.2", "0.10.2.2")));
    assert_eq!(versions_with("no-tool"), None);
}
