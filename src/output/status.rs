//! `cluster status` as text: header, nodes, topics or partitions, verdict.

use std::collections::BTreeMap;

use super::foreign::printable;
use super::style::{self, paint};
use super::table::{Align, Cell, Table};
use super::width::Width;
use super::{partitions, strict};
use crate::model::ids::Role;
use crate::model::status::{Imbalance, NodeState, NodeStatus, Problem, SettingProblem, Status};
use crate::model::view::VoterMode;
use crate::units;

/// The whole answer. With `topic`, its partitions instead of a line per topic.
pub(crate) fn text(status: &Status, topic: Option<&str>, width: Width) -> String {
    let mut parts = vec![header(status), nodes(status, width)];
    parts.push(match (&status.topics, topic) {
        (None, _) => "topics: unknown, no broker could tell\n".to_owned(),
        (Some(topics), None) => partitions::summary(topics, width),
        (Some(topics), Some(name)) => {
            topics.get(name).map(|topic| partitions::all(name, topic, width)).unwrap_or_default()
        }
    });
    parts.push(status.imbalance.map(imbalance).unwrap_or_default());
    parts.push(strict::lines(&status.bear_no_failure));
    parts.push(settings(&status.settings));
    parts.push(status.unknown.iter().map(|what| format!("unknown: {}\n", printable(what))).collect());
    parts.push(verdict(status));
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

/// The one line that says how the cluster is.
pub(crate) fn verdict(status: &Status) -> String {
    paint(style::of_health(status.verdict.state), &status.verdict.message) + "\n"
}

/// Leaders that could move back to where they belong, and when they will; empty when there are none.
fn imbalance(imbalance: Imbalance) -> String {
    let Imbalance { partitions, moved_by_kafka, within_s } = imbalance;
    if partitions == 0 {
        return String::new();
    }
    let verb = if partitions == 1 { "is" } else { "are" };
    let those = units::count(partitions as usize, "partition");
    let kafka = match (within_s, moved_by_kafka) {
        (None, _) => "Kafka leaves it so (auto.leader.rebalance.enable=false)".to_owned(),
        (Some(_), 0) => "Kafka leaves it so (leader.imbalance.per.broker.percentage)".to_owned(),
        (Some(within), moved) if moved == partitions => format!("Kafka moves them back within {within} s"),
        (Some(within), moved) => format!("Kafka moves {moved} back within {within} s"),
    };
    format!("{those} {verb} not led by the preferred leader; {kafka}, `cluster elect preferred` at once\n")
}

fn header(status: &Status) -> String {
    let controller = status.controller_name().map_or("unknown".to_owned(), |name| name.to_string());
    let name = paint(style::STRONG, &status.cluster);
    format!("{name}  Kafka {}  controller {controller}\n", versions(status))
}

/// The versions that nodes run, the cluster's own first.
fn versions(status: &Status) -> String {
    let mut versions: Vec<&str> = vec![&status.kafka_version];
    for node in &status.nodes {
        if !versions.contains(&node.kafka_version.as_str()) {
            versions.push(&node.kafka_version);
        }
    }
    versions.join(", ")
}

fn nodes(status: &Status, width: Width) -> String {
    use Align::{Left, Right};
    // A column of its own only where it tells something.
    let mixed = status.nodes.iter().any(|node| node.kafka_version != status.kafka_version);
    let mut columns = vec![("NODE", Left), ("STATE", Left), ("PID", Right), ("PORT", Right)];
    columns.extend(mixed.then_some(("KAFKA", Left)));
    columns.extend([("UPTIME", Right), ("MEMORY", Right), ("NOTE", Left)]);
    let mut table = Table::new(&columns);
    for node in &status.nodes {
        // A process that lives has all of these; what could not be learnt is unknown.
        let of_process = |value: Option<String>| match (value, node.pid) {
            (Some(value), _) => value,
            (None, Some(_)) => "unknown".to_owned(),
            (None, None) => "-".to_owned(),
        };
        let mut row: Vec<Cell> = vec![
            node.node.to_string().into(),
            Cell::styled(style::of_state(node.state), state(node.state)),
            node.pid.map_or("-".to_owned(), |pid| pid.to_string()).into(),
            node.port.to_string().into(),
        ];
        row.extend(mixed.then(|| node.kafka_version.clone().into()));
        row.extend([
            of_process(node.uptime_ms.map(units::duration)).into(),
            of_process(node.memory_bytes.map(units::memory)).into(),
            Cell::words(note(node, status.controller)),
        ]);
        table.row(row);
    }
    table.fit(width)
}

/// A state in words; the same as in JSON but for the hyphens.
pub(crate) fn state(state: NodeState) -> &'static str {
    match state {
        NodeState::Waiting => "waiting",
        NodeState::Starting => "starting",
        NodeState::Ready => "ready",
        NodeState::Unresponsive => "unresponsive",
        NodeState::Paused => "paused",
        NodeState::Stopping => "stopping",
        NodeState::Stopped => "stopped",
        NodeState::Killed => "killed",
        NodeState::Exited => "exited",
        NodeState::BackingOff => "backing off",
        NodeState::CrashLoop => "crash loop",
    }
}

