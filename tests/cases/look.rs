//! Looking at a cluster: logs, events, list, plan, validate, render.

use std::collections::{BTreeSet, HashMap};
use std::fs;

use cluster::inside::{Origin, Plan};
use cluster::model::event::Entry;
use cluster::model::status::NodeState;
use jiff::Timestamp;

use crate::common::cluster::Cluster;
use crate::common::home::TestHome;
use crate::common::specs::World;
use crate::common::{shared, specs, until};

#[test]
fn the_list_names_every_cluster_running_or_not() {
    let cluster = shared::cluster();
    cluster.run(&["list"]).ok().says(&cluster.name).says("running");
    let run = cluster.run(&["list", "--json"]).ok();
    assert!(run.out.contains("\"shared\""), "{run}");
    serde_json::from_str::<serde_json::Value>(&run.out).unwrap();
    TestHome::new().cluster(&["list"]).ok();
}

#[test]
fn status_of_one_topic_shows_leaders_replicas_and_isr() {
    let cluster = shared::cluster();
    cluster
        .run(&["status", "--topic", "bikes"])
        .ok()
        .says("bikes")
        .says("healthy")
        .says("leader")
        .says("isr");
    let run = cluster.run(&["status", "--topic", "no-such"]);
    assert_ne!(run.code, 0, "{run}");
    let status = cluster.status();
    assert_eq!(status.kafka_version, cluster.plan().kafka.version);
    assert!(status.controller.is_some());
    for node in &status.nodes {
        assert_eq!(node.state, NodeState::Ready);
        assert!(node.pid.is_some() && node.uptime_ms.is_some() && node.memory_bytes.is_some(), "{node:?}");
    }
}

#[test]
fn events_as_json_are_the_journal_line_by_line() {
    let cluster = shared::cluster();
    let run = cluster.run(&["events", "--json"]).ok();
    let entries: Vec<Entry> = run.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(entries.len() > 5);
    assert_eq!(entries, cluster.journal()[..entries.len()]);
    cluster.run(&["events"]).ok().says("broker-0").says("usable");
    let of_one = cluster.run(&["events", "broker-0"]).ok().says("broker-0");
    assert!(!of_one.out.contains("  broker-1 "), "{of_one}");
}

#[test]
fn logs_are_those_of_the_node() {
    let cluster = shared::cluster();
    cluster.run(&["logs", "broker-1"]).ok().says(&specs::started(1));
    let words = match specs::world() {
        World::ZooKeeper => "zookeeper",
        World::Controllers | World::Secured | World::Scram => "[ControllerServer id=100]",
    };
    let coordinator = specs::coordinator(1).to_string();
    cluster.run(&["logs", &coordinator]).ok().says(words);
    let both = cluster.run(&["logs", "broker-1", &coordinator]).ok();
    let (brokers, others): (Vec<&str>, Vec<&str>) =
        both.out.lines().partition(|line| line.starts_with("broker-1 "));
    assert!(!brokers.is_empty() && others.iter().all(|line| line.starts_with(&coordinator)), "{both}");
    // Threads of one node write their lines a moment after their times, now and then in another order.
    let mut latest: HashMap<&str, &str> = HashMap::new();
    let mut times = Vec::new();
    for line in both.out.lines() {
        let Some((name, rest)) = line.split_once(' ') else { continue };
        let time = rest.trim_start().strip_prefix('[').and_then(|rest| rest.get(..23));
        if let Some(time) = time.filter(|time| time.starts_with("20")) {
            let latest = latest.entry(name).or_default();
            *latest = (*latest).max(time);
            times.push(*latest);
        }
    }
    assert!(times.len() > 10 && times.is_sorted(), "{both}");
    assert!(!cluster.run(&["logs", "--level", "warn"]).ok().out.contains("] INFO "));
}

