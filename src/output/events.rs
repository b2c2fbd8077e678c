//! The journal as text: a line an event, so that a failure reads as a story.

use anstyle::Style;
use jiff::tz::TimeZone;

use super::alike::alike;
use super::style::{self, paint};
use crate::model::acl::Acl;
use crate::model::event::{Entry, Event, IsrChange, LeaderMove, Sender};
use crate::model::ids::Role;
use crate::model::partitions::named;
use crate::model::step::Step;
use crate::units::{self, count};

/// `2026-11-23 01:34:00.123  broker-0     exited: SIGKILL, 2 ms after the signal`, time of `zone`.
pub(crate) fn line(entry: &Entry, zone: &TimeZone) -> String {
    let time = entry.time.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S.%3f").to_string();
    let node = entry.event.node().map_or("cluster".to_owned(), |node| node.to_string());
    let what = paint(tone(&entry.event), one_line(&what(&entry.event)));
    format!("{}  {node:<12} {what}\n", paint(style::HEADER, time))
}

/// A text of several lines, such as the tail of a log, on one.
fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" | ")
}

/// What happened, without when and to which node.
pub(crate) fn what(event: &Event) -> String {
    match event {
        Event::SupervisorStarted { pid, version } => format!("supervisor {version} started, pid {pid}"),
        Event::SupervisorStopped { pid } => format!("supervisor stopped, pid {pid}"),
        Event::Asked { action, by, .. } => format!("asked: {action}, by {by}"),
        Event::Answered { ok: true, message, .. } => format!("answered: {message}"),
        Event::Answered { ok: false, message, .. } => format!("answered, not done: {message}"),
        Event::Refused { message, .. } => format!("refused: {message}"),
        Event::NodeAdded { .. } => "added to the cluster".to_owned(),
        Event::NodeRemoved { .. } => "taken from the cluster".to_owned(),
        Event::Started { pid, .. } => format!("started, pid {pid}"),
        Event::StartFailed { reason, .. } => format!("failed to start: {reason}"),
        Event::Adopted { pid, .. } => format!("taken over, still running with pid {pid}"),
        Event::Reached { step, after_ms, .. } => {
            format!("{} after {}", reached(*step), units::duration(*after_ms))
        }
        Event::Ready { after_ms, .. } => format!("ready after {}", units::duration(*after_ms)),
        Event::Unready { step, reason, .. } => {
            format!("no longer ready, waiting for {}: {reason}", step.waits_for())
        }
        Event::Signalled { pid, signal, by, .. } => {
            let by = match by {
                Sender::Operator => "operator",
                Sender::Supervisor => "supervisor",
            };
            format!("{signal} sent to pid {pid} by the {by}")
        }
        Event::Exited { status, after_ms, expected, reason, .. } => {
            let unasked = if *expected { "" } else { ", unasked" };
            let why = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            match after_ms {
                Some(ms) => {
                    format!("exited: {status}, {} after the signal{unasked}{why}", units::duration(*ms))
                }
                None => format!("exited: {status}{unasked}{why}"),
            }
        }
        Event::RestartScheduled { attempt, in_ms: 0, .. } => format!("restart {attempt} follows at once"),
        Event::RestartScheduled { attempt, in_ms, .. } => {
            format!("restart {attempt} follows in {}", units::duration(*in_ms))
        }
        Event::CrashLoop { exits, within_ms, reason, .. } => {
            let error = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            let exits = count(*exits as usize, "exit");
            format!("given up until `start`, {exits} within {}{error}", units::duration(*within_ms))
        }
        Event::RegistrationCleared { removed, .. } => {
            format!("registration removed, as its process is gone ({})", removed.join(", "))
        }
        Event::Paused { .. } => "paused".to_owned(),
        Event::Resumed { .. } => "goes on".to_owned(),
        Event::BrokerRegistered { .. } => "registered".to_owned(),
        Event::BrokerGone { after_ms: Some(ms), .. } => {
            format!("no longer registered, {} after its process ended", units::duration(*ms))
        }
        Event::BrokerGone { after_ms: None, .. } => "no longer registered".to_owned(),
        Event::ControllerChanged { role, from, to } => change("controller", role.word(), *from, *to),
        Event::ZooKeeperLeaderChanged { from, to } => {
            change("ZooKeeper leader", Role::ZooKeeper.word(), *from, *to)
        }
        Event::LeadersMoved { moved, offline } => leaders_moved(moved, *offline),
        Event::IsrShrunk { partitions } => isr_changed("shrank", partitions),
        Event::IsrExpanded { partitions } => isr_changed("grew", partitions),
        Event::TopicCreated { topic, partitions, replication_factor, by_spec } => {
            let by_spec = if *by_spec { ", as the spec says" } else { "" };
            let partitions = count(*partitions as usize, "partition");
            format!("topic {topic} created: {partitions}, replication factor {replication_factor}{by_spec}")
        }
        Event::TopicDeleted { topic } => format!("topic {topic} deleted"),
        Event::TopicDiffers { topic, difference } => {
            format!("topic {topic} is not as the spec says: {difference}")
        }
        Event::TopicConfigured { topic, settings } => {
            format!("topic {topic} set to what the spec says: {}", settings.join(", "))
        }
        Event::UsersChanged { added, removed } => {
            let one = |verb: &str, users: &[String]| {
                (!users.is_empty()).then(|| {
                    let noun = if users.len() == 1 { "user" } else { "users" };
                    format!("{noun} {} {verb}", users.join(", "))
                })
            };
            let parts = [one("added", added), one("removed", removed)];
            parts.into_iter().flatten().collect::<Vec<_>>().join(", ") + ", as the spec says"
        }
        Event::AclsChanged { added, removed } => {
            let one = |verb: &str, acls: &[Acl]| {
                (!acls.is_empty()).then(|| {
                    let each = acls.iter().map(Acl::to_string).collect::<Vec<_>>().join("; ");
                    format!("{} {verb} ({each})", count(acls.len(), "ACL"))
                })
            };
            let parts = [one("added", added), one("removed", removed)];
            parts.into_iter().flatten().collect::<Vec<_>>().join(", ") + ", as the spec says"
        }
        Event::Usable { after_ms } => format!("usable after {}", units::duration(*after_ms)),
        Event::Trouble { message } => format!("trouble: {message}"),
    }
}

