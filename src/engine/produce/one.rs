//! One message that is given, without standard input and without signals: it may be sent by a process that goes on.

use std::time::{Duration, SystemTime};

use crate::client::producer::{Certainty, FirstFailure, Producer, Settings};
use crate::error::{ExitCode, Failure};
use crate::plan::model::Plan;
use crate::wire::records::Record;

/// How long it may take to be acknowledged.
const PATIENCE: Duration = Duration::from_secs(10);

/// A message and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    pub topic: String,
    /// `None`: by its key, or any.
    pub partition: Option<i32>,
    /// Since 1970, in ms; `None`: when it is sent.
    pub timestamp: Option<i64>,
    /// Its own timestamp is not looked at.
    pub record: Record,
}

/// Where it is, as every in-sync replica has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Landed {
    pub partition: i32,
    /// `None`: the broker did not tell.
    pub offset: Option<i64>,
}

/// Sends it with acks=all. The failure says whether it may be stored all the same.
pub(crate) async fn send(plan: &Plan, order: &Order) -> Result<Landed, Failure> {
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    let settings = Settings {
        headers: !order.record.headers.is_empty(),
        linger: Duration::ZERO,
        timeout: PATIENCE,
        // Those without a key do not all go to one partition.
        seed: now.subsec_nanos() as usize,
        ..Settings::default()
    };
    let mut producer = Producer::open(plan, &order.topic, settings).await?;
    if let Some(partition) = order.partition {
        producer.must_have(partition)?;
    }
    let timestamp = order.timestamp.unwrap_or(now.as_millis() as i64);
    let record = Record { timestamp, ..order.record.clone() };
    producer.push(&record, order.partition, 1);
    let report = producer.finish().await;
    let landed = report.partitions.iter().find(|(_, of)| of.acknowledged > 0);
    match (landed, report.first_failure) {
        (Some((partition, of)), None) => Ok(Landed { partition: *partition, offset: of.last_offset }),
        (_, failure) => Err(failed(failure)),
    }
}

fn failed(failure: Option<FirstFailure>) -> Failure {
    let Some(FirstFailure { delivered, reason, remedy, .. }) = failure else {
        return Failure::new(ExitCode::Undelivered, "it was not acknowledged");
    };
    let what = match delivered {
        Certainty::Not => "it was not delivered",
        Certainty::Unknown => "it was not acknowledged, and may be stored",
    };
    let failure = Failure::new(ExitCode::Undelivered, format!("{what}: {reason}"));
    match remedy {
        Some(remedy) => failure.hint(remedy),
        None => failure,
    }
}
