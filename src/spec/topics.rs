//! Topics: names by Kafka's own rules, partitions, factor, settings.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::fields::{self, Entry, Fields};

use super::mistake::Mistakes;
use super::model::TopicSpec;
use super::suggest::{nearest, quote};
use super::{settings, values, versions};

/// More would take a laptop's cluster minutes to create.
const MAX_PARTITIONS: u32 = 10_000;

/// `Topic.MAX_NAME_LENGTH`.
const LONGEST_NAME: usize = 249;

/// `LogConfig.configNames` of Kafka 3.9.2. Kafka refuses a topic with any other setting.
const SETTINGS: &[&str] = &[
    "cleanup.policy",
    "compression.gzip.level",
    "compression.lz4.level",
    "compression.type",
    "compression.zstd.level",
    "delete.retention.ms",
    "file.delete.delay.ms",
    "flush.messages",
    "flush.ms",
    "follower.replication.throttled.replicas",
    "index.interval.bytes",
    "leader.replication.throttled.replicas",
    "local.retention.bytes",
    "local.retention.ms",
    "max.compaction.lag.ms",
    "max.message.bytes",
    "message.downconversion.enable",
    "message.format.version",
    "message.timestamp.after.max.ms",
    "message.timestamp.before.max.ms",
    "message.timestamp.difference.max.ms",
    "message.timestamp.type",
    "min.cleanable.dirty.ratio",
    "min.compaction.lag.ms",
    "min.insync.replicas",
    "preallocate",
    "remote.log.copy.disable",
    "remote.log.delete.on.disable",
    "remote.storage.enable",
    "retention.bytes",
    "retention.ms",
    "segment.bytes",
    "segment.index.bytes",
    "segment.jitter.ms",
    "segment.ms",
    "unclean.leader.election.enable",
];

/// Those of [`SETTINGS`] that `LogConfig.configNames` of Kafka 0.10.2.2 lacks.
const NOT_IN_0_10: &[&str] = &[
    "compression.gzip.level",
    "compression.lz4.level",
    "compression.zstd.level",
    "local.retention.bytes",
    "local.retention.ms",
    "max.compaction.lag.ms",
    "message.downconversion.enable",
    "message.timestamp.after.max.ms",
    "message.timestamp.before.max.ms",
    "remote.log.copy.disable",
    "remote.log.delete.on.disable",
    "remote.storage.enable",
];

/// What the topics' checks need to know of the cluster.
#[derive(Clone, Copy)]
pub(super) struct Cluster<'a> {
    /// How many, if the spec says it right.
    pub brokers: Option<u16>,
    /// The full version of Kafka, if the spec says it.
    pub version: Option<&'a str>,
}

pub(super) fn check(entry: Entry, cluster: Cluster, mistakes: &mut Mistakes) -> IndexMap<String, TopicSpec> {
    let mut topics = IndexMap::new();
    let mut colliding: HashMap<String, &str> = HashMap::new();
    for topic in fields::entries(entry, "topics: { velib-stations: { partitions: 10 } }", mistakes) {
        if let Some((message, help)) = name_fault(topic.key) {
            mistakes.add(topic.at, message, help);
        } else if let Some(other) = colliding.insert(topic.key.replace('.', "_"), topic.key) {
            mistakes.add(
                topic.at,
                format!("topic {} collides with {}", quote(topic.key), quote(other)),
                "Kafka takes `.` and `_` for the same in the names of metrics: rename one of them",
            );
        }
        topics.insert(topic.key.to_owned(), check_one(topic, cluster, mistakes));
    }
    topics
}

