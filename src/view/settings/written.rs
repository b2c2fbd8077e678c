//! What can be told of settings without the process itself: from its file, znodes and Kafka's defaults.

use std::collections::BTreeMap;

use super::{Kind, Reported, Source, Synonym};
use crate::plan::model::Setting;
use crate::spec::defaults::{Table, default_of};
use crate::spec::min_isr;

/// Settings of one layer.
pub(crate) type Layer<'a> = (Source, BTreeMap<&'a str, &'a str>);

/// A file as a layer.
pub(crate) fn file(settings: &[Setting]) -> Layer<'_> {
    (Source::File, settings.iter().map(|setting| (setting.key.as_str(), setting.value.as_str())).collect())
}

/// Every setting of `layers` and of Kafka's defaults; an earlier layer wins. Without a table nothing is
/// unknown: ZooKeeper has none.
pub(crate) fn told(layers: &[Layer<'_>], known: Option<&Table>) -> Vec<Reported> {
    let keys = layers.iter().flat_map(|(_, settings)| settings.keys().copied());
    let mut keys: Vec<&str> = keys.chain(known.into_iter().flat_map(|known| known.keys().copied())).collect();
    keys.sort_unstable();
    keys.dedup();
    let of = |key: &str| {
        let set =
            layers.iter().filter_map(|(source, settings)| Some(synonym(key, settings.get(key)?, *source)));
        let default = known.and_then(|known| default_of(known, key));
        let synonyms = set.chain(default.map(|value| synonym(key, value, Source::Default))).collect();
        let is_known = known.is_none_or(|known| known.contains_key(key));
        one(key, synonyms, is_known)
    };
    keys.into_iter().map(of).collect()
}

/// The settings of a topic: its own, else its broker's (`KafkaServer.copyKafkaConfigToLog`), else Kafka's
/// defaults of topics.
pub(crate) fn of_topic(own: &BTreeMap<String, String>, broker: &[Reported], known: &Table) -> Vec<Reported> {
    let mut keys: Vec<&str> = known.keys().copied().chain(own.keys().map(String::as_str)).collect();
    keys.sort_unstable();
    keys.dedup();
    let of = |key: &str| {
        let mut synonyms: Vec<Synonym> =
            own.get(key).map(|value| synonym(key, value, Source::Topic)).into_iter().collect();
        for (name, ms) in INHERITED.iter().filter(|(topic, ..)| *topic == key).flat_map(|(.., from)| *from) {
            let set = broker.iter().find(|one| one.key == *name && one.source < Source::Default);
            synonyms.extend(set.and_then(|one| {
                let value = in_ms(one.value.as_deref()?, *ms);
                Some(synonym(name, &value, one.source))
            }));
        }
        let default = default_of(known, key);
        synonyms.extend(default.map(|value| synonym(key, value, Source::Default)));
        one(key, synonyms, known.contains_key(key))
    };
    keys.into_iter().map(of).collect()
}

fn one(key: &str, synonyms: Vec<Synonym>, is_known: bool) -> Reported {
    let first = synonyms.first();
    let value = first.and_then(|one| one.value.clone());
    Reported {
        key: key.to_owned(),
        value: value
            .filter(|value| value != "null" || first.is_some_and(|one| one.source != Source::Default)),
        source: first.map_or(Source::Default, |one| one.source),
        // A broker hides what it does not know, since nobody can tell what it is.
        sensitive: !is_known || is_secret(key),
        kind: if is_known { Kind::Text } else { Kind::Unknown },
        synonyms,
    }
}

fn synonym(key: &str, value: &str, source: Source) -> Synonym {
    Synonym { key: key.to_owned(), value: Some(value.to_owned()), source }
}

/// Settings of type PASSWORD, and what plugins and ZooKeeper call theirs.
fn is_secret(key: &str) -> bool {
    const SECRET: &[&str] =
        &["password", "secret", "jaas", "credential", "token", "keystore.key", "master.key"];
    let key = key.to_ascii_lowercase();
    SECRET.iter().any(|part| key.contains(part))
}

fn in_ms(value: &str, unit: i64) -> String {
    match value.trim().parse::<i64>() {
        Ok(number) if unit > 1 && number >= 0 => number.saturating_mul(unit).to_string(),
        _ => value.to_owned(),
    }
}

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// The broker's names for settings of topics, the first that is set wins, each with its unit in ms.
const INHERITED: &[(&str, &[(&str, i64)])] = &[
    ("cleanup.policy", &[("log.cleanup.policy", 1)]),
    ("compression.type", &[("compression.type", 1)]),
    ("delete.retention.ms", &[("log.cleaner.delete.retention.ms", 1)]),
    ("file.delete.delay.ms", &[("log.segment.delete.delay.ms", 1)]),
    ("flush.messages", &[("log.flush.interval.messages", 1)]),
    ("flush.ms", &[("log.flush.interval.ms", 1), ("log.flush.scheduler.interval.ms", 1)]),
    ("index.interval.bytes", &[("log.index.interval.bytes", 1)]),
    ("max.message.bytes", &[("message.max.bytes", 1)]),
    ("message.format.version", &[("log.message.format.version", 1)]),
    ("message.timestamp.difference.max.ms", &[("log.message.timestamp.difference.max.ms", 1)]),
    ("message.timestamp.type", &[("log.message.timestamp.type", 1)]),
    ("min.cleanable.dirty.ratio", &[("log.cleaner.min.cleanable.ratio", 1)]),
    ("min.compaction.lag.ms", &[("log.cleaner.min.compaction.lag.ms", 1)]),
    (min_isr::SETTING, &[(min_isr::SETTING, 1)]),
    ("preallocate", &[("log.preallocate", 1)]),
    ("retention.bytes", &[("log.retention.bytes", 1)]),
    (
        "retention.ms",
        &[("log.retention.ms", 1), ("log.retention.minutes", MINUTE), ("log.retention.hours", HOUR)],
    ),
    ("segment.bytes", &[("log.segment.bytes", 1)]),
    ("segment.index.bytes", &[("log.index.size.max.bytes", 1)]),
    ("segment.jitter.ms", &[("log.roll.jitter.ms", 1), ("log.roll.jitter.hours", HOUR)]),
    ("segment.ms", &[("log.roll.ms", 1), ("log.roll.hours", HOUR)]),
    ("unclean.leader.election.enable", &[("unclean.leader.election.enable", 1)]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::defaults;

    fn find<'a>(told: &'a [Reported], key: &str) -> &'a Reported {
        told.iter().find(|one| one.key == key).unwrap()
    }

    #[test]
    fn the_file_wins_over_defaults_and_znodes_over_the_file() {
        let known = &defaults::of("0.10.2.2").unwrap().brokers;
        let layers = [
            (Source::DynamicBroker, [("num.io.threads", "6")].into()),
            (Source::File, [("num.io.threads", "4"), ("num.partitions", "3"), ("nonsense", "1")].into()),
        ];
        let told = told(&layers, Some(known));
        let of = |key| (find(&told, key).value.as_deref(), find(&told, key).source);
        assert_eq!(of("num.io.threads"), (Some("6"), Source::DynamicBroker));
        assert_eq!(of("num.partitions"), (Some("3"), Source::File));
        assert_eq!(of("num.network.threads"), (Some("3"), Source::Default));
        assert_eq!(of("log.dirs").0, None, "null is no value");
        assert_eq!(find(&told, "nonsense").kind, Kind::Unknown);
        assert_eq!(told.len(), known.len() + 1);
    }

    #[test]
    fn without_a_table_nothing_is_unknown_and_what_looks_secret_is() {
        let told =
            told(&[(Source::File, [("tickTime", "500"), ("ssl.keyStore.password", "x")].into())], None);
        assert!(told.iter().all(|one| one.kind == Kind::Text));
        assert!(find(&told, "ssl.keyStore.password").sensitive && !find(&told, "tickTime").sensitive);
    }

    #[test]
    fn a_topic_of_an_old_broker_inherits_hours_as_milliseconds() {
        let known = defaults::of("0.10.2.2").unwrap();
        let broker = told(&[(Source::File, [("log.retention.hours", "24")].into())], Some(&known.brokers));
        let own = [("segment.bytes".to_owned(), "1024".to_owned())].into();
        let topic = of_topic(&own, &broker, &known.topics);
        let retention = find(&topic, "retention.ms");
        assert_eq!((retention.value.as_deref(), retention.source), (Some("86400000"), Source::File));
        assert_eq!(retention.synonyms[0].key, "log.retention.hours");
        assert_eq!(find(&topic, "segment.bytes").source, Source::Topic);
        assert_eq!(find(&topic, "segment.ms").source, Source::Default);
    }

    #[test]
    fn every_setting_of_old_topics_is_inherited_by_a_name_that_brokers_know() {
        let known = defaults::of("0.10.2.2").unwrap();
        let inherited: Vec<&str> = INHERITED.iter().map(|(topic, _)| *topic).collect();
        let own_only = |key: &&str| key.ends_with("throttled.replicas");
        let all: Vec<&str> = known.topics.keys().copied().filter(|key| !own_only(key)).collect();
        assert_eq!(inherited, all);
        for (name, _) in INHERITED.iter().flat_map(|(_, names)| *names) {
            assert!(known.brokers.contains_key(name), "{name}");
        }
    }
}
