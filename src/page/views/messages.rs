//! The messages of a topic: those of a place in it, or those that have a text in them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use minijinja::{Value, context};
use serde::Serialize;
use serde::de::IgnoredAny;

use crate::engine::consume::browse::{Begin, Bound, MOST, Order, Page, Reach};
use crate::engine::consume::shelf::{Cut, Message};
use crate::engine::ops::{DataOps, LIVE};
use crate::model::status::Status;
use crate::output::foreign::lines;
use crate::page::value::{told, why};
use crate::paths::ClusterDir;

/// How many are shown unless it is said.
const COUNT: usize = 50;
/// What is longer is folded, in characters and in lines.
const LONG: usize = 240;
const TALL: usize = 6;
/// What is seen of what is folded, in characters.
const SUMMARY: usize = 100;

/// Which messages are wanted. (`from` is no key of its address: it says what of the view is known.)
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::page) struct Filter {
    topic: String,
    partition: Option<i32>,
    /// `newest`, `oldest`, `offset` or `time`, or else where another page ended.
    start: &'static str,
    begin: Begin,
    search: String,
    count: usize,
    /// As they were typed.
    offset: String,
    time: String,
    at: String,
    /// The key of what makes no sense.
    wrong: Option<&'static str>,
}

impl Filter {
    pub(super) fn parse(topic: &str, query: &[(String, String)]) -> Self {
        let value = |key: &str| {
            let found = query.iter().find(|(name, _)| name == key);
            found.map_or("", |(_, value)| value.trim())
        };
        let mut wrong = None;
        let mut or_wrong = |key, read: Option<i64>| {
            if read.is_none() {
                wrong = Some(key);
            }
            read.unwrap_or_default()
        };
        let natural = |text: &str| text.parse().ok().filter(|number: &i64| *number >= 0);
        let (offset, time, at) = (value("offset"), value("time"), value("at"));
        let (start, begin) = match value("start") {
            "oldest" => ("oldest", Begin::Earliest),
            "offset" => ("offset", Begin::Offset(or_wrong("offset", natural(offset)))),
            "time" => ("time", Begin::Since(or_wrong("time", moment(time)))),
            "" if !at.is_empty() => {
                let positions = positions(at);
                or_wrong("at", positions.is_some().then_some(0));
                ("at", Begin::At(positions.unwrap_or_default()))
            }
            _ => ("newest", Begin::Newest),
        };
        let partition = match value("partition") {
            "" => None,
            text => i32::try_from(or_wrong("partition", natural(text))).ok(),
        };
        Filter {
            topic: topic.to_owned(),
            partition,
            start,
            begin,
            search: value("search").to_owned(),
            count: value("count").parse().map_or(COUNT, |count: usize| count.clamp(1, MOST)),
            offset: offset.to_owned(),
            time: time.to_owned(),
            at: at.to_owned(),
            wrong,
        }
    }

    /// The last messages, and those that come.
    pub(super) fn is_live(&self) -> bool {
        self.begin == Begin::Newest && self.search.is_empty() && self.wrong.is_none()
    }

    fn order(&self) -> Order {
        Order {
            topic: self.topic.clone(),
            partition: self.partition,
            begin: self.begin.clone(),
            search: self.search.clone(),
            count: self.count,
        }
    }
}

/// What names no zone is UTC, as the times of messages are shown; in ms since the epoch.
fn moment(text: &str) -> Option<i64> {
    let utc = |time: DateTime| time.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp()).ok();
    let time = text.parse::<Timestamp>().ok().or_else(|| utc(text.parse().ok()?));
    time.map(Timestamp::as_millisecond)
}

/// `0-120.1-95`: partition and offset.
fn positions(text: &str) -> Option<BTreeMap<i32, i64>> {
    let one = |one: &str| {
        let (partition, offset) = one.split_once('-')?;
        let offset: i64 = offset.parse().ok()?;
        Some((partition.parse().ok()?, offset))
    };
    text.split('.').map(one).collect()
}

