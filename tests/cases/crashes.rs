//! What ends by itself comes back, unless the spec says otherwise.

use cluster::api::status::NodeState;
use cluster::kernel::event::Event;

use crate::common::cluster::Cluster;
use crate::common::home::TestHome;
use crate::common::specs;

#[test]
fn a_broker_that_crashes_is_restarted_at_once_and_registers_at_the_first_try() {
    let cluster = Cluster::up(&specs::single("crashes"));
    let broker = cluster.process("broker-0");
    let before = cluster.journal().len();
    broker.sigkill();
    let exit = cluster.until_event("its exit", |entry| match &entry.event {
        Event::Exited { pid, expected, status, .. } if *pid == broker.pid => {
            Some((*expected, status.clone()))
        }
        _ => None,
    });
    assert!(!exit.0, "nobody asked for it");
    assert!(exit.1.contains("SIGKILL"), "{exit:?}");
    cluster.until_status("a new process is ready", |status| {
        let node = crate::common::cluster::node_of(status, "broker-0");
        (node.state == NodeState::Ready && node.pid.is_some_and(|pid| pid != broker.pid)).then_some(())
    });
    let after = &cluster.journal()[before..];
    let exits = after.iter().filter(|entry| matches!(entry.event, Event::Exited { .. })).count();
    assert_eq!(exits, 1, "it died again: {after:?}");
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
fn up_of_a_node_whose_jvm_cannot_start_fails_with_its_name_and_the_words_of_the_jvm() {
    let spec = "name: broken\nzookeeper: 1\nbrokers: { count: 1, jvm_flags: ['-XX:NoSuchFlag=1'] }\n";
    let cluster = Cluster::new(TestHome::with_cluster(), spec);
    cluster.run(&["up", &cluster.spec]).exits(1).says("broker-0").says("NoSuchFlag");
    cluster.down();
    cluster.run(&["down", "--delete"]);
    assert!(!cluster.dir().path().exists());
}