#[test]
fn logs_and_events_are_followed_across_a_restart() {
    let cluster = Cluster::up(&specs::single("follow"));
    let started = &*specs::started(0);
    let logs = cluster.begin(&["logs", "broker-0", "-f"]);
    let events = cluster.begin(&["events", "-f", "--json"]);
    until("the log so far", || logs.out().contains(started).then_some(()));
    let earlier = logs.out().matches(started).count();
    cluster.run(&["restart", "broker-0", "--force"]).ok();
    until("the log of the new process", || (logs.out().matches(started).count() > earlier).then_some(()));
    until("all events", || {
        let out = events.out();
        let whole = &out[..out.rfind('\n')? + 1];
        let seqs: Vec<u64> =
            whole.lines().map(|line| serde_json::from_str::<Entry>(line).unwrap().seq).collect();
        assert!(seqs.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{seqs:?}");
        let last = cluster
            .journal()
            .iter()
            .rposition(|entry| matches!(entry.event, cluster::model::event::Event::Answered { .. }))?;
        seqs.contains(&cluster.journal()[last].seq).then_some(())
    });
}

#[test]
fn logs_since_a_time_leave_out_what_is_older_and_go_on_across_a_restart() {
    let cluster = Cluster::up(&specs::single("since"));
    let started = &*specs::started(0);
    let since = Timestamp::now().to_string();
    let followed = cluster.begin(&["logs", "broker-0", "--since", &since, "-f"]);
    cluster.run(&["restart", "broker-0", "--force"]).ok();
    until("the log of the new process", || followed.out().contains(started).then_some(()));
    // What is stopped writes no more between two looks.
    cluster.run(&["stop", "broker-0", "--force"]).ok();

    let logs = |arguments: &[&str]| cluster.run(&[&["logs", "broker-0"], arguments].concat()).ok().out;
    let (all, new) = (logs(&[]), logs(&["--since", &since]));
    let old = all.strip_suffix(&new).expect("the end of the log, and all of it from then on");
    for part in [old, &new] {
        assert_eq!(part.matches(started).count(), 1, "each process has its part: {part}");
    }
    assert!(new.contains("shutting down"), "the old process ended after that time: {new}");
    until("the rest of the log", || (followed.out() == new).then_some(()));
    assert_eq!(logs(&["--since", "1h"]), all);
    assert_eq!(logs(&["--since", &Timestamp::now().to_string()]), "");
}

#[test]
fn the_plan_says_of_every_setting_where_it_comes_from() {
    let home = TestHome::new();
    let spec = home.write(
        "origins.yaml",
        "name: origins\nzookeeper: 3\nbrokers:\n  count: 2\n  config: { num.partitions: 6 }\n  nodes: { broker-1: { config: { log.retention.hours: 24 } } }\n",
    );
    let run = home.cluster(&["plan", &spec, "--json"]).ok();
    let plan: Plan = serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {run}"));
    let broker = plan.nodes.iter().find(|node| node.name.to_string() == "broker-1").unwrap();
    let origin =
        |key: &str| broker.settings.iter().find(|setting| setting.key == key).map(|setting| setting.origin);
    assert_eq!(origin("num.partitions"), Some(Origin::Cluster));
    assert_eq!(origin("log.retention.hours"), Some(Origin::Node));
    assert_eq!(origin("broker.id"), Some(Origin::Planner));
    for node in &plan.nodes {
        let known: BTreeSet<_> = node.settings.iter().map(|setting| setting.key.as_str()).collect();
        let main = node
            .files
            .iter()
            .find(|file| file.path.ends_with("server.properties") || file.path.ends_with("zoo.cfg"))
            .unwrap();
        for line in main.text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let key = line.split('=').next().unwrap();
            assert!(known.contains(key), "{}: {key} has no origin", node.name);
        }
    }
    home.cluster(&["plan", &spec]).ok().says("num.partitions").says("broker-1");
    assert_eq!(fs::read_dir(home.state()).unwrap().count(), 0, "plan changes nothing");
    assert!(home.processes().is_empty());
}

#[test]
fn a_command_that_is_to_be_verbose_says_what_it_asks_whom() {
    let cluster = shared::cluster();
    let run = cluster.run(&["-vv", "topic", "list"]).ok();
    assert!(run.err.contains("for Metadata, version"), "{run}");
    let run = cluster.run(&["-vv", "status"]).ok();
    assert!(run.err.contains("asks the supervisor: "), "{run}");
    for words in [["topic", "list"], ["-v", "status"]] {
        let run = cluster.run(&words).ok();
        assert!(!run.err.contains("asks"), "{run}");
    }
}

#[test]
fn validate_says_what_is_right_and_as_json_what_is_wrong() {
    let home = TestHome::new();
    let good = home.write("good.yaml", specs::single("good"));
    home.cluster(&["validate", &good]).ok();
    let bad = home.write("bad.yaml", "name: bad\nbroker: 1\n");
    let run = home.cluster(&["validate", &bad, "--json"]).exits(3);
    let found: serde_json::Value =
        serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {run}"));
    assert_eq!(found["mistakes"][0]["line"], 2, "{run}");
    assert_eq!(found["mistakes"][0]["text"], "broker", "{run}");
}

#[test]
fn rendered_files_are_those_that_the_nodes_run_with() {
    let cluster = shared::cluster();
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().join("files");
    cluster.run(&["render", &cluster.spec, "-o", folder.to_str().unwrap()]).ok();
    let mut compared = 0;
    for node in cluster.plan().nodes {
        for file in &node.files {
            let inside = file.path.strip_prefix(cluster.dir().path()).unwrap();
            let rendered = fs::read_to_string(folder.join(inside))
                .unwrap_or_else(|error| panic!("{}: {error}", inside.display()));
            assert_eq!(fs::read_to_string(&file.path).unwrap(), file.text, "on disk as planned");
            // Ports of a running cluster are its own; the lines are the same.
            let keys = |text: &str| {
                text.lines()
                    .map(|line| line.split('=').next().unwrap().to_owned())
                    .filter(|line| !line.starts_with('#'))
                    .collect::<Vec<_>>()
            };
            assert_eq!(keys(&rendered), keys(&file.text), "{}", inside.display());
            compared += 1;
        }
    }
    assert!(compared >= 6, "{compared}");
}
