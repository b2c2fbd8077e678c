//! Nodes by what they are, paused ones, and a kill that is a whole rehearsal.

use cluster::inside::Report;
use cluster::model::event::Event;
use cluster::model::ids::NodeName;
use cluster::model::status::{NodeState, Status};
use cluster::model::view::VoterMode;

use crate::common::cluster::Cluster;
use crate::common::specs::{self, World};

const TOPICS: &str =
    "topics: { bikes: { partitions: 1, replication_factor: 3, config: { min.insync.replicas: 1 } } }\n";

fn leader(status: &Status) -> Option<NodeName> {
    status.topics.as_ref()?["bikes"].partitions[&0].view.leader.map(NodeName::broker)
}

/// Whom a command was about.
fn about(cluster: &Cluster, arguments: &[&str]) -> Vec<NodeName> {
    let ran = cluster.run(&[arguments, &["--json"]].concat()).ok();
    // Of a kill and a start, the kill's.
    let mut outcomes = serde_json::Deserializer::from_str(&ran.out).into_iter::<Report>();
    let outcome = outcomes.next().unwrap().unwrap();
    outcome.nodes.iter().map(|node| node.node).collect()
}

#[test]
fn a_node_is_found_by_what_it_is_at_the_moment_of_the_kill() {
    let cluster = Cluster::up(&specs::sized("meaning", 3, 3, TOPICS));
    let first = cluster.until_status("a leader", leader);
    // Refused with what it would hit, and nothing is done.
    let both = ["kill", "leader:bikes/0", "follower:bikes/0", "random:broker"];
    cluster.run(&both).exits(5).says("no broker would be up");
    assert_eq!(about(&cluster, &["kill", "leader:bikes/0"]), [first]);
    let told = format!("kill leader:bikes/0 --signal SIGKILL, that is {first}");
    cluster.until_event("whom it meant", |entry| match &entry.event {
        Event::Asked { action, .. } => (*action == told).then_some(()),
        _ => None,
    });
    let second = cluster.until_status("another leader", |status| leader(status).filter(|now| *now != first));
    // The word means another one now; it is back when the command is.
    let again = ["kill", "leader:bikes/0", "--after", "10ms", "--restart-after", "10ms", "--force"];
    assert_eq!(about(&cluster, &again), [second]);
    assert_eq!(cluster.node(&second.to_string()).state, NodeState::Ready);
    cluster.run(&["start", &first.to_string()]).ok();

    let seeded = || about(&cluster, &["pause", "random:broker", "--seed", "7"]);
    let chosen = seeded();
    cluster.run(&["resume", "--all"]).ok();
    // Until they are seen to go on, there are fewer to choose from.
    cluster.run(&["status", "--wait", "healthy", "--timeout", "60s"]).ok();
    assert_eq!(seeded(), chosen);
    cluster.run(&["resume", &chosen[0].to_string()]).ok();
    cluster.run(&["status", "--wait", "healthy", "--timeout", "60s"]).ok();

    let status = cluster.status();
    let (word, is) = match specs::world() {
        World::ZooKeeper => {
            let leads = |node: &&_| -> bool {
                let node: &cluster::model::status::NodeStatus = node;
                node.mode == Some(VoterMode::Leader)
            };
            ("zookeeper-leader", status.nodes.iter().find(leads).unwrap().node)
        }
        World::Controllers | World::Secured | World::Scram => {
            ("controller", NodeName::controller(status.controller.unwrap()))
        }
    };
    assert_eq!(about(&cluster, &["kill", word]), [is]);
    cluster.run(&["kill", "leader:docks/0"]).exits(2).says("there is no topic docks");
    let wrong = cluster.run(&["kill", "leader:bikes/9", "--json"]).exits(2);
    let told: serde_json::Value = serde_json::from_str(wrong.err.lines().last().unwrap()).unwrap();
    assert_eq!((wrong.out.as_str(), &told["error"]["code"]), ("", &"usage".into()), "{wrong}");
    assert!(told["error"]["message"].as_str().unwrap().contains("bikes"), "{wrong}");
    cluster.down();
}

#[test]
fn a_broker_that_is_paused_for_longer_than_its_session_is_fenced_and_comes_back_into_the_isr() {
    let cluster = Cluster::up(&specs::sized("paused", 1, 3, TOPICS));
    let node = cluster.until_status("a leader", leader);
    let name = node.to_string();
    let pid = cluster.pid(&name);
    cluster.run(&["pause", &name]).ok().says(&format!("{name}: paused"));
    cluster.run(&["pause", &name]).ok().says(&format!("{name}: already paused"));
    cluster.until_status("that it is fenced, and led by another", |status| {
        let paused = status.nodes.iter().find(|other| other.node == node)?;
        let isr = &status.topics.as_ref()?["bikes"].partitions[&0].view.isr;
        let is_out = paused.state == NodeState::Paused && paused.registered == Some(false);
        (is_out && leader(status)? != node && !isr.contains(&node.id)).then_some(())
    });
    cluster.run(&["resume", &name]).ok().says(&format!("{name}: resumed"));
    cluster.run(&["status", "--wait", "healthy", "--timeout", "60s"]).ok();
    let status = cluster.status();
    assert_eq!(status.topics.unwrap()["bikes"].partitions[&0].view.isr.len(), 3);
    assert_eq!(cluster.pid(&name), pid, "the same process");
    let told = || {
        let entries = cluster.journal().into_iter();
        entries.filter(|entry| matches!(entry.event, Event::Paused { .. } | Event::Resumed { .. })).count()
    };
    assert_eq!(told(), 2, "one pause, one resume");
    // A probe is under way during some of them.
    for _ in 0..5 {
        cluster.run(&["pause", &name, "--force"]).ok();
        // Which asks the paused broker, too, and takes until it is given up.
        assert_eq!(cluster.node(&name).state, NodeState::Paused);
        cluster.run(&["resume", &name]).ok();
    }
    cluster.run(&["status", "--wait", "healthy", "--timeout", "60s"]).ok();
    assert_eq!(told(), 2 + 5 * 2);
    cluster.down();
}
