//! `cluster bench`, as its users reach it: on one cluster.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::common::cluster::Cluster;
use crate::common::run::Run;
use crate::common::shared::OfFile;
use crate::common::until;

/// 1 ZooKeeper server and 2 brokers, of which nobody may stop any.
fn shared() -> Arc<Cluster> {
    static CLUSTER: OfFile = OfFile::new();
    CLUSTER.get("bench")
}

/// One test at a time: measurements disturb each other, and who made a topic is told by nothing.
fn turn() -> (MutexGuard<'static, ()>, Arc<Cluster>) {
    static TURN: Mutex<()> = Mutex::new(());
    // Who waits has it already, so that it does not end between two of them.
    let cluster = shared();
    (TURN.lock().unwrap_or_else(PoisonError::into_inner), cluster)
}

/// `cluster bench LINE`.
fn bench(line: &str) -> Run {
    let words: Vec<_> = ["bench"].into_iter().chain(line.split_whitespace()).collect();
    shared().run(&words)
}

#[track_caller]
fn json(run: Run) -> Value {
    serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {run}"))
}

/// Names of the topics that were made for a measurement.
fn made() -> Vec<String> {
    let listed = json(shared().run(&["topic", "list", "--json"]).ok());
    let names = listed.as_array().unwrap().iter().map(|topic| topic["topic"].as_str().unwrap().to_owned());
    names.filter(|name| name.starts_with("bench-")).collect()
}

fn number(report: &Value, key: &str) -> f64 {
    report[key].as_f64().unwrap_or_else(|| panic!("no {key} in {report}"))
}

#[test]
fn each_of_the_three_measures_what_it_says_and_leaves_no_topic() {
    let _turn = turn();
    let report = json(bench("produce --rate 400 --duration 2s --compression lz4 --json").ok());
    assert_eq!(
        (&report["messages"], &report["sent"], &report["unsent"]),
        (&800.into(), &800.into(), &0.into())
    );
    // 800 messages in the 2 s that they were offered for, or a little more on a machine that is busy.
    assert!((200.0..=400.5).contains(&number(&report, "offered_per_s")), "{report}");
    let (p50, max) = (number(&report["latency_ms"], "p50"), number(&report["latency_ms"], "max"));
    assert!(p50 > 0.0 && p50 <= max, "{report}");
    assert_eq!((&report["own_topic"], &report["partitions"]), (&true.into(), &6.into()));
    assert_eq!((&report["sending"]["compression"], &report["kafka_tool"]), (&"lz4".into(), &Value::Null));

    let report = json(bench("consume --messages 3000 --partitions 2 --json").ok());
    assert_eq!((&report["messages"], &report["sent"]), (&3000.into(), &3000.into()));
    assert_eq!((&report["latency_ms"], &report["partitions"]), (&Value::Null, &2.into()));
    assert!(number(&report, "messages_per_s") > 0.0, "{report}");

    let report = json(bench("end-to-end --rate 300 --messages 600 --acks 1 --json").ok());
    assert_eq!(
        (&report["messages"], &report["missing"], &report["twice"]),
        (&600.into(), &0.into(), &0.into())
    );
    assert!(number(&report["latency_ms"], "p99") > 0.0, "{report}");
    assert_eq!(made(), [""; 0]);
}

#[test]
fn a_topic_that_is_given_is_added_to_read_as_often_as_it_takes_and_kept() {
    let _turn = turn();
    let cluster: &Cluster = &shared();
    cluster.run(&["topic", "create", "given", "--partitions", "2"]).ok();
    bench("consume --topic given").exits(2).says("given has no messages to read");
    bench("produce --topic given --messages 500 --size 40")
        .ok()
        .says("on given: Kafka")
        .says("40 bytes a message");
    let report = json(bench("consume --topic given --json").ok());
    assert_eq!((&report["messages"], &report["times_read"]), (&500.into(), &1.into()));
    assert_eq!(report["sending"], Value::Null);
    bench("consume --topic given --messages 900").ok().says("the topic ended after 500 messages");
    let report = json(bench("consume --topic given --duration 1s --json").ok());
    assert!(number(&report, "messages") > 500.0 && number(&report, "elapsed_ms") <= 1000.0, "{report}");
    // Somebody else's messages are no news to end-to-end.
    let report = json(bench("end-to-end --topic given --messages 50 --rate 100 --json").ok());
    assert_eq!(
        (&report["messages"], &report["twice"], &report["own_topic"]),
        (&50.into(), &0.into(), &false.into())
    );
}

