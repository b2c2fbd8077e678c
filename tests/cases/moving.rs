//! Replicas that move, as their users have it moved: on one cluster, but for what is old.

use std::time::Duration;

use serde_json::{Value, json};

use crate::common::cluster::Cluster;
use crate::common::run::Run;
use crate::common::{specs, until};

/// No leaders move by themselves, and replicas in small pieces: however low a throttle, each broker fetches a piece
/// every 11 s, of 1 MB by default, so that a move would be over before a slow machine has seen it.
const CONFIG: &str = "auto.leader.rebalance.enable: false, replica.fetch.max.bytes: 131072";

/// 3 brokers.
fn cluster(name: &str, coordinators: &str) -> Cluster {
    with_nodes(name, coordinators, "")
}

/// The same, with settings of their own.
fn with_nodes(name: &str, coordinators: &str, nodes: &str) -> Cluster {
    let brokers = format!("count: 3, config: {{ {CONFIG} }}, nodes: {{ {nodes} }}");
    Cluster::up(&format!("name: {name}\n{coordinators}\nbrokers: {{ {brokers} }}\n"))
}

fn line(cluster: &Cluster, line: &str) -> Run {
    cluster.run(&line.split_whitespace().collect::<Vec<_>>())
}

#[track_caller]
fn parsed(run: Run) -> Value {
    serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {run}"))
}

/// The replicas of each partition, which all are in the ISR and of which the first leads.
#[track_caller]
fn placed(cluster: &Cluster, topic: &str) -> Vec<Vec<i64>> {
    let described = parsed(line(cluster, &format!("topic describe {topic} --json")).ok());
    let partitions = described["topics"][0]["partitions"].as_array().unwrap().clone();
    let ids = |value: &Value| -> Vec<i64> {
        value.as_array().unwrap().iter().map(|id| id.as_i64().unwrap()).collect()
    };
    let place = |partition: &Value| {
        let (replicas, mut isr) = (ids(&partition["replicas"]), ids(&partition["isr"]));
        assert_eq!(partition["leader"], replicas[0], "{partition}");
        let mut sorted = replicas.clone();
        sorted.sort_unstable();
        isr.sort_unstable();
        assert_eq!(isr, sorted, "{partition}");
        replicas
    };
    partitions.iter().map(place).collect()
}

/// By Kafka's own tools: nothing moves, nothing is throttled.
#[track_caller]
fn assert_nothing_is_left(cluster: &Cluster) {
    line(cluster, "exec kafka-reassign-partitions --list").ok().says("No partition reassignments found");
    for kind in ["brokers", "topics"] {
        let described = line(cluster, &format!("exec kafka-configs --describe --entity-type {kind}")).ok();
        assert!(!described.out.contains("throttled"), "{described}");
    }
    assert!(!cluster.dir().moves().exists());
}

/// Some MB, which take some seconds with a throttle below: 2 MB a partition of six.
#[track_caller]
fn fill(cluster: &Cluster, topic: &str) {
    let load = "--num-records 12000 --record-size 1000 --throughput -1 --producer-props acks=all";
    line(cluster, &format!("exec kafka-producer-perf-test --topic {topic} {load}")).ok();
}

