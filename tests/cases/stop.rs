//! Stopping in order, pausing, and what an orderly stop does when a node will not.

use std::time::Duration;

use cluster::model::event::Event;
use cluster::model::ids::NodeName;
use cluster::model::status::NodeState;

use crate::common::cluster::Cluster;
use crate::common::home::TestHome;
use crate::common::{java, journal, specs};

/// As those of `nohup` ignore SIGHUP: HotSpot leaves a signal ignored that it finds ignored.
const IGNORE_TERM: &str = "trap '' TERM";

/// Of `status`, as a promise.
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);

fn signals(cluster: &Cluster, from: usize, node: &str) -> Vec<String> {
    let signal = |event: &Event| match event {
        Event::Signalled { node: to, signal, .. } if to.to_string() == node => Some(signal.to_string()),
        _ => None,
    };
    cluster.journal()[from..].iter().filter_map(|entry| signal(&entry.event)).collect()
}

#[test]
fn stop_is_orderly_and_says_so_and_the_node_stays_down() {
    let cluster = Cluster::up(&specs::sized("stops", 1, 2, ""));
    let broker = cluster.process("broker-1");
    let before = cluster.journal().len();
    cluster.run(&["stop", "broker-1"]).ok().says("broker-1").says("in order");
    assert!(!broker.is_alive());
    assert_eq!(signals(&cluster, before, "broker-1"), ["SIGTERM"]);
    assert_eq!(cluster.node("broker-1").state, NodeState::Stopped);

    let other = cluster.pid("broker-0");
    cluster.run(&["start", "broker-1"]).ok();
    assert_ne!(cluster.pid("broker-1"), broker.pid);
    let restarted = cluster.pid("broker-1");
    cluster.run(&["restart", "broker-1"]).ok();
    assert_ne!(cluster.pid("broker-1"), restarted);
    assert_eq!(cluster.pid("broker-0"), other, "the others are left alone");

    cluster.down();
    let ended: Vec<NodeName> = cluster
        .journal()
        .iter()
        .filter_map(|entry| match entry.event {
            Event::Exited { node, .. } => Some(node),
            _ => None,
        })
        .collect();
    assert_eq!(ended.last(), Some(&specs::coordinator(1)), "brokers first: {ended:?}");
    journal::assert_each_exits_once(&cluster.journal());
}

#[test]
fn a_paused_node_is_shown_as_paused_within_two_seconds_and_goes_on_when_told() {
    let cluster = Cluster::up(&specs::sized("pauses", 1, 2, ""));
    let broker = cluster.process("broker-1");
    cluster.run(&["kill", "broker-1", "--signal", "STOP"]).ok();
    cluster.until_state("broker-1", NodeState::Paused);
    let run = cluster.run(&["status", "--json"]).ok();
    assert!(run.took < ANSWERS_WITHIN, "{run}");
    cluster.run(&["status"]).ok().says("paused");
    cluster.until_event("paused", |entry| {
        (entry.event == Event::Paused { node: NodeName::broker(1) }).then_some(())
    });

    cluster.run(&["kill", "broker-1", "--signal", "CONT"]).ok();
    cluster.until_state("broker-1", NodeState::Ready);
    assert_eq!(cluster.pid("broker-1"), broker.pid);
    cluster.until_event("resumed", |entry| {
        (entry.event == Event::Resumed { node: NodeName::broker(1) }).then_some(())
    });
    cluster.down();
}

#[test]
fn nodes_that_will_not_stop_are_killed_after_their_deadline_and_that_is_said() {
    let home = TestHome::with_cluster();
    let java = java::home_with(&home, IGNORE_TERM);
    // Stock: no class-data archive is made for this Java.
    let spec = specs::sized("stubborn", 1, 1, &format!("java: {java}\nprofile: stock\n"));
    let cluster = Cluster::new(home, &spec);
    cluster.run(&["up", &cluster.spec]).ok();
    let before = cluster.journal().len();
    let run = cluster.run(&["stop", "--all", "--force"]).ok();
    assert!(run.took >= Duration::from_secs(20 + 5), "each got its whole deadline: {run}");
    for node in ["broker-0", &specs::coordinator(1).to_string()] {
        assert_eq!(signals(&cluster, before, node), ["SIGTERM", "SIGKILL"]);
        let said = format!("{node}: did not stop in order; killed with SIGKILL after");
        assert!(run.out.contains(&said), "{said}: {run}");
        assert_eq!(cluster.node(node).state, NodeState::Stopped);
    }
    assert!(cluster.node_processes().values().all(Vec::is_empty));
}
