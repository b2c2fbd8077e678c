//! Topics as a line each, and one topic's partitions in the columns of kafka-topics.sh --describe.

use std::collections::BTreeMap;

use super::style;
use super::table::{Align, Cell, Table};
use super::width::Width;
use crate::model::status::TopicStatus;
use crate::units;

/// A line per topic, Kafka's own behind the others. Empty when there is none.
pub(crate) fn summary(topics: &BTreeMap<String, TopicStatus>, width: Width) -> String {
    let mut table = Table::new(&[
        ("TOPIC", Align::Left),
        ("PARTITIONS", Align::Right),
        ("UNDER-REPLICATED", Align::Right),
        ("OFFLINE", Align::Right),
        ("LEADERS", Align::Left),
    ]);
    if topics.is_empty() {
        return String::new();
    }
    // They count in the verdict, so they are shown.
    let (kafkas, own): (Vec<_>, Vec<_>) = topics.iter().partition(|(_, topic)| topic.internal);
    for (name, topic) in own.into_iter().chain(kafkas) {
        let counts = topic.counts();
        let alarm = |number: usize, style| match number {
            0 => Cell::from("0"),
            number => Cell::styled(style, number.to_string()),
        };
        let leaders = counts.leaders.iter().map(|(id, number)| format!("broker-{id}: {number}"));
        table.row([
            Cell::name(name),
            counts.partitions.to_string().into(),
            alarm(counts.under_replicated, style::WARN),
            alarm(counts.offline, style::BAD),
            Cell::list(leaders),
        ]);
    }
    table.fit(width)
}

/// Every partition of one topic.
pub(crate) fn all(name: &str, topic: &TopicStatus, width: Width) -> String {
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
        let isr = if partition.under_replicated { style::WARN } else { style::PLAIN };
        table.row([
            Cell::name(name),
            number.to_string().into(),
            match view.leader {
                Some(id) if partition.led => id.to_string().into(),
                Some(id) => Cell::styled(style::BAD, format!("none, was {id}")),
                None => Cell::styled(style::BAD, "none"),
            },
            units::ids(&view.replicas).into(),
            Cell::styled(isr, units::ids(&view.isr)),
            if partition.preferred { "yes".into() } else { Cell::styled(style::WARN, "no") },
        ]);
    }
    table.fit(width)
}
