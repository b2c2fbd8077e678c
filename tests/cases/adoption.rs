//! A supervisor that dies takes nothing with it.

use cluster::kernel::event::Event;

use crate::common::cluster::Cluster;
use crate::common::{journal, specs};

#[test]
fn nodes_outlive_their_supervisor_and_are_adopted_by_the_next() {
    let cluster = Cluster::up(&specs::single("orphans"));
    let pids = cluster.pids();
    let nodes = ["zookeeper-1", "broker-0"].map(|name| cluster.process(name));
    let first = cluster.status().supervisor_pid;
    cluster.kill_supervisor();
    assert!(nodes.iter().all(crate::common::procs::Process::is_alive));

    let status = cluster.status();
    assert_ne!(status.supervisor_pid, first);
    assert_eq!(cluster.pids(), pids);
    for (node, pid) in &pids {
        let adopted = Event::Adopted { node: *node, pid: *pid };
        assert!(cluster.journal().iter().any(|entry| entry.event == adopted), "no {adopted:?}");
    }
    let started =
        cluster.journal().iter().filter(|entry| matches!(entry.event, Event::Started { .. })).count();
    assert_eq!(started, 2);

    cluster.run(&["status", "--wait", "healthy", "--timeout", "60s"]).ok();
    cluster.run(&["kill", "broker-0", "--force"]).ok();
    assert!(!nodes[1].is_alive());
    cluster.down();
    journal::assert_no_gap(&cluster.journal());
    journal::assert_each_exits_once(&cluster.journal());
}

#[test]
fn a_node_that_dies_while_nobody_watches_is_told_of_and_restarted() {
    let cluster = Cluster::up(&specs::single("unwatched"));
    let broker = cluster.process("broker-0");
    cluster.kill_supervisor();
    broker.sigkill();
    crate::common::until("its end", || (!broker.is_alive()).then_some(()));
    cluster.run(&["status", "--wait", "healthy", "--timeout", "120s"]).ok();
    assert_ne!(cluster.pid("broker-0"), broker.pid);
    cluster.down();
    journal::assert_each_exits_once(&cluster.journal());
}
