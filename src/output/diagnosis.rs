//! What is wrong with a cluster or a topic, as text.

use std::collections::BTreeMap;
use std::fmt::Write;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};

use super::foreign::printable;
use super::status;
use super::style::{self, paint};
use crate::model::event::Event;
use crate::model::partitions::of_topic;
use crate::units;
use crate::view::diagnosis::{Diagnosis, Lack, Missing, Unwell};
use crate::view::why::Why;

/// The message; nodes, partitions, what could not be learnt and what helps, as far as there are any.
pub(crate) fn text(told: &Diagnosis, now: Timestamp, zone: &TimeZone) -> String {
    let tone = told.state.filter(|_| told.topic.is_none()).map_or(style::STRONG, style::of_health);
    let mut out = paint(tone, &told.message) + "\n";
    section(&mut out, "nodes", told.nodes.iter().map(|why| node(why, now, zone)));
    let partitions = match told.topic {
        Some(_) => told.partitions.iter().map(|one| partition(one, now)).collect(),
        None => grouped(&told.partitions, now),
    };
    section(&mut out, "partitions", partitions);
    section(&mut out, "unknown", told.unknown.iter().map(|line| printable(line).into_owned()));
    section(&mut out, "what helps", told.help.iter().map(|line| printable(line).into_owned()));
    out
}

fn section(out: &mut String, title: &str, lines: impl IntoIterator<Item = String>) {
    let mut lines = lines.into_iter().peekable();
    if lines.peek().is_some() {
        let _ = writeln!(out, "\n{title}");
        for line in lines {
            let _ = writeln!(out, "  {line}");
        }
    }
}

/// `broker-0     killed for 12.0 s: asked for by ...`, and the last error.
fn node(why: &Why, now: Timestamp, zone: &TimeZone) -> String {
    let mut line =
        format!("{:<12} {}", why.node, paint(style::of_state(why.state), status::state(why.state)));
    if let Some(since) = why.since {
        let _ = write!(line, " for {}", ago(since, now));
    }
    match (&why.error, why.asked.as_ref().map(|entry| (entry.time, &entry.event))) {
        (Some(error), _) => {
            let error = error.lines().collect::<Vec<_>>().join(" ");
            let _ = write!(line, ": {}", paint(style::WARN, error));
        }
        (None, Some((time, Event::Asked { action, by, .. }))) => {
            let time = time.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string();
            let _ = write!(line, ": `{}`, by {}, {time}", printable(action), printable(by));
        }
        (None, _) => {}
    }
    line
}

fn ago(since: Timestamp, now: Timestamp) -> String {
    let span = now.since(since).ok().and_then(|span| span.total(Unit::Millisecond).ok());
    units::duration(span.unwrap_or(0.0).max(0.0) as u64)
}

/// Those that lack the same on the same brokers on one line; a topic's partitions together.
fn grouped(partitions: &[Unwell], now: Timestamp) -> Vec<String> {
    let mut alike: BTreeMap<(&[Lack], Vec<i32>), Vec<&Unwell>> = BTreeMap::new();
    for one in partitions {
        let mut brokers: Vec<i32> = one.missing.iter().map(|missing| missing.broker).collect();
        brokers.sort_unstable();
        alike.entry((&one.lacks, brokers)).or_default().push(one);
    }
    let line = |all: &Vec<&Unwell>| {
        let mut topics: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
        all.iter().for_each(|one| topics.entry(&one.topic).or_default().push(one.partition));
        let name = |(topic, numbers): (&&str, &Vec<i32>)| printable(&of_topic(topic, numbers)).into_owned();
        let names = topics.iter().map(name).collect::<Vec<_>>().join(" ");
        format!("{names}: {}{}", lacks(all[0]), missing(&all[0].missing, now))
    };
    alike.values().map(line).collect()
}

/// `3: under-replicated; leader 1, replicas 0,1, ISR 1; without broker-0 (killed)`.
fn partition(one: &Unwell, now: Timestamp) -> String {
    let leader = one.leader.map_or("none".to_owned(), |id| id.to_string());
    format!(
        "{}: {}; leader {leader}, replicas {}, ISR {}, min.insync.replicas {}{}",
        one.partition,
        lacks(one),
        units::ids(&one.replicas),
        units::ids(&one.isr),
        one.min_insync_replicas,
        missing(&one.missing, now),
    )
}

fn lacks(one: &Unwell) -> String {
    let words = one.lacks.iter().map(|lack| match lack {
        Lack::Offline => paint(style::BAD, "offline"),
        Lack::UnderMinIsr => paint(style::BAD, "refuses acks=all"),
        Lack::UnderReplicated => paint(style::WARN, "under-replicated"),
    });
    match one.lacks.is_empty() {
        true => paint(style::GOOD, "well"),
        false => words.collect::<Vec<_>>().join(", "),
    }
}

fn missing(all: &[Missing], now: Timestamp) -> String {
    let one = |one: &Missing| {
        let state = one.state.map_or("no member", |state| match state {
            crate::model::status::NodeState::Ready => "not in sync",
            other => status::state(other),
        });
        // Its process may have ended before that, or later.
        let since = one.since.map(|since| format!(", missing for {}", ago(since, now))).unwrap_or_default();
        format!("broker-{} ({state}{since})", one.broker)
    };
    match all.is_empty() {
        true => String::new(),
        false => format!("; without {}", all.iter().map(one).collect::<Vec<_>>().join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;
    use crate::model::samples;
    use crate::view::diagnosis::{About, diagnose, is_unwell};
    use crate::view::why::why;

    fn shown(about: About<'_>) -> String {
        let status = samples::degraded();
        let unwell = status.nodes.iter().filter(|node| is_unwell(node));
        let whys = unwell.map(|node| why(node.node, Some(&status), &[], None)).collect();
        let told = diagnose(&status, about, &[], whys);
        strip_str(&text(&told, "2026-11-23T00:34:00Z".parse().unwrap(), &TimeZone::UTC)).to_string()
    }

    #[test]
    fn a_cluster_has_its_nodes_and_its_partitions_that_lack_the_same_together() {
        let text = shown(About::Cluster);
        for line in [
            "unavailable (red): velib-stations/2 has no leader\n\nnodes\n  broker-0     killed\n",
            "\n  broker-2     starting: connection refused and more\n",
            "\npartitions\n  velib-stations/2: offline, under-replicated; without broker-2 (starting), broker-0 (killed)\n",
            "\n  velib-stations/0: under-replicated; without broker-0 (killed)\n",
            "\nwhat helps\n  `cluster start broker-0` starts it\n",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
    }

    #[test]
    fn a_topic_has_a_line_a_partition() {
        let text = shown(About::Topic("velib-stations", Some(0)));
        let line = "  0: under-replicated; leader 1, replicas 0,1, ISR 1, min.insync.replicas 1; without broker-0 (killed)\n";
        assert!(text.starts_with("velib-stations/0 is not as it should be\n"), "{text}");
        assert!(text.contains(line) && !text.contains("broker-2"), "{text}");
    }
}