/// A readiness step that is behind the node.
fn reached(step: Step) -> &'static str {
    match step {
        Step::Process => "process alive",
        Step::Port => "port open",
        Step::Protocol => "answers its protocol",
        Step::Quorum => "knows the leader of the quorum",
        Step::Registered => "registered",
        Step::Joined => "knows the controller and every live broker",
        Step::InSync => "replicas in the ISR",
    }
}

fn change(what: &str, role: &str, from: Option<i32>, to: Option<i32>) -> String {
    match (from, to) {
        (Some(from), Some(to)) => format!("{what} is {role}-{to}, was {role}-{from}"),
        (None, Some(to)) => format!("{what} is {role}-{to}"),
        (Some(from), None) => format!("no {what}, was {role}-{from}"),
        (None, None) => format!("no {what}"),
    }
}

/// `leaders of 7 partitions moved (velib-stations/0-6 0->1), 0 offline`.
fn leaders_moved(moved: &[LeaderMove], offline: u32) -> String {
    let broker = |id: Option<i32>| id.map_or("none".to_owned(), |id| id.to_string());
    let alike = alike(moved, |one| (one.from, one.to));
    let leaders = if moved.len() == 1 { "leader" } else { "leaders" };
    let partitions = count(moved.len(), "partition");
    let moves = alike.iter().map(|((from, to), group)| {
        let names = named(group.iter().map(|one| (one.topic.as_str(), one.partition)));
        format!("{names} {}->{}", broker(*from), broker(*to))
    });
    let moves = moves.collect::<Vec<_>>().join(", ");
    format!("{leaders} of {partitions} moved ({moves}), {offline} offline")
}

/// `ISR of 7 partitions shrank to [1,2] (velib-stations/0-6)`, once per ISR that came out.
fn isr_changed(how: &str, changes: &[IsrChange]) -> String {
    let alike = alike(changes, |change| change.to.as_slice());
    let parts = alike.iter().map(|(to, group)| {
        let names = named(group.iter().map(|one| (one.topic.as_str(), one.partition)));
        format!("{} {how} to [{}] ({names})", count(group.len(), "partition"), units::ids(to))
    });
    format!("ISR of {}", parts.collect::<Vec<_>>().join(", of "))
}