/// What Kafka has told.
#[derive(Default, Serialize)]
struct Told {
    /// `None`: it could not be asked.
    rows: Option<Vec<Row>>,
    reached: Vec<Reached>,
    read: u64,
    /// `records`, `bytes` or `time`.
    stopped: Option<&'static str>,
    /// Where the next page begins, as [`positions`] reads it.
    next: Option<String>,
    has_more: bool,
    unknown: Vec<String>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct Reached {
    partition: i32,
    from: i64,
    next: i64,
    end: i64,
}

#[derive(Serialize)]
struct Row {
    partition: i32,
    offset: i64,
    /// `None`: it has none.
    time: Option<String>,
    key: Text,
    value: Text,
    headers: Vec<(Text, Text)>,
    more_headers: usize,
    size: u64,
    /// Not all of it is here.
    is_cut: bool,
}

/// Bytes as they are shown.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Text {
    /// `null`, `empty`, `text`, `json` or `hex`.
    kind: &'static str,
    text: String,
    /// What is seen of it at first; `None`: all.
    summary: Option<String>,
    /// Bytes that are left out.
    left_out: u64,
}

pub(super) async fn ask(dir: &ClusterDir, filter: &Filter) -> Value {
    if filter.wrong.is_some() {
        return Value::UNDEFINED;
    }
    told(match LIVE.browse(dir, &filter.order()).await {
        Ok(page) => Told::of(page, filter.begin == Begin::Newest),
        Err(failure) => Told { unknown: vec![why(&failure)], ..Told::default() },
    })
}

impl Told {
    fn of(page: Page, newest_first: bool) -> Self {
        let mut rows: Vec<Row> = page.messages.iter().map(row).collect();
        if newest_first {
            rows.reverse();
        }
        let (mut reached, mut unknown) = (Vec::new(), Vec::new());
        for (partition, reach) in page.partitions {
            match reach {
                Reach::Read { from, next, end } => reached.push(Reached { partition, from, next, end }),
                Reach::Unknown(reason) => unknown.push(reason),
            }
        }
        let next = reached.iter().map(|one| format!("{}-{}", one.partition, one.next)).collect::<Vec<_>>();
        Told {
            rows: Some(rows),
            has_more: reached.iter().any(|one| one.next < one.end),
            next: (!next.is_empty()).then(|| next.join(".")),
            reached,
            read: page.read,
            stopped: page.stopped.map(|bound| match bound {
                Bound::Messages => "messages",
                Bound::Bytes => "bytes",
                Bound::Time => "time",
            }),
            unknown,
            notes: page.notes,
        }
    }
}

fn row(message: &Message) -> Row {
    let (key, value) = (message.key.as_ref(), message.value.as_ref());
    let time = Timestamp::from_millisecond(message.timestamp).ok().filter(|_| message.timestamp >= 0);
    Row {
        partition: message.partition,
        offset: message.offset,
        time: time.map(|time| time.strftime("%Y-%m-%d %H:%M:%S.%3f").to_string()),
        key: text(key),
        value: text(value),
        headers: message
            .headers
            .iter()
            .map(|(name, value)| (text(Some(name)), text(value.as_ref())))
            .collect(),
        more_headers: message.more_headers,
        size: message.size as u64,
        is_cut: message.is_cut(),
    }
}

fn text(cut: Option<&Cut>) -> Text {
    let plain = |kind| Text { kind, text: String::new(), summary: None, left_out: 0 };
    let Some(cut) = cut else { return plain("null") };
    if cut.of == 0 {
        return plain("empty");
    }
    let (kind, short, whole) = match cut.text() {
        Some(text) => match pretty(text).filter(|_| !cut.is_cut()) {
            Some(json) => {
                let in_one = text.lines().map(str::trim).collect::<Vec<_>>().join(" ");
                ("json", lines(&in_one).into_owned().into(), lines(&json).into_owned())
            }
            None => ("text", lines(text), lines(text).into_owned()),
        },
        None => {
            let hex: String = cut.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            ("hex", hex.clone().into(), hex)
        }
    };
    // Messages of a topic stand below each other: a line each, as long as nobody wants more of one.
    let tall = if kind == "json" { 1 } else { TALL };
    let is_long = whole.chars().nth(LONG).is_some() || whole.lines().nth(tall).is_some();
    let summary = || -> String {
        let line = short.lines().next().unwrap_or_default();
        let is_whole = line.chars().nth(SUMMARY).is_none() && line.len() == short.len();
        let more = if is_whole { "" } else { "…" };
        line.chars().take(SUMMARY).chain(more.chars()).collect()
    };
    Text { kind, summary: is_long.then(summary), left_out: (cut.of - cut.bytes.len()) as u64, text: whole }
}

