//! The tables of Kafka's settings say what Kafka's own code says, and values are judged by them as it does.
//!
//! `CLUSTER_WRITE_DEFAULTS=1 cargo test --test main kafka_defaults -- --include-ignored` writes them anew.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use cluster::inside::known_settings;

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

/// Values that are right for some settings and wrong for others.
const VALUES: &[&str] = &[
    "",
    " ",
    "abc",
    "true",
    "TRUE",
    " false\n",
    "yes",
    "0",
    "1",
    " 7 ",
    "+5",
    "-",
    "--1",
    "010",
    "1_000",
    "0x10",
    "3.0",
    "1e3",
    "0.5",
    "-0.5",
    "1.",
    ".5",
    ".",
    "1e",
    "1e+3",
    "1f",
    "2D",
    "NaN",
    "nan",
    "-Infinity",
    "inf",
    "0x1p3",
    "-1",
    "-2",
    "-3",
    "3",
    "8",
    "11",
    "12",
    "13",
    "14",
    "100",
    "101",
    "1000",
    "1001",
    "1023",
    "1024",
    "32767",
    "32768",
    "2147483647",
    "2147483648",
    "-2147483648",
    "-2147483649",
    "9223372036854775807",
    "9223372036854775808",
    "\u{661}\u{662}",
    "\u{e9}",
    "\u{a0}1",
    "\u{1}1",
    "3\nx",
    "zip",
    "gzip",
    "GZIP",
    "zstd",
    "none",
    "delete",
    "compact , delete",
    "delete,",
    "compress",
    "DELETE",
    "delete\u{b},compact",
    "delete\u{85},compact",
    "CreateTime",
    "createtime",
    "PLAINTEXT",
    "Upgrade",
    "DISABLED",
    "broker",
    "broker,controller",
    "classic,consumer",
    "classic,x",
    "requested",
    "es256,",
    "-9223372036854775809",
    "1 000",
    "10m",
];

/// Numbers as nobody writes them, which are not read: hexadecimal ones, and digits of other scripts.
const LEFT_TO_KAFKA: &[&str] = &["0x10", "0x1p3", "\u{661}\u{662}"];

#[test]
fn the_tables_of_settings_are_what_kafkas_own_code_says_and_values_are_judged_as_by_it() {
    check(TABLES);
}

#[test]
#[ignore = "fetches fifteen more versions of Kafka"]
fn the_tables_of_more_versions_are_what_kafkas_own_code_says_and_values_are_judged_as_by_it() {
    check(MORE_TABLES);
}

fn check(tables: &[(&str, &str, &str)]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/spec/defaults");
    for (whose, version, class) in tables {
        let name = format!("{whose}-{version}.tsv");
        let path = folder.join(&name);
        let told = told_of(version, class);
        let (table, verdicts) = told.split_once("\n\n").unwrap();
        let expected = format!(
            "# All settings of {whose} in Kafka {version}, what they may be and their defaults, from the ConfigDef\n\
             # of {class}. Written by\n\
             # CLUSTER_WRITE_DEFAULTS=1 cargo test --test main kafka_defaults -- --include-ignored\n{table}\n",
        );
        let writes = std::env::var_os("CLUSTER_WRITE_DEFAULTS").is_some();
        if writes {
            std::fs::write(&path, &expected).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap();
        let differ = |this: &str, other: &str| -> Vec<String> {
            this.lines().filter(|line| !other.lines().any(|it| it == *line)).map(str::to_owned).collect()
        };
        let (wrong, missing) = (differ(&found, &expected), differ(&expected, &found));
        assert!(found == expected, "{name}: {wrong:#?} should be {missing:#?}");
        // New ones are read by the next build.
        if !writes {
            assert_eq!(judged_otherwise(whose, version, verdicts), Vec::<String>::new(), "{name}");
        }
    }
}

/// Where Kafka takes what we refuse, or refuses what we take.
fn judged_otherwise(whose: &str, version: &str, verdicts: &str) -> Vec<String> {
    let known = known_settings(version).unwrap();
    let table = if whose == "topics" { &known.topics } else { &known.brokers };
    let of_setting = |line: &str| -> Vec<String> {
        let (key, letters) = line.split_once('\t').unwrap();
        assert_eq!(letters.len(), VALUES.len(), "{key}");
        let verdicts = VALUES.iter().zip(letters.chars());
        verdicts
            .filter_map(|(value, letter)| {
                let fault = table[key].fault(key, value);
                let otherwise = match letter {
                    't' => fault.is_some(),
                    'r' => fault.is_none() && !LEFT_TO_KAFKA.contains(value),
                    _ => false,
                };
                otherwise.then(|| format!("{key}={value:?}: {fault:?}"))
            })
            .collect()
    };
    verdicts.lines().flat_map(of_setting).collect()
}

/// What tests/cases/kafka_defaults/KafkaSettings.java prints of a class of Kafka.
fn told_of(version: &str, class: &str) -> String {
    let (kafka, java) = fetched(version);
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/kafka_defaults/KafkaSettings.java");
    let mut child = Command::new(&java.program)
        .arg("-cp")
        .arg(kafka.classpath.join(":"))
        .args([program.as_os_str(), class.as_ref()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let values: String = VALUES.iter().map(|value| format!("{value}\0")).collect();
    child.stdin.take().unwrap().write_all(values.as_bytes()).unwrap();
    let ran = child.wait_with_output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}
