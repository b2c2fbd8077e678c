//! KRaft: controllers in place of ZooKeeper. What holds in both worlds is tested in both, see
//! [`specs::World`](crate::common::specs::World).

use std::time::Duration;

use cluster::inside::NodePlan;
use cluster::model::event::Event;
use cluster::model::ids::NodeName;
use serde_json::Value;

use crate::common::cluster::Cluster;
use crate::common::{specs, until};

/// How long after the end of its process a broker was gone for the cluster, in ms.
fn gone_after(cluster: &Cluster, node: NodeName) -> u64 {
    cluster
        .journal()
        .iter()
        .rev()
        .find_map(|entry| match &entry.event {
            Event::BrokerGone { node: gone, after_ms: Some(ms) } if *gone == node => Some(*ms),
            _ => None,
        })
        .unwrap()
}

fn until_gone(cluster: &Cluster, broker: i32) {
    cluster.until_status("another broker leads", |status| {
        let topics = status.topics.as_ref()?;
        let led = |leader: Option<i32>| leader.is_some_and(|leader| leader != broker);
        let mut partitions = topics.values().flat_map(|topic| topic.partitions.values());
        partitions.all(|partition| led(partition.view.leader)).then_some(())
    });
}

#[test]
fn three_controllers_bear_the_loss_of_one_and_refuse_the_second() {
    let cluster = Cluster::up_example("kraft.yaml");
    let described = || -> Value {
        serde_json::from_str(&cluster.run(&["describe", "quorum", "--json"]).ok().out).unwrap()
    };
    let quorum = described();
    assert_eq!(quorum["voters"].as_array().unwrap().len(), 3);
    let observers: Vec<_> =
        quorum["observers"].as_array().unwrap().iter().map(|o| o["node"].clone()).collect();
    assert_eq!(observers, ["broker-0", "broker-1", "broker-2"]);
    let leader = quorum["leader"].as_str().unwrap().to_owned();
    cluster.until_status("the leader of the quorum is the controller", |status| {
        status.controller.filter(|id| NodeName::controller(*id).to_string() == leader)
    });

    cluster.client().produce("velib-stations", 0).unwrap();
    cluster.run(&["kill", &leader]).ok();
    cluster.until_status("another controller leads", |status| {
        let id = status.controller?;
        (NodeName::controller(id).to_string() != leader).then_some(())
    });
    let now = described();
    assert!(now["epoch"].as_i64() > quorum["epoch"].as_i64(), "{now}");
    cluster.run(&["topic", "create", "while-one-is-down", "--partitions", "2"]).ok();
    let second = now["leader"].as_str().unwrap();
    cluster.run(&["kill", second]).exits(5).says("the quorum of controllers would be lost").says("--force");
    cluster.run(&["start", &leader]).ok();
    cluster.run(&["kill", second]).ok();

    // No ZooKeeper, and nobody is told of one.
    let env = cluster.run(&["env"]).ok();
    assert!(env.out.contains("BOOTSTRAP_SERVERS") && !env.out.contains("ZOOKEEPER"), "{env}");
    cluster.run(&["exec", "zookeeper-shell", "ls", "/"]).exits(2).says("no ZooKeeper");
    // It does not wait for the election that the last ones cannot win.
    let down = cluster.run(&["down"]).ok();
    assert!(down.took < Duration::from_secs(15), "{down}");
}

#[test]
fn combined_nodes_take_a_vote_along_when_they_die_and_keep_what_was_acknowledged() {
    let cluster = Cluster::up_example("combined.yaml");
    assert_eq!(cluster.status().nodes.len(), 3);
    let client = cluster.client();
    assert_eq!(client.produce("velib-stations", 0), Ok(0));
    cluster.run(&["kill", "broker-1"]).ok();
    cluster.run(&["kill", "broker-2"]).exits(5).says("the quorum of controllers would be lost");
    until_gone(&cluster, 1);
    // The broker that is asked first may not have heard of it.
    let written = until("the new leader is known", || client.produce("velib-stations", 0).ok());
    assert_eq!(written, 1);
    cluster.run(&["start", "broker-1"]).ok();
    cluster.run(&["decommission", "broker-2", "--yes"]).exits(2).says("is a controller too");
    let down = cluster.run(&["down"]).ok();
    // Kafka writes it when all logs are closed. The last of them may wait for a quorum that has gone with the others.
    let is_open = |node: &&NodePlan| !node.data().join(".kafka_cleanshutdown").exists();
    let open = cluster.plan().nodes.iter().filter(is_open).count();
    assert!(open <= 1, "{down}");
    let before = cluster.plan().cluster_id;
    cluster.run(&["up"]).ok();
    assert_eq!(cluster.plan().cluster_id, before, "the id of its data");
    assert_eq!(cluster.client().produce("velib-stations", 0), Ok(2));
    cluster.down();
}

#[test]
fn leaders_move_at_once_when_the_cluster_is_told_and_a_broker_never_waits_out_its_old_session() {
    let topics =
        "topics: { bikes: { partitions: 6, replication_factor: 2, config: { min.insync.replicas: 1 } } }\n";
    let cluster = Cluster::up(&specs::sized("told", 1, 2, topics));
    let node = NodeName::broker(1);
    cluster.run(&["kill", "broker-1", "--fast-failover"]).ok().says("the cluster was told");
    until_gone(&cluster, 1);
    // Sessions take 4 and 6 s; a loaded machine is slow to look.
    let told = gone_after(&cluster, node);
    assert!(told < 3_000, "{told} ms");
    cluster.run(&["start", "broker-1"]).ok();
    for _ in 0..2 {
        // A controller of Kafka 4 holds the session of a broker that left in order, too.
        cluster.run(&["restart", "broker-1"]).ok();
    }
    let refused = cluster.run(&["logs", "broker-1", "--lines", "2000"]).ok();
    assert!(!refused.out.contains("DUPLICATE_BROKER_REGISTRATION"), "it waited for the end of a session");
    cluster.down();
}

#[test]
fn a_broker_that_alone_may_lead_a_partition_leads_it_again_after_a_restart() {
    // Eligible leader replicas (KIP-966) are counted from 4.1 on.
    let cluster = Cluster::up("name: eligible\nkafka: { version: 4.3 }\ncontrollers: 1\nbrokers: 3\n");
    cluster.run(&["topic", "create", "held", "--assignment", "1"]).ok();
    assert_eq!(cluster.client().produce("held", 0), Ok(0));
    // Where the partition goes, broker-1 stays among the eligible replicas, though it is no member any more.
    cluster.run(&["decommission", "broker-1", "--yes"]).ok();
    let leader = cluster.status().topics.unwrap()["held"].partitions[&0].view.leader.unwrap();
    cluster.run(&["restart", &NodeName::broker(leader).to_string(), "--force"]).ok();
    let held = cluster.run(&["consume", "held", "--from-beginning", "--until-end"]).ok();
    assert_eq!(held.out.lines().count(), 1, "{held}");
    cluster.down();
}
