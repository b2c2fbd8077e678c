//! Every supported version of Kafka, with each coordination that it has: one walk through what people do.
//!
//! `CLUSTER_TEST_VERSION=4.4` walks through those only that begin so; `CLUSTER_TEST_JAVA` is the home of another Java; versions that it cannot run are passed over.

use std::path::Path;

use cluster::inside::{Coordination, NodePlan, SUPPORTED, at_least, supports};
use cluster::model::ids::{NodeName, Role};

use crate::common::cluster::Cluster;

/// Of those that no other test runs the one that tells the most: what changes between versions is the protocol.
#[test]
fn a_version_with_an_older_protocol_does_what_others_do() {
    walk("1.1.1", Coordination::ZooKeeper);
}

#[test]
fn brokers_of_several_versions_make_one_cluster() {
    mixed(("2.8.2", "3.9.2", Coordination::ZooKeeper));
    mixed(("3.9.2", "4.3.1", Coordination::Kraft));
}

/// `cargo test --test main -- --ignored every_version`.
#[test]
#[ignore = "fetches every version of Kafka"]
fn every_version_does_what_others_do() {
    let wanted = std::env::var("CLUSTER_TEST_VERSION").unwrap_or_default();
    for known in SUPPORTED.iter().filter(|known| known.version.starts_with(&wanted)) {
        for coordination in [Coordination::ZooKeeper, Coordination::Kraft] {
            if supports(known.version, coordination) {
                walk(known.version, coordination);
            }
        }
    }
}

/// `cargo test --test main -- --ignored every_version`.
#[test]
#[ignore = "fetches many versions of Kafka"]
fn every_version_goes_along_with_a_newer_one() {
    let zookeeper =
        ["0.10.2.2", "1.1.1", "2.8.2", "3.0.2", "3.8.1"].map(|old| (old, "3.9.2", Coordination::ZooKeeper));
    let kraft = ["3.9.2", "4.0.2", "4.1.2", "4.2.1"].map(|old| (old, "4.3.1", Coordination::Kraft));
    zookeeper.into_iter().chain(kraft).for_each(mixed);
}

fn walk(version: &str, coordination: Coordination) {
    match version {
        // There are no tools of 4.4.0 at Maven Central: those of 4.3.1 are run.
        "4.4.0" => {
            walk_of("4.3.1", coordination, "{ count: 1, version: 4.4.0 }", "{ count: 2, version: 4.4.0 }");
        }
        _ => walk_of(version, coordination, "1", "2"),
    }
}

/// A broker of an older version in a cluster whose other nodes are new.
fn mixed((old, new, coordination): (&str, &str, Coordination)) {
    let brokers = format!("{{ count: 2, nodes: {{ broker-1: {{ version: {old} }} }} }}");
    walk_of(new, coordination, "1", &brokers);
}

