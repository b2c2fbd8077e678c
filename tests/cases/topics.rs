//! Topics and leaders, as their users reach them: on one cluster, but for what kills brokers.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::common::cluster::Cluster;
use crate::common::run::Run;
use crate::common::shared::OfFile;
use crate::common::specs::World;
use crate::common::{specs, until};

/// 1 ZooKeeper server and 2 brokers, of which nobody may stop any. Every test has topics of its own.
fn shared() -> Arc<Cluster> {
    static CLUSTER: OfFile = OfFile::new();
    CLUSTER.get("topics")
}

/// A new controller moves leaders back by itself 5 s after its election.
const NO_REBALANCE: &str = "auto.leader.rebalance.enable: false";

fn words<'a>(head: &[&'a str], line: &'a str) -> Vec<&'a str> {
    head.iter().copied().chain(line.split_whitespace()).collect()
}

/// `cluster topic LINE`.
fn topic(cluster: &Cluster, line: &str) -> Run {
    cluster.run(&words(&["topic"], line))
}

#[track_caller]
fn json(run: Run) -> Value {
    serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {run}"))
}

/// The one topic that is described.
#[track_caller]
fn described(cluster: &Cluster, name: &str) -> Value {
    json(topic(cluster, &format!("describe {name} --json")).ok())["topics"][0].clone()
}

/// A list of replicas, which Kafka has a validator of its own for.
const UNREADABLE: &str = "leader.replication.throttled.replicas=all";

#[test]
fn a_topic_that_was_created_takes_the_first_produce_to_every_partition() {
    let cluster: &Cluster = &shared();
    topic(cluster, "create fresh --partitions 5 --replication-factor 2 --config retention.ms=86400000")
        .ok()
        .says("fresh: created with 5 partitions, replication factor 2");
    let client = cluster.client();
    for partition in 0..5 {
        assert_eq!(client.produce("fresh", partition), Ok(0), "fresh-{partition}");
    }
    let topic = described(cluster, "fresh");
    assert_eq!((&topic["partition_count"], &topic["replication_factor"]), (&5.into(), &2.into()));
    assert_eq!(topic["configs"], serde_json::json!({ "retention.ms": "86400000" }));
    for partition in topic["partitions"].as_array().unwrap() {
        assert_eq!((&partition["earliest_offset"], &partition["latest_offset"]), (&0.into(), &1.into()));
        assert_eq!(
            (&partition["preferred"], &partition["leader"]),
            (&true.into(), &partition["replicas"][0])
        );
        for id in ["0", "1"] {
            assert!(partition["size_bytes"][id].as_u64().is_some_and(|bytes| bytes > 0), "{partition}");
        }
    }
}

#[test]
fn counts_that_are_not_given_are_the_brokers_and_an_assignment_is_kept() {
    let cluster: &Cluster = &shared();
    let created = json(topic(cluster, "create plain --json").ok());
    let plan = cluster.plan();
    let planned = |key: &str| {
        let mut settings = plan.nodes.iter().flat_map(|node| &node.settings);
        settings.find(|setting| setting.key == key).map(|setting| setting.value.clone())
    };
    assert_eq!(Some(created["partitions"].to_string()), planned("num.partitions"));
    assert_eq!(Some(created["replication_factor"].to_string()), planned("default.replication.factor"));

    topic(cluster, "create placed --assignment 1:0,0:1,1:0").ok();
    let topic = described(cluster, "placed");
    let replicas: Vec<_> =
        topic["partitions"].as_array().unwrap().iter().map(|partition| &partition["replicas"]).collect();
    assert_eq!(serde_json::json!(replicas), serde_json::json!([[1, 0], [0, 1], [1, 0]]));
}

