//! `--since`: a moment on the command line.

use jiff::civil::{DateTime, Time};
use jiff::fmt::temporal::Pieces;
use jiff::{SignedDuration, Timestamp, ToSpan, Zoned};

use super::text;

/// A span ago or a moment, as [`moment`] reads it; no text is both.
pub(super) fn parse(text: &str) -> Result<Timestamp, String> {
    at(text.trim(), &Zoned::now())
}

fn at(text: &str, now: &Zoned) -> Result<Timestamp, String> {
    let wrong =
        || "give a time span such as 10m or 2h, or a time such as 2026-11-23 01:34 or 01:34".to_owned();
    match text::duration(text) {
        Ok(ago) => {
            let ago = SignedDuration::try_from(ago).map_err(|_| wrong())?;
            now.timestamp().checked_sub(ago).map_err(|_| wrong())
        }
        Err(_) => moment(text, now).ok_or_else(wrong),
    }
}

/// `2026-11-23T00:34:00Z`, `2026-11-23 01:34`, `2026-11-23`, `01:34` or `01:34:05` (the last one there was).
/// What names no zone is local.
fn moment(text: &str, now: &Zoned) -> Option<Timestamp> {
    let local =
        |moment: DateTime| moment.to_zoned(now.time_zone().clone()).map(|zoned| zoned.timestamp()).ok();
    // Types of jiff without a zone would read past one that is written: it is looked for here.
    if let Ok(pieces) = Pieces::parse(text) {
        let time = pieces.time().unwrap_or_else(Time::midnight);
        return match (pieces.time_zone_annotation(), pieces.offset()) {
            (Some(_), _) => text.parse::<Zoned>().ok().map(|zoned| zoned.timestamp()),
            (None, Some(_)) => text.parse().ok(),
            (None, None) => local(pieces.date().to_datetime(time)),
        };
    }
    // `10` alone would be an hour to jiff; here it is a span without its unit.
    let is_time = text.contains(':') && text.chars().all(|c| c.is_ascii_digit() || matches!(c, ':' | '.'));
    let time: Time = text.parse().ok().filter(|_| is_time)?;
    let today = local(now.date().to_datetime(time))?;
    match today <= now.timestamp() {
        true => Some(today),
        false => local(now.date().saturating_sub(1.day()).to_datetime(time)),
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::*;

    fn zone() -> TimeZone {
        TimeZone::fixed(jiff::tz::offset(1))
    }

    fn since(text: &str) -> Result<String, String> {
        let now = "2026-11-23T12:00:00Z".parse::<Timestamp>().unwrap().to_zoned(zone());
        at(text, &now).map(|moment| moment.to_string())
    }

    #[test]
    fn a_span_is_counted_back_and_a_time_is_local() {
        for (text, moment) in [
            ("10m", "2026-11-23T11:50:00Z"),
            ("2h", "2026-11-23T10:00:00Z"),
            ("2026-11-22T00:34:00Z", "2026-11-22T00:34:00Z"),
            ("2026-11-22 01:34", "2026-11-22T00:34:00Z"),
            ("2026-11-22T01:34:05.5", "2026-11-22T00:34:05.5Z"),
            ("2026-11-22", "2026-11-21T23:00:00Z"),
            ("01:34", "2026-11-23T00:34:00Z"),
            ("01:34:05", "2026-11-23T00:34:05Z"),
            ("01:34:05.5", "2026-11-23T00:34:05.5Z"),
            ("00:00:05", "2026-11-22T23:00:05Z"),
            ("23:59", "2026-11-22T22:59:00Z"),
            ("23:59:30", "2026-11-22T22:59:30Z"),
            ("2026-11-22 01:34+02:00", "2026-11-21T23:34:00Z"),
            ("2026-11-22 01:34[Asia/Tokyo]", "2026-11-21T16:34:00Z"),
        ] {
            assert_eq!(since(text).as_deref(), Ok(moment), "{text}");
        }
        for text in [
            "",
            "yesterday",
            "10",
            "-10m",
            "25:00",
            "01:34:60:00",
            "1h 01:34:05",
            // Nobody knows of which day.
            "01:34+02:00",
            "01:34[Asia/Tokyo]",
            "2026-11-22 01:34+02:00[Asia/Tokyo]",
        ] {
            assert!(since(text).is_err(), "{text}");
        }
    }

    /// Texts of the letters that spans and times are written with.
    fn alike() -> impl Strategy<Value = String> {
        prop_oneof![
            "[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?(\\.[0-9]{1,3})?",
            "([0-9]{1,2} ?(h|m|s|ms|d)[ ,]?){0,2}([0-9]{2}:[0-9]{2}:[0-9]{2})?",
            "P?T?[0-9]{1,4}[-:.]?[0-9]{0,2}[-:.TZHMS]?[0-9]{0,2}[:HMSZ]?",
            "[0-9:.,TPZhms+ -]{1,14}",
        ]
    }

    proptest! {
        #[test]
        fn no_text_is_both_a_span_and_a_time(text in alike()) {
            let now = "2026-11-23T12:00:00Z".parse::<Timestamp>().unwrap().to_zoned(zone());
            let (span, moment) = (text::duration(&text), moment(&text, &now));
            prop_assert!(span.is_err() || moment.is_none(), "{text}: {span:?}, {moment:?}");
            prop_assert!(span.is_err() || !text.contains(':'), "{text}: {span:?}");
        }

        #[test]
        fn a_time_reads_back_as_it_is_written(second in 0_i64..4_000_000_000, ago in 0_i64..86_400) {
            let moment = Timestamp::from_second(second).unwrap();
            let now = (moment + SignedDuration::from_secs(ago)).to_zoned(zone());
            let local = moment.to_zoned(zone());
            for form in ["%F %T", "%FT%T%:z", "%FT%T[%:z]", "%T"] {
                let text = local.strftime(form).to_string();
                prop_assert_eq!(at(&text, &now), Ok(moment), "{}", text);
            }
        }
    }
}
