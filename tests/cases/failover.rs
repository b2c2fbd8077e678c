//! Clients that go on while brokers are killed and started in turn, and the records that they were promised.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::cluster::Cluster;
use crate::common::run::Running;
use crate::common::{specs, until};

const TOPIC: &str = "torture";
const PARTITIONS: i64 = 6;
/// At least so long, and until every broker was killed once.
const TIME: Duration = Duration::from_secs(60);

/// A record as `consume --json` prints it.
struct Read {
    partition: i64,
    offset: i64,
    value: String,
}

fn read(out: &str) -> Vec<Read> {
    let of_line = |line: &str| {
        let record: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        Read {
            partition: record["partition"].as_i64().unwrap(),
            offset: record["offset"].as_i64().unwrap(),
            value: record["value"].as_str().unwrap().to_owned(),
        }
    };
    out.lines().map(of_line).collect()
}

/// Writes lines `NAME KEY NUMBER` (numbers per key from 0) until told to stop; how many of each key.
fn feed(mut input: impl Write, name: &str, stop: &AtomicBool) -> u64 {
    let mut round = 0;
    while !stop.load(Ordering::Relaxed) {
        for key in 0..8 {
            writeln!(input, "k{key}:{name} k{key} {round}").unwrap();
        }
        input.flush().unwrap();
        round += 1;
        // So that there are some thousand records, not millions.
        thread::sleep(Duration::from_millis(20));
    }
    round
}

/// What was written by this name, by key: the numbers in the order in which they were read.
fn by_key<'a>(records: impl Iterator<Item = &'a Read>, name: &str) -> BTreeMap<String, Vec<u64>> {
    let mut numbers = BTreeMap::<String, Vec<u64>>::new();
    for record in records {
        let [who, key, number] = record.value.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{}", record.value)
        };
        if who == name {
            numbers.entry(key.to_owned()).or_default().push(number.parse().unwrap());
        }
    }
    numbers
}

fn kcat() -> Option<&'static str> {
    let found = Command::new("kcat").arg("-V").output().is_ok_and(|output| output.status.success());
    found.then_some("kcat")
}

/// Each broker in turn: dead until the others lead, then back until all are in sync again.
fn kill_in_turn(cluster: &Cluster) -> usize {
    let begun = Instant::now();
    let mut kills = 0;
    while kills < 3 || begun.elapsed() < TIME {
        let name = format!("broker-{}", kills % 3);
        cluster.run(&["kill", &name]).ok();
        let id = (kills % 3) as i32;
        cluster.until_status("the others lead", |status| {
            let topic = &status.topics.as_ref()?[TOPIC];
            let led = |leader: Option<i32>| leader.is_some_and(|leader| leader != id);
            topic.partitions.values().all(|partition| led(partition.view.leader)).then_some(())
        });
        cluster.run(&["start", &name]).ok();
        cluster.run(&["status", "--wait", "healthy", "--timeout", "120s"]).ok();
        kills += 1;
    }
    kills
}

