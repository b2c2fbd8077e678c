//! Status answers, whatever is dead.

use std::time::Duration;

use cluster::model::event::{Entry, Event};
use cluster::model::status::{Counts, Health, NodeState, Status, TopicStatus, Verdict};
use rustix::process::Signal;

use crate::common::cluster::{Cluster, node_of};
use crate::common::home::TestHome;
use crate::common::{specs, until};

const ANSWERS_WITHIN: Duration = Duration::from_secs(2);

/// The rows of the table add up to the numbers of the verdict, and nobody who is down leads anything.
#[track_caller]
fn assert_consistent(status: &Status) {
    let Some(topics) = &status.topics else { return };
    let counts: Vec<_> = topics.values().map(TopicStatus::counts).collect();
    let sum = |number: fn(&Counts) -> usize| counts.iter().map(number).sum::<usize>();
    let Verdict { partitions, under_replicated, offline, .. } = &status.verdict;
    assert_eq!(sum(|counts| counts.partitions), *partitions as usize, "{status:#?}");
    assert_eq!(sum(|counts| counts.under_replicated), *under_replicated as usize, "{status:#?}");
    assert_eq!(sum(|counts| counts.offline), offline.len(), "{status:#?}");
    for leader in counts.iter().flat_map(|counts| counts.leaders.keys()) {
        let node = node_of(status, &format!("broker-{leader}"));
        assert_ne!(node.state, NodeState::Killed, "{status:#?}");
    }
}

#[test]
fn status_answers_with_one_broker_left_with_none_and_without_a_supervisor() {
    let topics =
        "topics: { bikes: { partitions: 4, replication_factor: 3, config: { min.insync.replicas: 1 } } }\n";
    let cluster = Cluster::up(&specs::sized("dying", 1, 3, topics));
    cluster.run(&["status", "--check"]).exits(0);

    cluster.run(&["kill", "broker-0", "broker-1", "--force"]).ok();
    let run = cluster.run(&["status", "--json"]).ok();
    assert!(run.took < ANSWERS_WITHIN, "{run}");
    assert_consistent(&serde_json::from_str(&run.out).unwrap());
    let text = cluster.run(&["status"]).ok();
    let row = text.out.lines().find(|line| line.starts_with("bikes ")).unwrap();
    let leads = row.contains("broker-0:") || row.contains("broker-1:");
    assert!(!leads, "a dead broker leads nothing: {text}");
    cluster.until_status("the last broker leads all", |status| {
        // Also while Kafka has not noticed, and when it has moved some and not all.
        assert_consistent(status);
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
fn below_min_isr_it_is_unavailable_and_a_watched_status_shows_why_until_ctrl_c() {
    let topics =
        "topics: { bikes: { partitions: 2, replication_factor: 2, config: { min.insync.replicas: 2 } } }\n";
    let cluster = Cluster::up(&specs::sized("min-isr", 1, 2, topics));
    let watch = cluster.begin(&["status", "--watch"]);
    until("the first look", || watch.out().contains("healthy").then_some(()));
    cluster.run(&["kill", "broker-1"]).exits(5).says("bikes/0,1");
    cluster.run(&["kill", "broker-1", "--force"]).ok();
    cluster.run(&["status", "--check"]).exits(11);

    let why = "2 partitions below min ISR, refusing acks=all (bikes/0,1); down: broker-1";
    // Those that broker-1 led get a leader first.
    until("the reason in the watched status", || watch.out().contains(why).then_some(()));
    let verdict = cluster.status().verdict;
    assert_eq!(verdict.state, Health::Unavailable);
    assert_eq!(verdict.under_min_isr, ["bikes-0", "bikes-1"]);
    assert!(verdict.offline.is_empty(), "{verdict:?}");
    cluster.run(&["status", "--check"]).exits(11).says(why);
    let refused = cluster.client().produce("bikes", 0);
    assert!(refused.is_err(), "{refused:?}");

    cluster.run(&["start", "broker-1"]).ok();
    // At the first try, whichever broker the client asks.
    cluster.client().produce("bikes", 0).unwrap();
    cluster.run(&["status", "--wait", "healthy", "--check"]).exits(0);
    until("healthy again in the watched status", || {
        let out = watch.out();
        (out.rfind("healthy:") > out.rfind("unavailable:")).then_some(())
    });
    watch.interrupt();
    let run = watch.finish().exits(130);
    assert!(!run.out.contains('\x1b') && run.err.is_empty(), "a pipe gets text only: {run}");
}

#[test]
fn a_supervisor_that_is_paused_is_named_and_nobody_waits_for_it_for_ever() {
    let cluster = Cluster::up(&specs::single("silent"));
    let supervisor = cluster.supervisor().unwrap();
    let pid = supervisor.pid.to_string();
    supervisor.signal(Signal::STOP);
    for arguments in [&["status"] as &[&str], &["kill", "broker-0", "--force"]] {
        cluster.run(arguments).exits(8).says("has not answered").says(&format!("kill -CONT {pid}"));
    }
    supervisor.signal(Signal::CONT);
    // The kill that nobody waited for was never asked.
    assert_eq!(cluster.node("broker-0").state, NodeState::Ready);
    cluster.run(&["kill", "broker-0", "--force"]).ok();
    cluster.down();
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
