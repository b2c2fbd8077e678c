//! What `bench` measured, as a table.

use super::table::{Align, Cell, Table};
use super::units::{count, duration};
use crate::cli::bench::work::{Mode, Report};
use crate::error::{ExitCode, Failure};

/// What was measured on what, the figures, and what is to be known of them.
pub fn table(report: &Report) -> String {
    let mut text = heading(report);
    let kafka = report.kafka.as_ref();
    let align = Align::Right;
    let mut plain = Table::new(&[("", Align::Left), ("CLUSTER", align)]);
    let mut both =
        Table::new(&[("", Align::Left), ("CLUSTER", align), ("KAFKA'S TOOL", align), ("RATIO", align)]);
    let mut row = |name: &str, ours: Option<f64>, theirs: Option<f64>, digits: usize| {
        let show = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.digits$}"));
        let ratio = match (ours, theirs) {
            (Some(ours), Some(theirs)) if theirs > 0.0 => format!("{:.2}", ours / theirs),
            _ => "-".to_owned(),
        };
        match kafka {
            Some(_) => both.row([name.into(), show(ours).into(), show(theirs).into(), Cell::from(ratio)]),
            None => plain.row([name.into(), show(ours).into()]),
        }
    };
    if report.mode != Mode::Consume {
        row("offered records/s", Some(report.offered_per_s), None, 0);
    }
    let of_kafka = |value: fn(&crate::cli::bench::compare::Kafka) -> Option<f64>| kafka.and_then(value);
    row("records", Some(report.done as f64), of_kafka(|kafka| Some(kafka.records as f64)), 0);
    row("records/s", Some(report.records_per_s), of_kafka(|kafka| kafka.records_per_s), 0);
    row("MB/s", Some(report.mb_per_s), of_kafka(|kafka| kafka.mb_per_s), 2);
    if let Some(latency) = &report.latency_ms {
        row("p50 ms", Some(latency.p50), of_kafka(|kafka| kafka.p50), 2);
        row("p95 ms", Some(latency.p95), of_kafka(|kafka| kafka.p95), 2);
        row("p99 ms", Some(latency.p99), of_kafka(|kafka| kafka.p99), 2);
        row("p99.9 ms", Some(latency.p999), of_kafka(|kafka| kafka.p999), 2);
        row("max ms", Some(latency.max), of_kafka(|kafka| kafka.max), 2);
    }
    text += &if kafka.is_some() { both } else { plain }.text();
    for note in notes(report) {
        text += &format!("{note}\n");
    }
    text
}

fn heading(report: &Report) -> String {
    let what = match report.mode {
        Mode::Produce => "produce: intended send to acknowledgement",
        Mode::Consume => "consume: reading what is there",
        Mode::EndToEnd => "end-to-end: intended send to our consumer",
    };
    let rate = match (report.mode, report.rate) {
        (Mode::Consume, _) => String::new(),
        (_, Some(rate)) => format!(", {rate} records/s asked for"),
        (_, None) => ", as fast as it goes".to_owned(),
    };
    let acks = match report.acks {
        crate::client::producer::Acks::All => "all",
        crate::client::producer::Acks::Leader => "1",
        crate::client::producer::Acks::None => "0",
    };
    format!(
        "{what}; Kafka {}, {} of {}, replication factor {}, acks={acks}, {} bytes{rate}; {} build; {}\n",
        report.kafka_version,
        count(report.partitions, "partition"),
        report.topic,
        report.replication_factor,
        report.size,
        report.build,
        duration(report.elapsed_ms),
    )
}

fn notes(report: &Report) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(signal) = report.signal {
        notes.push(format!("interrupted by {signal}: these are the figures up to then"));
    }
    if report.unsent > 0 {
        let unsent = report.unsent;
        notes.push(format!(
            "{unsent} records of the schedule never went in its time: latencies are without them"
        ));
    }
    for (number, what) in [
        (report.not_delivered, "not delivered"),
        (report.unknown, "sent without an answer (may be stored)"),
        (report.missing, "acknowledged and not received"),
        (report.twice, "received twice"),
    ] {
        if number > 0 {
            notes.push(format!("errors: {number} records {what}"));
        }
    }
    notes.extend(report.kafka.iter().flat_map(|kafka| &kafka.notes).map(|note| (*note).to_owned()));
    notes
}

/// When a record was lost on the way.
pub fn failure(report: &Report) -> Option<Failure> {
    if let Some(reason) = &report.first_error {
        return Some(Failure::new(
            ExitCode::Undelivered,
            format!("not every record was delivered: {reason}"),
        ));
    }
    (report.missing > 0).then(|| {
        let message = format!("{} acknowledged records did not come to the consumer", report.missing);
        Failure::new(ExitCode::Undelivered, message)
    })
}
