//! Which lines of a node's log are shown: by their time, their level and their text. Pure.
//!
//! Lines without a time, such as those of a stack trace, belong to the one before and go with it.

use std::collections::VecDeque;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use regex::bytes::Regex;

use super::log_line::{self, Level};

/// What is asked for; all of it has to hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sought {
    /// Written then or later.
    pub since: Option<Timestamp>,
    /// Of this level or a worse one.
    pub level: Option<Level>,
    /// In the line, or in one of those that belong to it.
    pub text: Option<Regex>,
}

impl Sought {
    /// Every line is.
    pub(crate) fn is_all(&self) -> bool {
        self.since.is_none() && self.level.is_none() && self.text.is_none()
    }
}

/// A line that is shown.
#[derive(Debug)]
pub(crate) struct Line {
    /// When it was written, or the one that it belongs to; never before the time of the line before. `None`: no line
    /// so far had a time, or nobody goes by it.
    pub time: Option<Timestamp>,
    /// The first of its entry that is shown; the others belong to it. Each is, where nobody goes by the time.
    pub begins: bool,
    /// Without its newline.
    pub text: Vec<u8>,
}

/// At most so many lines wait for one of their own that has the text.
const HELD: usize = 1000;

/// Lets lines of one log pass, in their order.
#[derive(Clone, Debug)]
pub(crate) struct LogFilter {
    sought: Sought,
    /// The log's own; `None`: the time of no line is looked at.
    zone: Option<TimeZone>,
    time: Option<Timestamp>,
    /// Time and level of the line with a time, and of those that belong to it, are as sought.
    passing: bool,
    /// One of them has the text.
    found: bool,
    /// One of them was shown.
    begun: bool,
    held: VecDeque<Vec<u8>>,
}

impl LogFilter {
    /// `undated`: whether lines pass that have no time, and none before them. `ordered`: whether somebody goes by the
    /// time of the lines.
    pub(crate) fn new(sought: Sought, zone: TimeZone, undated: bool, ordered: bool) -> Self {
        let is_plain = sought.since.is_none() && sought.level.is_none();
        let zone = (ordered || !is_plain || sought.text.is_some()).then_some(zone);
        LogFilter {
            sought,
            zone,
            time: None,
            passing: undated || is_plain,
            found: false,
            begun: false,
            held: VecDeque::new(),
        }
    }

    /// Takes the next line of the log; it, and those that waited for it, are shown.
    pub(crate) fn take(&mut self, line: &[u8], show: &mut impl FnMut(Line)) {
        let time = self.zone.as_ref().and_then(|zone| log_line::time(line, zone));
        if let Some(time) = time {
            let is_bad_enough = |least: Level| log_line::level(line).is_none_or(|level| level >= least);
            self.passing = self.sought.since.is_none_or(|since| time >= since)
                && self.sought.level.is_none_or(is_bad_enough);
            self.time = self.time.max(Some(time));
        }
        // Before the first time, each line stands for itself.
        if time.is_some() || self.time.is_none() {
            self.found = false;
            self.begun = false;
            self.held.clear();
        }
        if !self.passing {
            return;
        }
        self.found = self.found || self.sought.text.as_ref().is_none_or(|text| text.is_match(line));
        if !self.found {
            if self.held.len() == HELD {
                self.held.pop_front();
            }
            return self.held.push_back(line.to_vec());
        }
        let texts = self.held.drain(..).chain([line.to_vec()]);
        for text in texts {
            show(Line { time: self.time, begins: !self.begun, text });
            self.begun = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
no time, nothing before
[2026-11-23 01:33:59,999] INFO old
    at old.trace
[2026-11-23 01:34:00,000] ERROR new
    at new.trace
[2026-11-23 01:34 broken
[2026-11-23 01:34:01,000] WARN newer
";

    fn zone() -> TimeZone {
        TimeZone::fixed(jiff::tz::offset(1))
    }

    fn passed(sought: Sought, undated: bool) -> Vec<String> {
        let mut filter = LogFilter::new(sought, zone(), undated, true);
        let mut shown = Vec::new();
        for line in LOG.lines() {
            filter.take(line.as_bytes(), &mut |line| shown.push(String::from_utf8(line.text).unwrap()));
        }
        shown
    }

    #[test]
    fn lines_without_a_time_go_with_the_one_before() {
        let since = || Sought { since: Some("2026-11-23T00:34:00Z".parse().unwrap()), ..Sought::default() };
        let lines: Vec<&str> = LOG.lines().collect();
        assert_eq!(passed(since(), false), lines[3..]);
        assert_eq!(passed(since(), true)[0], "no time, nothing before");
        assert_eq!(passed(Sought::default(), false), lines);
    }

    #[test]
    fn a_level_lets_worse_ones_pass_too_with_what_belongs_to_them() {
        let lines: Vec<&str> = LOG.lines().collect();
        for (level, from, to) in [(Level::Error, 3, 6), (Level::Warn, 3, 7), (Level::Trace, 1, 7)] {
            let sought = Sought { level: Some(level), ..Sought::default() };
            assert_eq!(passed(sought, false), lines[from..to], "{level:?}");
        }
    }

    #[test]
    fn a_text_shows_the_whole_entry_that_has_it_in_one_of_its_lines() {
        let text = |text: &str| Sought { text: Some(Regex::new(text).unwrap()), ..Sought::default() };
        let lines: Vec<&str> = LOG.lines().collect();
        assert_eq!(passed(text(r"at new\.trace$"), false), lines[3..6]);
        assert_eq!(passed(text("nothing"), false), lines[..1]);
        assert_eq!(passed(text("new"), false), lines[3..]);
        let old_errors = Sought { level: Some(Level::Error), ..text("old") };
        assert_eq!(passed(old_errors, false), [""; 0], "both have to hold");
    }

    #[test]
    fn the_first_line_of_an_entry_that_is_shown_begins_it() {
        let begins = |sought: Sought| {
            let mut filter = LogFilter::new(sought, zone(), false, true);
            let mut begins = Vec::new();
            LOG.lines().for_each(|line| filter.take(line.as_bytes(), &mut |line| begins.push(line.begins)));
            begins
        };
        assert_eq!(begins(Sought::default()), [true, true, false, true, false, false, true]);
        let text = Some(Regex::new(r"at new").unwrap());
        assert_eq!(begins(Sought { text, ..Sought::default() }), [true, false, false]);
    }

    #[test]
    fn a_time_never_goes_back_and_lines_of_any_bytes_do_no_harm() {
        let mut filter = LogFilter::new(Sought::default(), zone(), false, true);
        let mut times = Vec::new();
        for line in [
            &b"["[..],
            b"[\xff\xfe",
            b"[2026-11-23 01:34:00,000] INFO a",
            "[2026-11-23 01:34:00é123]".as_bytes(),
            b"[2026-11-23 01:33:00,000] INFO b",
        ] {
            filter.take(line, &mut |line| times.push(line.time));
        }
        let known = Some("2026-11-23T00:34:00Z".parse::<Timestamp>().unwrap());
        assert_eq!(times, [None, None, known, known, known]);
    }
}
