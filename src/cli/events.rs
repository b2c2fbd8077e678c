use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::context::Context;
use super::since;
use crate::engine::follow;
use crate::engine::journal::Journal;
use crate::engine::ops::NodeOps;
use crate::error::{End, ExitCode};
use crate::model::event::Entry;
use crate::output::screen::Screen;
use crate::output::{events, foreign};

/// Show what was asked, what the processes did and what Kafka did
///
/// Reads the cluster's journal, whether the cluster runs or not.
#[derive(Debug, Args)]
pub(super) struct Events {
    /// Go on showing events as they happen
    #[arg(short, long)]
    follow: bool,

    /// Print the journal's own lines, one JSON object each
    #[arg(long)]
    json: bool,

    /// Only events from then on: a span such as 10m, or a time such as 01:34 or 2026-11-23 01:34
    #[arg(long, value_name = "TIME", value_parser = since::parse)]
    since: Option<Timestamp>,
}

impl Events {
    pub(super) fn run<E: NodeOps>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let dir = cx.chosen()?.dir;
        let mut shown = Shown::new(&self, Journal::of(&dir));
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
    zone: TimeZone,
}

impl Shown {
    fn new(args: &Events, journal: Journal) -> Self {
        Shown { journal, json: args.json, since: args.since, zone: TimeZone::system() }
    }

    /// Shows what is new.
    fn look(&mut self, screen: &mut Screen) -> Result<(), End> {
        let mut text = Vec::new();
        let mut on_entry = |entry: Entry, line: &[u8]| {
            if self.since.is_some_and(|since| entry.time < since) {
                return Ok(());
            }
            if self.json {
                text.extend_from_slice(foreign::json(&String::from_utf8_lossy(line)).as_bytes());
                text.push(b'\n');
            } else {
                text.extend_from_slice(events::line(&entry, &self.zone).as_bytes());
            }
            // A journal may be larger than memory should be.
            if text.len() > 1 << 16 { screen.stream(std::mem::take(&mut text)) } else { Ok(()) }
        };
        let unread = self.journal.read(&mut on_entry)?;
        if unread > 0 {
            let lines = crate::units::count(unread, "line");
            screen.warn(format!("{lines} of the journal could not be read and left out"));
        }
        match text.is_empty() {
            true => Ok(()),
            false => screen.stream(text),
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
    fn a_torn_line_is_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.jsonl");
        let mut file = File::create(&path).unwrap();
        let line = entry("2026-11-23T00:00:00Z", 1000);
        let (head, tail) = line.split_at(20);
        let (mut screen, out, err) = Screen::recorded();
        let args = Events { follow: true, json: true, since: None };
        let mut shown = Shown::new(&args, Journal::of(&ClusterDir(dir.path().to_owned())));
        file.write_all(head.as_bytes()).unwrap();
        shown.look(&mut screen).unwrap();
        assert_eq!(out.text(), "");
        writeln!(file, "{tail}").unwrap();
        shown.look(&mut screen).unwrap();
        assert_eq!(out.text(), format!("{line}\n"));
        assert_eq!(err.text(), "");
    }
}
