//! What ends by itself comes back, unless the spec says otherwise.

use cluster::model::event::{Entry, Event};
use cluster::model::exit::Exit;
use cluster::model::ids::NodeName;
use cluster::model::status::NodeState;
use rustix::process::Signal;

use crate::common::cluster::{Cluster, node_of};
use crate::common::home::TestHome;
use crate::common::specs;

#[test]
fn a_broker_that_crashes_is_restarted_at_once_and_registers_at_the_first_try() {
    let cluster = Cluster::up(&specs::single("crashes"));
    let broker = cluster.process("broker-0");
    let before = cluster.journal().len();
    broker.sigkill();
    let exit = cluster.until_event("its exit", |entry| match &entry.event {
        Event::Exited { pid, expected, status, .. } if *pid == broker.pid => Some((*expected, *status)),
        _ => None,
    });
    assert!(!exit.0, "nobody asked for it");
    assert_eq!(exit.1, Exit::Signal(9));
    cluster.until_status("a new process is ready", |status| {
        let node = node_of(status, "broker-0");
        (node.state == NodeState::Ready && node.pid.is_some_and(|pid| pid != broker.pid)).then_some(())
    });
    let after = &cluster.journal()[before..];
    let exits = after.iter().filter(|entry| matches!(entry.event, Event::Exited { .. })).count();
    assert_eq!(exits, 1, "it died again: {after:?}");
    let at_once = |entry: &Entry| matches!(entry.event, Event::RestartScheduled { attempt: 1, in_ms: 0, .. });
    assert!(after.iter().any(at_once), "{after:?}");
    assert_eq!(cluster.node("broker-0").restarts, 1);
}

#[test]
fn a_broker_that_crashes_is_left_down_when_the_spec_says_never() {
    let cluster = Cluster::up(&format!("{}restart: never\n", specs::single("never")));
    let broker = cluster.process("broker-0");
    broker.sigkill();
    cluster.until_state("broker-0", NodeState::Exited);
    assert!(cluster.node_processes()[&"broker-0".parse().unwrap()].is_empty());
    assert!(!cluster.journal().iter().any(|entry| matches!(entry.event, Event::RestartScheduled { .. })));
    cluster.run(&["start", "broker-0"]).ok();
    cluster.until_state("broker-0", NodeState::Ready);
}

#[test]
fn a_broker_that_somebody_outside_stops_is_restarted_and_one_that_a_command_stops_is_not() {
    let cluster = Cluster::up(&format!("{}restart: always\n", specs::single("always")));
    let broker = cluster.process("broker-0");
    broker.signal(Signal::TERM);
    cluster.until_event("its orderly end, which nobody asked for", |entry| match &entry.event {
        Event::Exited { pid, expected: false, status, .. } if *pid == broker.pid => {
            (*status == Exit::Code(143)).then_some(())
        }
        _ => None,
    });
    cluster.until_status("a new process is ready", |status| {
        let node = node_of(status, "broker-0");
        (node.state == NodeState::Ready && node.pid != Some(broker.pid)).then_some(())
    });
    cluster.run(&["stop", "broker-0", "--force"]).ok();
    let before = cluster.journal().len();
    // Another request is a turn in which it could have been started.
    cluster.run(&["restart", &specs::coordinator(1).to_string(), "--force"]).ok();
    assert_eq!(cluster.node("broker-0").state, NodeState::Stopped);
    let of_broker =
        |entry: &Entry| matches!(entry.event, Event::Started { node, .. } if node == NodeName::broker(0));
    assert!(!cluster.journal()[before..].iter().any(of_broker));
}

#[test]
fn a_node_that_ends_with_success_is_left_down_unless_the_spec_says_always() {
    // This JVM tells its version and has done what was asked.
    let coordinators = specs::coordinators(1);
    let broker = &format!("name: success\n{coordinators}\nbrokers: {{ count: 1, jvm_flags: [-version] }}\n");
    let cluster = Cluster::new(TestHome::with_cluster(), broker);
    let exits = |cluster: &Cluster| {
        let exit = |entry: &Entry| match &entry.event {
            Event::Exited { node, status, .. } if *node == NodeName::broker(0) => Some(*status),
            _ => None,
        };
        cluster.journal().iter().filter_map(exit).collect::<Vec<_>>()
    };
    cluster.run(&["up", &cluster.spec]).exits(1).says("broker-0").says("exit code 0");
    assert_eq!(cluster.node("broker-0").state, NodeState::Exited);
    assert_eq!(exits(&cluster), [Exit::Code(0)]);
    cluster.down();

    let always = cluster.write("always.yaml", format!("{broker}restart: always\n"));
    cluster.run(&["up", &always]).exits(1).says("broker-0");
    assert_eq!(cluster.node("broker-0").state, NodeState::CrashLoop);
    let why = cluster.run(&["why", "broker-0"]).ok();
    assert!(why.out.starts_with("broker-0: crash loop for "), "{why}");
    assert!(why.out.contains("wanted  up: `up`, by cluster up"), "{why}");
    assert!(why.out.contains("`cluster start broker-0` tries again"), "{why}");
    assert_eq!(exits(&cluster), [Exit::Code(0); 1 + 3]);
}

#[test]
fn up_of_a_node_whose_jvm_cannot_start_fails_with_its_name_and_the_words_of_the_jvm() {
    let coordinators = specs::coordinators(1);
    let spec =
        &format!("name: broken\n{coordinators}\nbrokers: {{ count: 1, jvm_flags: ['-XX:NoSuchFlag=1'] }}\n");
    let cluster = Cluster::new(TestHome::with_cluster(), spec);
    cluster.run(&["up", &cluster.spec]).exits(1).says("broker-0").says("NoSuchFlag");
    cluster.down();
    cluster.run(&["down", "--delete", "--yes"]);
    assert!(!cluster.dir().path().exists());
}
