//! `explain`: what it says comes true.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::common::cluster::Cluster;
use crate::common::specs;

#[track_caller]
fn explained(cluster: &Cluster, topic: &str) -> Value {
    let run = cluster.run(&["explain", topic, "--json"]).ok();
    serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {run}"))
}

fn numbers(array: &Value) -> BTreeSet<i32> {
    array.as_array().unwrap().iter().map(|id| id.as_i64().unwrap() as i32).collect()
}

/// The article's case: N-1 brokers may fail with a factor of N.
#[test]
fn with_factor_two_any_one_broker_may_fail_and_what_two_would_do_comes_true() {
    let topics = "topics: { velib: { partitions: 3, replication_factor: 2 } }\n";
    let cluster = Cluster::up(&specs::sized("explained", 1, 3, topics));
    cluster
        .run(&["explain", "velib"])
        .ok()
        .says("velib: 3 partitions, replication factor 2, min.insync.replicas 1, unclean leader election off")
        .says("any one broker may fail, not two: broker-0 and broker-1 would take velib/");
    cluster.run(&["explain", "velbi"]).exits(2).says("did you mean `velib`?");

    // 3.9 asks for as many as there are, so that it takes one to refuse acks=all.
    let create = "topic create strict --assignment 0:1 --config min.insync.replicas=3 \
                  --config unclean.leader.election.enable=true";
    cluster.run(&create.split_whitespace().collect::<Vec<_>>()).ok();
    let strict = explained(&cluster, "strict");
    assert_eq!(
        (&strict["min_insync_replicas"], &strict["unclean_leader_election"]),
        (&2.into(), &true.into())
    );
    assert_eq!(
        (&strict["brokers_may_fail"], &strict["harms"][0]["result"]),
        (&0.into(), &"below-min-isr".into())
    );

    // `strict` bears nothing, as it was asked for; what asks for nothing bears one, as a topic of the spec does.
    let said = cluster.run(&["topic", "create", "loose", "--replication-factor", "2"]).ok();
    said.says("loose has min.insync.replicas=1 of its own: the brokers' 2 would stop acks=all writes");
    assert_eq!(explained(&cluster, "loose")["brokers_may_fail"], 1);
    cluster
        .run(&["status"])
        .ok()
        .says("topic strict bears no failure: it has 2 replicas and min.insync.replicas 2");
    let told: Vec<String> = cluster.status().bear_no_failure.into_iter().map(|one| one.topic).collect();
    assert_eq!(told, ["strict"]);

    let velib = explained(&cluster, "velib");
    assert_eq!(velib["brokers_may_fail"], cluster.status().verdict.brokers_may_fail + 1, "of velib alone");
    let pair = &velib["harms"][0];
    assert_eq!((&pair["any"], &pair["result"]), (&2.into(), &"offline".into()));
    let (brokers, harmed) = (numbers(&pair["of"]), numbers(&pair["partitions"]));
    let names: Vec<String> = brokers.iter().map(|id| format!("broker-{id}")).collect();

    cluster.run(&["kill", &names[0], "--force"]).ok();
    let now = format!("as it is now ({} is down), no further broker may fail: {} would", names[0], names[1]);
    cluster.run(&["explain", "velib"]).ok().says(&now);
    cluster.run(&["explain", "strict"]).ok().says("strict/0 refuses acks=all");
    cluster.run(&["kill", &names[1], "--force"]).ok();
    cluster.until_status("leaders where there can be some", |status| {
        let partitions = &status.topics.as_ref()?.get("velib")?.partitions;
        let left = |leader: i32| !brokers.contains(&leader);
        let offline = partitions.iter().filter(|(_, partition)| partition.view.leader.is_none());
        let offline: BTreeSet<i32> = offline.map(|(number, _)| *number).collect();
        let settled = partitions.values().all(|partition| partition.view.leader.is_none_or(left));
        (settled && offline == harmed).then_some(())
    });
    for partition in (0..3).filter(|number| !harmed.contains(number)) {
        cluster.client().produce("velib", partition).unwrap();
    }
    let velib = explained(&cluster, "velib");
    assert_eq!((&velib["harms"][0]["any"], numbers(&velib["harms"][0]["partitions"])), (&0.into(), harmed));
}

#[test]
fn a_replica_that_lags_loses_records_by_unclean_election_as_was_said() {
    let config =
        "min.insync.replicas: 1, unclean.leader.election.enable: true, auto.leader.rebalance.enable: false";
    let spec = format!(
        "name: unclean\n{}\nbrokers: {{ count: 3, config: {{ {config} }} }}\n",
        specs::coordinators(1)
    );
    let cluster = Cluster::up(&spec);
    cluster.run(&["topic", "create", "bikes", "--assignment", "0:1"]).ok();
    assert_eq!(cluster.client().produce("bikes", 0), Ok(0));
    cluster.run(&["kill", "broker-1", "--force"]).ok();
    cluster.until_status("an ISR without broker-1", |status| {
        (status.topics.as_ref()?.get("bikes")?.partitions[&0].view.isr == [0]).then_some(())
    });
    assert_eq!(cluster.client().produce("bikes", 0), Ok(1));
    cluster
        .run(&["explain", "bikes"])
        .ok()
        .says("unclean leader election on")
        .says("offline until 0 returns with its data; if 1 returns first, messages are lost");
    cluster.run(&["kill", "broker-0", "--force"]).ok();
    cluster.run(&["start", "broker-1"]);
    cluster.until_status("broker-1 as the leader", |status| {
        (status.topics.as_ref()?.get("bikes")?.partitions[&0].view.leader == Some(1)).then_some(())
    });
    assert_eq!(cluster.client().produce("bikes", 0), Ok(1), "the second record is gone");
}

#[test]
fn kafka_0_10_refuses_every_write_below_min_isr_and_cannot_report_its_settings() {
    let config = "unclean.leader.election.enable: true, log.retention.hours: 24";
    let kafka = "kafka: { version: 0.10.2.2 }\n";
    let spec =
        format!("name: old-settings\n{kafka}zookeeper: 1\nbrokers: {{ count: 2, config: {{ {config} }} }}\n");
    let cluster = Cluster::up(&spec);
    let create = "topic create bikes --assignment 0:1 --config min.insync.replicas=3";
    cluster.run(&create.split(' ').collect::<Vec<_>>()).ok();
    cluster
        .run(&["explain", "bikes"])
        .ok()
        .says("min.insync.replicas 3, unclean leader election on")
        .says("bikes/0 refuses acks=all, with fewer in sync than min.insync.replicas=3; no broker may fail");
    assert!(cluster.client().produce("bikes", 0).unwrap_err().contains("NotEnoughReplicas"));

    let run = cluster.run(&["config", "broker-1"]).ok().says("Kafka 0.10.2.2 cannot report its settings");
    assert!(run.out.contains("log.retention.hours") && run.out.contains("brokers.config"), "{run}");
    let run = cluster.run(&["config", "bikes"]).ok().says("brokers.config: log.retention.hours");
    let own = run.out.lines().find(|line| line.starts_with("min.insync.replicas")).unwrap();
    assert_eq!(own.split_whitespace().skip(1).collect::<Vec<_>>(), ["3", "the", "topic", "1"]);
    assert_eq!(cluster.status().settings, []);
}