#[test]
fn what_cannot_be_created_is_one_error_and_leaves_nothing() {
    let cluster: &Cluster = &shared();
    topic(cluster, "create there").ok();
    for (line, said) in [
        ("create there", "exists already"),
        ("create not/here", "has `/` in its name"),
        ("create not-here --partitions 0", "1..=10000"),
        ("create not-here --partitions 10001", "1..=10000"),
        ("create not-here --replication-factor 3", "needs 3 live brokers, and there are 2"),
        ("create not-here --assignment 0:7", "names broker 7"),
        ("create not-here --assignment 0:1,1", "2 replicas and partition 1 1 replica"),
        ("create not-here --config retention.mss=1", "did you mean `retention.ms`?"),
        ("create not-here --config retention.ms=soon", "whole number (LONG), not `soon`"),
        ("alter ther --partitions 3", "did you mean `there`?"),
        ("alter there --config cleanup.policy=compress", "cannot be `compress`"),
        ("delete there", "--yes"),
        ("describe not-here", "has no topic `not-here`"),
    ] {
        topic(cluster, line).exits(2).says(said);
    }
    // What only Kafka knows.
    topic(cluster, &format!("create not-here --config {UNREADABLE}"))
        .exits(1)
        .says("leader.replication.throttled.replicas");
    let listed = json(topic(cluster, "list --internal --json").ok());
    let names: Vec<_> =
        listed.as_array().unwrap().iter().map(|topic| topic["topic"].as_str().unwrap()).collect();
    assert!(names.contains(&"there") && !names.contains(&"not-here"), "{names:?}");
    topic(cluster, "create there --if-not-exists --partitions 9").ok().says("exists already");
}

#[test]
fn altering_does_all_of_it_or_nothing_and_says_when_it_is_so_already() {
    let cluster: &Cluster = &shared();
    topic(cluster, "create changing --partitions 2 --config retention.ms=1000").ok();
    topic(cluster, &format!("alter changing --partitions 3 --config {UNREADABLE}"))
        .exits(1)
        .says("leader.replication.throttled.replicas");
    assert_eq!(described(cluster, "changing")["partition_count"], 2, "refused as a whole");

    let line = "alter changing --partitions 4 --config segment.bytes=1048576 --delete-config retention.ms";
    topic(cluster, line)
        .ok()
        .says("changing: 2 -> 4 partitions")
        .says("changing: segment.bytes=1048576")
        .says("changing: retention.ms deleted (was 1000)");
    for partition in 0..4 {
        assert_eq!(cluster.client().produce("changing", partition), Ok(0), "changing-{partition}");
    }
    assert_eq!(described(cluster, "changing")["configs"], serde_json::json!({ "segment.bytes": "1048576" }));
    topic(cluster, line).ok().says("changing: nothing to change");
    topic(cluster, "alter changing --partitions 3").exits(2).says("Kafka never takes one away");
}

#[test]
fn a_deleted_topic_is_gone_and_its_name_is_free() {
    let cluster: &Cluster = &shared();
    for round in 0..3 {
        topic(cluster, "create short-lived --partitions 3 --replication-factor 2").ok();
        assert_eq!(cluster.client().produce("short-lived", 0), Ok(0), "round {round}: a new log");
        topic(cluster, "delete short-lived --yes").ok().says("short-lived: deleted");
        topic(cluster, "describe short-lived").exits(2);
    }
}

