//! The logs of the nodes as they are written, with the journal in between.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use minijinja::value::Object;
use minijinja::{Value, context};
use serde::Serialize;

use crate::engine::follow::Follow;
use crate::engine::log_line::{self, Level};
use crate::engine::ops::{FolderOps, LIVE};
use crate::model::event::Entry;
use crate::model::ids::NodeName;
use crate::output::foreign::printable;
use crate::page::hub::Snapshot;
use crate::page::text::Lang;
use crate::page::value::{clock, told};
use crate::page::words::{self, Said};
use crate::paths::ClusterDir;

/// How many lines are shown at most.
const SHOWN: usize = 500;
/// Lines that are sent together when one comes.
const CHUNK: u64 = 50;
/// How much of each log is read at first, in bytes.
const READ: u64 = 256 << 10;
/// A line is cut there, in characters: Kafka logs its class path on one line.
const LONGEST: usize = 2_000;

/// Which lines are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(in crate::page) struct Filter {
    node: Option<String>,
    /// As it was typed.
    search: String,
    /// This and what matters more.
    level: Option<Level>,
}

impl Filter {
    pub(super) fn parse(query: &[(String, String)]) -> Self {
        let value = |key: &str| query.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
        Filter {
            node: value("node").filter(|node| !node.is_empty()).map(str::to_owned),
            search: value("search").unwrap_or_default().trim().to_owned(),
            level: value("level").and_then(|name| Level::ALL.into_iter().find(|level| level.name() == name)),
        }
    }

    fn takes_node(&self, name: NodeName) -> bool {
        self.node.as_ref().is_none_or(|node| *node == name.to_string())
    }

    fn finds(&self, text: &str) -> bool {
        self.search.is_empty() || text.to_lowercase().contains(&self.search.to_lowercase())
    }

    fn takes(&self, line: &Line) -> bool {
        self.level.is_none_or(|least| line.level.is_some_and(|level| level >= least))
            && self.finds(&line.text)
    }

    fn takes_event(&self, entry: &Entry, lang: Lang) -> bool {
        let is_of_node = match entry.event.node() {
            Some(node) => self.takes_node(node),
            None => self.node.is_none(),
        };
        is_of_node && self.finds(&words::event(lang, &entry.event).plain())
    }
}

#[derive(Clone, Debug)]
struct Line {
    node: NodeName,
    /// Its own or that of the line before it.
    time: Option<Timestamp>,
    level: Option<Level>,
    /// It has no time of its own.
    goes_on: bool,
    text: String,
}

/// The log of a node, as far as it was read.
#[derive(Debug)]
struct Source {
    node: NodeName,
    zone: TimeZone,
    follow: Follow,
    last: (Option<Timestamp>, Option<Level>),
}

impl Source {
    /// The last of what was added that is wanted: however much that is, no more is kept than can be shown.
    fn read(&mut self, filter: &Filter) -> (VecDeque<Line>, Result<(), String>) {
        let mut lines = VecDeque::new();
        let (node, zone, last) = (self.node, &self.zone, &mut self.last);
        let mut on_line = |bytes: &[u8]| {
            let time = log_line::time(bytes, zone);
            if time.is_some() {
                *last = (time, log_line::level(bytes));
            }
            let text = String::from_utf8_lossy(bytes);
            let text = match text.char_indices().nth(LONGEST) {
                Some((end, _)) => format!("{}…", &text[..end]),
                None => text.into_owned(),
            };
            let line = Line { node, time: last.0, level: last.1, goes_on: time.is_none(), text };
            if filter.takes(&line) {
                lines.push_back(line);
            }
            if lines.len() > SHOWN {
                lines.pop_front();
            }
            Ok(())
        };
        let read = self.follow.read(&mut on_line).map_err(|_| format!("the log of {node} cannot be read"));
        (lines, read)
    }
}

/// The lines that are shown, numbered from the first that ever was.
#[derive(Debug, Default)]
struct Lines {
    kept: VecDeque<(u64, Line)>,
    next: u64,
}

impl Lines {
    /// Adds what was read in one look, in the order of time.
    fn add(&mut self, mut read: Vec<Line>) {
        // Stable: lines of one node stay in their order.
        read.sort_by_key(|line| line.time);
        for line in read {
            self.kept.push_back((self.next, line));
            self.next += 1;
        }
        // Whole chunks go, so that none of the others changes.
        while self.kept.len() > SHOWN {
            let Some(first) = self.kept.front().map(|(number, _)| number / CHUNK) else { break };
            while self.kept.front().is_some_and(|(number, _)| number / CHUNK == first) {
                self.kept.pop_front();
            }
        }
    }
}

