//! Bad input gets one clear error, and nothing is started or changed.

use std::fs;

use crate::common::home::TestHome;
use crate::common::{shared, specs};

/// Spec, and what must be said of it.
const SPECS: &[(&str, &[&str])] = &[
    ("name: a\nbroker: 3\n", &["unknown key", "broker", "brokers", ":2"]),
    ("brokers: three\n", &["three", "whole number"]),
    ("brokers: 0\n", &["at least one"]),
    ("brokers: 1000\n", &["too many", "100"]),
    ("brokers: 2\ntopics: { t: { replication_factor: 3 } }\n", &["needs 3 brokers", "at most 2"]),
    ("brokers: { count: 1, config: { broker.id: 7 } }\n", &["broker.id", "set by the planner"]),
    (
        "brokers: { count: 2, nodes: { broker-0: { port: 19092 }, broker-1: { port: 19092 } } }\n",
        &["19092", "broker-0"],
    ),
    ("kafka: { version: 9.9 }\n", &["9.9", "not a supported version", "3.9.2"]),
    (
        "kafka: { version: 0.10 }\ntopics: { t: { replication_factor: 1, config: { min.insync.replicas: 2 } } }\n",
        &["`t` has 1 replica", "refuse every acks=all produce", "at most 1"],
    ),
    (
        "topics: { t: { config: { retention.mss: 2 } } }\n",
        &["`retention.mss` is not a setting of topics", "did you mean `retention.ms`?"],
    ),
    (
        "brokers: { config: { log.retention.hours: abc } }\n",
        &["`log.retention.hours` is a whole number (INT), not `abc`", ":1"],
    ),
    ("name: ../x\n", &["../x"]),
    ("brokers: { count: 1, nodes: { broker-7: { heap: 1g } } }\n", &["broker-7", "broker-0"]),
    ("", &["empty"]),
    ("brokers: [\n", &[".yaml"]),
    (
        "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n",
        &[".yaml"],
    ),
];

#[test]
fn a_wrong_spec_is_refused_by_every_command_that_reads_one_and_leaves_nothing() {
    let home = TestHome::new();
    for (index, (text, says)) in SPECS.iter().enumerate() {
        let path = home.write(&format!("spec-{index}.yaml"), text);
        for command in ["up", "plan", "validate"] {
            let mut run = home.cluster(&[command, &path]).exits(3);
            for fragment in *says {
                run = run.says(fragment);
            }
        }
        let out = home.root().join("rendered");
        home.cluster(&["render", &path, "-o", out.to_str().unwrap()]).exits(3);
        assert!(!out.exists());
        assert_eq!(fs::read_dir(home.state()).unwrap().count(), 0, "{text}");
    }
}

#[test]
fn a_setting_that_kafka_does_not_know_is_warned_of() {
    let home = TestHome::new();
    let path = home.write("odd.yaml", "brokers: { config: { log.retention.hour: 24 } }\n");
    for command in ["plan", "validate"] {
        let run = home.cluster(&[command, &path]).ok();
        assert!(run.err.contains("did you mean `log.retention.hours`?"), "{run}");
    }
}

#[test]
fn files_that_are_no_specs_are_refused() {
    let home = TestHome::new();
    let latin = home.write("latin.yaml", b"name: v\xe9lib\n");
    let huge = home.write("huge.yaml", vec![b'#'; 64 << 20]);
    let folder = home.root().join("user").into_os_string().into_string().unwrap();
    home.cluster(&["up", &latin]).exits(3).says("UTF-8");
    home.cluster(&["up", &huge]).exits(3);
    home.cluster(&["up", &folder]).exits(3).says("folder");
    home.cluster(&["up", "no/such.yaml"]).exits(3).says("no/such.yaml");
    assert_eq!(fs::read_dir(home.state()).unwrap().count(), 0);
}

#[test]
fn all_mistakes_of_a_spec_are_shown_at_once() {
    let home = TestHome::new();
    let path = home.write("many.yaml", "name: ../x\nbrokers: 0\nzookeeper: 9\nprofile: quick\n");
    let run = home.cluster(&["validate", &path]).exits(3);
    for fragment in ["../x", "at least one", "9", "quick"] {
        assert!(run.err.contains(fragment), "{fragment}: {run}");
    }
}

#[test]
fn a_cluster_name_cannot_leave_the_home() {
    let home = TestHome::new();
    for name in ["../x", "a/b", "", "."] {
        let run = home.cluster(&["-c", name, "down", "--delete", "--yes"]);
        assert!([2, 3, 4].contains(&run.code), "{run}");
    }
    assert!(home.root().join("user").exists());
}

#[test]
fn unknown_nodes_list_the_real_ones() {
    let cluster = shared::cluster();
    let before = cluster.pids();
    for arguments in [
        &["kill", "broker-9"] as &[&str],
        &["stop", "brokre-0"],
        &["start", "zookeeper-0"],
        &["logs", "broker-9"],
        &["kill", "broker-0", "broker-9"],
    ] {
        cluster
            .run(arguments)
            .exits(2)
            .says("broker-0")
            .says("broker-1")
            .says(&specs::coordinator(1).to_string());
    }
    assert_eq!(cluster.pids(), before);
    cluster.run(&["kill", "broker-0", "--signal", "NOSUCH"]).exits(2);
    cluster.run(&["kill"]).exits(2);
}
