//! One topic: its partitions, the settings in force, and which brokers it can do without.

use std::collections::BTreeMap;

use minijinja::{Value, context};
use serde::Serialize;

use super::partitions::trouble;
use super::topics::Contents;
use crate::admin::{ConfigRequest, Configs, PartitionDescription};
use crate::engine::ops::{AdminOps, LIVE};
use crate::model::ids::Role;
use crate::model::partitions::ranges;
use crate::model::status::{NodeStatus, PartitionStatus, Status};
use crate::output::config;
use crate::page::value::{told, why};
use crate::paths::ClusterDir;
use crate::view::explain::{Explanation, Harm};
use crate::view::settings::InForce;

/// Rows of what the loss of brokers would do; more are counted.
const HARMS: usize = 24;

/// What Kafka tells beside the status.
#[derive(Default, Serialize)]
struct Told {
    contents: Option<Contents>,
    partitions: BTreeMap<i32, PartitionDescription>,
    settings: Option<Settings>,
    explained: Option<Explained>,
    /// What could not be learnt and why.
    unknown: Vec<String>,
}

#[derive(Serialize)]
struct Settings {
    /// Whose word it is.
    reported_by: Option<String>,
    notes: Vec<String>,
    /// Those that somebody set, and then those that are as Kafka has them by itself.
    set: Vec<Setting>,
    defaults: Vec<Setting>,
}

#[derive(Serialize)]
struct Setting {
    key: String,
    value: String,
    source: String,
    kafka_default: Option<String>,
    /// It does not do what was planned, or nothing reads it.
    note: Option<String>,
}

impl Settings {
    fn of(configs: &Configs) -> Self {
        let setting = |one: &InForce| Setting {
            key: one.key.clone(),
            value: config::value(one),
            source: config::source(configs, one),
            kafka_default: one.kafka_default.clone(),
            note: one.problem.and(one.note.clone()),
        };
        let (defaults, set): (Vec<_>, Vec<_>) = configs.settings.iter().partition(|one| one.is_default());
        Settings {
            reported_by: configs.reported_by.map(|node| node.to_string()),
            notes: configs.notes.clone(),
            set: set.into_iter().map(setting).collect(),
            defaults: defaults.into_iter().map(setting).collect(),
        }
    }
}

/// Which brokers may fail, drawn a row a set.
#[derive(Serialize)]
struct Explained {
    brokers_may_fail: usize,
    down: Vec<i32>,
    unclean: bool,
    /// Without any further failure all is as it should be.
    is_whole: bool,
    rows: Vec<Loss>,
    /// Rows that are not shown.
    more: usize,
    message: String,
}

/// What becomes of some partitions when so many of these brokers fail.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Loss {
    any: usize,
    of: Vec<i32>,
    /// `None`: all.
    partitions: Option<String>,
    result: String,
    until: Vec<i32>,
    loses_with: Vec<i32>,
}

impl Explained {
    fn of(it: &Explanation) -> Self {
        let ids = |ids: &std::collections::BTreeSet<i32>| ids.iter().copied().collect();
        let loss = |harm: &Harm| Loss {
            any: harm.any,
            of: ids(&harm.of),
            partitions: (harm.partitions.len() < it.partition_count).then(|| ranges(&harm.partitions)),
            result: told(harm.result).to_string(),
            until: ids(&harm.until),
            loses_with: ids(&harm.loses_with),
        };
        Explained {
            brokers_may_fail: it.brokers_may_fail,
            down: ids(&it.down),
            unclean: it.unclean_leader_election,
            is_whole: it.harms.iter().all(|harm| harm.any > 0),
            rows: it.harms.iter().take(HARMS).map(loss).collect(),
            more: it.harms.len().saturating_sub(HARMS),
            message: it.message.clone(),
        }
    }
}