#[derive(Debug, Default)]
struct State {
    sources: Vec<Source>,
    lines: Lines,
    unknown: Vec<String>,
}

/// It goes on from where it was.
#[derive(Debug, Default)]
struct Told(Mutex<State>);

impl Object for Told {}

pub(super) async fn ask(dir: &ClusterDir, filter: &Filter, before: Value) -> Value {
    let asked = match before.downcast_object_ref::<Told>() {
        Some(_) => before,
        None => Value::from_object(Told::default()),
    };
    if let Some(Told(state)) = asked.downcast_object_ref::<Told>() {
        state.lock().unwrap_or_else(PoisonError::into_inner).look(dir, filter);
    }
    asked
}

impl State {
    fn look(&mut self, dir: &ClusterDir, filter: &Filter) {
        self.unknown.clear();
        match LIVE.stored_plan(dir) {
            Ok(plan) => {
                self.sources.retain(|source| plan.node(source.node).is_some());
                for node in plan.nodes.iter().filter(|node| filter.takes_node(node.name)) {
                    self.follow(node.name, log_line::zone_of(node), &node.log_file());
                }
            }
            Err(failure) => self.unknown.push(failure.message),
        }
        let mut read = Vec::new();
        for source in &mut self.sources {
            let (lines, outcome) = source.read(filter);
            read.extend(lines);
            self.unknown.extend(outcome.err());
        }
        self.lines.add(read);
    }

    fn follow(&mut self, node: NodeName, zone: TimeZone, log: &Path) {
        if self.sources.iter().any(|source| source.node == node) {
            return;
        }
        match Follow::near_end(log, READ) {
            Ok(follow) => self.sources.push(Source { node, zone, follow, last: (None, None) }),
            Err(failure) => self.unknown.push(failure.message),
        }
    }
}

#[derive(Debug, Default, Serialize)]
struct Chunk {
    id: u64,
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    node: Option<String>,
    time: String,
    /// Of a line of the journal: `None`, and it is an event.
    level: Option<&'static str>,
    is_event: bool,
    goes_on: bool,
    text: Said,
}

pub(super) fn context(snapshot: &Snapshot, filter: &Filter, asked: &Value, lang: Lang) -> Value {
    let levels: Vec<&str> = Level::ALL.into_iter().map(Level::name).collect();
    let common = context! {
        node => filter.node.as_deref(), search => filter.search.as_str(),
        level => filter.level.map(Level::name), levels,
    };
    let Some(Told(state)) = asked.downcast_object_ref::<Told>() else {
        return context! { is_told => false, ..common };
    };
    let state = state.lock().unwrap_or_else(PoisonError::into_inner);
    let events = snapshot.entries.iter().map(AsRef::as_ref).filter(|entry| filter.takes_event(entry, lang));
    let chunks = chunks(&state.lines, events, lang);
    context! { is_told => true, chunks => told(chunks), unknown => told(&state.unknown), ..common }
}

/// The lines, with the events that came after the first of them where they belong.
fn chunks<'a>(lines: &Lines, events: impl Iterator<Item = &'a Entry>, lang: Lang) -> Vec<Chunk> {
    let first = lines.kept.iter().find_map(|(_, line)| line.time);
    let mut events = events.filter(|entry| first.is_some_and(|first| entry.time >= first)).peekable();
    let mut chunks: Vec<Chunk> = Vec::new();
    for (number, line) in &lines.kept {
        let id = number / CHUNK;
        let before = |entry: &&Entry| line.time.is_some_and(|time| entry.time < time) && !line.goes_on;
        let mut rows = Vec::new();
        while let Some(entry) = events.next_if(before) {
            rows.push(event(entry, lang));
        }
        rows.push(row(line));
        match chunks.last_mut().filter(|last| last.id == id) {
            Some(last) => last.rows.extend(rows),
            None => chunks.push(Chunk { id, rows }),
        }
    }
    if let Some(last) = chunks.last_mut() {
        last.rows.extend(events.map(|entry| event(entry, lang)));
    }
    chunks
}

fn row(line: &Line) -> Row {
    // The stamp has the time and the level already.
    let said = match line.goes_on {
        true => &line.text,
        false => line
            .text
            .get(log_line::STAMP..)
            .and_then(|rest| rest.split_once(' '))
            .map_or(&*line.text, |(_, said)| said),
    };
    Row {
        node: Some(line.node.to_string()),
        time: line.time.map(clock).unwrap_or_default(),
        level: line.level.map(Level::name),
        is_event: false,
        goes_on: line.goes_on,
        text: Said::from(printable(&said.replace('\t', "    "))),
    }
}

