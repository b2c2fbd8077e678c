//! The tutorial, step by step.

use std::collections::BTreeMap;

use cluster::model::event::{Event, Sender};
use cluster::model::signal::Signal;
use cluster::model::status::{Health, NodeState, Status};
use cluster::model::view::PartitionView;

use crate::common::cluster::Cluster;
use crate::common::home::TestHome;
use crate::common::{journal, transcript, until};

const TOPIC: &str = "velib-stations";

fn partitions(status: &Status) -> Vec<PartitionView> {
    let topics = status.topics.as_ref().expect("topics are known");
    topics[TOPIC].partitions.values().map(|partition| partition.view.clone()).collect()
}

fn all(status: &Status, holds: impl Fn(&PartitionView) -> bool) -> Option<()> {
    let partitions = partitions(status);
    (partitions.len() == 10 && partitions.iter().all(holds)).then_some(())
}

#[test]
fn the_tutorial_says_what_its_commands_say() {
    let home = TestHome::with_cluster();
    transcript::walk(&home, "docs/tutorial.md");
    until("nothing runs any more", || home.processes().is_empty().then_some(()));
    let left: Vec<_> = std::fs::read_dir(home.root().join("user/.local/state/cluster"))
        .map(|folder| folder.map(|entry| entry.unwrap().file_name()).filter(|name| name == "velib").collect())
        .unwrap_or_default();
    assert_eq!(left, Vec::<std::ffi::OsString>::new(), "`down --delete` leaves no folder");
}

#[test]
fn a_broker_and_a_zookeeper_server_die_and_come_back_as_the_tutorial_tells() {
    let velib = Cluster::up_example("velib.yaml");

    let status = velib.status();
    assert_eq!(status.verdict.state, Health::Healthy, "{:?}", status.verdict);
    assert_eq!(status.nodes.len(), 6);
    let mut led = BTreeMap::from([(0, 0), (1, 0), (2, 0)]);
    for partition in partitions(&status) {
        assert_eq!(partition.replicas.len(), 2);
        assert_eq!(partition.isr.len(), 2);
        *led.get_mut(&partition.leader.expect("a leader")).expect("a broker of the plan") += 1;
    }
    assert_eq!(led.values().sum::<i32>(), 10);
    assert!(led.values().max().unwrap() - led.values().min().unwrap() <= 1, "uneven: {led:?}");

    a_dead_broker_hands_over_and_comes_back(&velib);
    one_zookeeper_server_may_die_and_no_second(&velib);

    velib.down();
    journal::assert_no_gap(&velib.journal());
    journal::assert_each_exits_once(&velib.journal());
}

fn a_dead_broker_hands_over_and_comes_back(velib: &Cluster) {
    let killed = velib.process("broker-0");
    let consumer = velib.begin(&["consume", TOPIC, "--from-beginning", "--json"]);
    until("a message", || {
        velib.client().produce(TOPIC, 0).unwrap();
        (!consumer.out().is_empty()).then_some(())
    });
    let before = velib.journal().len();
    velib.run(&["kill", "broker-0"]).ok().says("broker-0");
    assert!(!killed.is_alive());

    velib.until_status("every partition is led by another, without 0 in its ISR", |status| {
        all(status, |partition| {
            partition.leader.is_some_and(|leader| leader != 0) && !partition.isr.contains(&0)
        })
    });
    let status = velib.until_status("the verdict is degraded", |status| {
        (status.verdict.state == Health::Degraded).then(|| status.clone())
    });
    assert_eq!(status.verdict.offline, Vec::<String>::new());
    assert!(status.verdict.under_replicated > 0);
    velib.run(&["status", "--check"]).exits(10);

    // Kafka can be seen between the old leader and the new one: then they move in two steps.
    let journalled = |what: &str, is_it: &dyn Fn(&Event) -> bool| {
        until(what, || velib.journal()[before..].iter().any(|entry| is_it(&entry.event)).then_some(()));
    };
    journalled("leaders moved", &|event| matches!(event, Event::LeadersMoved { offline: 0, .. }));
    journalled("the ISR shrank", &|event| matches!(event, Event::IsrShrunk { .. }));
    let broker = |node: &cluster::model::ids::NodeName| node.to_string() == "broker-0";
    let follows = |last: journal::Chapter<'_>| {
        let steps: [journal::Chapter<'_>; 4] = [
            ("asked", &|event| matches!(event, Event::Asked { action, .. } if action.contains("kill"))),
            ("signalled", &|event| {
                matches!(event, Event::Signalled { node, signal, by, .. }
                    if broker(node) && *signal == Signal::KILL && *by == Sender::Operator)
            }),
            ("exited", &|event| {
                matches!(event, Event::Exited { node, pid, expected: true, after_ms: Some(_), .. }
                    if broker(node) && *pid == killed.pid)
            }),
            (
                "broker gone",
                &|event| matches!(event, Event::BrokerGone { node, after_ms: Some(_) } if broker(node)),
            ),
        ];
        journal::assert_story(&velib.journal()[before..], &[&steps[..], &[last]].concat());
    };
    follows(("leaders moved", &|event| matches!(event, Event::LeadersMoved { offline: 0, .. })));
    follows(("isr shrunk", &|event| matches!(event, Event::IsrShrunk { .. })));

    assert_eq!(velib.node("broker-0").state, NodeState::Killed);
    assert!(velib.node_processes()[&"broker-0".parse().unwrap()].is_empty());
    let before = velib.journal().len();
    velib.run(&["start", "broker-0"]).ok();
    let after = &velib.journal()[before..];
    let started = after.iter().filter(|entry| matches!(entry.event, Event::Started { .. })).count();
    let exited = after.iter().filter(|entry| matches!(entry.event, Event::Exited { .. })).count();
    assert_eq!((started, exited), (1, 0), "not at the first try: {after:?}");
    velib.until_status("the ISR is full again", |status| all(status, |partition| partition.isr.len() == 2));
    velib.until_status("healthy again", |status| (status.verdict.state == Health::Healthy).then_some(()));

    // It leads again, and is read from again, not the one that led meanwhile.
    velib.run(&["elect", "preferred", TOPIC]).ok();
    until("broker-0 is read from", || consumer.err().contains("broker-0 answers again").then_some(()));
    for partition in 0..10 {
        velib.client().produce(TOPIC, partition).unwrap();
    }
    let read = |partition: i32| consumer.out().contains(&format!("\"partition\":{partition},"));
    until("a message of each partition", || (0..10).all(read).then_some(()));
    consumer.interrupt();
    consumer.finish().exits(130).says("broker-0 does not answer").says("leads now");
}

fn one_zookeeper_server_may_die_and_no_second(velib: &Cluster) {
    velib.run(&["kill", "zookeeper-1"]).ok();
    let client = velib.client();
    for partition in 0..10 {
        client.produce(TOPIC, partition).unwrap();
    }

    let second = velib.process("zookeeper-2");
    let before = velib.journal().len();
    velib.run(&["kill", "zookeeper-2"]).exits(5).says("quorum").says("--force");
    assert!(second.is_alive());
    let after = &velib.journal()[before..];
    assert!(after.iter().any(|entry| matches!(entry.event, Event::Refused { .. })), "{after:?}");
    assert!(!after.iter().any(|entry| matches!(entry.event, Event::Signalled { .. })), "{after:?}");

    velib.run(&["kill", "zookeeper-2", "--force"]).ok();
    assert!(!second.is_alive());
    velib.run(&["start", "--all"]).ok();
    velib.run(&["status", "--wait", "healthy", "--timeout", "120s"]).ok();
}