/// JSON in lines; nothing but the space between its parts is changed. `None`: it is none, or would grow too much.
fn pretty(text: &str) -> Option<String> {
    let is_json =
        text.trim_start().starts_with(['{', '[']) && serde_json::from_str::<IgnoredAny>(text).is_ok();
    let most = 4 * text.len() + (4 << 10);
    let mut out = String::new();
    let (mut depth, mut in_text, mut is_escaped) = (0usize, false, false);
    let mut last = None;
    for c in text.chars().filter(|_| is_json) {
        if in_text {
            out.push(c);
            in_text = is_escaped || c != '"';
            is_escaped = !is_escaped && c == '\\';
            continue;
        }
        if c.is_ascii_whitespace() {
            continue;
        }
        let is_end = matches!(c, '}' | ']');
        let was_begin = matches!(last, Some('{' | '['));
        depth = depth.saturating_sub(usize::from(is_end));
        if was_begin != is_end || matches!(last, Some(',')) {
            out.push('\n');
            out.push_str(&"  ".repeat(depth));
        }
        depth += usize::from(matches!(c, '{' | '['));
        in_text = c == '"';
        out.push(c);
        if c == ':' {
            out.push(' ');
        }
        if out.len() > most {
            return None;
        }
        last = Some(c);
    }
    is_json.then_some(out)
}

