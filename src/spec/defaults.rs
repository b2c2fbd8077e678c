//! The settings that each supported Kafka line knows: what they may be, and Kafka's own defaults.
//!
//! The tables of `defaults/` are made from Kafka's code by tests/cases/kafka_defaults.rs, which also
//! checks that they are what that code says.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::definition::Definition;

/// Settings by name.
pub(crate) type Table = BTreeMap<&'static str, Definition>;

/// The default of a setting that is in the table and has one.
pub(crate) fn default_of(table: &Table, key: &str) -> Option<&'static str> {
    table.get(key)?.default
}

/// What one line of Kafka versions knows.
#[derive(Debug)]
pub struct Known {
    /// Settings of server.properties: the `ConfigDef` of kafka.server.KafkaConfig.
    pub brokers: Table,
    /// Settings of topics: the `ConfigDef` of LogConfig.
    pub topics: Table,
}

/// The tables of a version, read when they are first asked for.
macro_rules! tables {
    ($version:literal) => {
        (
            $version,
            LazyLock::new(|| Known {
                brokers: table(include_str!(concat!("defaults/brokers-", $version, ".tsv"))),
                topics: table(include_str!(concat!("defaults/topics-", $version, ".tsv"))),
            }),
        )
    };
}

/// One version of each line.
static LINES: [(&str, LazyLock<Known>); 18] = [
    tables!("0.10.2.2"),
    tables!("1.1.1"),
    tables!("2.8.2"),
    tables!("3.0.2"),
    tables!("3.1.2"),
    tables!("3.2.3"),
    tables!("3.3.2"),
    tables!("3.4.1"),
    tables!("3.5.2"),
    tables!("3.6.2"),
    tables!("3.7.2"),
    tables!("3.8.1"),
    tables!("3.9.2"),
    tables!("4.0.2"),
    tables!("4.1.2"),
    tables!("4.2.1"),
    tables!("4.3.1"),
    tables!("4.4.0"),
];

/// Kafka 3.9.0 and 3.9.1 differ from 3.9.2 in this setting alone, which they lack.
static KAFKA_3_9_0: LazyLock<Known> = LazyLock::new(|| {
    let known = of("3.9.2").expect("it is in the list");
    let mut brokers = known.brokers.clone();
    brokers.remove("alter.config.policy.kraft.compatibility.enable");
    Known { brokers, topics: known.topics.clone() }
});

/// What the line of a full version knows; `None` for a version that is not supported.
pub fn of(version: &str) -> Option<&'static Known> {
    if let "3.9.0" | "3.9.1" = version {
        return Some(&KAFKA_3_9_0);
    }
    let (_, known) = LINES.iter().find(|(one, _)| line(one) == line(version))?;
    Some(known)
}

/// `3.9` of 3.9.2, `0.10.2` of 0.10.2.2.
fn line(version: &str) -> Vec<&str> {
    let numbers = if version.starts_with("0.") { 3 } else { 2 };
    version.split('.').take(numbers).collect()
}

/// `#` begins a comment; any other line is a setting, its definition, and its default if it has one, with tabs
/// between.
fn table(text: &'static str) -> Table {
    let settings = text.lines().filter(|line| !line.starts_with('#'));
    settings
        .filter_map(|line| {
            let (name, rest) = line.split_once('\t')?;
            let (definition, default) = match rest.split_once('\t') {
                Some((definition, default)) => (definition, Some(default)),
                None => (rest, None),
            };
            Some((name, Definition::read(definition, default)))
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
            assert_eq!(tables.brokers["num.partitions"].default, Some("1"), "{}", known.version);
            assert_eq!(tables.topics["retention.ms"].default, Some("604800000"), "{}", known.version);
        }
        assert!(of("3.10.0").is_none() && of("0.10.1.0").is_none() && of("4.9.0").is_none());
    }

    #[test]
    fn each_line_has_its_own_settings_and_defaults() {
        let [old, new] = ["0.10.2.2", "3.9.2"].map(|version| &of(version).unwrap().brokers);
        assert_eq!(old["replica.lag.time.max.ms"].default, Some("10000"));
        assert_eq!(new["replica.lag.time.max.ms"].default, Some("30000"));
        assert!(!old.contains_key("process.roles") && new.contains_key("process.roles"));
        assert!(old.contains_key("host.name") && !new.contains_key("host.name"));
        let compatibility = "alter.config.policy.kraft.compatibility.enable";
        assert!(!of("3.9.1").unwrap().brokers.contains_key(compatibility) && new.contains_key(compatibility));
    }

    #[test]
    fn no_default_null_and_an_empty_text_are_three_things() {
        assert_eq!(of("0.10.2.2").unwrap().brokers["zookeeper.connect"].default, None);
        let default = |key| default_of(&of("3.9.2").unwrap().brokers, key);
        assert_eq!((default("log.dirs"), default("ssl.cipher.suites")), (Some("null"), Some("")));
    }

    #[test]
    fn every_default_is_a_value_that_its_setting_may_have() {
        for (version, known) in &LINES {
            for (key, definition) in known.brokers.iter().chain(&known.topics) {
                let default = definition.default.filter(|default| *default != "null");
                let fault = default.and_then(|default| definition.fault(key, default));
                assert_eq!(fault, None, "{key} of {version}");
            }
        }
    }
}
