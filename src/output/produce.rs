//! What became of the lines of `produce`.

use crate::model::signal::Signal;

use crate::client::producer::{Acks, Certainty, Report};
use crate::error::{ExitCode, Failure};
use crate::units::{count, duration};

/// The report in one line; `signal` ended it.
pub(crate) fn summary(report: &Report, signal: Option<Signal>) -> String {
    let by = match report.acks {
        Acks::All => "acknowledged by all in-sync replicas",
        Acks::Leader => "acknowledged by the leader",
        Acks::None => "sent, acknowledged by nobody (acks=0)",
    };
    let mut line = format!("{}, {} {by}", count(report.lines as usize, "line"), report.acknowledged);
    if report.not_delivered > 0 {
        line += &format!(", {} not delivered", report.not_delivered);
    }
    if report.unknown > 0 {
        line += &format!(", {} sent without an answer (may be stored)", report.unknown);
    }
    if report.perhaps_twice > 0 {
        line += &format!(", {} of them perhaps stored twice (no idempotence)", report.perhaps_twice);
    }
    if let Some(signal) = signal {
        line += &format!("; stopped by {signal}");
    }
    format!("{line}; {}", duration(report.elapsed_ms))
}

/// The first line that was not delivered, and why.
pub(crate) fn failure(report: &Report) -> Option<Failure> {
    let first = report.first_failure.as_ref()?;
    let what = match first.delivered {
        Certainty::Not => "was not delivered",
        Certainty::Unknown => "may or may not be stored",
    };
    let message = format!("line {} {what}: {}", first.line, first.reason);
    Some(Failure { hint: first.remedy.clone(), ..Failure::new(ExitCode::Undelivered, message) })
}
