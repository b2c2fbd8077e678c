//! The journal: `events.jsonl`, append-only, one entry a line, written before what it tells is done.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::SupervisorError;
use crate::host::HostError;
use crate::model::event::{Entry, Event};
use crate::model::ids::NodeName;

/// Enough for the last whole entry, the longest of which names every partition.
const TAIL_BYTES: u64 = 4 * 1024 * 1024;

/// Written by the supervisor only; anybody may read the file.
#[derive(Debug)]
pub(crate) struct Journal {
    file: File,
    path: PathBuf,
    next_seq: u64,
    /// The last write failed half-way, or for want of space: the next begins on a line of its own.
    torn: bool,
    unended: BTreeMap<NodeName, u32>,
}

impl Journal {
    /// Opens or creates it, and goes on counting where it ends. A last line that was cut short,
    /// by a full disk or a kill in the middle of a write, is closed so that it spoils no other.
    pub(crate) fn open(path: &Path) -> Result<Self, SupervisorError> {
        let failed = |source| SupervisorError::Io { what: "open", path: path.to_owned(), source };
        let mut options = OpenOptions::new();
        let mut file = options.create(true).read(true).append(true).mode(0o600).open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES))).map_err(failed)?;
        let mut tail = Vec::new();
        file.read_to_end(&mut tail).map_err(failed)?;
        let torn = tail.last().is_some_and(|byte| *byte != b'\n');
        let (mut last, mut unended) = (0, BTreeMap::new());
        for line in tail.split(|byte| *byte == b'\n') {
            let Some(entry) = Entry::parse(line) else { continue };
            last = entry.seq;
            match entry.event {
                Event::Started { node, pid } | Event::Adopted { node, pid } => {
                    unended.insert(node, pid);
                }
                Event::Exited { node, .. } => {
                    unended.remove(&node);
                }
                _ => {}
            }
        }
        Ok(Journal { file, path: path.to_owned(), next_seq: last + 1, torn, unended })
    }

    /// Processes that an earlier supervisor told of, and whose end it did not tell: the state that
    /// it saved may know of an end already that it was killed before telling.
    pub(crate) fn unended(&self) -> &BTreeMap<NodeName, u32> {
        &self.unended
    }

    /// Appends one entry, stamped now. The entry counts even when it cannot be written: clients
    /// that listen still get it, and the gap in `seq` tells readers of the file.
    pub(crate) fn append(&mut self, event: Event) -> (Entry, Result<(), HostError>) {
        let entry = Entry { seq: self.next_seq, time: Timestamp::now(), event };
        self.next_seq += 1;
        let written = self.write(&entry);
        self.torn = written.is_err();
        (entry, written.map_err(|error| HostError::io("write", &self.path, error)))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn write(&mut self, entry: &Entry) -> io::Result<()> {
        let mut line = Vec::new();
        if self.torn {
            line.push(b'\n');
        }
        serde_json::to_writer(&mut line, entry)?;
        line.push(b'\n');
        // One write, so that a kill leaves a whole line or none.
        self.file.write_all(&line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::exit::Exit;

    fn trouble(text: &str) -> Event {
        Event::Trouble { message: text.to_owned() }
    }

    fn entries(path: &Path) -> Vec<Entry> {
        let text = std::fs::read_to_string(path).unwrap();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    #[test]
    fn a_process_whose_end_was_not_told_is_known_to_the_next_supervisor() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let mut journal = Journal::open(&path).unwrap();
        for (node, pid) in [(NodeName::broker(0), 10), (NodeName::broker(1), 11)] {
            journal.append(Event::Started { node, pid }).1.unwrap();
        }
        let (node, status) = (NodeName::broker(0), Exit::Signal(9));
        journal
            .append(Event::Exited { node, pid: 10, status, after_ms: None, expected: true, reason: None })
            .1
            .unwrap();
        assert_eq!(*Journal::open(&path).unwrap().unended(), [(NodeName::broker(1), 11)].into());
    }

    #[test]
    fn seq_goes_on_across_supervisors() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        for text in ["a", "b", "c"] {
            Journal::open(&path).unwrap().append(trouble(text)).1.unwrap();
        }
        let seqs: Vec<u64> = entries(&path).iter().map(|entry| entry.seq).collect();
        assert_eq!(seqs, [1, 2, 3]);
    }

    #[test]
    fn a_torn_last_line_spoils_no_other_entry() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        Journal::open(&path).unwrap().append(trouble("a")).1.unwrap();
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"seq\":2,\"ti").unwrap();
        Journal::open(&path).unwrap().append(trouble("b")).1.unwrap();
        let events: Vec<Event> = entries(&path).into_iter().map(|entry| entry.event).collect();
        assert_eq!(events, [trouble("a"), trouble("b")]);
    }
}
