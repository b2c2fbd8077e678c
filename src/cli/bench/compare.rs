//! The same work for Kafka's own tool, and what it says of it.

use std::ffi::OsString;
use std::process::Stdio;
use std::time::Duration;

use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::work::{Mode, Order};
use crate::client::bench::Measured;
use crate::dist::tools;
use crate::error::{ExitCode, Failure};
use crate::kafka::records::Compression;
use crate::plan::connection::Connection;
use crate::plan::model::Plan;
use crate::plan::version::at_least;

/// Beyond what our own measurement took ten times.
const PATIENCE: Duration = Duration::from_secs(120);
/// It sends one after the other.
const MOST_END_TO_END: u64 = 10_000;

/// What Kafka's own tool measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Kafka {
    pub tool: &'static str,
    pub records: u64,
    pub records_per_s: Option<f64>,
    pub mb_per_s: Option<f64>,
    /// In ms; those that it tells.
    pub p50: Option<f64>,
    pub p95: Option<f64>,
    pub p99: Option<f64>,
    #[serde(rename = "p99.9")]
    pub p999: Option<f64>,
    pub max: Option<f64>,
    /// How its measurement differs from ours.
    pub notes: Vec<&'static str>,
}

fn tool(mode: Mode) -> &'static str {
    match mode {
        Mode::Produce => "kafka-producer-perf-test",
        Mode::Consume => "kafka-consumer-perf-test",
        Mode::EndToEnd => "kafka-e2e-latency",
    }
}

fn command(plan: &Plan, mode: Mode, arguments: &[OsString]) -> Result<std::process::Command, Failure> {
    let (name, version) = (tool(mode), &plan.kafka.version);
    let found = tools::find(version, name).ok_or_else(|| {
        Failure::new(ExitCode::Environment, format!("Kafka {version} has no {name} to compare with"))
            .hint("leave out `--compare`")
    })?;
    let (arguments, _) = found.connect.fill(arguments, &Connection::of(plan));
    Ok(tools::command(plan, found, &arguments)?)
}

/// An error when this Kafka lacks the tool.
pub fn must_be_there(plan: &Plan, mode: Mode) -> Result<(), Failure> {
    command(plan, mode, &[]).map(drop)
}

/// Runs the tool; `None`: interrupted. An error is a sentence: our own figures stand without it.
pub async fn run(
    plan: &Plan,
    order: &Order,
    topic: &str,
    measured: &Measured,
    stop: &CancellationToken,
) -> Option<Result<Kafka, String>> {
    let name = tool(order.mode);
    let count = match order.mode {
        Mode::EndToEnd => measured.done.min(MOST_END_TO_END),
        _ => measured.done,
    };
    let words = arguments(order, topic, count, &plan.kafka.version);
    let words: Vec<OsString> = words.into_iter().map(Into::into).collect();
    let command = match command(plan, order.mode, &words) {
        Ok(command) => command,
        Err(failure) => return Some(Err(failure.message)),
    };
    let mut command = tokio::process::Command::from(command);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let patience = PATIENCE + measured.elapsed * 10;
    let output = tokio::select! {
        biased;
        () = stop.cancelled() => return None,
        output = tokio::time::timeout(patience, command.output()) => output,
    };
    let output = match output {
        Err(_) => return Some(Err(format!("{name} was not done within {} s", patience.as_secs()))),
        Ok(Err(error)) => return Some(Err(format!("failed to run {name}: {error}"))),
        Ok(Ok(output)) => output,
    };
    let said = String::from_utf8_lossy(&output.stdout);
    Some(parse(order.mode, &said, order.load.size, count).ok_or_else(|| {
        let errors = String::from_utf8_lossy(&output.stderr);
        let last =
            errors.lines().chain(said.lines()).rfind(|line| !line.trim().is_empty()).unwrap_or("nothing");
        format!(
            "{name} ended with {}, and measured nothing that can be read; it said last: {last}",
            output.status
        )
    }))
}

fn arguments(order: &Order, topic: &str, count: u64, version: &str) -> Vec<String> {
    let settings = &order.settings;
    let acks = settings.acks.on_the_wire();
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let (count, size) = (count.to_string(), order.load.size.to_string());
    match order.mode {
        Mode::Produce => {
            let rate = order.load.rate.map_or(-1, |rate| rate.ceil() as i64).to_string();
            let mut all = words(&["--topic", topic, "--num-records", &count, "--record-size", &size]);
            all.extend(words(&["--throughput", &rate, "--producer-props"]));
            all.push(format!("acks={acks}"));
            all.push(format!("batch.size={}", settings.batch_size));
            all.push(format!("linger.ms={}", settings.linger.as_millis()));
            all.push(format!("compression.type={}", compression(settings.compression)));
            all
        }
        Mode::Consume => {
            let mut all = words(&["--topic", topic, "--messages", &count, "--timeout", "20000"]);
            if !at_least(version, &[3]) {
                // Without it the old consumer, which goes through ZooKeeper.
                all.push("--new-consumer".to_owned());
            }
            all
        }
        Mode::EndToEnd => {
            let acks = if acks == -1 { "all".to_owned() } else { acks.to_string() };
            words(&[topic, &count, &acks, &size])
        }
    }
}

