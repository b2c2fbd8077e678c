//! What is asked twice is done once.

use crate::common::cluster::Cluster;
use crate::common::home::TestHome;
use crate::common::specs;

#[test]
fn up_again_changes_nothing_and_says_so() {
    let cluster = Cluster::up(&specs::single("again"));
    let pids = cluster.pids();
    let plan = cluster.plan();
    cluster.run(&["up", &cluster.spec]).ok().says("already");
    assert_eq!(cluster.pids(), pids);
    assert_eq!(cluster.plan(), plan);
}

#[test]
fn a_spec_of_another_version_is_not_said_to_be_up() {
    let cluster = Cluster::up(&specs::with_zookeeper("aged", 1, ""));
    let plan = cluster.plan();
    let text = std::fs::read_to_string(&cluster.spec).unwrap();
    let older = cluster.write("older.yaml", text + "\nkafka: { version: 0.10.2.2 }\n");
    cluster.run(&["up", &older]).exits(1).says("-> 0.10.2.2");
    assert_eq!(cluster.plan(), plan);
    cluster.down();
}

#[test]
fn two_ups_at_once_are_both_answered_and_start_one_set_of_nodes() {
    let cluster = Cluster::new(TestHome::with_cluster(), &specs::single("twice"));
    let both = [cluster.start(&["up", &cluster.spec]), cluster.start(&["up", &cluster.spec])];
    for up in both {
        up.finish().ok();
    }
    for (node, processes) in cluster.node_processes() {
        assert_eq!(processes.len(), 1, "{node}: {processes:?}");
    }
    let started = cluster
        .journal()
        .iter()
        .filter(|entry| matches!(entry.event, cluster::model::event::Event::Started { .. }))
        .count();
    assert_eq!(started, 2);
    assert_eq!(cluster.processes().iter().filter(|process| process.is_supervisor()).count(), 1);
}

#[test]
fn clusters_of_two_homes_that_start_at_once_share_no_port() {
    let one = Cluster::new(TestHome::with_cluster(), &specs::single("twin"));
    let other = Cluster::new(TestHome::new(), &specs::single("twin"));
    let both = [one.start(&["up", &one.spec]), other.start(&["up", &other.spec])];
    for up in both {
        up.finish().ok();
    }
    let mut ports: Vec<u16> = [&one, &other]
        .into_iter()
        .flat_map(|cluster| cluster.plan().nodes)
        .flat_map(|node| node.ports.all().collect::<Vec<_>>())
        .collect();
    let count = ports.len();
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), count, "{ports:?}");
}
