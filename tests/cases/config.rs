//! `config`: settings in force, and those of the spec that do not hold.

use std::fmt::Write;

use cluster::model::ids::NodeName;
use cluster::model::status::Problem;
use serde_json::Value;

use crate::common::cluster::Cluster;
use crate::common::specs::{self, World};
use crate::common::{shared, until};

#[track_caller]
fn json(cluster: &Cluster, line: &str) -> Value {
    let words: Vec<&str> = ["config"].into_iter().chain(line.split(' ')).chain(["--json"]).collect();
    let run = cluster.run(&words).ok();
    serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {run}"))
}

/// Settings that have a problem.
fn problems(configs: &Value) -> Vec<&str> {
    let settings = configs["settings"].as_array().unwrap().iter();
    settings.filter(|one| !one["problem"].is_null()).map(|one| one["key"].as_str().unwrap()).collect()
}

#[test]
fn every_setting_has_its_value_and_where_it_comes_from() {
    let cluster = shared::cluster();
    let broker = json(cluster, "broker-1");
    assert_eq!(broker["reported_by"], "broker-1");
    assert!(broker["settings"].as_array().unwrap().len() > 250);
    assert_eq!(problems(&broker), Vec::<&str>::new());
    let of = |key: &str| {
        let mut settings = broker["settings"].as_array().unwrap().iter();
        let one = settings.find(|one| one["key"] == key).unwrap();
        ["value", "source", "origin", "kafka_default"]
            .map(|field| one[field].as_str().unwrap_or("-").to_owned())
    };
    let (id, default) = match specs::world() {
        World::ZooKeeper => ("broker.id", "-1"),
        // Kafka 4 requires it.
        World::Controllers | World::Secured | World::Scram => ("node.id", "-"),
    };
    assert_eq!(of(id), ["1", "file", "planner", default]);
    assert_eq!(of("num.io.threads"), ["4", "file", "profile", "8"]);
    assert_eq!(of("num.replica.fetchers"), ["1", "default", "-", "1"]);

    let run = cluster.run(&["config", "broker-1"]).ok().says("num.io.threads").says("(`--all` lists them)");
    assert!(!run.out.contains("num.replica.fetchers"), "{run}");
    for arguments in [&["--all"][..], &["num.replica.fetchers"]] {
        cluster.run(&[&["config", "broker-1"], arguments].concat()).ok().says("num.replica.fetchers");
    }
    let (file, setting) = match specs::world() {
        World::ZooKeeper => ("zoo.cfg", "tickTime"),
        World::Controllers | World::Secured | World::Scram => ("server.properties", "process.roles"),
    };
    cluster.run(&["config", &specs::coordinator(1).to_string()]).ok().says(file).says(setting);

    let topic = cluster.run(&["config", "bikes"]).ok().says("as broker-0 reports it");
    let retention = topic.out.lines().find(|line| line.starts_with("retention.ms")).unwrap();
    assert_eq!(retention.split_whitespace().nth(1), Some("86400000"));
    assert!(retention.contains("the topic (spec)"), "{retention}");
}

#[test]
fn what_there_is_not_is_one_error_with_what_was_meant() {
    let cluster = shared::cluster();
    for (line, said) in [
        ("config brokr-0", "did you mean `broker-0`?"),
        ("config bike", "did you mean `bikes`?"),
        ("config broker-0 num.partition", "did you mean `num.partitions`?"),
        ("config broker-0 --topic", "has no topic `broker-0`"),
    ] {
        cluster.run(&line.split(' ').collect::<Vec<_>>()).exits(2).says(said);
    }
}

#[test]
fn a_setting_that_does_not_hold_is_flagged_by_config_and_status_and_no_other_is() {
    let config = [
        "num.partition: 6",
        "delegation.token.secret.key: geheim",
        "super.users: 'User:ada'",
        // Kafka reads them otherwise than they are written.
        "delete.topic.enable: 'TRUE'",
        "num.network.threads: ' 02 '",
        "log.cleanup.policy: 'delete , compact'",
        "log.cleaner.io.buffer.load.factor: '0.90'",
        "log.retention.bytes: '+1000000000'",
        "compression.type: ' gzip'",
    ];
    let mut spec = format!("name: flagged\n{}\nbrokers:\n  count: 1\n  config:\n", specs::coordinators(1));
    for line in config {
        writeln!(spec, "    {line}").unwrap();
    }
    spec += "topics: { broker-0: { partitions: 1, replication_factor: 1 } }\n";
    let cluster = Cluster::up(&spec);
    assert_eq!(problems(&json(&cluster, "broker-0")), ["num.partition"]);

    let alter =
        "exec kafka-configs --alter --entity-type brokers --entity-name 0 --add-config num.io.threads=6";
    cluster.run(&alter.split(' ').collect::<Vec<_>>()).ok();
    let told = until("the broker's new word", || {
        let told = json(&cluster, "broker-0");
        problems(&told).contains(&"num.io.threads").then_some(told)
    });
    assert_eq!(problems(&told), ["num.io.threads", "num.partition"]);
    assert!(!told.to_string().contains("geheim"));
    let run = cluster.run(&["config", "broker-0"]).ok();
    for said in [
        "6 is in force (dynamic, this broker), planned is 4",
        "did you mean `num.partitions`?",
        "there is a topic broker-0, too",
    ] {
        assert!(run.out.contains(said), "{run}");
    }
    assert!(!cluster.run(&["config", "broker-0", "--all"]).ok().out.contains("geheim"));
    assert_eq!(json(&cluster, "broker-0 --topic")["is_topic"], true);

    let flagged: Vec<_> =
        cluster.status().settings.into_iter().map(|one| (one.node, one.key, one.problem)).collect();
    let broker = NodeName::broker(0);
    assert_eq!(
        flagged,
        [
            (broker, "num.io.threads".to_owned(), Problem::Overridden),
            (broker, "num.partition".to_owned(), Problem::Unknown),
        ]
    );
    cluster.run(&["status"]).ok().says("setting num.io.threads of broker-0: overridden");

    // Stopped brokers tell nothing, and their files are known.
    cluster.run(&["kill", "broker-0", "--force"]).ok();
    cluster
        .run(&["config", "broker-0"])
        .ok()
        .says("does not tell: connection refused")
        .says("num.io.threads");
    assert_eq!(cluster.status().settings, []);
}

#[test]
fn no_setting_of_any_profile_is_a_false_alarm() {
    for profile in ["stock", "durable"] {
        let cluster = Cluster::up(&format!(
            "name: {profile}\nprofile: {profile}\n{}\nbrokers: 1\n",
            specs::coordinators(1)
        ));
        assert_eq!(problems(&json(&cluster, "broker-0")), Vec::<&str>::new(), "{profile}");
        assert_eq!(cluster.status().settings, [], "{profile}");
    }
}
