//! `cluster produce`, as its users reach it: what is stored is counted by Kafka's own consumer.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::ChildStdin;
use std::sync::Arc;

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::common::cluster::Cluster;
use crate::common::run::{Run, Running};
use crate::common::shared::OfFile;
use crate::common::{specs, until};

/// 1 ZooKeeper server and 2 brokers, of which nobody may stop any. Every test has topics of its own.
fn shared() -> Arc<Cluster> {
    static CLUSTER: OfFile = OfFile::new();
    CLUSTER.get("produce")
}

fn create(cluster: &Cluster, line: &str) {
    let arguments: Vec<_> = ["topic", "create"].into_iter().chain(line.split(' ')).collect();
    cluster.run(&arguments).ok();
}

/// `cluster produce LINE`, and its standard input.
fn begin(cluster: &Cluster, line: &str) -> (Running, ChildStdin) {
    let arguments: Vec<_> = ["-c", &cluster.name, "produce"].into_iter().chain(line.split(' ')).collect();
    Running::fed(cluster.command(&arguments))
}

/// The same with all of its input.
fn produce(cluster: &Cluster, line: &str, input: impl AsRef<[u8]>) -> Run {
    let (running, mut stdin) = begin(cluster, line);
    // A command that refuses its arguments reads nothing.
    let _ = stdin.write_all(input.as_ref());
    drop(stdin);
    running.finish()
}

#[track_caller]
fn json(run: &Run) -> Value {
    serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {run}"))
}

/// What Kafka's consumer finds in a partition, in its order, a line a message.
fn consumed(cluster: &Cluster, topic: &str, partition: usize, properties: &[&str]) -> Vec<String> {
    let count = until("the leader tells", || told_latest(cluster, topic))[partition].to_string();
    let partition = partition.to_string();
    let mut arguments = vec!["exec", "kafka-console-consumer", "--topic", topic, "--partition", &partition];
    arguments.extend(["--offset", "earliest", "--max-messages", &count, "--timeout-ms", "60000"]);
    if cluster.plan().kafka.version.starts_with("0.10") {
        arguments.push("--new-consumer");
    }
    for property in properties {
        arguments.extend(["--property", property]);
    }
    messages(&cluster.run(&arguments).out).map(str::to_owned).collect()
}

/// What Kafka's consumer printed, without what newer ones say of their options among it.
fn messages(out: &str) -> impl Iterator<Item = &str> {
    out.lines().filter(|line| !line.starts_with("Option --"))
}

/// Records in each partition, as Kafka counts them.
#[track_caller]
fn latest(cluster: &Cluster, topic: &str) -> Vec<u64> {
    told_latest(cluster, topic).expect("every leader tells")
}

/// `None`: not every leader tells.
#[track_caller]
fn told_latest(cluster: &Cluster, topic: &str) -> Option<Vec<u64>> {
    let described = json(&cluster.run(&["topic", "describe", topic, "--json"]).ok());
    let partitions = described["topics"][0]["partitions"].as_array()?.clone();
    partitions.iter().map(|partition| partition["latest_offset"].as_u64()).collect()
}

fn numbers(from: usize, to: usize) -> String {
    (from..to).map(|number| format!("{number}\n")).collect()
}

#[test]
fn every_line_is_stored_once_and_spread_over_the_partitions_in_every_compression() {
    let cluster: &Cluster = &shared();
    create(cluster, "spread --partitions 3 --replication-factor 2");
    for (round, compression) in (1..).zip(["none", "gzip", "snappy", "lz4", "zstd"]) {
        let line = format!("spread --compression {compression} --batch-size 1000");
        produce(cluster, &line, numbers(0, 3000))
            .ok()
            .says("3000 lines, 3000 acknowledged by all in-sync replicas");
        let latest = latest(cluster, "spread");
        assert_eq!(latest.iter().sum::<u64>(), round * 3000, "{compression}: {latest:?}");
        assert!(latest.iter().all(|count| (700 * round..1300 * round).contains(count)), "{latest:?}");
    }
    let mut found = BTreeMap::new();
    for partition in 0..3 {
        for line in consumed(cluster, "spread", partition, &[]) {
            *found.entry(line.parse::<usize>().unwrap()).or_insert(0) += 1;
        }
    }
    assert!(found.len() == 3000 && found.values().all(|times| *times == 5), "{found:?}");
}

