//! The settings that each supported Kafka line knows, with Kafka's own defaults.
//!
//! The tables of `defaults/` are made from Kafka's code by tests/cases/kafka_defaults.rs, which also
//! checks that they are what that code says.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Settings and their defaults, as Kafka's documentation writes them: `null` is no value. `None`:
/// the setting has no default, since it must be given.
pub type Table = BTreeMap<&'static str, Option<&'static str>>;

/// What one line of Kafka versions knows.
#[derive(Debug)]
pub struct Known {
    /// Settings of server.properties: the `ConfigDef` of kafka.server.KafkaConfig.
    pub brokers: Table,
    /// Settings of topics: the `ConfigDef` of LogConfig.
    pub topics: Table,
}

static KAFKA_0_10_2: LazyLock<Known> = LazyLock::new(|| Known {
    brokers: table(include_str!("defaults/brokers-0.10.2.2.tsv")),
    topics: table(include_str!("defaults/topics-0.10.2.2.tsv")),
});

static KAFKA_1_1: LazyLock<Known> = LazyLock::new(|| Known {
    brokers: table(include_str!("defaults/brokers-1.1.1.tsv")),
    topics: table(include_str!("defaults/topics-1.1.1.tsv")),
});

static KAFKA_2_8: LazyLock<Known> = LazyLock::new(|| Known {
    brokers: table(include_str!("defaults/brokers-2.8.2.tsv")),
    topics: table(include_str!("defaults/topics-2.8.2.tsv")),
});

static KAFKA_3_0: LazyLock<Known> = LazyLock::new(|| Known {
    brokers: table(include_str!("defaults/brokers-3.0.2.tsv")),
    topics: table(include_str!("defaults/topics-3.0.2.tsv")),
});

static KAFKA_3_1: LazyLock<Known> = LazyLock::new(|| Known {
    brokers: table(include_str!("defaults/brokers-3.1.2.tsv")),
    topics: table(include_str!("defaults/topics-3.1.2.tsv")),
});

static KAFKA_3_2: LazyLock<Known> = LazyLock::new(|| Known {
    brokers: table(include_str!("defaults/brokers-3.2.3.tsv")),
    topics: table(include_str!("defaults/topics-3.2.3.tsv")),
});

static KAFKA_3_3: LazyLock<Known> = LazyLock::new(|| Known {
    brokers: table(include_str!("defaults/brokers-3.3.2.tsv")),
    topics: table(include_str!("defaults/topics-3.3.2.tsv")),
});

static KAFKA_3_4: LazyLock<Known> = LazyLock::new(|| Known {
    brokers: table(include_str!("defaults/brokers-3.4.1.tsv")),
    topics: table(include_str!("defaults/topics-3.4.1.tsv")),
});

static KAFKA_3_5: LazyLock<Known> = LazyLock::new(|| Known {
    brokers: table(include_str!("defaults/brokers-3.5.2.tsv")),
    topics: table(include_str!("defaults/topics-3.5.2.tsv")),
});

static KAFKA_3_6: LazyLock<Known> = LazyLock::new(|| Known {
    brokers: table(include_str!("defaults/brokers-3.6.2.tsv")),
    topics: table(include_str!("defaults/topics-3.6.2.tsv")),
});

static KAFKA_3_7: LazyLock<Known> = LazyLock::new(|| Known {
    brokers: table(include_str!("defaults/brokers-3.7.2.tsv")),
    topics: table(include_str!("defaults/topics-3.7.2.tsv")),
});

static KAFKA_3_8: LazyLock<Known> = LazyLock::new(|| Known {
    brokers: table(include_str!("defaults/brokers-3.8.1.tsv")),
    topics: table(include_str!("defaults/topics-3.8.1.tsv")),
});

static KAFKA_3_9_2: LazyLock<Known> = LazyLock::new(|| Known {
    brokers: table(include_str!("defaults/brokers-3.9.2.tsv")),
    topics: table(include_str!("defaults/topics-3.9.2.tsv")),
});

/// Kafka 3.9.0 and 3.9.1 differ from 3.9.2 in this setting alone, which they lack.
static KAFKA_3_9_0: LazyLock<Known> = LazyLock::new(|| {
    let mut brokers = KAFKA_3_9_2.brokers.clone();
    brokers.remove("alter.config.policy.kraft.compatibility.enable");
    Known { brokers, topics: KAFKA_3_9_2.topics.clone() }
});

