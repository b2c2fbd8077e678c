//! The same work for Kafka's own tool.

use std::ffi::OsString;
use std::process::{Command, Stdio};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::tool_output::{ToolReport, read};
use super::{BenchError, Measured, Mode, Order};
use crate::client::producer::Acks;
use crate::dist::tools;
use crate::plan::connection::Connection;
use crate::plan::login::Login;
use crate::plan::model::Plan;
use crate::plan::version::at_least;
use crate::wire::records::Compression;

/// Beyond what our own measurement took ten times.
const PATIENCE: Duration = Duration::from_secs(120);
/// It sends one after the other.
const MOST_END_TO_END: u64 = 10_000;
/// `max.request.size` of Java's producer, the longest message that it sends.
const JAVA_REQUEST: usize = 1 << 20;

const AFTER_OURS: &str = "it ran after ours, on the same topic and with brokers that ours had warmed up";

pub(super) fn name(mode: Mode) -> &'static str {
    match mode {
        Mode::Produce => "kafka-producer-perf-test",
        Mode::Consume => "kafka-consumer-perf-test",
        Mode::EndToEnd => "kafka-e2e-latency",
    }
}

/// An error when this Kafka lacks the tool.
pub(super) fn must_be_there(plan: &Plan, mode: Mode) -> Result<(), BenchError> {
    command(plan, mode, &[]).map(drop)
}

fn command(plan: &Plan, mode: Mode, arguments: &[OsString]) -> Result<Command, BenchError> {
    let (tool, version) = (name(mode), plan.kafka.version.clone());
    let unknown = || BenchError::NoTool { tool, version: version.clone() };
    let found = tools::find(&version, tool).ok_or_else(unknown)?;
    let login = plan.login.clone().unwrap_or_else(Login::program);
    let filled = found.fill(arguments, &version, &Connection::of(plan, &login));
    let (arguments, _) = filled.map_err(tools::ToolError::from)?;
    Ok(tools::command(plan, found, &arguments)?)
}

/// Runs the tool; `None`: interrupted. An error is a sentence: our own figures stand without it.
pub(super) async fn run(
    plan: &Plan,
    order: &Order,
    topic: &str,
    measured: &Measured,
    stop: &CancellationToken,
) -> Option<Result<ToolReport, String>> {
    let tool = name(order.mode);
    let count = match order.mode {
        Mode::Produce => measured.counts.messages,
        // It reads them once.
        Mode::Consume => measured.counts.messages.min(measured.counts.sent),
        Mode::EndToEnd => measured.counts.messages.min(MOST_END_TO_END),
    };
    let words = arguments(order, topic, count, &plan.kafka.version);
    let words: Vec<OsString> = words.into_iter().map(Into::into).collect();
    let mut command = match command(plan, order.mode, &words) {
        Ok(command) => tokio::process::Command::from(command),
        Err(error) => return Some(Err(error.to_string())),
    };
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let patience = PATIENCE + measured.elapsed * 10;
    let output = tokio::select! {
        biased;
        () = stop.cancelled() => return None,
        output = tokio::time::timeout(patience, command.output()) => output,
    };
    let output = match output {
        Err(_) => return Some(Err(format!("{tool} was not done within {} s", patience.as_secs()))),
        Ok(Err(error)) => return Some(Err(format!("failed to run {tool}: {error}"))),
        Ok(Ok(output)) => output,
    };
    let said = String::from_utf8_lossy(&output.stdout);
    let Some(mut report) = read(order.mode, &said, order.load.size, count) else {
        let errors = String::from_utf8_lossy(&output.stderr);
        let (status, reason) = (output.status, reason(&errors, &said));
        return Some(Err(format!(
            "{tool} ended with {status}, and measured nothing that can be read: {reason}"
        )));
    };
    if report.messages < count {
        report.notes.push(format!("it was asked for {count} messages"));
    }
    if let Some(rate) = order.load.rate.filter(|rate| order.mode == Mode::Produce && rate.fract() != 0.0) {
        report.notes.push(format!("it takes whole messages per second: {} instead of {rate}", rate.ceil()));
    }
    report.notes.push(AFTER_OURS.to_owned());
    Some(Ok(report))
}

