//! Measuring what a cluster does for its clients: records at an offered rate, and how long each takes.
//!
//! The schedule is fixed in advance, and a record that has to wait counts from when it should have gone, not
//! from when it went: otherwise a client that is held up measures least where it is slowest (coordinated
//! omission). [`Schedule`] and [`Latencies`] are pure; the rest drives our own clients.

mod consume;
mod end_to_end;
mod latency;
mod payload;
mod produce;
mod schedule;

pub use consume::{Reading, consume};
pub use end_to_end::end_to_end;
pub use latency::{Latencies, Latency};
pub use payload::{LEAST, Payloads};
pub use produce::produce;
pub use schedule::Schedule;

use std::time::Duration;

use crate::client::producer::Report;

/// What is offered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load {
    /// Records per second; `None`: as fast as it goes.
    pub rate: Option<f64>,
    pub extent: Extent,
    /// Of a record's value, in bytes.
    pub size: usize,
}

/// How much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    Records(u64),
    For(Duration),
}

/// What was measured.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// Records that were handed to the producer; for `consume` those that were there to be read.
    pub sent: u64,
    /// Records that the schedule has and that never went, since its time was over.
    pub unsent: u64,
    /// Acknowledged by brokers, or received by the consumer.
    pub done: u64,
    /// Acknowledged and not received, or received again.
    pub missing: u64,
    pub twice: u64,
    /// Not acknowledged: surely not stored, and perhaps stored.
    pub not_delivered: u64,
    pub unknown: u64,
    pub first_error: Option<String>,
    /// From the first record's intended time to the last one that was done.
    pub elapsed: Duration,
    /// How long records were offered.
    pub offering: Duration,
    /// Bytes of values that were done.
    pub bytes: u64,
    pub latencies: Latencies,
}

/// Hears what is worth telling, a line each.
pub type OnTalk<'a> = &'a mut dyn FnMut(String);

impl Measured {
    /// Takes over what became of the records that were produced.
    fn reported(&mut self, report: &Report) {
        self.not_delivered = report.not_delivered;
        self.unknown = report.unknown;
        self.first_error = report.first_failure.as_ref().map(|first| first.reason.clone());
    }
}