fn event(entry: &Entry, lang: Lang) -> Row {
    Row {
        node: entry.event.node().map(|node| node.to_string()),
        time: clock(entry.time),
        level: None,
        is_event: true,
        goes_on: false,
        text: words::event(lang, &entry.event),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::Event;

    fn line(at_ms: i64, level: Level, text: &str) -> Line {
        let time = Some(Timestamp::from_millisecond(at_ms).unwrap());
        Line { node: NodeName::broker(0), time, level: Some(level), goes_on: true, text: text.into() }
    }

    fn filter(pairs: &[(&str, &str)]) -> Filter {
        let pairs: Vec<_> = pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
        Filter::parse(&pairs)
    }

    #[test]
    fn lines_are_found_by_text_in_any_case_and_by_the_least_level() {
        let told = line(0, Level::Warn, "Leader LOST");
        let takes = |pairs: &[(&str, &str)]| filter(pairs).takes(&told);
        assert!(takes(&[]) && takes(&[("search", " lost ")]) && takes(&[("level", "WARN")]));
        assert!(takes(&[("level", "INFO"), ("search", "leader")]));
        assert!(!takes(&[("level", "ERROR")]) && !takes(&[("search", "found")]));
        assert!(filter(&[("node", "broker-0")]).takes_node(NodeName::broker(0)));
        assert!(!filter(&[("node", "broker-0")]).takes_node(NodeName::broker(1)));
    }

    #[test]
    fn only_the_last_chunk_changes_when_a_line_comes_and_there_are_never_too_many() {
        let mut lines = Lines::default();
        let batch = |from: i64, count: i64| -> Vec<Line> {
            (from..from + count).map(|at| line(at, Level::Info, &at.to_string())).collect()
        };
        let shown = |lines: &Lines| -> Vec<(u64, usize)> {
            chunks(lines, std::iter::empty(), Lang::En)
                .iter()
                .map(|chunk| (chunk.id, chunk.rows.len()))
                .collect()
        };
        lines.add(batch(0, 120));
        assert_eq!(shown(&lines), [(0, 50), (1, 50), (2, 20)]);
        lines.add(batch(120, 1));
        assert_eq!(shown(&lines), [(0, 50), (1, 50), (2, 21)]);
        lines.add(batch(121, 1000));
        assert!(lines.kept.len() <= SHOWN && lines.kept.len() > SHOWN - CHUNK as usize);
        assert_eq!(lines.kept.back().unwrap().1.text, "1120");
        assert_eq!(shown(&lines)[0].1, 50, "whole chunks go");
    }

    #[test]
    fn nodes_are_merged_by_time_and_events_stand_in_between() {
        let mut lines = Lines::default();
        let at = |at: i64, text: &str| Line { goes_on: false, ..line(at, Level::Info, text) };
        lines.add(vec![at(10, "a"), at(30, "c"), at(20, "b")]);
        let entry = |seq, at| Entry {
            seq,
            time: Timestamp::from_millisecond(at).unwrap(),
            event: Event::Usable { after_ms: 1 },
        };
        let events = [entry(1, 5), entry(2, 15), entry(3, 90)];
        let chunks = chunks(&lines, events.iter(), Lang::En);
        let said = |row: &Row| if row.is_event { "!".to_owned() } else { row.text.plain() };
        let order: Vec<String> = chunks[0].rows.iter().map(said).collect();
        assert_eq!(order, ["a", "!", "b", "c", "!"], "what came before the first line is left out");
    }

    #[test]
    fn a_log_is_read_from_near_its_end_and_what_is_obeyed_elsewhere_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("server.log");
        let stamp = "[2026-11-23 01:34:00,123]";
        std::fs::write(&log, format!("{stamp} ERROR \u{1b}[31mred (X)\n\tat X\n")).unwrap();
        let mut source = Source {
            node: NodeName::broker(0),
            zone: TimeZone::UTC,
            follow: Follow::near_end(&log, READ).unwrap(),
            last: (None, None),
        };
        let (lines, outcome) = source.read(&Filter::default());
        outcome.unwrap();
        let shown = row(&lines[0]);
        assert_eq!((shown.level, shown.goes_on), (Some("ERROR"), false));
        let text = shown.text.plain();
        assert!(text.contains("red (X)") && !text.contains('\u{1b}'), "{text}");
        let trace = row(&lines[1]);
        assert_eq!(
            (trace.level, trace.goes_on, trace.text.plain()),
            (Some("ERROR"), true, "    at X".to_owned())
        );
    }
}
