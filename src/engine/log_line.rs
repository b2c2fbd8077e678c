//! Lines of nodes' logs, as their log4j is told to write them: `[2026-11-23 01:34:00,123] INFO said (by.Whom)`.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::plan::model::NodePlan;

/// How much a line matters, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
    Fatal,
}

impl Level {
    pub(crate) const ALL: [Level; 6] =
        [Level::Trace, Level::Debug, Level::Info, Level::Warn, Level::Error, Level::Fatal];

    /// As log4j writes it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Level::Trace => "TRACE",
            Level::Debug => "DEBUG",
            Level::Info => "INFO",
            Level::Warn => "WARN",
            Level::Error => "ERROR",
            Level::Fatal => "FATAL",
        }
    }
}

/// Length of `[2026-11-23 01:34:00,123] `.
pub(crate) const STAMP: usize = 26;

/// When a line was written; `None`: it belongs to the one before, as stack traces do.
pub(crate) fn time(line: &[u8], zone: &TimeZone) -> Option<Timestamp> {
    let stamp = line.strip_prefix(b"[")?.get(..23)?;
    let text = std::str::from_utf8(stamp).ok().filter(|text| text.as_bytes()[19] == b',')?;
    let local: DateTime = text.replace(',', ".").parse().ok()?;
    local.to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp())
}

/// The level of a line that has a time.
pub(crate) fn level(line: &[u8]) -> Option<Level> {
    let word = line.get(STAMP..)?.split(|byte| *byte == b' ').next()?;
    Level::ALL.into_iter().find(|level| level.name().as_bytes() == word)
}

/// The zone in which a node's JVM writes its times: `TZ` of its own environment, else the host's.
pub(crate) fn zone_of(node: &NodePlan) -> TimeZone {
    match node.env.get("TZ") {
        Some(name) => TimeZone::get(name).or_else(|_| TimeZone::posix(name)).unwrap_or(TimeZone::UTC),
        // Not `TimeZone::system`: it looks at our own TZ, which the node has not got.
        None => std::fs::read("/etc/localtime")
            .ok()
            .and_then(|bytes| TimeZone::tzif("Local", &bytes).ok())
            .unwrap_or(TimeZone::UTC),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_a_time_and_a_level_and_a_stack_trace_has_none() {
        let line = b"[1970-01-01 00:00:01,500] WARN said (by.Whom)";
        assert_eq!(time(line, &TimeZone::UTC).unwrap().as_millisecond(), 1_500);
        assert_eq!(level(line), Some(Level::Warn));
        for other in [&b"\tat java.lang.Thread.run"[..], b"[2026", b"", &[0xff; 40]] {
            assert_eq!((time(other, &TimeZone::UTC), level(other)), (None, None));
        }
    }

    #[test]
    fn a_node_with_its_own_zone_writes_in_that() {
        let mut plan = crate::plan::samples::plan("/x".as_ref(), "velib");
        plan.nodes[0].env.insert("TZ".into(), "Asia/Tokyo".into());
        assert_eq!(zone_of(&plan.nodes[0]).iana_name(), Some("Asia/Tokyo"));
    }
}
