//! Topics: names by Kafka's own rules, partitions, factor, settings.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::definition::Definition;
use super::fields::{self, Entry, Fields};

use super::mistake::Mistakes;
use super::model::TopicSpec;
use super::suggest::{nearest, quote};
use super::{defaults, min_isr, settings, values, versions};

/// More would take a laptop's cluster minutes to create.
pub(crate) const MAX_PARTITIONS: u32 = 10_000;

/// What is said of a topic.
pub(super) const KEYS: &[&str] = &["partitions", "replication_factor", "config"];

/// `Topic.MAX_NAME_LENGTH`.
const LONGEST_NAME: usize = 249;

/// What the topics' checks need to know of the cluster.
#[derive(Clone, Copy)]
pub(super) struct Cluster<'a> {
    /// How many, if the spec says it right.
    pub brokers: Option<u16>,
    /// The full version of Kafka, if the spec says it.
    pub version: Option<&'a str>,
    /// The largest `min.insync.replicas` that brokers may apply to a topic without its own.
    pub min_isr: Option<u32>,
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
pub(crate) fn name_fault(name: &str) -> Option<(String, &'static str)> {
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
    let fields = Fields::new(entries, KEYS, elsewhere, mistakes);
    let partitions = fields
        .get("partitions")
        .and_then(|entry| values::number(entry, (1, MAX_PARTITIONS), "partitions: 10", mistakes))
        .unwrap_or(1);
    let replication_factor = match fields.get("replication_factor") {
        Some(entry) => replication_factor(entry, cluster.brokers, mistakes),
        None => cluster.brokers.map(|brokers| brokers.min(3)),
    };
    let mut asked = None;
    let config = fields.get("config").map(|entry| {
        settings::config(entry, "config: { retention.ms: 86400000 }", mistakes, |setting, mistakes| {
            check_setting(setting, cluster.version, mistakes);
            asked = asked.take().or_else(|| min_isr::asked(setting));
        })
    });
    let config = config.unwrap_or_default();
    if let (Some(version), Some(factor)) = (cluster.version, replication_factor) {
        match (&asked, cluster.min_isr) {
            (Some(asked), _) => min_isr::check_topic(entry, asked, factor, version, mistakes),
            (None, Some(of_brokers)) if !config.contains_key(min_isr::SETTING) => {
                min_isr::check_inherited(entry, of_brokers, factor, version, mistakes);
            }
            _ => {}
        }
    }
    TopicSpec { partitions, replication_factor: replication_factor.unwrap_or(1), config }
}

/// Kafka refuses to create a topic with a setting that it does not know, or with a wrong value.
fn check_setting(setting: Entry, version: Option<&str>, mistakes: &mut Mistakes) {
    if let Some((message, help)) = setting_fault(setting.key, version) {
        mistakes.add(setting.at, message, help);
    } else if let Some(definition) = definition(setting.key, version) {
        settings::check_value(setting, definition, mistakes);
    }
}

/// What a setting of topics may be, if this version has it.
fn definition(key: &str, version: Option<&str>) -> Option<&'static Definition> {
    defaults::of(version?)?.topics.get(key)
}

/// Why topics of this version of Kafka cannot have this value of a setting, and what they can have.
pub(crate) fn value_fault(key: &str, value: &str, version: Option<&str>) -> Option<(String, String)> {
    definition(key, version)?.fault(key, value)
}

/// Why topics of this version of Kafka cannot have a setting, and what to do about it.
pub(crate) fn setting_fault(key: &str, version: Option<&str>) -> Option<(String, String)> {
    // The usual version, or else the newest that has it.
    let of = |version: &str| defaults::of(version).map(|known| &known.topics);
    let newest = versions::SUPPORTED.iter().rev().map(|known| known.version);
    let mut versions = std::iter::once(versions::DEFAULT).chain(newest);
    let Some(has_it) = versions.find(|version| of(version).is_some_and(|known| known.contains_key(key)))
    else {
        let all =
            of(version.unwrap_or(versions::DEFAULT)).into_iter().flat_map(|known| known.keys().copied());
        let help = match nearest(key, all) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "Kafka's \"Topic Configs\" lists them all".to_owned(),
        };
        return Some((format!("{} is not a setting of topics", quote(key)), help));
    };
    let version = version?;
    let is_unknown = defaults::of(version).is_some_and(|known| !known.topics.contains_key(key));
    is_unknown.then(|| {
        (
            format!("topics of Kafka {version} have no setting {}", quote(key)),
            format!("leave it out, or take `kafka: {{ version: {has_it} }}`"),
        )
    })
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
}
