//! Every topic: how its partitions are, and what is in it.

use std::collections::BTreeMap;

use minijinja::{Value, context};
use serde::Serialize;

use crate::admin::{Description, TopicDescription};
use crate::engine::ops::{AdminOps, LIVE};
use crate::model::status::{Status, TopicStatus};
use crate::page::value::{told, why};
use crate::paths::ClusterDir;

/// Which topics are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(in crate::page) struct Filter {
    /// What their names have in them.
    name: String,
}

impl Filter {
    pub(super) fn parse(query: &[(String, String)]) -> Self {
        let name = query.iter().find(|(key, _)| key == "name").map(|(_, name)| name.trim().to_owned());
        Filter { name: name.unwrap_or_default() }
    }
}

/// What Kafka tells beside the status.
#[derive(Serialize)]
struct Told {
    topics: BTreeMap<String, Contents>,
    unknown: Vec<String>,
}

/// What is in a topic.
#[derive(Serialize)]
pub(super) struct Contents {
    /// `None`: not every leader told.
    messages: Option<u64>,
    size_bytes: u64,
    /// Of every replica.
    size_is_whole: bool,
    /// Settings of its own; `None`: unknown.
    settings: Option<BTreeMap<String, String>>,
}

impl Contents {
    pub(super) fn of(topic: &TopicDescription) -> Self {
        let (size_bytes, size_is_whole) = topic.size();
        Contents { messages: topic.messages(), size_bytes, size_is_whole, settings: topic.configs.clone() }
    }
}

pub(super) async fn ask(dir: &ClusterDir) -> Value {
    let described = LIVE.describe_topics(dir, None).await;
    let described =
        described.unwrap_or_else(|error| Description { topics: vec![], unknown: vec![why(&error)] });
    let topics = described.topics.iter().map(|topic| (topic.topic.clone(), Contents::of(topic))).collect();
    told(Told { topics, unknown: described.unknown })
}

#[derive(Serialize)]
struct Row<'a> {
    topic: &'a str,
    partitions: usize,
    replication_factor: usize,
    min_isr: u16,
    under_replicated: usize,
    offline: usize,
    /// As [`Contents`]; `None` until Kafka has told.
    contents: Option<Value>,
}

pub(super) fn context(status: &Status, asked: &Value, filter: &Filter) -> Value {
    let contents = asked.get_attr("topics").unwrap_or_default();
    let of = |is_internal: bool| -> Vec<Row<'_>> {
        let topics = status.topics.iter().flatten();
        let wanted =
            topics.filter(|(name, topic)| topic.internal == is_internal && name.contains(&filter.name));
        wanted.map(|(name, topic)| row(name, topic, &contents)).collect()
    };
    context! {
        rows => told(of(false)),
        internal => told(of(true)),
        unknown => asked.get_attr("unknown").ok().filter(|unknown| !unknown.is_undefined()),
        filter => filter.name.as_str(),
    }
}

fn row<'a>(name: &'a str, topic: &TopicStatus, contents: &Value) -> Row<'a> {
    let counts = topic.counts();
    let replicas = topic.partitions.values().map(|one| one.view.replicas.len());
    Row {
        topic: name,
        partitions: counts.partitions,
        replication_factor: replicas.max().unwrap_or(0),
        min_isr: topic.min_insync_replicas,
        under_replicated: counts.under_replicated,
        offline: counts.offline,
        contents: contents.get_item(&name.into()).ok().filter(|told| !told.is_undefined()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::samples::healthy;

    fn names(rows: &str, query: &[(String, String)]) -> Vec<String> {
        let context = context(&healthy(), &Value::UNDEFINED, &Filter::parse(query));
        let rows = context.get_attr(rows).unwrap();
        rows.try_iter().unwrap().map(|row| row.get_attr("topic").unwrap().to_string()).collect()
    }

    #[test]
    fn topics_are_found_by_a_part_of_their_name_and_kafkas_own_stand_apart() {
        assert_eq!(names("rows", &[]), ["velib-stations"]);
        assert_eq!(names("internal", &[]), ["__consumer_offsets"]);
        let query = |name: &str| [("name".to_owned(), name.to_owned())];
        assert_eq!(names("rows", &query(" stations ")), ["velib-stations"]);
        assert!(names("rows", &query("bikes")).is_empty());
    }

    #[test]
    fn what_kafka_has_told_stands_beside_what_the_supervisor_tells() {
        let contents = Contents { messages: Some(7), size_bytes: 1, size_is_whole: true, settings: None };
        let topics = BTreeMap::from([("velib-stations".to_owned(), contents)]);
        let asked = told(Told { topics, unknown: vec![] });
        let context = context(&healthy(), &asked, &Filter::default());
        let row = |rows: &str| context.get_attr(rows).unwrap().get_item_by_index(0).unwrap();
        let messages = |row: Value| row.get_attr("contents").unwrap().get_attr("messages").unwrap();
        assert_eq!(messages(row("rows")), Value::from(7));
        assert!(row("internal").get_attr("contents").unwrap().is_none());
    }
}