fn tone(event: &Event) -> Style {
    match event {
        Event::StartFailed { .. }
        | Event::Unready { .. }
        | Event::CrashLoop { .. }
        | Event::Trouble { .. }
        | Event::Exited { expected: false, .. }
        | Event::Answered { ok: false, .. } => style::BAD,
        Event::LeadersMoved { offline, .. } if *offline > 0 => style::BAD,
        Event::Exited { .. }
        | Event::Refused { .. }
        | Event::RestartScheduled { .. }
        | Event::Paused { .. }
        | Event::BrokerGone { .. }
        | Event::ControllerChanged { to: None, .. }
        | Event::ZooKeeperLeaderChanged { to: None, .. }
        | Event::LeadersMoved { .. }
        | Event::IsrShrunk { .. }
        | Event::TopicDiffers { .. } => style::WARN,
        Event::Ready { .. } | Event::Usable { .. } | Event::IsrExpanded { .. } => style::GOOD,
        _ => style::PLAIN,
    }
}

#[cfg(test)]
pub(crate) mod samples {
    //! One of every event, in the order of a life.

    use super::*;
    use crate::model::exit::Exit;
    use crate::model::ids::NodeName;
    use crate::model::reason::Reason;
    use crate::model::signal::Signal;

    fn acl(user: &str) -> Acl {
        crate::model::samples::acl(user, crate::model::acl::Operation::Read, "topic:velib-*")
    }

    fn moved(partition: i32, from: Option<i32>, to: Option<i32>) -> LeaderMove {
        LeaderMove { topic: "velib-stations".into(), partition, from, to, epoch: Some(2) }
    }

    fn isr(partition: i32, from: &[i32], to: &[i32]) -> IsrChange {
        IsrChange { topic: "velib-stations".into(), partition, from: from.to_vec(), to: to.to_vec() }
    }

    pub(crate) fn entry(event: Event) -> Entry {
        Entry { seq: 1, time: "2026-11-23T00:34:00.123Z".parse().unwrap(), event }
    }

    fn asked(request: u64, action: &str, by: &str) -> Event {
        Event::Asked { request, action: action.into(), by: by.into(), asked: None }
    }

