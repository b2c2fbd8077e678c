//! What Kafka's own tools print.

use serde::Serialize;

use super::{Mode, perf_tool};

/// What Kafka's own tool measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct ToolReport {
    pub tool: &'static str,
    pub messages: u64,
    pub messages_per_s: Option<f64>,
    /// Of 10^6 bytes each.
    pub mb_per_s: Option<f64>,
    pub latency_ms: Option<ToolLatency>,
    /// How its measurement differs from ours.
    pub notes: Vec<String>,
}

/// Those that it tells, in ms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct ToolLatency {
    pub p50: Option<f64>,
    pub p95: Option<f64>,
    pub p99: Option<f64>,
    #[serde(rename = "p99.9")]
    pub p999: Option<f64>,
    pub max: Option<f64>,
}

/// Reads what the tool of this mode printed, of which its last word counts; `None`: nothing that is known.
/// `size` and `count` are what it was asked for, in bytes of a value and messages.
pub(super) fn read(mode: Mode, said: &str, size: usize, count: u64) -> Option<ToolReport> {
    let report = match mode {
        Mode::Produce => producer(said, size),
        Mode::Consume => consumer(said),
        Mode::EndToEnd => end_to_end(said, count),
    };
    report.map(|report| ToolReport { tool: perf_tool::name(mode), ..report })
}

fn notes(notes: &[&str]) -> Vec<String> {
    notes.iter().map(|note| (*note).to_owned()).collect()
}

/// `50000 records sent, 19267.8 records/sec (1.84 MB/sec), ... 351.00 ms max latency, 4 ms 50th, ...`: so from
/// 0.10 (`ProducerPerformance.Stats.printTotal`) to 4.x.
fn producer(said: &str, size: usize) -> Option<ToolReport> {
    let line = said.lines().rfind(|line| line.contains(" 99.9th"))?;
    let parts: Vec<&str> = line.split(", ").collect();
    let first = |end: &str| -> Option<f64> {
        let part = parts.iter().find(|part| part.trim_end_matches('.').contains(end))?;
        part.split_whitespace().next()?.parse().ok()
    };
    let rate = first("records/sec")?;
    Some(ToolReport {
        messages: first("records sent")? as u64,
        messages_per_s: Some(rate),
        // It counts 2^20 bytes, to two digits.
        mb_per_s: Some(rate * size as f64 / 1e6),
        latency_ms: Some(ToolLatency {
            p50: first("ms 50th"),
            p95: first("ms 95th"),
            p99: first("ms 99th"),
            p999: first("ms 99.9th"),
            max: first("ms max latency"),
        }),
        notes: notes(&[
            "Kafka's tool counts from the moment that a message went, not from when it should have",
            "it counts whole ms, and its first ones, when its JVM has just started, are in its figures",
        ]),
        ..ToolReport::default()
    })
}

/// A header of columns and a line of values (`ConsumerPerformance.main`), with commas between. Since 2.0
/// there are columns that leave out the time to join a group (KIP-177).
fn consumer(said: &str) -> Option<ToolReport> {
    let mut lines = said.lines().skip_while(|line| !line.starts_with("start.time"));
    let header: Vec<&str> = lines.next()?.split(',').map(str::trim).collect();
    let values: Vec<&str> = lines.next()?.split(',').map(str::trim).collect();
    let value = |name: &str| -> Option<f64> {
        let at = header.iter().position(|column| *column == name)?;
        values.get(at)?.parse().ok()
    };
    let (rate, mebibytes, note) = match value("fetch.nMsg.sec") {
        Some(rate) => (
            rate,
            value("fetch.MB.sec"),
            "Kafka's tool joins a group first, which is left out of its rate (fetch.nMsg.sec)",
        ),
        None => (
            value("nMsg.sec")?,
            value("MB.sec"),
            "Kafka's tool joins a group first, which this version has in its rate",
        ),
    };
    Some(ToolReport {
        messages: value("data.consumed.in.nMsg")? as u64,
        messages_per_s: Some(rate),
        mb_per_s: mebibytes.map(|mebibytes| mebibytes * 1.048_576),
        notes: notes(&[note]),
        ..ToolReport::default()
    })
}

/// `Percentiles: 50th = 1, 99th = 4, 99.9th = 19`, in whole ms (`EndToEndLatency`).
fn end_to_end(said: &str, count: u64) -> Option<ToolReport> {
    let line = said.lines().rfind(|line| line.starts_with("Percentiles:"))?;
    let value = |name: &str| -> Option<f64> {
        let (_, rest) = line.split_once(&format!(" {name} = "))?;
        rest.split([',', ' ']).next()?.parse().ok()
    };
    let latency = ToolLatency {
        p50: Some(value("50th")?),
        p99: value("99th"),
        p999: value("99.9th"),
        ..ToolLatency::default()
    };
    Some(ToolReport {
        messages: count,
        latency_ms: Some(latency),
        notes: notes(&[
            "Kafka's tool sends one message, waits for it, and sends the next: no rate, no batches, no compression",
        ]),
        ..ToolReport::default()
    })
}

#[cfg(test)]
mod tests;
