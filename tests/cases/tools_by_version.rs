//! Calls of Kafka's own tools through `exec`, on every supported line of versions.
//!
//! `CLUSTER_TEST_VERSION=3.9` has them tried on those only that begin so.

mod admin;
mod calls;
mod others;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::Write;

use cluster::inside::{Coordination, SUPPORTED, main_classes, supports};
use cluster::model::ids::NodeName;
use nix::sys::signal::Signal;

use self::calls::{Call, each};
use crate::common::cluster::Cluster;
use crate::common::run::{Run, Running};
use crate::common::{CAP, dist, within};

/// A cluster to try them on.
#[derive(Clone, Copy, Debug)]
struct Line {
    /// The cluster's version, whose tools `exec` has.
    version: &'static str,
    /// The version of its nodes.
    nodes: &'static str,
    coordination: Coordination,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = format!("{}, {:?}", self.nodes, self.coordination);
        if self.nodes != self.version {
            text += &format!(", tools of {}", self.version);
        }
        f.pad(&text)
    }
}

/// The newest version of each line, with each coordination that it has.
fn lines() -> Vec<Line> {
    let minor = |version: &'static str| version.split('.').take(2).collect::<Vec<_>>();
    let newest = SUPPORTED.chunk_by(|one, next| minor(one.version) == minor(next.version));
    let newest = newest.map(|versions| versions[versions.len() - 1].version);
    let both = [Coordination::ZooKeeper, Coordination::Kraft];
    let mut lines: Vec<Line> = newest
        .flat_map(|version| both.map(|coordination| Line { version, nodes: version, coordination }))
        .filter(|line| supports(line.version, line.coordination))
        .collect();
    // Maven Central has no tools of 4.4.0: those of 4.3 go along with its nodes.
    lines.push(Line { version: "4.3.1", nodes: "4.4.0", coordination: Coordination::Kraft });
    lines
}

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// Kafka's tool said what is expected of it.
    Run,
    /// The version has no such tool, which was told with exit code 2.
    Refused,
    /// No jar that was fetched has its class, which was told with exit code 6.
    Missing,
    Failed,
}

/// `cargo test --test main -- --ignored every_line_of_versions --nocapture`.
#[test]
#[ignore = "runs every supported version of Kafka"]
fn every_line_of_versions_runs_each_tool_or_says_why_not() {
    let wanted = std::env::var("CLUSTER_TEST_VERSION").unwrap_or_default();
    let (mut table, mut failed) = (String::new(), Vec::new());
    for line in lines().iter().filter(|line| line.nodes.starts_with(&wanted)) {
        let mut counts: BTreeMap<Outcome, usize> = BTreeMap::new();
        for (outcome, call, run) in try_all(line) {
            *counts.entry(outcome).or_default() += 1;
            if outcome == Outcome::Failed {
                failed.push(format!("{line}: {call}: {run}"));
            }
        }
        let count = |outcome| counts.get(&outcome).copied().unwrap_or_default();
        let (run, refused, missing) = (count(Outcome::Run), count(Outcome::Refused), count(Outcome::Missing));
        table += &format!("{line:<36}{run:>5}{refused:>9}{missing:>9}{:>8}\n", count(Outcome::Failed));
    }
    println!("{:<36}{:>5}{:>9}{:>9}{:>8}\n{table}", "Kafka", "run", "refused", "missing", "failed");
    assert!(failed.is_empty(), "{} calls failed\n{}", failed.len(), failed.join("\n"));
}

fn try_all(line: &Line) -> Vec<(Outcome, &'static str, Run)> {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let cluster = Cluster::up(&spec(line, port));
    let places = places(&cluster, line, port);
    let mut all = Vec::new();
    for forms in each() {
        let form = forms.iter().find(|form| form.is_of(line.version, line.coordination));
        let (outcome, run) = match form {
            Some(call) => try_one(&cluster, call, &places),
            None => try_absent(&cluster, forms[0].tool()),
        };
        println!("{line}: {}: {outcome:?}, exit {}, {:.1?}", forms[0].what, run.code, run.took);
        all.push((outcome, forms[0].what, run));
    }
    cluster.down();
    all
}

/// Two brokers, one of which tells of itself by JMX at `port`.
fn spec(line: &Line, port: u16) -> String {
    let (name, coordinator) = match line.coordination {
        Coordination::ZooKeeper => ("zookeeper", "zookeeper"),
        Coordination::Kraft => ("kraft", "controllers"),
    };
    let Line { version, nodes, .. } = line;
    let number = nodes.replace('.', "-");
    format!(
        "name: tools-{number}-{name}\nkafka: {{ version: {version} }}\n\
         {coordinator}: {{ count: 1, version: {nodes} }}\n\
         brokers:\n  count: 2\n  version: {nodes}\n  nodes:\n    broker-0:\n      jvm_flags:\n        \
         - -Dcom.sun.management.jmxremote.port={port}\n        \
         - -Dcom.sun.management.jmxremote.host=127.0.0.1\n        \
         - -Dcom.sun.management.jmxremote.authenticate=false\n        \
         - -Dcom.sun.management.jmxremote.ssl=false\n"
    )
}

