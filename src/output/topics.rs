//! Topics: the list, `describe` in Kafka's own columns, and what was done to them.

use std::collections::BTreeMap;

use super::alike::alike;
use super::foreign::printable;
use super::style::{self, paint};
use super::table::{Align, Cell, Table};
use super::width::Width;
use crate::admin::{
    Altered, Created, Deleted, Description, Elected, Election, Listed, PartitionDescription, TopicDescription,
};
use crate::model::partitions::of_topic;
use crate::units::{self, count};

/// A row a topic.
pub(crate) fn list(topics: &[Listed], width: Width) -> String {
    let mut table = Table::new(&[
        ("TOPIC", Align::Left),
        ("PARTITIONS", Align::Right),
        ("REPLICATION FACTOR", Align::Right),
    ]);
    for topic in topics {
        table.row([
            Cell::name(&topic.topic),
            topic.partitions.to_string().into(),
            topic.replication_factor.to_string().into(),
        ]);
    }
    table.fit(width)
}

/// Each topic as a line and its partitions as a table, then what could not be learnt.
pub(crate) fn description(described: &Description, width: Width) -> String {
    let mut parts: Vec<String> = described.topics.iter().map(|topic| one(topic, width)).collect();
    parts.push(described.unknown.iter().map(|what| format!("unknown: {}\n", printable(what))).collect());
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

fn one(topic: &TopicDescription, width: Width) -> String {
    let configs = match &topic.configs {
        Some(configs) => {
            configs.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
        }
        None => "unknown".to_owned(),
    };
    let configs = printable(&configs);
    let head = format!(
        "Topic: {}  PartitionCount: {}  ReplicationFactor: {}  Configs: {configs}",
        paint(style::STRONG, width.name(&topic.topic)),
        topic.partition_count,
        topic.replication_factor,
    );
    format!("{}\n{}", head.trim_end(), partitions(&topic.partitions, width))
}

fn partitions(partitions: &[PartitionDescription], width: Width) -> String {
    use Align::{Left, Right};
    let mut table = Table::new(&[
        ("PARTITION", Right),
        ("LEADER", Right),
        ("REPLICAS", Left),
        ("ISR", Left),
        ("PREFERRED", Left),
        ("EARLIEST", Right),
        ("LATEST", Right),
        ("SIZE ON DISK", Left),
    ]);
    let offset = |offset: Option<i64>| offset.map_or("unknown".to_owned(), |offset| offset.to_string());
    for partition in partitions {
        let is_behind = partition.isr.len() < partition.replicas.len();
        table.row([
            partition.partition.to_string().into(),
            match partition.leader {
                Some(id) => id.to_string().into(),
                None => Cell::styled(style::BAD, "none"),
            },
            units::ids(&partition.replicas).into(),
            Cell::styled(if is_behind { style::WARN } else { style::PLAIN }, units::ids(&partition.isr)),
            if partition.preferred { "yes".into() } else { Cell::styled(style::WARN, "no") },
            offset(partition.earliest_offset).into(),
            offset(partition.latest_offset).into(),
            sizes(&partition.size_bytes),
        ]);
    }
    table.fit(width)
}

/// `0: 1.2 KiB, 1: unknown`.
fn sizes(sizes: &BTreeMap<i32, Option<u64>>) -> Cell {
    let size = |size: &Option<u64>| size.map_or("unknown".to_owned(), units::size);
    Cell::list(sizes.iter().map(|(id, bytes)| format!("{id}: {}", size(bytes))))
}

/// The line of `topic create`.
pub(crate) fn created(created: &Created) -> String {
    let how = if created.created { "created with" } else { "exists already, with" };
    let partitions = count(created.partitions, "partition");
    format!(
        "{}: {how} {partitions}, replication factor {}\n",
        printable(&created.topic),
        created.replication_factor
    )
}

/// A line for each change, or that there is none.
pub(crate) fn altered(altered: &Altered) -> String {
    let mut changes = Vec::new();
    changes.extend(
        altered.partitions.as_ref().map(|change| format!("{} -> {} partitions", change.before, change.after)),
    );
    changes.extend(altered.configs.iter().map(|change| {
        let now = match &change.after {
            Some(value) => format!("{}={value}", change.key),
            None => format!("{} deleted", change.key),
        };
        match &change.before {
            Some(before) => format!("{now} (was {before})"),
            None => now,
        }
    }));
    if changes.is_empty() {
        changes.push("nothing to change".to_owned());
    }
    changes.iter().map(|change| format!("{}: {}\n", printable(&altered.topic), printable(change))).collect()
}

/// A line for each topic.
pub(crate) fn deleted(deleted: &Deleted) -> String {
    let brokers: Vec<_> = deleted.pending_on.iter().map(|id| format!("broker-{id}")).collect();
    let pending = match brokers.is_empty() {
        true => String::new(),
        false => format!("; what {} has goes when it starts", brokers.join(", ")),
    };
    deleted.deleted.iter().map(|topic| format!("{}: deleted{pending}\n", printable(topic))).collect()
}

/// A line for the partitions of a topic of which the same became, and the sum.
pub(crate) fn elections(elections: &[Election]) -> String {
    let id = |id: Option<i32>| id.map_or("none".to_owned(), |id| id.to_string());
    let became = |election: &Election| {
        let (preferred, before) = (id(election.preferred), id(election.before));
        match election.result {
            Elected::Moved => format!("moved {before} -> {preferred}"),
            Elected::Already => format!("led by {preferred} already"),
            Elected::Not => {
                let why = election.reason.as_deref().unwrap_or("unknown");
                paint(style::WARN, format!("stays at {before}: {why}"))
            }
        }
    };
    let line = |((topic, became), alike): (&(&str, String), &Vec<&Election>)| {
        let partitions = of_topic(topic, &alike.iter().map(|one| one.partition).collect::<Vec<_>>());
        format!("{}: {became}\n", printable(&partitions))
    };
    let number = |wanted| elections.iter().filter(|election| election.result == wanted).count();
    let (moved, already, not) = (number(Elected::Moved), number(Elected::Already), number(Elected::Not));
    let groups = alike(elections, |election| (election.topic.as_str(), became(election)));
    let lines: String = groups.iter().map(line).collect();
    format!("{lines}{moved} moved, {already} already, {not} not\n")
}

#[cfg(test)]
pub(crate) mod samples {
    //! A description made by hand.

    use super::*;

    /// Broker 1 is down and leads nothing any more.
    pub(crate) fn description() -> Description {
        let partition = |number, leader: Option<i32>, latest: Option<i64>| PartitionDescription {
            partition: number,
            leader,
            replicas: vec![1, 0],
            isr: vec![0],
            preferred: false,
            earliest_offset: latest.map(|_| 0),
            latest_offset: latest,
            size_bytes: [(0, Some(1300)), (1, None)].into(),
        };
        Description {
            topics: vec![TopicDescription {
                topic: "velib".into(),
                internal: false,
                partition_count: 2,
                replication_factor: 2,
                configs: Some([("retention.ms".to_owned(), "1000".to_owned())].into()),
                partitions: vec![partition(0, Some(0), Some(17)), partition(1, None, None)],
            }],
            unknown: vec!["sizes on broker-1: connection refused".into()],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn a_topic_is_described_in_kafkas_columns_and_what_nobody_told_is_unknown() {
        insta::assert_snapshot!(plain(&description(&samples::description(), Width::Whole)), @r"
        Topic: velib  PartitionCount: 2  ReplicationFactor: 2  Configs: retention.ms=1000
        PARTITION  LEADER  REPLICAS  ISR  PREFERRED  EARLIEST   LATEST  SIZE ON DISK
                0       0  1,0       0    no                0       17  0: 1.3 KiB, 1: unknown
                1    none  1,0       0    no          unknown  unknown  0: 1.3 KiB, 1: unknown

        unknown: sizes on broker-1: connection refused
        ");
        let mut described = samples::description();
        described.topics[0].configs = None;
        assert!(plain(&description(&described, Width::Whole)).contains("Configs: unknown"));
    }

    #[test]
    fn replicas_on_a_broker_that_is_down_are_said_to_go_later() {
        let gone = Deleted { deleted: vec!["t".into()], pending_on: vec![1, 2] };
        assert_eq!(deleted(&gone), "t: deleted; what broker-1, broker-2 has goes when it starts\n");
    }

    #[test]
    fn the_json_of_a_description_is_stable() {
        insta::assert_json_snapshot!(samples::description().topics[0].partitions[0], @r#"
        {
          "partition": 0,
          "leader": 0,
          "replicas": [
            1,
            0
          ],
          "isr": [
            0
          ],
          "preferred": false,
          "earliest_offset": 0,
          "latest_offset": 17,
          "size_bytes": {
            "0": 1300,
            "1": null
          }
        }
        "#);
    }
}
