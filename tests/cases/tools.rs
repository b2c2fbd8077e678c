//! `env` and `exec`: Kafka's own tools, connected without a word.

use std::process::Command;

use cluster::inside::{SUPPORTED, main_classes};

use crate::common::cluster::Cluster;
use crate::common::specs::World;
use crate::common::{dist, shared, specs, until};

/// What Maven does not bring with a broker, by the version and the beginning of a class.
const NOT_FETCHED: &[(&str, &str)] = &[
    ("", "org.apache.kafka.connect."),
    ("", "org.apache.kafka.shell."),
    ("0.10.2.2", "org.apache.kafka.tools."),
    ("4.4.0", "org.apache.kafka.tools."),
];

#[test]
fn the_class_of_each_tool_is_in_the_jars_of_its_version() {
    for known in SUPPORTED {
        let libs = dist::libs(known.version);
        if !libs.exists() {
            // What no test has fetched is passed over.
            continue;
        }
        let classes = dist::classes(&libs);
        for (tool, class) in main_classes(known.version) {
            let is_there = classes.contains(class);
            let is_left_out = NOT_FETCHED
                .iter()
                .any(|(version, package)| known.version.starts_with(version) && class.starts_with(package));
            assert!(is_there || is_left_out, "{tool} of {}: {class}", known.version);
        }
    }
}

/// The JSON that `env --json` prints.
fn env(cluster: &Cluster) -> serde_json::Value {
    serde_json::from_str(&cluster.run(&["env", "--json"]).ok().out).unwrap()
}

#[test]
fn a_shell_that_evaluates_env_and_a_tool_in_it_find_the_cluster() {
    let cluster = shared::cluster();
    let exports = cluster.run(&["env"]).ok().out;
    let script = "eval \"$1\"; shift; printf '%s\\n' \"$BOOTSTRAP_SERVERS\"; \
                  exec \"$@\" --bootstrap-server \"$KAFKA_BOOTSTRAP_SERVERS\" \
                  ${KAFKA_CLIENT_PROPERTIES:+--command-config \"$KAFKA_CLIENT_PROPERTIES\"} --describe --topic bikes";
    // The tool is told where to connect, and of a secured cluster with which keys, by the variables alone.
    let plan = cluster.plan();
    let mut tool = Command::new("sh");
    tool.args([
        "-c",
        script,
        "sh",
        &exports,
        &plan.java.program.to_string_lossy(),
        "-XX:-UsePerfData",
        "-cp",
    ]);
    tool.args([&plan.kafka.classpath.join(":"), "org.apache.kafka.tools.TopicCommand"]);
    let ran = tool.output().unwrap();
    let out = String::from_utf8(ran.stdout).unwrap();
    let servers = env(cluster)["BOOTSTRAP_SERVERS"].as_str().unwrap().to_owned();
    assert_eq!(out.lines().next().unwrap(), servers);
    assert_eq!(servers.split(',').count(), 2);
    assert!(out.contains("PartitionCount: 4"), "{out}{}", String::from_utf8_lossy(&ran.stderr));
}

#[test]
fn each_tool_of_kafka_finds_the_cluster_and_hands_on_its_exit_code() {
    let cluster = shared::cluster();
    for (line, expected) in [
        ("kafka-topics --describe --topic bikes", "PartitionCount: 4"),
        ("broker-api-versions", "Produce(0)"),
        ("configs.sh --describe --entity-type topics --entity-name bikes", "retention.ms=86400000"),
        ("kafka-get-offsets.sh --topic bikes --time earliest", "bikes:0:0"),
        ("log-dirs --describe --broker-list 0,1 --topic-list bikes", "bikes-0"),
        ("cluster cluster-id", "Cluster ID: "),
    ] {
        let run = cluster.run(&[&["exec"], &*line.split(' ').collect::<Vec<_>>()].concat()).ok();
        assert!(run.out.contains(expected), "{run}");
    }
    if specs::world() == World::ZooKeeper {
        // The shell's watcher writes a line of its own from another thread, at times into the answer.
        until("the ids of both brokers, as zookeeper-shell lists them", || {
            let run = cluster.run(&["exec", "zookeeper-shell", "ls", "/brokers/ids"]).ok();
            run.out.contains("[0, 1]").then_some(())
        });
    }
    if specs::world().is_kraft() {
        cluster.run(&["exec", "metadata-quorum", "describe", "--status"]).ok().says("LeaderId:");
        let controllers = env(cluster)["KAFKA_BOOTSTRAP_CONTROLLERS"].as_str().unwrap().to_owned();
        let ask = ["exec", "metadata-quorum", "--bootstrap-controller", &controllers, "describe", "--status"];
        cluster.run(&ask).ok().says("LeaderId:");
    }
    let run = cluster.run(&["exec", "topics", "--describe", "--topic", "no-such-topic"]).exits(1);
    assert!(run.says("no-such-topic").out.lines().count() > 0);
    let log = cluster.plan().node("broker-0".parse().unwrap()).unwrap().dir.join("data");
    let log = log.join("bikes-0/00000000000000000000.log");
    cluster.run(&["exec", "dump-log", "--files", log.to_str().unwrap()]).ok().says("Log starting offset: 0");
}