    pub(crate) fn all() -> Vec<Event> {
        let zookeeper = NodeName::zookeeper(1);
        let node = NodeName::broker(0);
        vec![
            Event::SupervisorStarted { pid: 4600, version: "0.1.0".into() },
            asked(1, "up", "cluster up (pid 4599)"),
            Event::NodeAdded { node },
            Event::NodeRemoved { node: NodeName::broker(3) },
            Event::Started { node: zookeeper, pid: 4701 },
            Event::Adopted { node, pid: 4700 },
            Event::StartFailed { node, reason: Reason::NotStarted { why: "no such file: /opt/java".into() } },
            Event::RegistrationCleared { node, removed: vec!["/brokers/ids/0".into(), "/controller".into()] },
            Event::Reached { node, step: Step::Process, after_ms: 1 },
            Event::Reached { node, step: Step::Port, after_ms: 812 },
            Event::Reached { node, step: Step::Protocol, after_ms: 1015 },
            Event::Reached { node, step: Step::Registered, after_ms: 1320 },
            Event::Reached { node, step: Step::Joined, after_ms: 1900 },
            Event::Reached { node, step: Step::InSync, after_ms: 2000 },
            Event::Ready { node, after_ms: 2000 },
            Event::BrokerRegistered { node },
            Event::ControllerChanged { role: Role::Broker, from: None, to: Some(0) },
            Event::ZooKeeperLeaderChanged { from: Some(1), to: Some(2) },
            Event::TopicCreated {
                topic: "velib-stations".into(),
                partitions: 10,
                replication_factor: 2,
                by_spec: true,
            },
            Event::TopicConfigured {
                topic: "velib-stations".into(),
                settings: vec!["retention.ms=86400000".into()],
            },
            Event::TopicDiffers {
                topic: "velib-stations".into(),
                difference: "12 partitions, the spec says 10".into(),
            },
            Event::UsersChanged { added: vec!["alice".into(), "bob".into()], removed: vec!["carol".into()] },
            Event::AclsChanged { added: vec![acl("alice")], removed: vec![acl("bob"), acl("carol")] },
            Event::Usable { after_ms: 4100 },
            Event::Answered { request: 1, ok: true, message: "usable".into(), outcome: None },
            asked(2, "kill broker-0", "cluster kill (pid 4711)"),
            Event::Signalled { node, pid: 4700, signal: Signal::KILL, by: Sender::Operator },
            Event::Exited {
                node,
                pid: 4700,
                status: Exit::Signal(9),
                after_ms: Some(2),
                expected: true,
                reason: None,
            },
            Event::BrokerGone { node, after_ms: Some(6100) },
            Event::BrokerGone { node, after_ms: None },
            Event::ControllerChanged { role: Role::Broker, from: Some(0), to: Some(1) },
            Event::ControllerChanged { role: Role::Broker, from: Some(0), to: None },
            Event::LeadersMoved { moved: (0..7).map(|p| moved(p, Some(0), Some(1))).collect(), offline: 0 },
            Event::LeadersMoved { moved: vec![moved(3, Some(0), None)], offline: 1 },
            Event::IsrShrunk {
                partitions: vec![isr(0, &[0, 1], &[1]), isr(1, &[0, 2], &[2]), isr(2, &[0, 1], &[1])],
            },
            Event::IsrExpanded { partitions: vec![isr(0, &[1], &[1, 0])] },
            Event::Exited {
                node,
                pid: 4700,
                status: Exit::Code(1),
                after_ms: None,
                expected: false,
                reason: None,
            },
            Event::Exited {
                node,
                pid: 4700,
                status: Exit::Signal(9),
                after_ms: None,
                expected: false,
                reason: Some(Reason::OutOfMemoryKill { limit_bytes: Some(420 << 20) }),
            },
            Event::RestartScheduled { node, attempt: 1, in_ms: 0 },
            Event::RestartScheduled { node, attempt: 2, in_ms: 2000 },
            Event::CrashLoop {
                node,
                exits: 5,
                within_ms: 60_000,
                reason: Some(Reason::Words { text: "ERROR Fatal error\n\n  at kafka.Kafka\n".into() }),
            },
            Event::CrashLoop { node, exits: 5, within_ms: 60_000, reason: None },
            Event::Unready {
                node,
                step: Step::Protocol,
                reason: Reason::NotReady { why: "no answer within 500 ms".into() },
            },
            Event::Paused { node },
            Event::Resumed { node },
            Event::TopicDeleted { topic: "old".into() },
            Event::Refused { request: 3, message: "it would lose the quorum".into(), outcome: None },
            Event::Answered {
                request: 4,
                ok: false,
                message: "broker-0 did not come up".into(),
                outcome: None,
            },
            Event::Trouble { message: "failed to write state.json: disk full".into() },
            Event::SupervisorStopped { pid: 4600 },
        ]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::samples::{all, entry};
    use super::*;

    #[test]
    fn every_event_reads_as_a_line_of_the_story() {
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        let text: String = all().into_iter().map(|event| line(&entry(event), &zone)).collect();
        insta::assert_snapshot!(anstream::adapter::strip_str(&text).to_string(), @r#"
        2026-11-23 01:34:00.123  cluster      supervisor 0.1.0 started, pid 4600
        2026-11-23 01:34:00.123  cluster      asked: up, by cluster up (pid 4599)
        2026-11-23 01:34:00.123  broker-0     added to the cluster
        2026-11-23 01:34:00.123  broker-3     taken from the cluster
        2026-11-23 01:34:00.123  zookeeper-1  started, pid 4701
        2026-11-23 01:34:00.123  broker-0     taken over, still running with pid 4700
        2026-11-23 01:34:00.123  broker-0     failed to start: no such file: /opt/java
        2026-11-23 01:34:00.123  broker-0     registration removed, as its process is gone (/brokers/ids/0, /controller)
        2026-11-23 01:34:00.123  broker-0     process alive after 1 ms
        2026-11-23 01:34:00.123  broker-0     port open after 812 ms
        2026-11-23 01:34:00.123  broker-0     answers its protocol after 1.0 s
        2026-11-23 01:34:00.123  broker-0     registered after 1.3 s
        2026-11-23 01:34:00.123  broker-0     knows the controller and every live broker after 1.9 s
        2026-11-23 01:34:00.123  broker-0     replicas in the ISR after 2.0 s
        2026-11-23 01:34:00.123  broker-0     ready after 2.0 s
        2026-11-23 01:34:00.123  broker-0     registered
        2026-11-23 01:34:00.123  cluster      controller is broker-0
        2026-11-23 01:34:00.123  cluster      ZooKeeper leader is zookeeper-2, was zookeeper-1
        2026-11-23 01:34:00.123  cluster      topic velib-stations created: 10 partitions, replication factor 2, as the spec says
        2026-11-23 01:34:00.123  cluster      topic velib-stations set to what the spec says: retention.ms=86400000
        2026-11-23 01:34:00.123  cluster      topic velib-stations is not as the spec says: 12 partitions, the spec says 10
        2026-11-23 01:34:00.123  cluster      users alice, bob added, user carol removed, as the spec says
        2026-11-23 01:34:00.123  cluster      1 ACL added (alice: allow read topic:velib-*), 2 ACLs removed (bob: allow read topic:velib-*; carol: allow read topic:velib-*), as the spec says
        2026-11-23 01:34:00.123  cluster      usable after 4.1 s
        2026-11-23 01:34:00.123  cluster      answered: usable
        2026-11-23 01:34:00.123  cluster      asked: kill broker-0, by cluster kill (pid 4711)
        2026-11-23 01:34:00.123  broker-0     SIGKILL sent to pid 4700 by the operator
        2026-11-23 01:34:00.123  broker-0     exited: SIGKILL, 2 ms after the signal
        2026-11-23 01:34:00.123  broker-0     no longer registered, 6.1 s after its process ended
        2026-11-23 01:34:00.123  broker-0     no longer registered
        2026-11-23 01:34:00.123  cluster      controller is broker-1, was broker-0
        2026-11-23 01:34:00.123  cluster      no controller, was broker-0
        2026-11-23 01:34:00.123  cluster      leaders of 7 partitions moved (velib-stations/0-6 0->1), 0 offline
        2026-11-23 01:34:00.123  cluster      leader of 1 partition moved (velib-stations/3 0->none), 1 offline
        2026-11-23 01:34:00.123  cluster      ISR of 2 partitions shrank to [1] (velib-stations/0,2), of 1 partition shrank to [2] (velib-stations/1)
        2026-11-23 01:34:00.123  cluster      ISR of 1 partition grew to [1,0] (velib-stations/0)
        2026-11-23 01:34:00.123  broker-0     exited: exit code 1, unasked
        2026-11-23 01:34:00.123  broker-0     exited: SIGKILL, unasked: killed by the kernel, which had no memory left (the cgroup's limit is 420 MiB)
        2026-11-23 01:34:00.123  broker-0     restart 1 follows at once
        2026-11-23 01:34:00.123  broker-0     restart 2 follows in 2.0 s
        2026-11-23 01:34:00.123  broker-0     given up until `start`, 5 exits within 1 min: ERROR Fatal error | at kafka.Kafka
        2026-11-23 01:34:00.123  broker-0     given up until `start`, 5 exits within 1 min
        2026-11-23 01:34:00.123  broker-0     no longer ready, waiting for an answer to its protocol: no answer within 500 ms
        2026-11-23 01:34:00.123  broker-0     paused
        2026-11-23 01:34:00.123  broker-0     goes on
        2026-11-23 01:34:00.123  cluster      topic old deleted
        2026-11-23 01:34:00.123  cluster      refused: it would lose the quorum
        2026-11-23 01:34:00.123  cluster      answered, not done: broker-0 did not come up
        2026-11-23 01:34:00.123  cluster      trouble: failed to write state.json: disk full
        2026-11-23 01:34:00.123  cluster      supervisor stopped, pid 4600
        "#);
    }

    #[test]
    fn the_samples_and_the_manual_have_every_kind_of_event() {
        let kinds: BTreeSet<String> = all()
            .iter()
            .map(|event| serde_json::to_value(event).unwrap()["event"].as_str().unwrap().to_owned())
            .collect();
        // serde tells the names of all variants when it meets one that it does not know.
        let error = serde_json::from_str::<Event>(r#"{"event":"?"}"#).unwrap_err().to_string();
        let known: BTreeSet<String> = error.split('`').skip(3).step_by(2).map(str::to_owned).collect();
        assert_eq!(kinds, known);
        let manual = include_str!("../../docs/events.md");
        for kind in known {
            assert!(manual.contains(&format!("| `{kind}` |")), "docs/events.md lacks {kind}");
        }
    }
}
