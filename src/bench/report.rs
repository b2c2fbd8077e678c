//! What was measured, and on what; the JSON of `bench`.

use std::time::Duration;

use serde::Serialize;

use super::latency::Latency;
use super::tool_output::ToolReport;
use super::topic::Topic;
use super::{Measured, Mode, Order};
use crate::client::producer::Acks;
use crate::plan::model::Plan;
use crate::wire::records::Compression;

/// How many messages, and what became of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    /// Acknowledged by those whom `acks` names; received, where they are read.
    pub messages: u64,
    /// Handed to the producer; for [`Mode::Consume`] those that were there to be read.
    pub sent: u64,
    /// Due, and never sent since the time was over: in the latencies with their age at the end.
    pub unsent: u64,
    /// Acknowledged and not received, or received again.
    pub missing: u64,
    pub twice: u64,
    /// Not acknowledged: surely not stored, and perhaps stored.
    pub not_delivered: u64,
    pub unknown: u64,
    /// How often the topic was read to its end.
    pub times_read: u64,
    /// Why the first message was not delivered.
    pub first_error: Option<String>,
}

/// How messages were sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Sending {
    pub acks: Acks,
    pub compression: Compression,
    /// Bytes of a batch before it is compressed.
    pub batch_size: usize,
    pub linger_ms: u64,
    /// Bytes of a value.
    pub size: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Report {
    pub mode: Mode,
    pub kafka_version: String,
    /// How this program was built: a debug build is slower.
    pub build: &'static str,
    pub topic: String,
    /// It was made for this, and is deleted.
    pub own_topic: bool,
    pub partitions: usize,
    pub replication_factor: usize,
    /// `None`: others have written what was read.
    pub sending: Option<Sending>,
    /// Messages per second as asked for; `None`: as fast as it goes.
    pub rate: Option<f64>,
    /// Messages per second that were handed to the producer, while they were.
    pub offered_per_s: Option<f64>,
    pub messages_per_s: f64,
    /// Of values, 10^6 bytes each.
    pub mb_per_s: f64,
    pub elapsed_ms: u64,
    /// `None`: of [`Mode::Consume`], or nothing was measured.
    pub latency_ms: Option<Latency>,
    #[serde(flatten)]
    pub counts: Counts,
    /// The same work by Kafka's own tool.
    pub kafka_tool: Option<ToolReport>,
    pub warnings: Vec<String>,
}

impl Report {
    pub(super) fn new(plan: &Plan, order: &Order, topic: &Topic, measured: Measured) -> Self {
        let settings = &order.settings;
        let sending = Sending {
            acks: settings.acks,
            compression: settings.compression,
            batch_size: settings.batch_size,
            linger_ms: settings.linger.as_millis() as u64,
            size: order.load.size,
        };
        let reads = order.mode == Mode::Consume;
        let offered = || per_s(measured.counts.sent as f64, measured.offering);
        Report {
            mode: order.mode,
            kafka_version: plan.kafka.version.clone(),
            build: if cfg!(debug_assertions) { "debug" } else { "release" },
            topic: topic.name.clone(),
            own_topic: topic.is_own,
            partitions: topic.partitions,
            replication_factor: topic.replication_factor,
            sending: (!reads || topic.is_own).then_some(sending),
            rate: order.load.rate.filter(|_| !reads),
            offered_per_s: (!reads).then(offered),
            messages_per_s: per_s(measured.counts.messages as f64, measured.elapsed),
            mb_per_s: per_s(measured.bytes as f64 / 1e6, measured.elapsed),
            elapsed_ms: measured.elapsed.as_millis() as u64,
            latency_ms: measured.latencies.percentiles(),
            counts: measured.counts,
            kafka_tool: None,
            warnings: Vec::new(),
        }
    }
}

fn per_s(count: f64, time: Duration) -> f64 {
    match time.is_zero() {
        true => 0.0,
        false => count / time.as_secs_f64(),
    }
}
