//! Words of the command line as values.

use std::time::Duration;

use jiff::{SignedDuration, Span, SpanRelativeTo};

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

/// How long a certificate is valid: a duration, which may have days and weeks (`90d`), no longer than the CA itself.
pub(super) fn lifetime(text: &str) -> Result<Duration, String> {
    const LONGEST: Duration = Duration::from_secs(3650 * 24 * 3600);
    let wrong = || "lifetimes look like 90d, 12h or 10m, up to 3650d".to_owned();
    let plain = text.trim();
    let span: Span =
        Some(plain).filter(|plain| !plain.contains(':')).ok_or_else(wrong)?.parse().map_err(|_| wrong())?;
    let lifetime = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    let lifetime = Duration::try_from(lifetime).ok().filter(|lifetime| *lifetime >= Duration::from_secs(1));
    lifetime.filter(|lifetime| *lifetime <= LONGEST).ok_or_else(wrong)
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
    fn lifetimes_may_have_days_and_end_before_the_ca() {
        for (text, hours) in
            [("12h", 12), ("90d", 90 * 24), ("2w", 14 * 24), ("1d 12h", 36), ("3650d", 87_600)]
        {
            assert_eq!(lifetime(text), Ok(Duration::from_secs(hours * 3600)), "{text}");
        }
        for text in ["", "0s", "0d", "500ms", "-1d", "1y", "4000d", "90", "soon", "1:00:00"] {
            assert!(lifetime(text).is_err(), "{text}");
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