fn compression(compression: Compression) -> &'static str {
    match compression {
        Compression::None => "none",
        Compression::Gzip => "gzip",
        Compression::Snappy => "snappy",
        Compression::Lz4 => "lz4",
        Compression::Zstd => "zstd",
    }
}

/// What the tool printed, its last word counts; `None`: nothing that is known.
fn parse(mode: Mode, said: &str, size: usize, count: u64) -> Option<Kafka> {
    let tool = tool(mode);
    match mode {
        Mode::Produce => {
            let line = said.lines().rfind(|line| line.contains(" 99.9th"))?;
            let parts: Vec<&str> = line.split(", ").collect();
            let first = |end: &str| -> Option<f64> {
                let part = parts.iter().find(|part| part.trim_end_matches('.').contains(end))?;
                part.split_whitespace().next()?.parse().ok()
            };
            let rate = first("records/sec")?;
            Some(Kafka {
                tool,
                records: first("records sent")? as u64,
                records_per_s: Some(rate),
                mb_per_s: Some(rate * size as f64 / 1e6),
                p50: first("ms 50th"),
                p95: first("ms 95th"),
                p99: first("ms 99th"),
                p999: first("ms 99.9th"),
                max: first("ms max latency"),
                notes: vec![
                    "Kafka's tool counts from the moment that a record went, not from when it should have",
                    "its rate and latencies include the start of its JVM's code",
                ],
            })
        }
        Mode::Consume => {
            let mut lines = said.lines().skip_while(|line| !line.starts_with("start.time"));
            let (header, line) = (lines.next()?, lines.next()?);
            let value = |name: &str| -> Option<f64> {
                let at = header.split(", ").position(|column| column.trim() == name)?;
                line.split(", ").nth(at)?.trim().parse().ok()
            };
            let (fetching, megabytes) = match value("fetch.nMsg.sec") {
                Some(rate) => (rate, value("fetch.MB.sec")),
                None => (value("nMsg.sec")?, value("MB.sec")),
            };
            let note = match value("fetch.nMsg.sec") {
                Some(_) => "Kafka's tool joins a group first: its rate is fetch.nMsg.sec, without that",
                None => "this Kafka's tool has no rate without joining its group",
            };
            Some(Kafka {
                tool,
                records: value("data.consumed.in.nMsg")? as u64,
                records_per_s: Some(fetching),
                // It counts 2^20 bytes.
                mb_per_s: megabytes.map(|mib| mib * 1.048_576),
                notes: vec![note],
                ..Kafka::default()
            })
        }
        Mode::EndToEnd => {
            let line = said.lines().rfind(|line| line.starts_with("Percentiles:"))?;
            let value = |name: &str| -> Option<f64> {
                let (_, rest) = line.split_once(&format!("{name} = "))?;
                rest.split([',', ' ']).next()?.parse().ok()
            };
            Some(Kafka {
                tool,
                records: count,
                p50: Some(value("50th")?),
                p99: value(" 99th"),
                p999: value("99.9th"),
                notes: vec![
                    "Kafka's tool sends one record, waits for it, and sends the next: no rate, no batches",
                ],
                ..Kafka::default()
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_of_the_producers_tool_counts() {
        let said = "10 records sent, 2.0 records/sec (0.00 MB/sec), 1.0 ms avg latency, 2.0 ms max latency.\n\
            50000 records sent, 19267.8 records/sec (1.84 MB/sec), 9.62 ms avg latency, 351.00 ms max latency, \
            4 ms 50th, 40 ms 95th, 88 ms 99th, 93 ms 99.9th.\n";
        let kafka = parse(Mode::Produce, said, 100, 50_000).unwrap();
        assert_eq!((kafka.records, kafka.records_per_s), (50_000, Some(19_267.8)));
        assert_eq!((kafka.p50, kafka.p95, kafka.p99), (Some(4.0), Some(40.0), Some(88.0)));
        assert_eq!((kafka.p999, kafka.max), (Some(93.0), Some(351.0)));
        assert_eq!(parse(Mode::Produce, "org.apache.kafka...", 100, 1), None);
    }

    #[test]
    fn the_consumers_tool_counts_without_joining_where_it_tells() {
        let old = "start.time, end.time, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec\n\
                   2026-01-01 00:00:00:000, 2026-01-01 00:00:01:000, 9.5367, 10.0, 100000, 50000.0\n";
        let kafka = parse(Mode::Consume, old, 100, 1).unwrap();
        assert_eq!((kafka.records, kafka.records_per_s), (100_000, Some(50_000.0)));
        let new = old.replace(
            "nMsg.sec\n",
            "nMsg.sec, rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec\n",
        );
        let new = new.replace("50000.0\n", "50000.0, 3000, 500, 19.07, 200000.0\n");
        assert_eq!(parse(Mode::Consume, &new, 100, 1).unwrap().records_per_s, Some(200_000.0));
    }

    #[test]
    fn the_end_to_end_tool_tells_three_percentiles() {
        let said = "0\t12.5\nAvg latency: 1.2345 ms\n\nPercentiles: 50th = 1, 99th = 4, 99.9th = 19\n";
        let kafka = parse(Mode::EndToEnd, said, 100, 1000).unwrap();
        assert_eq!((kafka.p50, kafka.p99, kafka.p999, kafka.max), (Some(1.0), Some(4.0), Some(19.0), None));
    }
}