#[test]
fn keys_headers_and_values_are_stored_where_java_puts_them() {
    let cluster: &Cluster = &shared();
    create(cluster, "keyed --partitions 7");
    let lines: String = (0..100).map(|number| format!("key-{number}:{number}\n")).collect();
    let report = produce(cluster, "keyed --key-separator : --header city=Lyon", &lines).ok();
    assert_eq!(report.out, "", "without --json nothing is printed");

    create(cluster, "java --partitions 7");
    let java = ["exec", "kafka-console-producer", "--topic", "java", "--property", "parse.key=true"];
    let java = [&["-c", &cluster.name], &java[..], &["--property", "key.separator=:"]].concat();
    let (running, mut stdin) = Running::fed(cluster.command(&java));
    stdin.write_all(lines.as_bytes()).unwrap();
    drop(stdin);
    running.finish().ok();
    let all = |topic: &str, properties: &[&str]| -> Vec<String> {
        let mut arguments = vec!["exec", "kafka-console-consumer", "--topic", topic, "--from-beginning"];
        arguments.extend(["--max-messages", "100", "--timeout-ms", "20000"]);
        for property in [&["print.partition=true", "print.key=true"], properties].concat() {
            arguments.extend(["--property", property]);
        }
        let printed = cluster.run(&arguments).ok().out;
        let mut lines: Vec<_> = messages(&printed).map(str::to_owned).collect();
        // By partition; within one the order stays.
        lines.sort_by_key(|line| line.split('\t').next().unwrap().to_owned());
        lines
    };
    let theirs = all("java", &[]);
    let with_header = |line: &String| line.replacen("\t", "\tcity:Lyon\t", 1);
    assert_eq!(theirs.len(), 100);
    assert_eq!(all("keyed", &["print.headers=true"]), theirs.iter().map(with_header).collect::<Vec<_>>());
}

#[test]
fn json_lines_say_key_partition_headers_and_tombstones() {
    let cluster: &Cluster = &shared();
    create(cluster, "objects --partitions 3");
    let lines = concat!(
        r#"{"key":"k","value":"v","headers":[["a","b"],["c",null]],"partition":2,"timestamp":1700000000000}"#,
        "\n",
        r#"{"topic":"other","offset":7,"key":"k","value":null,"partition":2}"#,
        "\n",
        r#"{"value_base64":"Yg==","partition":2}"#,
    );
    let report = json(&produce(cluster, "objects --json", lines).ok());
    assert_eq!((&report["lines"], &report["acknowledged"]), (&3.into(), &3.into()));
    assert_eq!(report["partitions"], serde_json::json!({ "2": { "acknowledged": 3, "last_offset": 2 } }));
    let properties = ["print.key=true", "print.headers=true", "print.timestamp=true"];
    let found = consumed(cluster, "objects", 2, &properties);
    assert_eq!(found[0], "CreateTime:1700000000000\ta:b,c:null\tk\tv");
    assert!(found[1].ends_with("NO_HEADERS\tk\tnull"), "{found:?}");
    assert!(found[2].ends_with("NO_HEADERS\tnull\tb"), "{found:?}");
}

