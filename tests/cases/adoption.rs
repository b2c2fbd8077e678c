//! A supervisor that dies takes nothing with it.

use std::fs;

use cluster::model::event::Event;
use cluster::model::status::NodeState;

use crate::common::cluster::Cluster;
use crate::common::{journal, specs};

#[test]
fn nodes_outlive_their_supervisor_and_are_adopted_by_the_next() {
    let cluster = Cluster::up(&specs::single("orphans"));
    let pids = cluster.pids();
    let nodes = [specs::coordinator(1).to_string(), "broker-0".into()].map(|name| cluster.process(&name));
    let first = cluster.status().supervisor_pid;
    let name = fs::read_to_string(format!("/proc/{}/comm", cluster.supervisor().unwrap().pid)).unwrap();
    assert_eq!(name, "cluster\n", "what ps and pkill know it by");
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
fn a_state_file_that_was_removed_takes_no_running_node_down() {
    let cluster = Cluster::up(&specs::single("forgotten"));
    let pids = cluster.pids();
    cluster.kill_supervisor();
    std::fs::remove_file(cluster.dir().state()).unwrap();
    cluster.run(&["status", "--wait", "healthy", "--timeout", "60s"]).ok();
    assert_eq!(cluster.pids(), pids);

    // What the operator keeps down is not started unasked either.
    cluster.run(&["kill", "broker-0", "--force"]).ok();
    cluster.kill_supervisor();
    std::fs::remove_file(cluster.dir().state()).unwrap();
    assert_eq!(cluster.node("broker-0").state, NodeState::Stopped);
    cluster.run(&["start", "broker-0"]).ok();
    cluster.down();
}

#[test]
fn a_plan_that_is_not_the_one_that_runs_is_not_said_to_be_up() {
    let cluster = Cluster::up(&specs::single("swapped"));
    let plan = cluster.plan();
    let mut other = plan.clone();
    other.nodes[0].ports.client += 1;
    std::fs::write(cluster.dir().plan(), serde_json::to_vec(&other).unwrap()).unwrap();
    let up = cluster.run(&["up"]).exits(1);
    up.says("is not the plan that runs");
    cluster.down();
}

#[test]
fn a_cluster_whose_folder_was_removed_goes_down_by_itself() {
    let cluster = Cluster::up(&specs::single("homeless"));
    std::fs::remove_dir_all(cluster.dir().path()).unwrap();
    crate::common::until("its end", || cluster.supervisor().is_none().then_some(()));
    cluster.assert_nothing_runs();
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
