//! Words of the command line as values.

use std::time::Duration;

use jiff::SignedDuration;

pub(super) use crate::admin::given::rate;
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
    fn signals_have_one_name() {
        for text in ["KILL", "SIGKILL", "kill", "9"] {
            assert_eq!(signal(text), Ok(Signal::KILL), "{text}");
        }
        for text in ["", "NONE", "0", "99", "-9"] {
            assert!(signal(text).is_err(), "{text}");
        }
    }
}