#[test]
fn what_cannot_be_is_one_error_that_names_the_line() {
    let cluster: &Cluster = &shared();
    create(cluster, "strict --partitions 2");
    create(cluster, "compacted --partitions 1 --config cleanup.policy=compact");
    produce(cluster, "strct", "a").exits(2).says("did you mean `strict`?").says("cluster topic create strct");
    assert!(!cluster.run(&["topic", "list"]).out.contains("strct\n"), "it is not created in silence");
    produce(cluster, "strict --partition 2", "a").exits(2).says("they are 0 to 1");
    produce(cluster, "compacted", "a").exits(12).says("line 1 was not delivered: it has no key");
    produce(cluster, "strict --key-separator :", "a:b\nab\nc:d\n")
        .exits(12)
        .says("line 2 was not delivered")
        .says("2 lines, 1 acknowledged by all in-sync replicas, 1 not delivered");
    let run = produce(cluster, "strict --json", "{\"value\":\"a\"}\n{\"vaule\":\"b\"}\n").exits(12);
    let first = json(&run)["first_failure"].clone();
    assert_eq!((&first["line"], &first["delivered"]), (&2.into(), &"not".into()));
    assert!(first["reason"].as_str().unwrap().contains("did you mean `value`?"), "{first}");

    let large = format!("a\n{}\nb\n", "x".repeat(1_100_000));
    produce(cluster, "strict", &large)
        .exits(12)
        .says("line 2 was not delivered")
        .says("max.message.bytes=1048588")
        .says("cluster topic alter strict --config max.message.bytes=");
    produce(cluster, "strict --compression lz4", &large).ok().says("3 acknowledged");
    produce(cluster, "strict --acks 0", "a\nb\n").ok().says("2 sent, acknowledged by nobody");
}

#[test]
fn a_signal_ends_it_after_what_was_read_is_acknowledged() {
    let cluster: &Cluster = &shared();
    create(cluster, "stopped --partitions 1");
    for (signal, code, count) in [(Signal::SIGINT, 130, 2), (Signal::SIGTERM, 143, 4)] {
        let (running, mut stdin) = begin(cluster, "stopped --linger 0");
        stdin.write_all(b"a\nb\nhalf a li").unwrap();
        until("both lines", || (latest(cluster, "stopped") == [count]).then_some(()));
        running.kill(signal);
        running.finish().exits(code).says("2 lines, 2 acknowledged").says(&format!("stopped by {signal}"));
    }
    // Full batches are sent at once; the last one lingers until the signal comes.
    let (running, mut stdin) = begin(cluster, "stopped --linger 60000 --batch-size 1000");
    stdin.write_all(numbers(0, 300).as_bytes()).unwrap();
    until("a full batch", || (latest(cluster, "stopped")[0] > 4).then_some(()));
    assert!(latest(cluster, "stopped")[0] < 304);
    running.interrupt();
    running.finish().exits(130).says("300 lines, 300 acknowledged");
    assert_eq!(latest(cluster, "stopped"), [304]);
}

#[test]
fn lines_go_on_through_each_broker_that_is_killed_and_started_again_none_lost_or_twice() {
    let cluster = Cluster::up(&specs::sized("through", 1, 2, ""));
    create(&cluster, "bikes --partitions 4 --replication-factor 2");
    let (running, mut stdin) = begin(&cluster, "bikes --json");
    let total = std::thread::scope(|scope| {
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let feeder = scope.spawn(move || {
            let mut line = 0;
            while stopped.try_recv().is_err() {
                writeln!(stdin, "{{\"value\":\"{line}\"}}").unwrap();
                line += 1;
                std::thread::sleep(std::time::Duration::from_millis(2));
            }
            line
        });
        for broker in ["broker-0", "broker-1"] {
            let before = latest(&cluster, "bikes");
            until("lines come", || (told_latest(&cluster, "bikes")? != before).then_some(()));
            cluster.run(&["kill", broker, "--force"]).ok();
            // Others took over, and take lines.
            let moved = || running.err().contains("leads now").then_some(());
            until("the story of its end", moved);
            cluster.run(&["start", broker]).ok();
            cluster.run(&["status", "--wait", "healthy", "--timeout", "60s"]).ok();
        }
        stop.send(()).unwrap();
        feeder.join().unwrap()
    });
    let run = running.finish().ok().says("does not answer");
    assert_eq!(json(&run)["acknowledged"], total, "{run}");
    let mut found = Vec::new();
    for partition in 0..4 {
        let lines = consumed(&cluster, "bikes", partition, &[]);
        let of_partition: Vec<u64> = lines.iter().map(|line| line.parse().unwrap()).collect();
        assert!(of_partition.is_sorted_by(|before, after| before < after), "partition {partition}");
        found.extend(of_partition);
    }
    found.sort_unstable();
    assert!(found.iter().copied().eq(0..total), "{} of {total}", found.len());
}

