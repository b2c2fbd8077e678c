//! Words of the command line as values.

use std::time::Duration;

use jiff::SignedDuration;

use crate::model::signal::{self, Signal};

/// `500ms`, `10s`, `2m`, `1h 30m`, or ISO 8601's `PT10S`; more than nothing. Never with a colon: `01:30:00` is a
/// time of day, though jiff would take it for a span, too.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "durations look like 500ms, 10s, 2m or 1h30m".to_owned();
    let span = Some(text.trim()).filter(|text| !text.contains(':')).ok_or_else(wrong)?;
    let signed: SignedDuration = span.parse().map_err(|_| wrong())?;
    Duration::try_from(signed).ok().filter(|duration| !duration.is_zero()).ok_or_else(wrong)
}

/// At least one character.
pub(super) fn not_empty(text: &str) -> Result<String, String> {
    match text.is_empty() {
        true => Err("give at least one character".to_owned()),
        false => Ok(text.to_owned()),
    }
}

/// Bytes a second: `10MB/s`, `512KiB/s`, `1GB`, or a plain number; `k`, `M` and `G` are powers of 1000, `Ki` and
/// the like of 1024. At least one.
pub(super) fn rate(text: &str) -> Result<u64, String> {
    const UNITS: [(&str, u64); 7] = [
        ("", 1),
        ("k", 1000),
        ("m", 1_000_000),
        ("g", 1_000_000_000),
        ("ki", 1 << 10),
        ("mi", 1 << 20),
        ("gi", 1 << 30),
    ];
    let wrong = || "rates look like 10MB/s, 512KiB/s or 1048576 (bytes a second)".to_owned();
    let lower = text.trim().to_lowercase();
    let bytes = lower.strip_suffix("/s").unwrap_or(&lower).trim_end();
    let at = bytes.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(bytes.len());
    let (number, unit) = bytes.split_at(at);
    let unit = unit.trim_start();
    let unit = unit.strip_suffix('b').unwrap_or(unit);
    let factor = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor).ok_or_else(wrong)?;
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let rate = number * factor as f64;
    // Kafka has it as a long; nothing copies a petabyte a second.
    (1.0..=1e15).contains(&rate).then_some(rate as u64).ok_or_else(wrong)
}

/// `KILL`, `sigkill` and `9` are all `SIGKILL`.
pub(super) fn signal(text: &str) -> Result<Signal, String> {
    text.parse().map_err(|_| format!("signals are {}", signal::names()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_write_them() {
        for (text, ms) in [
            ("500ms", 500),
            ("10s", 10_000),
            ("2m", 120_000),
            ("1h30m", 5_400_000),
            ("1h 30m", 5_400_000),
            ("1.5s", 1500),
            ("PT10S", 10_000),
            ("10 seconds", 10_000),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "10", "-3s", "0s", "3s ago", "soon", "1x", "00:00:05", "1h 00:00:05"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rates_read_as_people_write_them() {
        for (text, bytes) in [
            ("10MB/s", 10_000_000),
            ("10 mb/s", 10_000_000),
            ("1.5M", 1_500_000),
            ("512KiB/s", 524_288),
            ("1GiB", 1 << 30),
            ("1048576", 1_048_576),
            ("100b/s", 100),
        ] {
            assert_eq!(rate(text), Ok(bytes), "{text}");
        }
        for text in ["", "0", "0.1", "-1", "fast", "10x", "1..2", "10MB/m", "99999999999GB", "nan", "inf"] {
            assert!(rate(text).is_err(), "{text}");
        }
    }

    #[test]
    fn signals_have_one_name() {
        for text in ["KILL", "SIGKILL", "kill", "9"] {
            assert_eq!(signal(text), Ok(Signal::KILL), "{text}");
        }
        for text in ["", "NONE", "0", "99", "-9"] {
            assert!(signal(text).is_err(), "{text}");
        }
    }
}
