//! `cluster produce` and `cluster consume` against kcat (librdkafka) and Kafka's own perf tools, on the same
//! cluster, in turn: records a second, peak memory, and the time to the first message of a cold start.
//!
//! Ours and kcat are counted as whole processes; Kafka's tools by the rate that they print, without the start
//! of their JVM.

mod common;

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

use common::measured::{Measured, measure_if_asked, measured};
use common::tool::Tools;
use common::{Home, median, pairs, write_lines};

const MESSAGES: usize = 1_000_000;
const SIZE: usize = 100;
/// Of each topic; one replica each, so that clients and not replication are what is measured.
const PARTITIONS: usize = 6;

/// Figures of one client, a run each.
#[derive(Default)]
struct Runs {
    /// Records a second.
    rates: Vec<f64>,
    peaks: Vec<f64>,
}

impl Runs {
    fn whole(&mut self, measured: &Measured) {
        self.rates.push(MESSAGES as f64 / measured.seconds);
        self.peaks.push(measured.peak_mib);
    }

    fn told(&mut self, rate: f64, measured: &Measured) {
        self.rates.push(rate);
        self.peaks.push(measured.peak_mib);
    }
}

fn main() {
    measure_if_asked();
    let home = Home::new();
    let topic = |name| format!("  {name}: {{ partitions: {PARTITIONS}, replication_factor: 1 }}\n");
    let topics: String = ["ours", "kcat", "perf"].map(topic).concat();
    let spec = home.spec("client", &format!("brokers: {{ count: 3, heap: 512m }}\ntopics:\n{topics}"));
    home.run(&["up", &spec]);
    let tools = Tools::of(&home.plan(&spec), &home);
    let lines = home.folder.path().join("lines");
    write_lines(&lines, MESSAGES, SIZE);
    let kcat = Command::new("kcat").arg("-V").output().is_ok_and(|output| output.status.success());
    if !kcat {
        println!("kcat is not installed: compared with Kafka's own tools alone");
    }

    let servers = tools.bootstrap_servers.clone();
    let (mut ours, mut theirs, mut perf) = (Runs::default(), Runs::default(), Runs::default());
    for _ in 0..pairs(5) {
        ours.whole(&measured(&home.command(&["produce", "ours"]), input(&lines), false));
        if kcat {
            let arguments =
                ["-P", "-b", &servers, "-t", "kcat", "-X", "acks=all", "-l", lines.to_str().unwrap()];
            theirs.whole(&measured(Command::new("kcat").args(arguments), Stdio::null(), false));
        }
        let run = measured(&producer_perf(&tools, &servers), Stdio::null(), true);
        perf.told(records_per_second(&run.out), &run);
    }
    compare("produce", &ours, kcat.then_some(&theirs), &perf);

    let (mut ours, mut theirs, mut perf) = (Runs::default(), Runs::default(), Runs::default());
    let count = MESSAGES.to_string();
    for _ in 0..pairs(5) {
        let consume = home.command(&["consume", "ours", "--from-beginning", "-n", &count]);
        ours.whole(&measured(&consume, Stdio::null(), false));
        if kcat {
            let arguments = ["-C", "-b", &servers, "-t", "ours", "-o", "beginning", "-q", "-c", &count];
            theirs.whole(&measured(Command::new("kcat").args(arguments), Stdio::null(), false));
        }
        let run = measured(&consumer_perf(&tools, &servers, &count), Stdio::null(), true);
        perf.told(messages_per_second(&run.out), &run);
    }
    compare("consume", &ours, kcat.then_some(&theirs), &perf);

    let (mut cold, mut console) = (Vec::new(), Vec::new());
    for _ in 0..pairs(5) {
        let consume = home.command(&["consume", "ours", "--from-beginning", "-n", "1"]);
        cold.push(measured(&consume, Stdio::null(), false).seconds * 1000.0);
        let arguments =
            ["--bootstrap-server", &servers, "--topic", "ours", "--from-beginning", "--max-messages", "1"];
        let main = "org.apache.kafka.tools.consumer.ConsoleConsumer";
        let command = tools.command(main, &arguments);
        console.push(measured(&command, Stdio::null(), false).seconds * 1000.0);
    }
    common::report("first message, cold", "ms", &cold, &console);
}

/// A line per client; what ours is of the best of the others.
fn compare(what: &str, ours: &Runs, kcat: Option<&Runs>, perf: &Runs) {
    let mut best = 0f64;
    for (name, runs) in [("ours", Some(ours)), ("kcat", kcat), ("kafka's perf tool", Some(perf))] {
        let Some(runs) = runs else { continue };
        let (rate, peak) = (median(runs.rates.clone()), median(runs.peaks.clone()));
        println!(
            "{what:<8} {name:<18} {rate:>10.0} records/s  peak {peak:>6.1} MiB  {} runs",
            runs.rates.len()
        );
        if name != "ours" {
            best = best.max(rate);
        }
    }
    println!("{what:<8} ours / best of the others: {:.2}", median(ours.rates.clone()) / best);
}

fn input(path: &Path) -> Stdio {
    File::open(path).unwrap().into()
}

/// The same records, and the batches and linger that ours has.
fn producer_perf(tools: &Tools, servers: &str) -> Command {
    let bootstrap = format!("bootstrap.servers={servers}");
    let (count, size) = (MESSAGES.to_string(), SIZE.to_string());
    let work = ["--topic", "perf", "--num-records", &count, "--record-size", &size, "--throughput", "-1"];
    let mut command = tools.command("org.apache.kafka.tools.ProducerPerformance", &work);
    command.args(["--producer-props", &bootstrap, "acks=all", "batch.size=262144", "linger.ms=5"]);
    command
}

/// `1000000 records sent, 412345.6 records/sec (39.32 MB/sec), ...`: the last line is of the whole run.
fn records_per_second(out: &str) -> f64 {
    let told =
        out.lines().rev().find_map(|line| line.split_once(" records sent, ")?.1.split_once(" records/sec"));
    told.unwrap_or_else(|| panic!("kafka-producer-perf-test says: {out}")).0.trim().parse().unwrap()
}

fn consumer_perf(tools: &Tools, servers: &str, count: &str) -> Command {
    let arguments = [
        "--bootstrap-server",
        servers,
        "--topic",
        "ours",
        "--messages",
        count,
        "--hide-header",
        "--timeout",
        "60000",
    ];
    tools.command("org.apache.kafka.tools.ConsumerPerformance", &arguments)
}

/// `start.time, end.time, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, rebalance.time.ms,
/// fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec`: the last is without joining the group.
fn messages_per_second(out: &str) -> f64 {
    let line = out.lines().rev().find(|line| line.matches(',').count() == 9);
    let line = line.unwrap_or_else(|| panic!("kafka-consumer-perf-test says: {out}"));
    line.rsplit(',').next().unwrap().trim().parse().unwrap()
}
