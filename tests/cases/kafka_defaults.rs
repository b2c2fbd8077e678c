//! The tables of Kafka's settings say what Kafka's own code says.
//!
//! `CLUSTER_WRITE_DEFAULTS=1 cargo test --test main kafka_defaults -- --include-ignored` writes them anew.

use std::path::Path;
use std::process::Command;

use crate::common::dist::fetched;

/// Whose settings, the version of Kafka, and its class that defines them.
const TABLES: &[(&str, &str, &str)] = &[
    ("brokers", "0.10.2.2", "kafka.server.KafkaConfig"),
    ("topics", "0.10.2.2", "kafka.log.LogConfig"),
    ("brokers", "3.9.2", "kafka.server.KafkaConfig"),
    ("topics", "3.9.2", LOG_CONFIG),
    ("brokers", "4.4.0", "kafka.server.KafkaConfig"),
    ("topics", "4.4.0", LOG_CONFIG),
];

/// Tables of versions that the other tests do not fetch.
const MORE_TABLES: &[(&str, &str, &str)] = &[
    ("brokers", "1.1.1", "kafka.server.KafkaConfig"),
    ("topics", "1.1.1", "kafka.log.LogConfig"),
    ("brokers", "2.8.2", "kafka.server.KafkaConfig"),
    ("topics", "2.8.2", "kafka.log.LogConfig"),
    ("brokers", "3.0.2", "kafka.server.KafkaConfig"),
    ("topics", "3.0.2", "kafka.log.LogConfig"),
    ("brokers", "3.1.2", "kafka.server.KafkaConfig"),
    ("topics", "3.1.2", "kafka.log.LogConfig"),
    ("brokers", "3.2.3", "kafka.server.KafkaConfig"),
    ("topics", "3.2.3", "kafka.log.LogConfig"),
    ("brokers", "3.3.2", "kafka.server.KafkaConfig"),
    ("topics", "3.3.2", "kafka.log.LogConfig"),
    ("brokers", "3.4.1", "kafka.server.KafkaConfig"),
    ("topics", "3.4.1", "kafka.log.LogConfig"),
    ("brokers", "3.5.2", "kafka.server.KafkaConfig"),
    ("topics", "3.5.2", LOG_CONFIG),
    ("brokers", "3.6.2", "kafka.server.KafkaConfig"),
    ("topics", "3.6.2", LOG_CONFIG),
    ("brokers", "3.7.2", "kafka.server.KafkaConfig"),
    ("topics", "3.7.2", LOG_CONFIG),
    ("brokers", "3.8.1", "kafka.server.KafkaConfig"),
    ("topics", "3.8.1", LOG_CONFIG),
    ("brokers", "4.0.2", "kafka.server.KafkaConfig"),
    ("topics", "4.0.2", LOG_CONFIG),
    ("brokers", "4.1.2", "kafka.server.KafkaConfig"),
    ("topics", "4.1.2", LOG_CONFIG),
    ("brokers", "4.2.1", "kafka.server.KafkaConfig"),
    ("topics", "4.2.1", LOG_CONFIG),
    ("brokers", "4.3.1", "kafka.server.KafkaConfig"),
    ("topics", "4.3.1", LOG_CONFIG),
];

const LOG_CONFIG: &str = "org.apache.kafka.storage.internals.log.LogConfig";

#[test]
fn the_tables_of_settings_are_what_kafkas_own_code_says() {
    check(TABLES);
}

#[test]
#[ignore = "fetches fifteen more versions of Kafka"]
fn the_tables_of_more_versions_are_what_kafkas_own_code_says() {
    check(MORE_TABLES);
}

fn check(tables: &[(&str, &str, &str)]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/spec/defaults");
    for (whose, version, class) in tables {
        let name = format!("{whose}-{version}.tsv");
        let path = folder.join(&name);
        let expected = format!(
            "# All settings of {whose} in Kafka {version} and their defaults, from the ConfigDef of\n\
             # {class}. Written by\n\
             # CLUSTER_WRITE_DEFAULTS=1 cargo test --test main kafka_defaults -- --include-ignored\n{}",
            settings_of(version, class)
        );
        if std::env::var_os("CLUSTER_WRITE_DEFAULTS").is_some() {
            std::fs::write(&path, &expected).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap();
        let differ = |this: &str, other: &str| -> Vec<String> {
            this.lines().filter(|line| !other.lines().any(|it| it == *line)).map(str::to_owned).collect()
        };
        let (wrong, missing) = (differ(&found, &expected), differ(&expected, &found));
        assert!(found == expected, "{name}: {wrong:#?} should be {missing:#?}");
    }
}

/// A line `name TAB default` for each setting that a class of Kafka defines.
fn settings_of(version: &str, class: &str) -> String {
    let (kafka, java) = fetched(version);
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/kafka_defaults/KafkaSettings.java");
    let ran = Command::new(&java.program)
        .arg("-cp")
        .arg(kafka.classpath.join(":"))
        .args([program.as_os_str(), class.as_ref()])
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}
