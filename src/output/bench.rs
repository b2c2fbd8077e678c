//! What `bench` measured, as a table.

use crate::model::signal::Signal;

use super::foreign::printable;
use super::table::{Align, Cell, Table};
use crate::bench::{Mode, Report, ToolReport};
use crate::client::producer::Acks;
use crate::error::{ExitCode, Failure};
use crate::units::{count, duration};

/// What was measured on what, the figures, and what is to be known of them.
pub(crate) fn table(report: &Report, signal: Option<Signal>) -> String {
    let mut text = heading(report);
    if report.counts.messages + report.counts.unsent > 0 {
        text += &figures(report);
    }
    for note in notes(report, signal) {
        text += &format!("{}\n", printable(&note));
    }
    text
}

fn heading(report: &Report) -> String {
    let (what, offered) = match report.mode {
        Mode::Produce => ("produce, from intended send to acknowledgement", true),
        Mode::Consume => ("consume, what is there", false),
        Mode::EndToEnd => ("end-to-end, from intended send to our consumer", true),
    };
    let rate = match report.rate {
        Some(rate) if offered => format!("{rate} messages/s asked for"),
        _ => "as fast as it goes".to_owned(),
    };
    let mut text = format!("{what}: {rate}; {} build, {}\n", report.build, duration(report.elapsed_ms));
    text += &format!(
        "on {}: Kafka {}, {}, replication factor {}\n",
        printable(&report.topic),
        report.kafka_version,
        count(report.partitions, "partition"),
        report.replication_factor,
    );
    if let Some(sending) = &report.sending {
        let acks = match sending.acks {
            _ if report.mode == Mode::Consume => String::new(),
            Acks::All => format!("acks=all, linger {} ms, ", sending.linger_ms),
            Acks::Leader => format!("acks=1, linger {} ms, ", sending.linger_ms),
            Acks::None => format!("acks=0, linger {} ms, ", sending.linger_ms),
        };
        text += &format!(
            "with {acks}{} bytes a message, batches of {}, compression {}\n",
            sending.size, sending.batch_size, sending.compression
        );
    }
    text + "\n"
}

fn figures(report: &Report) -> String {
    let kafka = report.kafka_tool.as_ref();
    let right = Align::Right;
    let mut plain = Table::new(&[("", Align::Left), ("CLUSTER", right)]);
    let mut both =
        Table::new(&[("", Align::Left), ("CLUSTER", right), ("KAFKA'S TOOL", right), ("RATIO", right)]);
    let mut row = |name: &str, ours: f64, theirs: Option<f64>, digits: usize| {
        let ours_shown = format!("{ours:.digits$}");
        let theirs_shown = theirs.map_or("-".to_owned(), |value| format!("{value:.digits$}"));
        let ratio = theirs.filter(|theirs| *theirs > 0.0).map(|theirs| format!("{:.2}", ours / theirs));
        let ratio = ratio.unwrap_or_else(|| "-".to_owned());
        match kafka {
            Some(_) => both.row([name.into(), ours_shown.into(), theirs_shown.into(), Cell::from(ratio)]),
            None => plain.row([name.into(), ours_shown.into()]),
        }
    };
    let of_kafka = |value: fn(&ToolReport) -> Option<f64>| kafka.and_then(value);
    if let Some(offered) = report.offered_per_s {
        row("offered messages/s", offered, None, 0);
    }
    row("messages", report.counts.messages as f64, of_kafka(|kafka| Some(kafka.messages as f64)), 0);
    row("messages/s", report.messages_per_s, of_kafka(|kafka| kafka.messages_per_s), 0);
    row("MB/s", report.mb_per_s, of_kafka(|kafka| kafka.mb_per_s), 2);
    if let Some(latency) = &report.latency_ms {
        row("p50 ms", latency.p50, of_kafka(|kafka| kafka.latency_ms?.p50), 2);
        row("p95 ms", latency.p95, of_kafka(|kafka| kafka.latency_ms?.p95), 2);
        row("p99 ms", latency.p99, of_kafka(|kafka| kafka.latency_ms?.p99), 2);
        row("p99.9 ms", latency.p999, of_kafka(|kafka| kafka.latency_ms?.p999), 2);
        row("max ms", latency.max, of_kafka(|kafka| kafka.latency_ms?.max), 2);
    }
    if kafka.is_some() { both } else { plain }.text()
}

fn notes(report: &Report, signal: Option<Signal>) -> Vec<String> {
    let mut notes = Vec::new();
    let counts = &report.counts;
    if let Some(signal) = signal {
        notes.push(match counts.messages {
            0 => format!("interrupted by {signal} before anything was measured"),
            _ => format!("interrupted by {signal}: these are the figures up to then"),
        });
    }
    if counts.unsent > 0 {
        notes.push(format!(
            "{} messages were due and never went before the time was over: each is in the latencies with its age at the end",
            counts.unsent
        ));
    }
    if counts.times_read > 0 && counts.messages > counts.sent {
        notes.push(format!(
            "the topic's {} messages were read to the end, and again from the beginning until the time was over",
            counts.sent
        ));
    }
    if report.mode == Mode::Consume && counts.times_read == 1 && counts.messages < counts.sent {
        notes.push(format!("{} offsets of the topic have no message", counts.sent - counts.messages));
    }
    for (number, what) in [
        (counts.not_delivered, "not delivered"),
        (counts.unknown, "sent without an answer (may be stored)"),
        (counts.missing, "acknowledged and not received"),
        (counts.twice, "received twice"),
    ] {
        if number > 0 {
            notes.push(format!("errors: {number} messages {what}, in no latency"));
        }
    }
    if report.own_topic && report.mode != Mode::Consume {
        notes.push("not measured: a first message to each partition, until its followers had it".to_owned());
    }
    notes.extend(report.kafka_tool.iter().flat_map(|kafka| kafka.notes.iter().cloned()));
    notes
}

/// When a message was lost on the way.
pub(crate) fn failure(report: &Report) -> Option<Failure> {
    if let Some(reason) = &report.counts.first_error {
        let message = format!("not every message was delivered: {reason}");
        return Some(Failure::new(ExitCode::Undelivered, message));
    }
    (report.counts.missing > 0).then(|| {
        let message = format!("{} acknowledged messages did not come to the consumer", report.counts.missing);
        Failure::new(ExitCode::Undelivered, message)
    })
}