pub(super) fn context(status: &Status, asked: &Value, filter: &Filter) -> Value {
    let attr = |key| asked.get_attr(key).ok().filter(|value| !value.is_undefined() && !value.is_none());
    let topic = status.topics.as_ref().and_then(|topics| topics.get(&filter.topic));
    context! {
        name => filter.topic.as_str(),
        is_known => topic.is_some(),
        numbers => topic.map(|topic| topic.partitions.keys().copied().collect::<Vec<_>>()),
        partition => filter.partition,
        start => filter.start,
        offset => filter.offset.as_str(),
        time => filter.time.as_str(),
        search => filter.search.as_str(),
        count => filter.count,
        wrong => filter.wrong,
        is_live => filter.is_live(),
        is_asked => !asked.is_undefined(),
        rows => attr("rows"),
        reached => attr("reached"),
        read => attr("read"),
        stopped => attr("stopped"),
        next => attr("next"),
        at => filter.at.as_str(),
        has_more => attr("has_more"),
        unknown => attr("unknown"),
        notes => attr("notes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::samples::healthy;

    fn filter(query: &[(&str, &str)]) -> Filter {
        let query: Vec<_> = query.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
        Filter::parse("bikes", &query)
    }

    fn of(bytes: &[u8]) -> Text {
        text(Some(&Cut { bytes: bytes.to_vec(), of: bytes.len() }))
    }

    #[test]
    fn an_address_says_where_to_begin_and_the_newest_are_seen_as_they_come() {
        let newest = filter(&[]);
        assert_eq!((&newest.begin, newest.count, newest.is_live()), (&Begin::Newest, 50, true));
        assert_eq!(filter(&[("start", "oldest"), ("partition", "3")]).partition, Some(3));
        assert_eq!(filter(&[("start", "offset"), ("offset", "42")]).begin, Begin::Offset(42));
        let ten_past = Begin::Since(1_795_396_200_000);
        for time in ["2026-11-23T01:10", "2026-11-23T01:10:00.000", "2026-11-23T02:10:00+01:00"] {
            assert_eq!(filter(&[("start", "time"), ("time", time)]).begin, ten_past, "{time}");
        }
        let next = filter(&[("at", "0-120.1-95"), ("search", " paris ")]);
        assert_eq!(next.begin, Begin::At([(0, 120), (1, 95)].into()));
        assert_eq!((next.search.as_str(), next.is_live()), ("paris", false));
        assert!(!filter(&[("search", "paris")]).is_live(), "a search is asked once");
        assert_eq!(filter(&[("at", "0-1"), ("start", "oldest")]).begin, Begin::Earliest);
        for (count, shown) in [("0", 1), ("7", 7), ("1000000", 200), ("many", 50)] {
            assert_eq!(filter(&[("count", count)]).count, shown);
        }
    }

    #[test]
    fn what_makes_no_sense_is_named_and_not_asked_for() {
        for (query, wrong) in [
            (vec![("start", "offset"), ("offset", "-1")], "offset"),
            (vec![("start", "time"), ("time", "noon")], "time"),
            (vec![("at", "<script>")], "at"),
            (vec![("partition", "x")], "partition"),
        ] {
            let filter = filter(&query);
            assert_eq!((filter.wrong, filter.is_live()), (Some(wrong), false));
        }
    }

    #[test]
    fn nothing_and_no_bytes_and_bytes_that_are_no_text_are_told_apart() {
        assert_eq!(text(None).kind, "null");
        assert_eq!(of(b"").kind, "empty");
        let binary = of(b"\xff\x00a");
        assert_eq!((binary.kind, binary.text.as_str()), ("hex", "ff0061"));
        let odd = of("<script>é\u{202e}\r\0".as_bytes());
        assert_eq!((odd.kind, odd.text.as_str()), ("text", "<script>é\\u{202e}\\r\\x00"));
    }

    #[test]
    fn what_is_long_is_folded_and_what_is_left_out_is_told() {
        assert_eq!(of(b"short").summary, None);
        let long = of("é".repeat(300).as_bytes());
        assert_eq!(long.summary.unwrap().chars().count(), SUMMARY + 1);
        assert!(of(b"a\nb\nc\nd\ne\nf\ng").summary.is_some());
        // The last character is cut in two.
        let cut = text(Some(&Cut { bytes: "aé".as_bytes()[..2].to_vec(), of: 100 }));
        assert_eq!((cut.kind, cut.text.as_str(), cut.left_out), ("text", "a", 98));
        let cut = Message {
            partition: 0,
            offset: 7,
            timestamp: 1_700_000_000_001,
            key: None,
            value: Some(Cut { bytes: b"{}".to_vec(), of: 3 }),
            headers: vec![],
            more_headers: 0,
            size: 3,
        };
        let shown = row(&cut);
        assert_eq!((shown.is_cut, shown.value.kind), (true, "text"));
        assert_eq!(shown.time.unwrap(), "2023-11-14 22:13:20.001");
        assert_eq!(row(&Message { timestamp: -1, ..cut }).time, None);
    }

    #[test]
    fn json_is_laid_out_without_a_change_to_what_it_says() {
        let json = of(br#" {"b":1e999, "a" : [12345678901234567890123, {}, [ ], "x, {\"y\": 1}\\"] }"#);
        let laid_out = "{\n  \"b\": 1e999,\n  \"a\": [\n    12345678901234567890123,\n    {},\n    [],\n    \
                        \"x, {\\\"y\\\": 1}\\\\\"\n  ]\n}";
        assert_eq!((json.kind, json.text.as_str()), ("json", laid_out));
        assert!(json.summary.unwrap().starts_with("{\"b\":1e999"));
        let short = of(b"{\n  \"a\": 1,\n  \"b\": \"x  y\"\n}");
        assert_eq!(short.summary.as_deref(), Some("{ \"a\": 1, \"b\": \"x  y\" }"), "a line, and all of it");
        assert_eq!(of(b"{}").summary, None);
        for text in ["{a:1}", "12", "{\"a\":1", "\"{}\""] {
            assert_eq!(of(text.as_bytes()).kind, "text", "{text}");
        }
        let deep = format!("{}{}{}", "[".repeat(120), "1,".repeat(5000) + "1", "]".repeat(120));
        assert_eq!(of(deep.as_bytes()).kind, "text", "it would grow a hundredfold");
    }

    #[test]
    fn a_page_says_where_it_goes_on_and_which_partitions_are_not_in_it() {
        let page = Page {
            partitions: [
                (0, Reach::Read { from: 0, next: 50, end: 60 }),
                (1, Reach::Unknown("partition 1 has no leader".into())),
                (2, Reach::Read { from: 3, next: 9, end: 9 }),
            ]
            .into(),
            read: 56,
            stopped: Some(Bound::Messages),
            ..Page::default()
        };
        let told = Told::of(page, false);
        assert_eq!(told.next.as_deref(), Some("0-50.2-9"));
        assert!(told.has_more && told.stopped == Some("messages"));
        assert_eq!(told.unknown, ["partition 1 has no leader"]);
        assert!(positions(told.next.as_deref().unwrap()).is_some());
        let known = context(&healthy(), &Value::UNDEFINED, &Filter::parse("velib-stations", &[]));
        assert_eq!(known.get_attr("numbers").unwrap().len(), Some(3));
        assert!(known.get_attr("rows").unwrap().is_none());
    }
}