/// What Kafka's `Topic.validate` refuses, and the topics that are Kafka's own (`Topic.isInternal`).
fn name_fault(name: &str) -> Option<(String, &'static str)> {
    const LETTERS: &str = "a name has letters, digits, `.`, `_` and `-`";
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if name.is_empty() {
        Some(("a topic's name is empty".to_owned(), LETTERS))
    } else if name == "." || name == ".." {
        Some((format!("a topic cannot be called {}", quote(name)), LETTERS))
    } else if let Some(bad) = name.chars().find(|c| !legal(*c)) {
        Some((format!("topic {} has {} in its name", quote(name), quote(&bad.to_string())), LETTERS))
    } else if name.len() > LONGEST_NAME {
        Some((format!("topic {} has a name of {} characters", quote(name), name.len()), "at most 249"))
    } else if matches!(name, "__consumer_offsets" | "__transaction_state") {
        Some((
            format!("topic {} is Kafka's own", quote(name)),
            "set `offsets.topic.*` or `transaction.state.log.*` in the `config` of `brokers`",
        ))
    } else {
        None
    }
}

fn check_one(entry: Entry, cluster: Cluster, mistakes: &mut Mistakes) -> TopicSpec {
    let example = format!("{}: {{ partitions: 10, replication_factor: 2 }}", entry.key);
    let entries = fields::entries(entry, &example, mistakes);
    let elsewhere = |key: &str| match key {
        "factor" | "replicas" | "replication" => Some("did you mean `replication_factor`?".to_owned()),
        _ => None,
    };
    let fields = Fields::new(entries, &["partitions", "replication_factor", "config"], elsewhere, mistakes);
    let partitions = fields
        .get("partitions")
        .and_then(|entry| values::number(entry, (1, MAX_PARTITIONS), "partitions: 10", mistakes))
        .unwrap_or(1);
    let replication_factor = match fields.get("replication_factor") {
        Some(entry) => replication_factor(entry, cluster.brokers, mistakes).unwrap_or(1),
        None => cluster.brokers.unwrap_or(3).min(3),
    };
    let config = fields.get("config").map(|entry| {
        settings::config(entry, "config: { retention.ms: 86400000 }", mistakes, |setting, mistakes| {
            known_setting(setting, cluster.version, mistakes);
        })
    });
    TopicSpec { partitions, replication_factor, config: config.unwrap_or_default() }
}

fn known_setting(setting: Entry, version: Option<&str>, mistakes: &mut Mistakes) {
    if !SETTINGS.contains(&setting.key) {
        let help = match nearest(setting.key, SETTINGS.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "Kafka's \"Topic Configs\" lists them all".to_owned(),
        };
        mistakes.add(setting.at, format!("{} is not a setting of topics", quote(setting.key)), help);
    } else if let Some(version) = version.filter(|version| version.starts_with("0.10."))
        && NOT_IN_0_10.contains(&setting.key)
    {
        mistakes.add(
            setting.at,
            format!("topics of Kafka {version} have no setting {}", quote(setting.key)),
            format!("leave it out, or take `kafka: {{ version: {} }}`", versions::DEFAULT),
        );
    }
}

fn replication_factor(entry: Entry, brokers: Option<u16>, mistakes: &mut Mistakes) -> Option<u16> {
    // The number of brokers is the limit that says something; 100 is as many as there can be.
    let factor = values::number(entry, (1, u32::MAX), "replication_factor: 2", mistakes)?;
    let most = brokers.unwrap_or(100);
    if factor > u32::from(most) {
        let s = if most == 1 { "" } else { "s" };
        mistakes.add(
            entry.place(),
            format!("a replication factor of {factor} needs {factor} brokers, and there are {most}"),
            format!("with {most} broker{s} it is at most {most}; or raise `count` of `brokers`"),
        );
    }
    u16::try_from(factor).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topic_names_follow_kafka() {
        for good in ["velib-stations", "a.b", "A_B", "0", &"x".repeat(249), "..."] {
            assert_eq!(name_fault(good), None, "{good}");
        }
        for bad in ["", ".", "..", "a b", "é", "a/b", "a:b", &"x".repeat(250), "__consumer_offsets"] {
            assert!(name_fault(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn the_settings_are_sorted_so_that_a_gap_is_seen() {
        assert!(SETTINGS.is_sorted() && NOT_IN_0_10.is_sorted());
        assert!(NOT_IN_0_10.iter().all(|setting| SETTINGS.contains(setting)));
    }
}