fn walk_of(version: &str, coordination: Coordination, voters: &str, brokers: &str) {
    let coordinators = match coordination {
        Coordination::ZooKeeper => "zookeeper",
        Coordination::Kraft => "controllers",
    };
    let java = std::env::var("CLUSTER_TEST_JAVA").map(|home| format!("java: {home}\n")).unwrap_or_default();
    let name = format!("walk-{}", version.replace('.', "-"));
    let spec = format!(
        "name: {name}\nkafka: {{ version: {version} }}\n{java}{coordinators}: {voters}\nbrokers: {brokers}\n\
         topics: {{ bikes: {{ partitions: 4, replication_factor: 2, config: {{ min.insync.replicas: 1 }} }} }}\n"
    );
    let cluster = Cluster::new(crate::common::home::TestHome::with_cluster(), &spec);
    let up = cluster.cluster(&["up", &cluster.spec]);
    if !java.is_empty() && up.err.contains(" needs java ") {
        println!("Kafka {version} does not run on it");
        return;
    }
    up.ok();
    let status = cluster.status();
    println!("Kafka {}, {coordination:?}", cluster.plan().versions());
    assert_eq!(status.settings, [], "no false alarm");
    for node in status.nodes.iter().filter(|node| node.node.role == Role::Broker) {
        // By the jar that the process has mapped or opened, whatever the plan says.
        let jar = format!("-{}.jar", node.kafka_version);
        assert!(is_open(node.pid.unwrap(), &jar), "{} runs {}", node.node, node.kafka_version);
    }

    let first: String = (0..200).map(|number| format!("before {number}\n")).collect();
    let second: String = (0..200).map(|number| format!("while one is down {number}\n")).collect();
    produce(&cluster, &first);
    cluster.run(&["kill", "broker-0"]).ok();
    cluster.until_status("broker-1 leads", |status| {
        let mut partitions = status.topics.as_ref()?["bikes"].partitions.values();
        partitions.all(|partition| partition.view.leader == Some(1)).then_some(())
    });
    produce(&cluster, &second);
    cluster.run(&["start", "broker-0"]).ok();
    cluster.run(&["status", "--wait", "healthy", "--timeout", "60s"]).ok();
    cluster.run(&["elect", "preferred", "bikes"]).ok();
    let group = ["consume", "bikes", "--group", "readers", "--from-beginning", "--until-end"];
    let mut read: Vec<String> = cluster.run(&group).ok().out.lines().map(str::to_owned).collect();
    let mut written: Vec<String> = first.lines().chain(second.lines()).map(str::to_owned).collect();
    read.sort();
    written.sort();
    assert_eq!(read, written);
    cluster.run(&["group", "describe", "readers"]).ok();
    cluster.run(&["topic", "create", "docks", "--partitions", "2", "--replication-factor", "2"]).ok();
    cluster.run(&["config", "broker-1"]).ok();
    cluster.run(&["exec", "kafka-topics", "--list"]).ok().says("docks");
    if at_least(version, &[4]) {
        cluster.run(&["exec", "kafka-share-groups", "--list"]).ok();
        cluster.run(&["exec", "kafka-client-metrics", "--list"]).ok();
        let env: serde_json::Value = serde_json::from_str(&cluster.run(&["env", "--json"]).ok().out).unwrap();
        let controllers = env["KAFKA_BOOTSTRAP_CONTROLLERS"].as_str().unwrap();
        let ask = ["exec", "metadata-quorum", "--bootstrap-controller", controllers, "describe", "--status"];
        cluster.run(&ask).ok().says("LeaderId:");
    }
    if coordination == Coordination::Kraft {
        features(&cluster);
    }
    cluster.run(&["topic", "delete", "docks", "--yes"]).ok();
    cluster.run(&["restart", "broker-1"]).ok();
    cluster.down();
    cluster.cluster(&["up", &cluster.spec]).ok();
    assert_eq!(
        cluster.run(&["consume", "bikes", "--from-beginning", "--until-end"]).ok().out.lines().count(),
        400
    );
    cluster.down();
}

/// A process has a file with a name that ends so.
fn is_open(pid: u32, ending: &str) -> bool {
    let files = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    let names = files.flatten().filter_map(|file| std::fs::read_link(file.path()).ok());
    names.into_iter().any(|name| name.to_string_lossy().ends_with(ending))
}

fn produce(cluster: &Cluster, lines: &str) {
    let (running, mut stdin) =
        crate::common::run::Running::fed(cluster.command(&["-c", &cluster.name, "produce", "bikes"]));
    std::io::Write::write_all(&mut stdin, lines.as_bytes()).unwrap();
    drop(stdin);
    running.finish().ok();
}

/// The cluster has finalized what its controllers were formatted with, and what comes of it works.
fn features(cluster: &Cluster) {
    let plan = cluster.plan();
    let controller: &NodePlan = plan.node(NodeName::controller(100)).unwrap();
    let formatted = &controller.storage.as_ref().unwrap().features;
    assert_eq!(cluster.client().finalized(NodeName::controller(100)), *formatted);
    if !formatted.contains_key("group.version") {
        return;
    }
    // KIP-848: the protocol in which the coordinator shares partitions out.
    let consumer = ["exec", "kafka-console-consumer", "--topic", "bikes", "--from-beginning"];
    let new = ["--consumer-property", "group.protocol=consumer", "--consumer-property", "group.id=new"];
    let end = ["--max-messages", "400", "--timeout-ms", "60000"];
    let read = cluster.run(&[&consumer[..], &new, &end].concat()).ok();
    assert_eq!(read.out.lines().filter(|line| !line.starts_with("Option --")).count(), 400, "{read}");
    if formatted.contains_key("share.version") {
        share(cluster);
    }
}

/// KIP-932: a share group takes what comes after it has begun, so that it is told to begin at the earliest.
fn share(cluster: &Cluster) {
    let entity = ["--entity-type", "groups", "--entity-name", "shared"];
    let reset = ["--alter", "--add-config", "share.auto.offset.reset=earliest"];
    cluster.run(&[&["exec", "kafka-configs"], &entity[..], &reset].concat()).ok();
    let consumer = ["exec", "kafka-console-share-consumer", "--topic", "bikes", "--group", "shared"];
    let read =
        cluster.run(&[&consumer[..], &["--max-messages", "400", "--timeout-ms", "60000"]].concat()).ok();
    assert_eq!(read.out.lines().filter(|line| line.contains(' ')).count(), 400, "{read}");
}

#[test]
fn every_supported_version_is_told_of_in_the_documentation() {
    let page =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/versions.md")).unwrap();
    for known in SUPPORTED {
        assert!(page.contains(known.version), "{} is missing", known.version);
    }
}
