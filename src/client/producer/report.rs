//! What became of all records.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use super::settings::Acks;

/// What is known of a record that was not acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Certainty {
    /// No broker has it.
    Not,
    /// It was sent, and no answer came: it may be stored.
    Unknown,
}

/// The first record that was not acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct FirstFailure {
    /// What [`super::Producer::push`] was given with it: the number of its line.
    pub line: u64,
    pub delivered: Certainty,
    pub reason: String,
    /// What to do about it.
    #[serde(skip)]
    pub remedy: Option<String>,
}

/// A batch that was acknowledged; with acks=0 one that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Acknowledged {
    pub partition: i32,
    /// What [`super::Producer::push`] was given with its records, in their order.
    pub lines: Vec<u64>,
    /// When we had the answer.
    pub at: Instant,
}

/// What one partition got.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct PartitionReport {
    pub acknowledged: u64,
    /// Of the last record; `None` when the broker did not tell.
    pub last_offset: Option<i64>,
}

/// What became of all records: every one that was pushed or refused is in one of the numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Report {
    pub topic: String,
    pub acks: Acks,
    pub idempotent: bool,
    /// Records that were pushed or refused.
    pub lines: u64,
    /// By those whom `acks` names; with acks=0 only sent.
    pub acknowledged: u64,
    /// Surely not stored.
    pub not_delivered: u64,
    /// Sent, perhaps stored, not acknowledged.
    pub unknown: u64,
    /// Acknowledged, and perhaps stored twice: without idempotence, when an answer was lost.
    pub perhaps_twice: u64,
    pub first_failure: Option<FirstFailure>,
    pub partitions: BTreeMap<i32, PartitionReport>,
    pub elapsed_ms: u64,
}

impl Report {
    pub(crate) fn new(topic: &str, acks: Acks, idempotent: bool) -> Self {
        Report {
            topic: topic.to_owned(),
            acks,
            idempotent,
            lines: 0,
            acknowledged: 0,
            not_delivered: 0,
            unknown: 0,
            perhaps_twice: 0,
            first_failure: None,
            partitions: BTreeMap::new(),
            elapsed_ms: 0,
        }
    }

    /// Every record was acknowledged; with acks=0 sent.
    pub(crate) fn is_success(&self) -> bool {
        self.first_failure.is_none() && self.acknowledged == self.lines
    }

    pub(super) fn after(&self, elapsed: Duration) -> Self {
        Report { elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX), ..self.clone() }
    }

    pub(super) fn acknowledge(&mut self, partition: i32, count: u64, base_offset: i64) {
        self.acknowledged += count;
        let of_partition = self.partitions.entry(partition).or_default();
        of_partition.acknowledged += count;
        if let (0.., Ok(count)) = (base_offset, i64::try_from(count)) {
            of_partition.last_offset = Some(base_offset + count - 1);
        }
    }

    /// `lines` were not acknowledged.
    pub(super) fn fail(&mut self, lines: &[u64], delivered: Certainty, reason: &str, remedy: Option<String>) {
        let Some(first) = lines.iter().min() else { return };
        match delivered {
            Certainty::Not => self.not_delivered += lines.len() as u64,
            Certainty::Unknown => self.unknown += lines.len() as u64,
        }
        if self.first_failure.as_ref().is_none_or(|known| *first < known.line) {
            let (line, reason) = (*first, reason.to_owned());
            self.first_failure = Some(FirstFailure { line, delivered, reason, remedy });
        }
    }
}