/// A line for each setting that does not hold, however many brokers have it.
fn settings(problems: &[SettingProblem]) -> String {
    let mut alike: BTreeMap<(&str, Problem, &str), Vec<String>> = BTreeMap::new();
    for one in problems {
        alike.entry((&one.key, one.problem, &one.note)).or_default().push(one.node.to_string());
    }
    let line = |((key, problem, note), nodes): ((&str, Problem, &str), Vec<String>)| {
        let what = match problem {
            Problem::Unknown => "ignored unless a plugin reads it",
            Problem::Overridden => "overridden",
        };
        paint(style::WARN, format!("setting {key} of {}: {what}; {note}", nodes.join(", "))) + "\n"
    };
    alike.into_iter().map(line).collect()
}

/// What the node is in the cluster, what it waits for, how often it was restarted, its last error.
fn note(node: &NodeStatus, controller: Option<i32>) -> String {
    let alive = matches!(
        node.state,
        NodeState::Starting | NodeState::Ready | NodeState::Unresponsive | NodeState::Paused
    );
    let mut notes = Vec::new();
    match node.node.role {
        Role::ZooKeeper | Role::Controller => match node.mode {
            Some(VoterMode::Leader) => notes.push("leader".to_owned()),
            Some(VoterMode::Follower) => notes.push("follower".to_owned()),
            Some(VoterMode::Standalone) => notes.push("standalone".to_owned()),
            None if node.state == NodeState::Ready => notes.push("mode unknown".to_owned()),
            None => {}
        },
        Role::Broker => {
            if controller == Some(node.node.id) {
                notes.push("controller".to_owned());
            }
            match node.registered {
                Some(true) if !alive => notes.push("still registered".to_owned()),
                Some(false) if alive => notes.push("not registered".to_owned()),
                None if alive => notes.push("registration unknown".to_owned()),
                _ => {}
            }
        }
    }
    if let Some(step) = node.waiting_for {
        notes.push(format!("waiting for {}", step.waits_for()));
    }
    if node.restarts > 0 {
        notes.push(units::count(node.restarts as usize, "restart"));
    }
    notes.extend(node.reason.as_ref().map(|reason| first_line(&reason.to_string())));
    notes.join(", ")
}