pub(super) async fn ask(dir: &ClusterDir, topic: &str) -> Value {
    let wanted = ConfigRequest { name: topic.to_owned(), is_topic: true, keys: Vec::new() };
    let (described, configs, explained) = futures_util::join!(
        LIVE.describe_topics(dir, Some(topic)),
        LIVE.config(dir, &wanted),
        LIVE.explain_topic(dir, topic),
    );
    let mut answer = Told::default();
    match described {
        Ok(described) => {
            answer.unknown = described.unknown;
            if let Some(topic) = described.topics.into_iter().next() {
                answer.contents = Some(Contents::of(&topic));
                answer.partitions = topic.partitions.into_iter().map(|one| (one.partition, one)).collect();
            }
        }
        Err(failure) => answer.unknown.push(why(&failure)),
    }
    match configs {
        Ok(configs) => answer.settings = Some(Settings::of(&configs)),
        Err(failure) => answer.unknown.push(why(&failure)),
    }
    match explained {
        Ok(it) => {
            answer.unknown.extend(it.unknown.iter().cloned());
            answer.explained = Some(Explained::of(&it));
        }
        Err(failure) => answer.unknown.push(why(&failure)),
    }
    // Where nothing answers, all three say so.
    answer.unknown.sort();
    answer.unknown.dedup();
    told(answer)
}

#[derive(Serialize)]
struct Row<'a> {
    partition: i32,
    #[serde(flatten)]
    status: &'a PartitionStatus,
    trouble: Option<&'static str>,
    /// As [`PartitionDescription`]; `None` until Kafka has told.
    told: Option<Value>,
}

pub(super) fn context(status: &Status, asked: &Value, name: &str) -> Value {
    let attr = |key| asked.get_attr(key).ok().filter(|value| !value.is_undefined() && !value.is_none());
    let described = attr("partitions").unwrap_or_default();
    let brokers: Vec<&NodeStatus> =
        status.nodes.iter().filter(|node| node.node.role == Role::Broker).collect();
    let topic = status.topics.as_ref().and_then(|topics| topics.get(name));
    let rows = topic.map(|topic| {
        let mut rows = Vec::new();
        for (number, one) in &topic.partitions {
            rows.push(Row {
                partition: *number,
                status: one,
                trouble: trouble(one, topic.min_insync_replicas, &brokers),
                told: described.get_item(&Value::from(*number)).ok().filter(|told| !told.is_undefined()),
            });
        }
        told(rows)
    });
    let factor = |one: &PartitionStatus| one.view.replicas.len();
    context! {
        name,
        is_known => topic.is_some(),
        internal => topic.is_some_and(|topic| topic.internal),
        min_isr => topic.map(|topic| topic.min_insync_replicas),
        replication_factor => topic.and_then(|topic| topic.partitions.values().map(factor).max()),
        rows,
        brokers => brokers.iter().map(|broker| broker.node.id).collect::<Vec<_>>(),
        contents => attr("contents"),
        settings => attr("settings"),
        explained => attr("explained"),
        unknown => attr("unknown"),
        is_asked => !asked.is_undefined(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::samples::healthy;
    use crate::output::explain::samples::ring;

    #[test]
    fn each_set_of_brokers_that_does_harm_is_a_row() {
        let explained = Explained::of(&ring(3, &[]));
        assert_eq!((explained.brokers_may_fail, explained.is_whole, explained.more), (1, true, 0));
        let first = Loss {
            any: 2,
            of: vec![0, 1],
            partitions: Some("0".into()),
            result: "offline".into(),
            until: vec![0, 1],
            loses_with: vec![],
        };
        assert_eq!(explained.rows[0], first);
        assert_eq!(Explained::of(&ring(2, &[])).rows[0].partitions, None, "all of them");
        assert_eq!(Explained::of(&ring(40, &[])).more, 16);
    }

    #[test]
    fn partitions_are_shown_before_kafka_has_told_what_is_in_them() {
        let known = context(&healthy(), &Value::UNDEFINED, "velib-stations");
        assert_eq!(known.get_attr("rows").unwrap().len(), Some(3));
        assert!(
            known.get_attr("rows").unwrap().get_item_by_index(0).unwrap().get_attr("told").unwrap().is_none()
        );
        let other = context(&healthy(), &Value::UNDEFINED, "bikes");
        assert!(!other.get_attr("is_known").unwrap().is_true());
    }
}