#[test]
fn rebalancing_fills_an_empty_broker_and_can_be_left_resumed_and_cancelled_at_any_moment() {
    let cluster = cluster("moving", &specs::coordinators(1));
    line(&cluster, "topic create bikes --assignment 0:1,1:0,0:1,1:0,0:1,1:0").ok();
    fill(&cluster, "bikes");
    let crowded = placed(&cluster, "bikes");

    // Seen, saved, and not done.
    let file = &cluster.write("plan.json", "");
    let planned = parsed(line(&cluster, &format!("rebalance --dry-run --json --save {file}")).ok());
    assert_eq!((&planned["result"], &planned["outcome"]), (&json!("planned"), &Value::Null));
    let copies: i64 =
        planned["plan"]["moves"].as_array().unwrap().iter().map(|one| one["copies"].as_i64().unwrap()).sum();
    assert_eq!(copies, 4, "{planned}");
    let bytes = planned["plan"]["bytes"].as_u64().unwrap();
    assert!(bytes > 6_000_000, "{planned}");
    line(&cluster, "rebalance").exits(2).says("--yes");
    assert_eq!(placed(&cluster, "bikes"), crowded);
    line(&cluster, &format!("exec kafka-reassign-partitions --verify --reassignment-json-file {file}"))
        .ok()
        .says("bikes-");

    // What cannot be.
    for (content, said) in [
        ("{\"version\": 1,\n \"partitions\": [{]}", "line 2 column"),
        (
            r#"{"version":1,"partitions":[{"topic":"bike","partition":0,"replicas":[1]}]}"#,
            "did you mean `bikes`",
        ),
        (r#"{"version":1,"partitions":[{"topic":"bikes","partition":0,"replicas":[7]}]}"#, "names broker 7"),
    ] {
        let wrong = cluster.write("wrong.json", content);
        line(&cluster, &format!("rebalance --plan {wrong} --yes")).exits(3).says(said);
    }
    line(&cluster, "rebalance bike").exits(2).says("did you mean `bikes`?");
    line(&cluster, "rebalance --watch").ok().says("no replicas are being moved");

    // Killed midway: Kafka goes on, the throttle stays, nothing else may begin; and all of it can be undone.
    let slow = ["rebalance", "--plan", file, "--yes", "--throttle", "10KB/s"];
    let running = cluster.begin(&slow);
    until("the move to be seen in Kafka", || {
        line(&cluster, "rebalance --dry-run").err.contains("being moved already").then_some(())
    });
    line(&cluster, "rebalance --watch").exits(7).says("another command moves replicas");
    drop(running);
    line(&cluster, "rebalance --yes").exits(7).says("--watch");
    let rates = line(&cluster, "exec kafka-configs --describe --entity-type brokers").ok();
    assert!(rates.out.contains("follower.replication.throttled.rate=10000"), "{rates}");
    cluster.client().produce("bikes", 0).unwrap();
    line(&cluster, "rebalance --cancel").ok().says("cancelled: ");
    assert_eq!(placed(&cluster, "bikes"), crowded, "with the order of replicas");
    assert_nothing_is_left(&cluster);

    // Ctrl-C, and a broker that is to get replicas dies: it is waited for.
    let running = cluster.begin(&["rebalance", "--plan", file, "--yes", "--throttle", "400KB/s"]);
    until("the move to be seen in Kafka", || {
        line(&cluster, "rebalance --dry-run").err.contains("being moved already").then_some(())
    });
    running.interrupt();
    running.finish().exits(130).says("rebalance --watch").says("rebalance --cancel");
    cluster.run(&["kill", "broker-2", "--force"]).ok();
    let watching = cluster.begin(&["rebalance", "--watch"]);
    until("broker-2 to be waited for", || {
        watching.err().contains("waits for broker-2, which is down").then_some(())
    });
    cluster.run(&["start", "broker-2"]).ok();
    watching.finish().ok().says("as planned and in the ISR");
    assert_nothing_is_left(&cluster);

    let even = placed(&cluster, "bikes");
    for broker in 0..3 {
        assert_eq!(even.iter().filter(|replicas| replicas.contains(&broker)).count(), 4, "{even:?}");
        assert_eq!(even.iter().filter(|replicas| replicas[0] == broker).count(), 2, "{even:?}");
    }
    line(&cluster, "rebalance").ok().says("evenly spread: nothing to move");
    line(&cluster, &format!("rebalance --plan {file}")).ok().says("as planned already");
    // Every record that was acknowledged is there.
    let described = parsed(line(&cluster, "topic describe bikes --json").ok());
    let partitions = described["topics"][0]["partitions"].as_array().unwrap();
    let records: i64 = partitions.iter().map(|partition| partition["latest_offset"].as_i64().unwrap()).sum();
    assert_eq!(records, 12001, "{described}");
}

#[test]
fn copies_are_parted_into_racks_under_the_throttle_of_somebody_else_and_a_stale_plan_is_refused() {
    let rack = |id: i32, rack: &str| format!("broker-{id}: {{ config: {{ broker.rack: {rack} }} }}");
    let racks = [rack(0, "left"), rack(1, "left"), rack(2, "right")].join(", ");
    let cluster = with_nodes("throttled", &specs::coordinators(1), &racks);
    line(&cluster, "topic create bikes --assignment 0:1,0:1,1:0 --config min.insync.replicas=1").ok();
    line(&cluster, "explain bikes").ok().says("; of the racks only right may fail as a whole");
    fill(&cluster, "bikes");
    let theirs = "leader.replication.throttled.rate=5000000";
    let set = "exec kafka-configs --alter --entity-type brokers --entity-name 0";
    line(&cluster, &format!("{set} --add-config {theirs}")).ok();
    line(&cluster, "rebalance --yes --throttle 1MB/s").exits(2).says("broker-0 has a throttle already");
    assert!(!cluster.dir().moves().exists());

    line(&cluster, "rebalance --yes")
        .ok()
        .says("broker-0 has a throttle already, which holds for this move, too")
        .says("as planned and in the ISR")
        .says(&format!("broker-0 keeps {theirs}, which somebody else has set"));
    let rates = line(&cluster, "exec kafka-configs --describe --entity-type brokers").ok();
    assert!(rates.out.contains(theirs), "{rates}");
    // broker-2 is alone in its rack, and the two others share what is left.
    let parted = placed(&cluster, "bikes");
    assert!(parted.iter().all(|replicas| replicas.contains(&2)), "{parted:?}");
    line(&cluster, "explain bikes").ok().says("; any rack may fail as a whole");
    let together = r#"{"version":1,"partitions":[{"topic":"bikes","partition":1,"replicas":[0,1]}]}"#;
    let together = cluster.write("together.json", together);
    line(&cluster, &format!("rebalance --plan {together} --dry-run"))
        .ok()
        .says("bikes/1 then has its copies in 1 rack instead of 2: this plan says so");
    assert_kafkas_own_throttle_is_told_and_removed(&cluster, &together);
    let stale =
        r#"{"version":1,"partitions":[{"topic":"bikes","partition":0,"replicas":[2],"before":[2,0,1]}]}"#;
    let stale = cluster.write("stale.json", stale);
    line(&cluster, &format!("rebalance --plan {stale} --yes")).exits(3).says("the plan is stale: bikes/0");

    // With a broker down its replicas go to the others.
    line(&cluster, "kill broker-2 --force").ok();
    until("broker-2 to be missed", || {
        line(&cluster, "rebalance --dry-run").err.contains("broker-2 is down").then_some(())
    });
    line(&cluster, "rebalance --yes")
        .ok()
        .says("bikes/0-2 then have their copies in 1 rack instead of 2: the brokers that may hold")
        .says("as planned and in the ISR");
    assert!(placed(&cluster, "bikes").iter().all(|replicas| !replicas.contains(&2)));
}

/// Of a move that Kafka's own tool began: when it is cancelled, and by whoever looks later.
#[track_caller]
fn assert_kafkas_own_throttle_is_told_and_removed(cluster: &Cluster, plan: &str) {
    let execute = format!("exec kafka-reassign-partitions --execute --reassignment-json-file {plan}");
    line(cluster, &format!("{execute} --throttle 10000")).ok();
    let cancelled = line(cluster, "rebalance --cancel").ok().says("cancelled: 1 partition back");
    let watched = line(cluster, "rebalance --watch").ok().says("no replicas are being moved");
    line(cluster, "rebalance --cancel").ok().says("topic bikes keeps ");
    let commands = |run: &Run| -> Vec<String> {
        let quoted = run.err.split('`').filter_map(|part| part.strip_prefix("cluster exec kafka-configs"));
        quoted.map(|rest| format!("exec kafka-configs{rest}")).collect()
    };
    assert_eq!(commands(&cancelled), commands(&watched));
    let commands = commands(&cancelled);
    assert!(commands.len() > 1 && commands.len() < 5, "{cancelled}");
    for command in commands {
        line(cluster, &command).ok();
    }
    assert_nothing_is_left(cluster);
    let silent = line(cluster, "rebalance --watch").ok();
    assert!(!silent.err.contains("throttle"), "{silent}");
}

#[test]
fn kafka_0_10_moves_replicas_through_zookeeper() {
    let cluster = cluster("old-moving", "kafka: { version: 0.10.2.2 }\nzookeeper: 1");
    line(&cluster, "topic create bikes --assignment 0:1,1:0,0:1").ok();
    let client = cluster.client();
    for at in 0..10 {
        assert_eq!(client.produce("bikes", 0), Ok(at));
    }
    let run = line(&cluster, "rebalance --yes --throttle 10MB/s").ok().says("as planned and in the ISR");
    assert!(run.took < Duration::from_secs(60), "{run}");
    let even = placed(&cluster, "bikes");
    for broker in 0..3 {
        assert_eq!(even.iter().filter(|replicas| replicas.contains(&broker)).count(), 2, "{even:?}");
        assert_eq!(even.iter().filter(|replicas| replicas[0] == broker).count(), 1, "{even:?}");
    }
    assert_eq!(client.produce("bikes", 0), Ok(10), "nothing is lost");
    assert!(!cluster.dir().moves().exists());
    line(&cluster, "rebalance").ok().says("nothing to move");
}