#[test]
fn a_tool_reads_our_standard_input_and_writes_to_our_standard_output_alone() {
    let cluster = Cluster::up(&specs::single("pipes"));
    let words = cluster.write("words", "one\ntwo\nthree\n");
    let produce = ["-c", "pipes", "exec", "console-producer", "--topic", "hello"];
    let produced = cluster.command(&produce).stdin(std::fs::File::open(words).unwrap()).output().unwrap();
    assert!(produced.status.success(), "{produced:?}");
    let consume = "exec console-consumer --topic hello --from-beginning --max-messages 3";
    let run = cluster.run(&consume.split(' ').collect::<Vec<_>>()).ok();
    let mut lines: Vec<_> = run.out.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["one", "three", "two"]);
    let perf = "exec producer-perf-test --topic hello --num-records 10 --record-size 10 --throughput -1 \
                --producer-props acks=all";
    cluster.run(&perf.split_whitespace().collect::<Vec<_>>()).ok().says("10 records sent");
    assert_eq!(std::fs::read_dir(cluster.root().join("tmp")).unwrap().count(), 0);
    cluster.down();
    cluster.run(&["exec", "topics", "--list"]).exits(4).says("the cluster pipes is not running");
    let before = env(&cluster);
    cluster.run(&["up"]).ok();
    assert_eq!(env(&cluster), before, "ports are kept");
}

#[test]
fn ctrl_c_is_the_tools_own_since_it_is_our_process() {
    let cluster = Cluster::up(&specs::single("ctrl-c"));
    let mut consumer = cluster.begin(&["exec", "console-consumer", "--topic", "hello"]);
    until("a consumer in its group", || {
        let run = cluster.run(&["exec", "consumer-groups", "--list"]).ok();
        run.out.contains("console-consumer").then_some(())
    });
    assert!(consumer.is_running());
    consumer.interrupt();
    // A JVM ends with 128 + SIGINT once its shutdown hooks are done.
    consumer.finish().exits(130).says("Processed a total of 0 messages");
}

#[test]
fn the_tools_of_kafka_0_10_connect_as_its_clients_did() {
    let cluster = Cluster::up(&specs::with_zookeeper(
        "old-tools",
        1,
        "kafka: { version: 0.10.2.2 }\ntopics: { hello: { partitions: 2, replication_factor: 1 } }\n",
    ));
    for (line, expected) in [
        ("topics --describe --topic hello", "PartitionCount:2"),
        ("configs --describe --entity-type topics --entity-name hello", "Configs for topic 'hello'"),
        ("get-offsets --topic hello --time -1", "hello:0:0"),
        ("broker-api-versions", "Produce(0)"),
        ("preferred-replica-election", "Successfully started preferred replica election"),
        ("zookeeper-shell ls /brokers/ids", "[0]"),
    ] {
        let run = cluster.run(&[&["exec"], &*line.split(' ').collect::<Vec<_>>()].concat()).ok();
        assert!(run.out.contains(expected), "{run}");
    }
    let unknown = cluster.run(&["exec", "leader-election"]).exits(2);
    unknown.says("not a tool of Kafka 0.10.2.2").says("kafka-preferred-replica-election");
    // Its jar is none of Maven's.
    cluster
        .run(&["exec", "verifiable-producer", "--topic", "hello"])
        .exits(6)
        .says("kafka-tools-0.10.2.2.jar");
    cluster.down();
}
