//! Topics as a line each, and one topic's partitions in the columns of kafka-topics.sh --describe.

use std::collections::BTreeMap;

use super::style;
use super::table::{Align, Cell, Table};
use super::units;
use crate::api::status::TopicStatus;

/// A line per topic, without Kafka's own. Empty when there is none.
pub fn summary(topics: &BTreeMap<String, TopicStatus>) -> String {
    let mut table = Table::new(&[
        ("TOPIC", Align::Left),
        ("PARTITIONS", Align::Right),
        ("UNDER-REPLICATED", Align::Right),
        ("OFFLINE", Align::Right),
        ("LEADERS", Align::Left),
    ]);
    let mut own = topics.iter().filter(|(_, topic)| !topic.internal).peekable();
    if own.peek().is_none() {
        return String::new();
    }
    for (name, topic) in own {
        let partitions = || topic.partitions.values();
        let under_replicated = partitions().filter(|partition| partition.view.is_under_replicated()).count();
        let offline = partitions().filter(|partition| partition.view.leader.is_none()).count();
        let alarm = |number: usize, style| match number {
            0 => Cell::from("0"),
            number => Cell::styled(style, number.to_string()),
        };
        table.row([
            name.as_str().into(),
            topic.partitions.len().to_string().into(),
            alarm(under_replicated, style::WARN),
            alarm(offline, style::BAD),
            leaders(topic).into(),
        ]);
    }
    table.text()
}

/// How many partitions each broker leads: `broker-1: 5, broker-2: 5`.
fn leaders(topic: &TopicStatus) -> String {
    let mut led = BTreeMap::<i32, usize>::new();
    for id in topic.partitions.values().filter_map(|partition| partition.view.leader) {
        *led.entry(id).or_default() += 1;
    }
    led.iter().map(|(id, number)| format!("broker-{id}: {number}")).collect::<Vec<_>>().join(", ")
}

/// Every partition of one topic.
pub fn all(name: &str, topic: &TopicStatus) -> String {
    let mut table = Table::new(&[
        ("TOPIC", Align::Left),
        ("PARTITION", Align::Right),
        ("LEADER", Align::Right),
        ("REPLICAS", Align::Left),
        ("ISR", Align::Left),
        ("PREFERRED", Align::Left),
    ]);
    for (number, partition) in &topic.partitions {
        let view = &partition.view;
        let isr = if view.is_under_replicated() { style::WARN } else { style::PLAIN };
        table.row([
            name.into(),
            number.to_string().into(),
            match view.leader {
                Some(id) => id.to_string().into(),
                None => Cell::styled(style::BAD, "none"),
            },
            units::ids(&view.replicas).into(),
            Cell::styled(isr, units::ids(&view.isr)),
            if partition.preferred { "yes".into() } else { Cell::styled(style::WARN, "no") },
        ]);
    }
    table.text()
}