static KAFKA_4_0: LazyLock<Known> = LazyLock::new(|| Known {
    brokers: table(include_str!("defaults/brokers-4.0.2.tsv")),
    topics: table(include_str!("defaults/topics-4.0.2.tsv")),
});

static KAFKA_4_1: LazyLock<Known> = LazyLock::new(|| Known {
    brokers: table(include_str!("defaults/brokers-4.1.2.tsv")),
    topics: table(include_str!("defaults/topics-4.1.2.tsv")),
});

static KAFKA_4_2: LazyLock<Known> = LazyLock::new(|| Known {
    brokers: table(include_str!("defaults/brokers-4.2.1.tsv")),
    topics: table(include_str!("defaults/topics-4.2.1.tsv")),
});

static KAFKA_4_3: LazyLock<Known> = LazyLock::new(|| Known {
    brokers: table(include_str!("defaults/brokers-4.3.1.tsv")),
    topics: table(include_str!("defaults/topics-4.3.1.tsv")),
});

static KAFKA_4_4: LazyLock<Known> = LazyLock::new(|| Known {
    brokers: table(include_str!("defaults/brokers-4.4.0.tsv")),
    topics: table(include_str!("defaults/topics-4.4.0.tsv")),
});

/// What the line of a full version knows; `None` for a version that is not supported.
pub fn of(version: &str) -> Option<&'static Known> {
    match version.split('.').collect::<Vec<_>>()[..] {
        ["0", "10", "2", ..] => Some(&KAFKA_0_10_2),
        ["1", "1", ..] => Some(&KAFKA_1_1),
        ["2", "8", ..] => Some(&KAFKA_2_8),
        ["3", "0", ..] => Some(&KAFKA_3_0),
        ["3", "1", ..] => Some(&KAFKA_3_1),
        ["3", "2", ..] => Some(&KAFKA_3_2),
        ["3", "3", ..] => Some(&KAFKA_3_3),
        ["3", "4", ..] => Some(&KAFKA_3_4),
        ["3", "5", ..] => Some(&KAFKA_3_5),
        ["3", "6", ..] => Some(&KAFKA_3_6),
        ["3", "7", ..] => Some(&KAFKA_3_7),
        ["3", "8", ..] => Some(&KAFKA_3_8),
        ["3", "9", "0" | "1"] => Some(&KAFKA_3_9_0),
        ["3", "9", ..] => Some(&KAFKA_3_9_2),
        ["4", "0", ..] => Some(&KAFKA_4_0),
        ["4", "1", ..] => Some(&KAFKA_4_1),
        ["4", "2", ..] => Some(&KAFKA_4_2),
        ["4", "3", ..] => Some(&KAFKA_4_3),
        ["4", "4", ..] => Some(&KAFKA_4_4),
        _ => None,
    }
}

/// `#` begins a comment; any other line is a setting, and after a tab its default.
fn table(text: &'static str) -> Table {
    let settings = text.lines().filter(|line| !line.starts_with('#'));
    settings
        .map(|line| match line.split_once('\t') {
            Some((name, default)) => (name, Some(default)),
            None => (line, None),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::versions;

    #[test]
    fn every_supported_version_has_its_tables() {
        for known in versions::SUPPORTED {
            let tables = of(known.version).unwrap();
            assert_eq!(tables.brokers["num.partitions"], Some("1"), "{}", known.version);
            assert_eq!(tables.topics["retention.ms"], Some("604800000"), "{}", known.version);
        }
        assert!(of("3.10.0").is_none() && of("0.10.1.0").is_none() && of("4.9.0").is_none());
    }

    #[test]
    fn each_line_has_its_own_settings_and_defaults() {
        let [old, new] = ["0.10.2.2", "3.9.2"].map(|version| &of(version).unwrap().brokers);
        assert_eq!(old["replica.lag.time.max.ms"], Some("10000"));
        assert_eq!(new["replica.lag.time.max.ms"], Some("30000"));
        assert!(!old.contains_key("process.roles") && new.contains_key("process.roles"));
        assert!(old.contains_key("host.name") && !new.contains_key("host.name"));
        let compatibility = "alter.config.policy.kraft.compatibility.enable";
        assert!(!of("3.9.1").unwrap().brokers.contains_key(compatibility) && new.contains_key(compatibility));
    }

    #[test]
    fn no_default_null_and_an_empty_text_are_three_things() {
        assert_eq!(of("0.10.2.2").unwrap().brokers["zookeeper.connect"], None);
        let new = &of("3.9.2").unwrap().brokers;
        assert_eq!((new["log.dirs"], new["ssl.cipher.suites"]), (Some("null"), Some("")));
    }
}