#[test]
fn what_is_too_few_in_sync_or_too_late_is_told_and_counted() {
    let cluster = Cluster::up(&format!("name: few\n{}\nbrokers: 2\n", specs::coordinators(1)));
    create(&cluster, "bikes --assignment 0:1 --config min.insync.replicas=2");
    cluster.run(&["kill", "broker-1", "--force"]).ok();
    until("it left the ISR", || {
        let described = json(&cluster.run(&["topic", "describe", "bikes", "--json"]).ok());
        (described["topics"][0]["partitions"][0]["isr"] == serde_json::json!([0])).then_some(())
    });
    let (running, mut stdin) = begin(&cluster, "bikes");
    stdin.write_all(b"a\nb\n").unwrap();
    drop(stdin);
    let told = "partition 0: min.insync.replicas 2, 1 in sync: waiting";
    until("why it waits", || running.err().contains(told).then_some(()));
    cluster.run(&["start", "broker-1"]).ok();
    let run = running.finish().ok().says("2 acknowledged").says("enough replicas are in sync again");
    assert_eq!(run.err.matches("waiting").count(), 1, "once, not at each try: {run}");

    create(&cluster, "alone --assignment 0 --config min.insync.replicas=1");
    let (running, mut stdin) = begin(&cluster, "alone --timeout 3s");
    stdin.write_all(b"c\n").unwrap();
    until("it is stored", || (told_latest(&cluster, "alone")? == [1]).then_some(()));
    cluster.run(&["kill", "broker-0", "--force"]).ok();
    stdin.write_all(b"d\ne\n").unwrap();
    let run = running.finish().exits(12).says("line 2 was not delivered").says("broker-0 does not answer");
    run.says("3 lines, 1 acknowledged by all in-sync replicas, 2 not delivered");
    cluster.run(&["kill", "broker-1", "--force"]).ok();
    produce(&cluster, "bikes", "c").exits(1).says("no broker answers");
}

#[test]
fn kafka_0_10_stores_message_sets_and_what_it_lacks_is_named() {
    let brokers = "kafka: { version: 0.10.2.2 }\nbrokers: { count: 2 }\n";
    let cluster = Cluster::up(&format!("name: old-produce\nzookeeper: 1\n{brokers}"));
    create(&cluster, "bikes --assignment 0:1,1:0");
    for compression in ["none", "gzip", "snappy", "lz4"] {
        let line = format!("bikes --compression {compression} --partition 1 --key k");
        produce(&cluster, &line, numbers(0, 100)).ok().says("100 acknowledged");
    }
    let found = consumed(&cluster, "bikes", 1, &["print.key=true"]);
    let expected: Vec<_> = (0..400).map(|number| format!("k\t{}", number % 100)).collect();
    assert_eq!(found, expected);
    for (option, lacks) in [
        ("--compression zstd", "no zstd compression, which came with Kafka 2.1"),
        ("--header a=b", "no message headers, which came with Kafka 0.11"),
        ("--idempotence", "no idempotent producers, which came with Kafka 0.11"),
    ] {
        produce(&cluster, &format!("bikes {option}"), "a").exits(6).says(lacks);
    }
    produce(&cluster, "bikes --json", r#"{"value":"a","headers":{"a":"b"}}"#)
        .exits(12)
        .says("headers need Kafka 0.11");

    let (running, mut stdin) = begin(&cluster, "bikes --partition 0 --linger 0");
    stdin.write_all(b"before\n").unwrap();
    until("the first line", || (told_latest(&cluster, "bikes")?[0] == 1).then_some(()));
    cluster.run(&["kill", "broker-0", "--force"]).ok();
    stdin.write_all(b"after\n").unwrap();
    drop(stdin);
    running.finish().ok().says("partition 0: broker-1 leads now").says("2 acknowledged");
    assert_eq!(consumed(&cluster, "bikes", 0, &[]), ["before", "after"]);
}
