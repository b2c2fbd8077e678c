//! Measuring what a cluster does for its clients: messages at an offered rate, and how long each takes.
//!
//! The schedule is fixed in advance, and a message that has to wait counts from when it should have gone, not
//! from when it went: otherwise a client that is held up measures least where it is slowest (coordinated
//! omission). The schedule, the [`Latencies`] and what is read of the output of Kafka's own tools are pure; the
//! rest drives our own clients, and Kafka's beside them.

mod check;
mod consume;
mod end_to_end;
mod error;
mod feeder;
mod latency;
mod measure;
mod payload;
mod perf_tool;
mod produce;
mod report;
mod schedule;
mod tool_output;
mod topic;

pub(crate) use error::BenchError;
pub(crate) use latency::Latencies;
pub(crate) use measure::measure;
pub(crate) use payload::LEAST;
pub(crate) use report::{Counts, Report};
pub(crate) use tool_output::ToolReport;
#[cfg(test)]
pub(crate) use {latency::Latency, report::Sending, tool_output::ToolLatency};

use std::time::Duration;

use serde::Serialize;

use crate::client::producer::Settings;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Mode {
    Produce,
    Consume,
    EndToEnd,
}

/// What is to be measured, on what.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Order {
    pub mode: Mode,
    pub subject: Subject,
    /// What is produced; for [`Mode::Consume`] beforehand, into a topic of its own.
    pub load: Load,
    /// How much [`Mode::Consume`] reads; `None`: what there is, once.
    pub reading: Option<Extent>,
    pub settings: Settings,
    /// Give the same work to Kafka's own tool afterwards.
    pub compare: bool,
}

/// The topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// One that is there, and stays.
    Existing(String),
    /// One that is made, and deleted afterwards; without a factor it gets the brokers'
    /// `default.replication.factor`.
    Own { partitions: u32, replication_factor: Option<u16> },
}

/// What is offered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Load {
    /// Messages per second; `None`: as fast as it goes.
    pub rate: Option<f64>,
    pub extent: Extent,
    /// Of a message's value, in bytes.
    pub size: usize,
}

/// How much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    Messages(u64),
    For(Duration),
}

/// What was measured.
#[derive(Clone, Debug, Default)]
struct Measured {
    counts: Counts,
    /// From the first message's intended time to the last one that was done, and not less than `offering`.
    elapsed: Duration,
    /// How long messages were offered.
    offering: Duration,
    /// Bytes of values that were done.
    bytes: u64,
    latencies: Latencies,
}

/// Hears what is worth telling, a line each.
pub(crate) type OnTalk<'a> = &'a mut dyn FnMut(String);
