//! Status answers, whatever is dead.

use std::time::Duration;

use cluster::api::status::{Health, NodeState};
use cluster::kernel::event::{Entry, Event};

use crate::common::cluster::Cluster;
use crate::common::home::TestHome;
use crate::common::specs;

const ANSWERS_WITHIN: Duration = Duration::from_secs(2);

#[test]
fn status_answers_with_one_broker_left_with_none_and_without_a_supervisor() {
    let topics =
        "topics: { bikes: { partitions: 4, replication_factor: 3, config: { min.insync.replicas: 1 } } }\n";
    let cluster = Cluster::up(&specs::sized("dying", 1, 3, topics));
    cluster.run(&["status", "--check"]).exits(0);

    cluster.run(&["kill", "broker-0", "broker-1", "--force"]).ok();
    let run = cluster.run(&["status", "--json"]).ok();
    assert!(run.took < ANSWERS_WITHIN, "{run}");
    cluster.until_status("the last broker leads all", |status| {
        let topic = status.topics.as_ref()?.get("bikes")?;
        topic.partitions.values().all(|partition| partition.view.leader == Some(2)).then_some(())
    });
    let status = cluster.status();
    assert_eq!(status.verdict.state, Health::Degraded, "{:?}", status.verdict);
    assert_eq!(status.verdict.brokers_may_fail, 0);
    cluster.run(&["status", "--check"]).exits(10);

    cluster.kill_supervisor();
    let run = cluster.run(&["status", "--json"]).ok();
    assert!(run.took < ANSWERS_WITHIN, "{run}");

    cluster.run(&["kill", "broker-2", "--force"]).ok();
    let run = cluster.run(&["status", "--json"]).ok();
    assert!(run.took < ANSWERS_WITHIN, "{run}");
    let status = cluster.status();
    assert_eq!(status.verdict.state, Health::Unavailable, "{:?}", status.verdict);
    assert!(status.topics.is_none(), "nobody can tell: {:?}", status.topics);
    assert!(!status.unknown.is_empty());
    cluster.run(&["status"]).ok().says("unknown");
    cluster.run(&["status", "--check"]).exits(11);
    for name in ["broker-0", "broker-1", "broker-2"] {
        assert_eq!(cluster.node(name).state, NodeState::Killed);
    }

    let mut waiting = cluster.begin(&["status", "--wait", "healthy", "--timeout", "120s"]);
    cluster.run(&["status", "--wait", "healthy", "--timeout", "1s"]).exits(8);
    assert!(waiting.is_running(), "{}", waiting.out());
    cluster.run(&["start", "--all"]).ok();
    waiting.finish().ok();
    cluster.run(&["status", "--check"]).exits(0);
    // A broker that has just started knows of no topic yet: its word is no proof that one is gone.
    let gone = |entry: &Entry| matches!(entry.event, Event::TopicDeleted { .. });
    assert!(!cluster.journal().iter().any(gone), "{:?}", cluster.journal());
}

#[test]
fn commands_for_a_cluster_that_does_not_run_say_how_to_start_it() {
    let home = TestHome::new();
    for arguments in [
        &["status"] as &[&str],
        &["kill", "broker-0"],
        &["start", "broker-0"],
        &["stop", "broker-0"],
        &["restart", "--all"],
        &["logs", "broker-0"],
        &["events"],
        &["down"],
    ] {
        home.cluster(arguments).exits(4).says("cluster up");
        home.cluster(&[&["-c", "ghost"], arguments].concat()).exits(4).says("ghost");
    }
    assert_eq!(std::fs::read_dir(home.state()).unwrap().count(), 0);
}