/// What each `{NAME}` stands for.
fn places(cluster: &Cluster, line: &Line, jmx: u16) -> Vec<(&'static str, String)> {
    let env: serde_json::Value = serde_json::from_str(&cluster.run(&["env", "--json"]).ok().out).unwrap();
    let of_env = |name: &str| env[name].as_str().unwrap_or_default().to_owned();
    let plan = cluster.plan();
    let broker = &plan.node(NodeName::broker(0)).unwrap().dir;
    let log = broker.join("data/bikes-0/00000000000000000000.log");
    let formatted = match line.coordination {
        Coordination::ZooKeeper => NodeName::broker(0),
        Coordination::Kraft => NodeName::controller(100),
    };
    let config = plan.node(formatted).unwrap().dir.join("config/server.properties");
    let offsets = r#"{"version":1,"partitions":[{"topic":"bikes","partition":0,"offset":2}]}"#;
    let topics = r#"{"version":1,"topics":[{"topic":"docks"}]}"#;
    let moved = r#"{"version":1,"partitions":[{"topic":"docks","partition":0,"replicas":[1]}]}"#;
    vec![
        ("{brokers}", of_env("KAFKA_BOOTSTRAP_SERVERS")),
        ("{controllers}", of_env("KAFKA_BOOTSTRAP_CONTROLLERS")),
        ("{log}", log.to_str().unwrap().to_owned()),
        ("{config}", config.to_str().unwrap().to_owned()),
        ("{empty}", cluster.write("empty.properties", "")),
        ("{offsets}", cluster.write("offsets.json", offsets)),
        ("{topics}", cluster.write("topics.json", topics)),
        ("{move}", cluster.write("move.json", moved)),
        ("{jmx}", jmx.to_string()),
    ]
}

fn try_one(cluster: &Cluster, call: &Call, places: &[(&'static str, String)]) -> (Outcome, Run) {
    let place =
        |word: &str| places.iter().fold(word.to_owned(), |word, (name, value)| word.replace(name, value));
    let words: Vec<String> = call.line.split_whitespace().map(place).collect();
    let mut run = ask(cluster, call, &words);
    let is_right = |run: &Run| run.code == call.code && says(call, &run.out, &run.err);
    if call.is_late {
        within(CAP, || {
            if is_right(&run) || is_missing(cluster, &run) {
                return Some(());
            }
            run = ask(cluster, call, &words);
            None
        });
    }
    let outcome = match () {
        () if is_right(&run) => Outcome::Run,
        () if is_missing(cluster, &run) => Outcome::Missing,
        () => Outcome::Failed,
    };
    (outcome, run)
}

fn ask(cluster: &Cluster, call: &Call, words: &[String]) -> Run {
    let all = ["-c", &cluster.name, "exec"].into_iter().chain(words.iter().map(String::as_str));
    let (mut running, mut stdin) = Running::fed(cluster.command(&all.collect::<Vec<_>>()));
    // A tool that has ended reads nothing.
    let _ = stdin.write_all(call.fed.as_bytes());
    drop(stdin);
    if call.is_endless {
        within(CAP, || {
            let is_done = !running.is_running() || says(call, &running.out(), &running.err());
            is_done.then_some(())
        });
        if running.is_running() {
            running.kill(Signal::SIGKILL);
        }
    }
    running.finish()
}

fn says(call: &Call, out: &str, err: &str) -> bool {
    let said = format!("{out}\n{err}").to_lowercase();
    call.says.iter().all(|text| said.contains(&text.to_lowercase()))
}

/// `error: TOOL needs WHAT, which Kafka ...`: it was looked for, and is not there.
fn is_missing(cluster: &Cluster, run: &Run) -> bool {
    let said = run.err.strip_prefix("error: ").and_then(|rest| rest.split_once(", which Kafka "));
    let needs = said.and_then(|(said, _)| said.split_once(" needs "));
    let Some((_, needs)) = needs.filter(|_| run.code == 6) else { return false };
    let libs = dist::libs(&cluster.plan().kafka.version);
    match needs.strip_prefix("the class ") {
        Some(class) => !dist::classes(&libs).contains(class),
        None => !libs.join(needs).exists(),
    }
}

fn try_absent(cluster: &Cluster, tool: &str) -> (Outcome, Run) {
    let run = cluster.run(&["exec", tool]);
    let reasons = [" is not a tool of Kafka ", " has no ZooKeeper for ", " is not run by `cluster exec`: "];
    let is_told = run.code == 2 && reasons.iter().any(|reason| run.err.contains(reason));
    (if is_told { Outcome::Refused } else { Outcome::Failed }, run)
}

#[test]
fn each_call_has_one_form_in_each_version_that_has_its_tool() {
    let calls: Vec<&[Call]> = each().collect();
    let names: BTreeSet<&str> = calls.iter().map(|forms| forms[0].what).collect();
    assert_eq!(names.len(), calls.len(), "the forms of a call stand together");
    assert!(calls.len() >= 37, "{}", calls.len());
    for line in lines() {
        for forms in &calls {
            let here = forms.iter().filter(|form| form.is_of(line.version, line.coordination)).count();
            let tool = forms[0].tool();
            let is_tool = |name: &str| name == tool || name.strip_prefix("kafka-") == Some(tool);
            let of_zookeeper = line.coordination == Coordination::Kraft && tool.starts_with("zookeeper-");
            let is_there = main_classes(line.version).any(|(name, _)| is_tool(name)) && !of_zookeeper;
            assert_eq!(here, usize::from(is_there), "{}: {line}", forms[0].what);
        }
    }
}