/// A table's cell has one line.
fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::samples::{degraded, healthy};

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn a_healthy_cluster_is_told_in_few_lines() {
        insta::assert_snapshot!(plain(&text(&healthy(), None, Width::Whole)), @r#"
        velib  Kafka 3.9.2  controller broker-1

        NODE         STATE   PID   PORT     UPTIME   MEMORY  NOTE
        zookeeper-1  ready  4701  20001  2 min 5 s  118 MiB  follower
        zookeeper-2  ready  4702  20002  2 min 5 s  118 MiB  leader
        zookeeper-3  ready  4703  20003  2 min 5 s  118 MiB  follower
        broker-0     ready  4700  21000  2 min 5 s  118 MiB
        broker-1     ready  4701  21001  2 min 5 s  118 MiB  controller
        broker-2     ready  4702  21002  2 min 5 s  118 MiB

        TOPIC               PARTITIONS  UNDER-REPLICATED  OFFLINE  LEADERS
        velib-stations               3                 0        0  broker-0: 1, broker-1: 1, broker-2: 1
        __consumer_offsets           1                 0        0  broker-0: 1

        healthy (green): 1 more broker may fail
        "#);
    }

    #[test]
    fn leaders_that_are_not_the_preferred_ones_are_told_with_what_kafka_will_do() {
        let told = |partitions, moved_by_kafka, within_s| {
            imbalance(Imbalance { partitions, moved_by_kafka, within_s })
        };
        let elect = ", `cluster elect preferred` at once\n";
        for (imbalance, line) in [
            (told(0, 0, Some(30)), String::new()),
            (
                told(4, 4, Some(30)),
                format!(
                    "4 partitions are not led by the preferred leader; Kafka moves them back within 30 s{elect}"
                ),
            ),
            (
                told(4, 3, Some(30)),
                format!(
                    "4 partitions are not led by the preferred leader; Kafka moves 3 back within 30 s{elect}"
                ),
            ),
            (
                told(1, 0, Some(30)),
                format!(
                    "1 partition is not led by the preferred leader; Kafka leaves it so \
                     (leader.imbalance.per.broker.percentage){elect}"
                ),
            ),
            (
                told(1, 0, None),
                format!(
                    "1 partition is not led by the preferred leader; Kafka leaves it so \
                     (auto.leader.rebalance.enable=false){elect}"
                ),
            ),
        ] {
            assert_eq!(imbalance, line);
        }
    }

    #[test]
    fn a_topic_shows_every_partition_in_kafkas_columns() {
        insta::assert_snapshot!(plain(&text(&healthy(), Some("__consumer_offsets"), Width::Whole)), @r#"
        velib  Kafka 3.9.2  controller broker-1

        NODE         STATE   PID   PORT     UPTIME   MEMORY  NOTE
        zookeeper-1  ready  4701  20001  2 min 5 s  118 MiB  follower
        zookeeper-2  ready  4702  20002  2 min 5 s  118 MiB  leader
        zookeeper-3  ready  4703  20003  2 min 5 s  118 MiB  follower
        broker-0     ready  4700  21000  2 min 5 s  118 MiB
        broker-1     ready  4701  21001  2 min 5 s  118 MiB  controller
        broker-2     ready  4702  21002  2 min 5 s  118 MiB

        TOPIC               PARTITION  LEADER  REPLICAS  ISR    PREFERRED
        __consumer_offsets          0       0  0,1,2     0,1,2  yes

        healthy (green): 1 more broker may fail
        "#);
    }

    #[test]
    fn a_setting_that_does_not_hold_is_a_line_however_many_brokers_have_it() {
        let problem = |id, key: &str, problem, note: &str| SettingProblem {
            node: crate::model::ids::NodeName::broker(id),
            key: key.into(),
            problem,
            note: note.into(),
        };
        let note = "6 is in force (dynamic, this broker), planned is 4";
        let mut status = healthy();
        status.settings = vec![
            problem(0, "num.io.threads", Problem::Overridden, note),
            problem(0, "num.partition", Problem::Unknown, "no setting of Kafka 3.9.2"),
            problem(1, "num.partition", Problem::Unknown, "no setting of Kafka 3.9.2"),
        ];
        let text = plain(&text(&status, None, Width::Whole));
        let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("setting ")).collect();
        assert_eq!(
            lines,
            [
                "setting num.io.threads of broker-0: overridden; 6 is in force (dynamic, this broker), planned is 4",
                "setting num.partition of broker-0, broker-1: ignored unless a plugin reads it; no setting of Kafka 3.9.2",
            ]
        );
    }

    #[test]
    fn a_broken_cluster_says_what_each_node_is_about() {
        insta::assert_snapshot!(plain(&text(&degraded(), Some("velib-stations"), Width::Whole)), @r#"
        velib  Kafka 3.9.2  controller broker-1

        NODE         STATE      PID   PORT     UPTIME   MEMORY  NOTE
        zookeeper-1  ready     4701  20001  2 min 5 s  118 MiB  follower
        zookeeper-2  ready     4702  20002  2 min 5 s  118 MiB  leader
        zookeeper-3  ready     4703  20003  2 min 5 s  118 MiB  follower
        broker-0     killed       -  21000          -        -  still registered
        broker-1     ready     4701  21001  2 min 5 s  118 MiB  controller
        broker-2     starting  4702  21002  2 min 5 s  unknown  not registered, waiting for its port to open, 2 restarts, connection refused

        TOPIC           PARTITION  LEADER  REPLICAS  ISR  PREFERRED
        velib-stations          0       1  0,1       1    no
        velib-stations          1       1  1,2       1    yes
        velib-stations          2    none  2,0       0    no

        unavailable (red): velib-stations/2 has no leader
        "#);
        insta::assert_snapshot!(plain(&partitions::summary(degraded().topics.as_ref().unwrap(), Width::Whole)), @r#"
        TOPIC           PARTITIONS  UNDER-REPLICATED  OFFLINE  LEADERS
        velib-stations           3                 3        1  broker-1: 2
        "#);
    }

    #[test]
    fn what_nobody_could_tell_is_unknown_and_never_guessed() {
        let mut status = healthy();
        status.controller = None;
        status.topics = None;
        status.unknown = vec!["broker-1: no answer within 500 ms".into()];
        for node in &mut status.nodes {
            node.mode = None;
            node.registered = None;
            node.uptime_ms = None;
        }
        insta::assert_snapshot!(plain(&text(&status, None, Width::Whole)), @r#"
        velib  Kafka 3.9.2  controller unknown

        NODE         STATE   PID   PORT   UPTIME   MEMORY  NOTE
        zookeeper-1  ready  4701  20001  unknown  118 MiB  mode unknown
        zookeeper-2  ready  4702  20002  unknown  118 MiB  mode unknown
        zookeeper-3  ready  4703  20003  unknown  118 MiB  mode unknown
        broker-0     ready  4700  21000  unknown  118 MiB  registration unknown
        broker-1     ready  4701  21001  unknown  118 MiB  registration unknown
        broker-2     ready  4702  21002  unknown  118 MiB  registration unknown

        topics: unknown, no broker could tell

        unknown: broker-1: no answer within 500 ms

        healthy (green): 1 more broker may fail
        "#);
    }

    #[test]
    fn every_state_has_the_word_that_json_has() {
        for state in [
            NodeState::Waiting,
            NodeState::Starting,
            NodeState::Ready,
            NodeState::Unresponsive,
            NodeState::Paused,
            NodeState::Stopping,
            NodeState::Stopped,
            NodeState::Killed,
            NodeState::Exited,
            NodeState::BackingOff,
            NodeState::CrashLoop,
        ] {
            let json = serde_json::to_value(state).unwrap();
            assert_eq!(json.as_str().unwrap().replace('-', " "), super::state(state));
        }
    }
}