#[test]
fn what_a_dead_broker_cannot_tell_is_unknown_and_leaders_go_back_when_asked() {
    let brokers = format!("brokers: {{ count: 2, config: {{ {NO_REBALANCE} }} }}\n");
    let cluster = Cluster::up(&format!("name: leaders\n{}\n{brokers}", specs::coordinators(1)));
    topic(&cluster, "create bikes --assignment 0:1,1:0,0:1").ok();
    topic(&cluster, "create docks --assignment 0:1").ok();
    topic(&cluster, "create halves --assignment 0,1").ok();
    for partition in 0..2 {
        assert_eq!(cluster.client().produce("halves", partition), Ok(0), "halves-{partition}");
    }
    cluster.run(&["elect", "preferred"]).ok().says("0 moved, 6 already, 0 not");

    cluster.run(&["kill", "broker-0", "--signal", "STOP", "--force"]).ok();
    let run = topic(&cluster, "describe bikes").ok().says("0: unknown").says("sizes on broker-0: no answer");
    assert!(run.took < Duration::from_secs(3), "{run}");
    cluster.run(&["kill", "broker-0", "--force"]).ok();
    // Kafka would place it on the dead broker for as long as that is registered.
    topic(&cluster, "create alone --partitions 4 --replication-factor 1").ok();
    for partition in 0..4 {
        assert_eq!(cluster.client().produce("alone", partition), Ok(0), "alone-{partition}");
    }
    topic(&cluster, "create bad --assignment 0").exits(2).says("cluster start broker-0");
    cluster.run(&["elect", "preferred", "bikes"]).exits(1).says("bikes/0,2: stays at 1: broker-0 is down");
    cluster
        .run(&["consume", "halves", "--from-beginning", "--timeout", "1s"])
        .exits(8)
        .says("1 message\n")
        .says("partition 0: no leader, waiting")
        .says("no message for 1.0 s");
    let waiting = cluster.begin(&["consume", "halves", "--from-beginning", "-n", "2"]);
    until("what a dead leader has not", || waiting.out().contains('\n').then_some(()));
    topic(&cluster, "delete docks --yes").ok().says("what broker-0 has goes when it starts");
    match specs::world() {
        World::ZooKeeper => {
            topic(&cluster, "create docks").exits(2).says("--replication-factor");
            topic(&cluster, "create docks --replication-factor 1")
                .exits(2)
                .says("still being deleted")
                .says("cluster start broker-0");
        }
        // In KRaft a topic is gone at once, and one may have a replica on a broker that is down.
        World::Controllers | World::Secured | World::Scram => drop(topic(&cluster, "create docks").ok()),
    }

    cluster.run(&["start", "broker-0"]).ok();
    waiting.finish().ok().says("2 messages");
    if specs::world() == World::ZooKeeper {
        topic(&cluster, "create docks").ok();
    }
    cluster.until_status("two of bikes could be led by broker-0", |status| {
        let imbalance = status.imbalance.unwrap();
        (imbalance.partitions == 2 && imbalance.within_s.is_none()).then_some(())
    });
    cluster
        .run(&["status"])
        .ok()
        .says("2 partitions are not led by the preferred leader")
        .says("elect preferred");
    cluster
        .run(&["elect", "preferred", "bikes"])
        .ok()
        .says("bikes/0,2: moved 1 -> 0")
        .says("bikes/1: led by 1 already")
        .says("2 moved, 1 already, 0 not");
    assert_eq!(cluster.status().imbalance.unwrap().partitions, 0);
    let status = cluster.status().topics.unwrap();
    assert!(status["bikes"].partitions.values().all(|partition| partition.preferred), "{status:?}");
    cluster.down();
    topic(&cluster, "list").exits(4).says("is not running");
}

#[test]
fn kafka_0_10_creates_describes_deletes_and_elects_and_names_what_it_lacks() {
    let config = format!("{NO_REBALANCE}, delete.topic.enable: true");
    let brokers =
        format!("kafka: {{ version: 0.10.2.2 }}\nbrokers: {{ count: 2, config: {{ {config} }} }}\n");
    let cluster = Cluster::up(&format!("name: old-topics\nzookeeper: 1\n{brokers}"));
    topic(&cluster, "create bikes --assignment 0:1,1:0 --config retention.ms=86400000").ok();
    assert_eq!(cluster.client().produce("bikes", 1), Ok(0));
    let bikes = described(&cluster, "bikes");
    assert_eq!(bikes["partitions"][1]["replicas"], serde_json::json!([1, 0]));
    assert_eq!(bikes["partitions"][1]["latest_offset"], 1);
    assert_eq!(bikes["configs"]["retention.ms"], "86400000");
    topic(&cluster, "describe bikes").ok().says("DescribeLogDirs, which Kafka has since 1.0");
    topic(&cluster, "alter bikes --partitions 3").exits(6).says("CreatePartitions").says("Kafka 1.0");
    topic(&cluster, "alter bikes --config retention.ms=1").exits(6).says("IncrementalAlterConfigs");

    cluster.run(&["restart", "broker-0", "--force"]).ok();
    assert_eq!(described(&cluster, "bikes")["partitions"][0]["leader"], 1);
    cluster
        .run(&["elect", "preferred", "bikes"])
        .ok()
        .says("bikes/0: moved 1 -> 0")
        .says("1 moved, 1 already");
    assert_eq!(described(&cluster, "bikes")["partitions"][0]["leader"], 0);

    topic(&cluster, "delete bikes --yes").ok();
    topic(&cluster, "create bikes --partitions 2 --replication-factor 2").ok();
    assert_eq!(cluster.client().produce("bikes", 1), Ok(0), "a new log");
}

#[test]
fn brokers_that_delete_no_topics_are_not_asked_to() {
    let spec = "name: keeps\nzookeeper: 1\nbrokers: { count: 1, config: { delete.topic.enable: false } }\n";
    let cluster = Cluster::up(spec);
    topic(&cluster, "create bikes").ok();
    topic(&cluster, "delete bikes --yes").exits(2).says("delete.topic.enable");
    assert_eq!(cluster.client().produce("bikes", 0), Ok(0));
}
