use std::collections::VecDeque;

use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::context::Context;
use super::names::Names;
use super::{since, targets};
use crate::engine::follow;
use crate::engine::journal::Journal;
use crate::engine::ops::{FolderOps, NodeOps};
use crate::error::{End, ExitCode};
use crate::model::event::Entry;
use crate::output::screen::Screen;
use crate::output::{events, foreign};
use crate::view::concerns::Concerns;

/// Show what was asked, what the processes did and what Kafka did
///
/// Reads the cluster's journal, whether the cluster runs or not.
#[derive(Debug, Default, Args)]
pub(super) struct Events {
    /// Only what is about these nodes: names such as broker-0, or what they are, such as controller
    #[arg(value_name = "NODE", add = Names::Targets)]
    nodes: Vec<String>,

    /// Go on showing events as they happen
    #[arg(short, long)]
    follow: bool,

    /// Print the journal's own lines, one JSON object each
    #[arg(long)]
    json: bool,

    /// Only events from then on: a span such as 10m, or a time such as 01:34 or 2026-11-23 01:34
    #[arg(long, value_name = "TIME", value_parser = since::parse)]
    since: Option<Timestamp>,

    /// Only the last events
    #[arg(short = 'n', long, value_name = "EVENTS")]
    lines: Option<usize>,
}

impl Events {
    pub(super) async fn run<E: NodeOps + FolderOps>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let dir = cx.chosen()?.dir;
        let about = match self.nodes.is_empty() {
            true => None,
            false => {
                let plan = cx.engine.stored_plan(&dir)?;
                Some(Concerns::of(targets::meant(cx, &dir, &plan, &self.nodes).await?))
            }
        };
        let mut shown = Shown::new(&self, about, Journal::of(&dir));
        loop {
            shown.look(cx.screen)?;
            // A folder that was deleted has no more to tell.
            if !self.follow || !dir.path().exists() {
                return Ok(ExitCode::Ok);
            }
            std::thread::sleep(follow::INTERVAL);
        }
    }
}

/// The journal of a cluster, as far as it has been shown.
struct Shown {
    journal: Journal,
    json: bool,
    since: Option<Timestamp>,
    /// `None`: whatever events are about.
    about: Option<Concerns>,
    /// Of what is there at first.
    last: Option<usize>,
    zone: TimeZone,
}

impl Shown {
    fn new(args: &Events, about: Option<Concerns>, journal: Journal) -> Self {
        let Events { json, since, lines: last, .. } = *args;
        Shown { journal, json, since, about, last, zone: TimeZone::system() }
    }

    /// Shows what is new.
    fn look(&mut self, screen: &mut Screen) -> Result<(), End> {
        let (mut text, mut kept) = (String::new(), VecDeque::new());
        let show = if self.json { Screen::stream_whole } else { Screen::stream };
        let last = self.last.take();
        let mut on_entry = |entry: Entry, line: &[u8]| {
            let is_meant = self.about.as_mut().is_none_or(|about| about.concern(&entry.event));
            if !is_meant || self.since.is_some_and(|since| entry.time < since) {
                return Ok(());
            }
            let shown = match self.json {
                true => foreign::json(&String::from_utf8_lossy(line)).into_owned() + "\n",
                false => events::line(&entry, &self.zone),
            };
            if let Some(last) = last {
                kept.push_back(shown);
                if kept.len() > last {
                    kept.pop_front();
                }
                return Ok(());
            }
            text += &shown;
            // A journal may be larger than memory should be.
            if text.len() > 1 << 16 { show(screen, &std::mem::take(&mut text)) } else { Ok(()) }
        };
        let unread = self.journal.read(&mut on_entry)?;
        if unread > 0 {
            let lines = crate::units::count(unread, "line");
            screen.warn(format!("{lines} of the journal could not be read and left out"));
        }
        text.extend(kept);
        match text.is_empty() {
            true => Ok(()),
            false => show(screen, &text),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::io::Write;

    use super::*;
    use crate::cli::testing::{Fake, run};
    use crate::model::event::Event;
    use crate::paths::ClusterDir;

    fn entry(time: &str, after_ms: u64) -> String {
        let entry = Entry { seq: 1, time: time.parse().unwrap(), event: Event::Usable { after_ms } };
        serde_json::to_string(&entry).unwrap()
    }

    #[test]
    fn the_journal_is_told_without_a_supervisor() {
        let fake = Fake::with_clusters(&["velib"]);
        let old = entry("2026-11-23T00:00:00Z", 1000);
        let new = entry("2026-11-23T01:00:00Z", 2000);
        fs::write(fake.home().join("velib/events.jsonl"), format!("{old}\nrubbish\n{new}\n")).unwrap();
        let ran = run(fake.again(), "events");
        assert_eq!(ran.out.lines().count(), 2);
        assert!(ran.out.contains("cluster      usable after 1.0 s"), "{}", ran.out);
        assert_eq!(ran.err, "warning: 1 line of the journal could not be read and left out\n");
        let ran = run(fake.again(), "events --json --since 2026-11-23T00:30:00Z");
        assert_eq!(ran.out, format!("{new}\n"));
    }

    #[test]
    fn a_cluster_without_events_has_none_to_show() {
        let ran = run(Fake::with_clusters(&["velib"]), "events");
        assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (ExitCode::Ok, "", ""));
    }

    #[test]
    fn events_of_nodes_are_those_about_them_and_the_last_are_counted_among_these() {
        let fake = Fake::with_clusters(&["velib"]);
        let started = |id, pid| {
            let event = Event::Started { node: crate::model::ids::NodeName::broker(id), pid };
            let time = "2026-11-23T00:00:00Z".parse().unwrap();
            serde_json::to_string(&Entry { seq: 1, time, event }).unwrap() + "\n"
        };
        let journal = started(0, 7) + &started(1, 8) + &started(0, 9) + &started(1, 10);
        fs::write(fake.home().join("velib/events.jsonl"), journal).unwrap();
        assert_eq!(run(fake.again(), "events broker-0 --json").out, started(0, 7) + &started(0, 9));
        assert_eq!(run(fake.again(), "events broker-0 -n 1 --json").out, started(0, 9));
        assert_eq!(run(fake.again(), "events -n 3").out.lines().count(), 3);
        assert_eq!(run(fake.again(), "events -n 0").out, "");
        assert_eq!(run(fake.again(), "events broker-9").code, ExitCode::Usage);
        fake.statuses([Ok(crate::model::samples::healthy())]);
        let ran = run(fake, "events controller --json");
        assert_eq!(
            (ran.out, ran.err.as_str()),
            (started(1, 8) + &started(1, 10), "controller is broker-1\n")
        );
    }

    #[test]
    fn a_torn_line_is_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.jsonl");
        let mut file = File::create(&path).unwrap();
        let line = entry("2026-11-23T00:00:00Z", 1000);
        let (head, tail) = line.split_at(20);
        let (mut screen, out, err) = Screen::recorded();
        let args = Events { follow: true, json: true, ..Events::default() };
        let mut shown = Shown::new(&args, None, Journal::of(&ClusterDir(dir.path().to_owned())));
        file.write_all(head.as_bytes()).unwrap();
        shown.look(&mut screen).unwrap();
        assert_eq!(out.text(), "");
        writeln!(file, "{tail}").unwrap();
        shown.look(&mut screen).unwrap();
        assert_eq!(out.text(), format!("{line}\n"));
        assert_eq!(err.text(), "");
    }
}