/// The line that tells most of a failure: what is thrown stands above its stack.
fn reason<'a>(errors: &'a str, said: &'a str) -> &'a str {
    let mut lines = errors.lines().chain(said.lines()).map(str::trim).filter(|line| !line.is_empty());
    let thrown = lines.clone().find(|line| line.contains("Exception") && !line.starts_with("at "));
    thrown.or_else(|| lines.next_back()).unwrap_or("it said nothing")
}

fn arguments(order: &Order, topic: &str, count: u64, version: &str) -> Vec<String> {
    let settings = &order.settings;
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let (count, size) = (count.to_string(), order.load.size.to_string());
    match order.mode {
        Mode::Produce => {
            let rate = order.load.rate.map_or(-1, |rate| rate.ceil() as i64).to_string();
            let mut all = words(&["--topic", topic, "--num-records", &count, "--record-size", &size]);
            all.extend(words(&["--throughput", &rate, "--producer-props"]));
            all.push(format!("acks={}", settings.acks.on_the_wire()));
            all.push(format!("batch.size={}", settings.batch_size));
            all.push(format!("linger.ms={}", settings.linger.as_millis()));
            all.push(format!("compression.type={}", compression(settings.compression)));
            // With what a batch has around it.
            let largest = order.load.size + 1024;
            if largest > JAVA_REQUEST {
                all.push(format!("max.request.size={largest}"));
            }
            all
        }
        Mode::Consume => {
            let mut all = words(&["--topic", topic, "--messages", &count]);
            // Without messages for so long it ends. Before 2.0 there is no such option: 1 s.
            if at_least(version, &[2]) {
                all.extend(words(&["--timeout", "20000"]));
            }
            all
        }
        Mode::EndToEnd => {
            let acks = match settings.acks {
                Acks::All => "all",
                Acks::Leader | Acks::None => "1",
            };
            words(&[topic, &count, acks, &size])
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{Extent, Load, Subject};
    use crate::client::producer::Settings;

    fn words(mode: Mode, rate: Option<f64>, size: usize, version: &str) -> String {
        let order = Order {
            mode,
            subject: Subject::Existing("bikes".into()),
            load: Load { rate, extent: Extent::Messages(7), size },
            reading: None,
            settings: Settings { compression: Compression::Lz4, ..Settings::default() },
            compare: true,
        };
        arguments(&order, "bikes", 7, version).join(" ")
    }

    #[test]
    fn the_tool_gets_the_same_work() {
        assert_eq!(
            words(Mode::Produce, Some(2.5), 100, "3.9.2"),
            "--topic bikes --num-records 7 --record-size 100 --throughput 3 --producer-props acks=-1 \
             batch.size=262144 linger.ms=5 compression.type=lz4"
        );
        let large = words(Mode::Produce, None, 2 << 20, "3.9.2");
        assert!(
            large.contains("--throughput -1 ") && large.ends_with(" max.request.size=2098176"),
            "{large}"
        );
        let read = "--topic bikes --messages 7";
        assert_eq!(words(Mode::Consume, None, 100, "3.9.2"), format!("{read} --timeout 20000"));
        assert_eq!(words(Mode::Consume, None, 100, "2.8.2"), format!("{read} --timeout 20000"));
        assert_eq!(words(Mode::Consume, None, 100, "1.1.1"), read);
        assert_eq!(words(Mode::EndToEnd, Some(9.0), 100, "3.9.2"), "bikes 7 all 100");
    }

    #[test]
    fn what_is_thrown_is_told_and_else_the_last_word() {
        let thrown = "Exception in thread \"main\" joptsimple.UnrecognizedOptionException: timeout is not a \
            recognized option\n\tat joptsimple.OptionException.unrecognizedOption(OptionException.java:108)\n";
        assert!(reason(thrown, "start.time").ends_with("timeout is not a recognized option"));
        assert_eq!(reason("one\ntwo\n\n", ""), "two");
        assert_eq!(reason("", " \n"), "it said nothing");
    }
}