#[test]
fn kafkas_own_tool_stands_beside_it() {
    let _turn = turn();
    for (line, tool, figure) in [
        ("produce --messages 2000 --rate 1000", "kafka-producer-perf-test", "p99.9"),
        ("consume --messages 2000", "kafka-consumer-perf-test", ""),
        ("end-to-end --messages 200 --rate 100", "kafka-e2e-latency", "p99"),
    ] {
        let report = json(bench(&format!("{line} --compare --json")).ok());
        let theirs = &report["kafka_tool"];
        assert_eq!(theirs["tool"], tool, "{report}");
        assert_eq!(theirs["messages"], report["messages"], "{report}");
        match figure {
            "" => assert!(number(theirs, "messages_per_s") > 0.0, "{report}"),
            figure => assert!(number(&theirs["latency_ms"], figure) > 0.0, "{report}"),
        }
    }
}

#[test]
fn what_cannot_be_is_told_and_nothing_is_made() {
    let _turn = turn();
    shared().run(&["topic", "create", "there", "--config", "max.message.bytes=2000"]).ok();
    shared().run(&["topic", "create", "compacted", "--config", "cleanup.policy=compact"]).ok();
    for (line, said) in [
        ("produce --topic thre", "did you mean `there`?"),
        ("produce --topic there --size 2000", "there has max.message.bytes=2000"),
        ("produce --size 2000000 --compression gzip", "give a smaller `--size`"),
        ("produce --topic compacted", "measure on a topic that is not compacted"),
        ("produce --replication-factor 3", "needs 3 live brokers, and there are 2"),
        ("produce --messages 1000000000 --size 1000000", "give fewer `--messages`"),
        ("consume --topic there --size 7", "there has its own"),
    ] {
        bench(line).exits(2).says(said);
    }
    // Letters become smaller.
    bench("produce --topic there --size 2400 --compression gzip --messages 5").ok();
    assert_eq!(made(), [""; 0]);
}

#[test]
fn an_interrupted_run_tells_what_it_measured_and_leaves_no_topic() {
    let _turn = turn();
    for line in ["produce --rate 50 --duration 10m --json", "consume --messages 20000000 --json"] {
        let words: Vec<_> = ["bench"].into_iter().chain(line.split_whitespace()).collect();
        let running = shared().begin(&words);
        // By its first messages: before, there is nothing to interrupt.
        until("messages in its topic", || {
            let described = json(shared().run(&["topic", "describe", "--json"]).ok());
            let topics = described["topics"].as_array()?;
            let its = topics
                .iter()
                .filter(|topic| topic["topic"].as_str().is_some_and(|name| name.starts_with("bench-")));
            let mut partitions = its.flat_map(|topic| topic["partitions"].as_array().into_iter().flatten());
            partitions.any(|partition| partition["latest_offset"].as_u64() > Some(1)).then_some(())
        });
        running.interrupt();
        let report = json(running.finish().exits(130));
        assert_eq!(report["signal"], "SIGINT");
        match report["mode"].as_str() {
            Some("produce") => assert!(number(&report, "messages") > 0.0, "{report}"),
            _ => assert_eq!(report["messages"], 0, "it was still being filled"),
        }
        assert_eq!((&report["not_delivered"], &report["first_error"]), (&0.into(), &Value::Null));
    }
    assert_eq!(made(), [""; 0]);
}