#[test]
fn nothing_acknowledged_is_lost_while_every_broker_is_killed_and_started_in_turn() {
    let topic = format!(
        "topics: {{ {TOPIC}: {{ partitions: {PARTITIONS}, replication_factor: 3, config: {{ min.insync.replicas: 2 }} }} }}\n"
    );
    let cluster = Cluster::up(&specs::sized("torture", 3, 3, &topic));

    let group = ["consume", TOPIC, "--group", "readers", "--from-beginning", "--json"];
    let members = [cluster.begin(&group), cluster.begin(&group)];
    let ours = cluster.command(&["-c", &cluster.name, "produce", TOPIC, "--key-separator", ":"]);
    let (ours, our_input) = Running::fed(ours);
    let theirs = kcat().map(|kcat| {
        let mut command = Command::new(kcat);
        // -E: it does not end when it has no connection for a moment, which it takes for an error of its own.
        command.args(cluster.for_kcat()).args(["-P", "-E", "-t", TOPIC, "-K", ":"]);
        command.args(["-X", "acks=all", "-X", "enable.idempotence=true", "-X", "message.timeout.ms=120000"]);
        let said = File::create(cluster.state().join("kcat.log")).unwrap();
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(said);
        let mut child = command.spawn().unwrap();
        let input = child.stdin.take().unwrap();
        (child, input)
    });

    let stop = AtomicBool::new(false);
    let (kills, our_rounds, their_rounds) = thread::scope(|scope| {
        let ours = scope.spawn(|| feed(our_input, "ours", &stop));
        let theirs = theirs.map(|(child, input)| (child, scope.spawn(|| feed(input, "kcat", &stop))));
        let kills = kill_in_turn(&cluster);
        stop.store(true, Ordering::Relaxed);
        let theirs = theirs.map(|(mut child, fed)| {
            let ended = child.wait().unwrap();
            let said = || std::fs::read_to_string(cluster.state().join("kcat.log")).unwrap();
            assert!(ended.success(), "kcat did not deliver everything: {}", said());
            fed.join().unwrap()
        });
        (kills, ours.join().unwrap(), theirs)
    });
    // Its exit code says that every line was acknowledged.
    let produced = ours.finish().ok();

    let log = cluster.run(&["consume", TOPIC, "--from-beginning", "--until-end", "--json"]).ok();
    let log = read(&log.out);
    let in_order = |rounds: u64| -> BTreeMap<String, Vec<u64>> {
        (0..8).map(|key| (format!("k{key}"), (0..rounds).collect())).collect()
    };
    assert_eq!(by_key(log.iter(), "ours"), in_order(our_rounds), "each once and in order; {produced}");
    if let Some(rounds) = their_rounds {
        assert_eq!(by_key(log.iter(), "kcat"), in_order(rounds), "kcat's, each once and in order");
    }

    let wanted: BTreeSet<(i64, i64)> = log.iter().map(|record| (record.partition, record.offset)).collect();
    let seen =
        || -> Vec<Vec<Read>> { members.iter().map(|member| read(whole_lines(&member.out()))).collect() };
    let taken = until("the group has read everything", || {
        let seen = seen();
        let all: BTreeSet<_> =
            seen.iter().flatten().map(|record| (record.partition, record.offset)).collect();
        wanted.is_subset(&all).then_some(seen)
    });
    let total: usize = taken.iter().map(Vec::len).sum();
    println!(
        "{kills} kills; {} records of ours and {} of kcat acknowledged, {} in the log; \
         the group read {total}, {} of them again after a rebalance",
        our_rounds * 8,
        their_rounds.unwrap_or_default() * 8,
        log.len(),
        total - wanted.len(),
    );
    for member in members {
        member.interrupt();
        member.finish();
    }
}

#[test]
fn nothing_acknowledged_is_lost_while_brokers_join_are_filled_and_leave() {
    let topic = format!("topics: {{ {TOPIC}: {{ partitions: {PARTITIONS}, replication_factor: 2 }} }}\n");
    let cluster = Cluster::up(&specs::sized("moving-house", 1, 3, &topic));
    let reader = cluster.begin(&["consume", TOPIC, "--group", "readers", "--from-beginning", "--json"]);
    let writer = cluster.command(&["-c", &cluster.name, "produce", TOPIC, "--key-separator", ":"]);
    let (writer, input) = Running::fed(writer);
    let stop = AtomicBool::new(false);
    let rounds = thread::scope(|scope| {
        let fed = scope.spawn(|| feed(input, "ours", &stop));
        cluster.run(&["scale", "brokers", "4"]).ok();
        cluster.run(&["rebalance", TOPIC, "--yes"]).ok();
        let led = |status: &cluster::model::status::Status| {
            let partitions = &status.topics.as_ref()?[TOPIC].partitions;
            partitions.values().any(|partition| partition.view.leader == Some(3)).then_some(())
        };
        cluster.until_status("broker-3 leads some", led);
        cluster.run(&["decommission", "broker-1", "--yes"]).ok();
        stop.store(true, Ordering::Relaxed);
        fed.join().unwrap()
    });
    let produced = writer.finish().ok();
    let log = read(&cluster.run(&["consume", TOPIC, "--from-beginning", "--until-end", "--json"]).ok().out);
    let whole = (0..8).map(|key| (format!("k{key}"), (0..rounds).collect())).collect();
    assert_eq!(by_key(log.iter(), "ours"), whole, "each once and in order; {produced}");
    until("the group has read everything", || {
        let taken = read(whole_lines(&reader.out()));
        let offsets: BTreeSet<_> = taken.iter().map(|record| (record.partition, record.offset)).collect();
        (offsets.len() == log.len()).then_some(())
    });
    reader.interrupt();
    reader.finish();
}

/// What is there of a line that is being written does not count yet.
fn whole_lines(out: &str) -> &str {
    &out[..out.rfind('\n').map_or(0, |end| end + 1)]
}
