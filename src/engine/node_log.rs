//! The log of a node over all its files, and those of several nodes by time.

use std::collections::VecDeque;
use std::path::PathBuf;

use jiff::Timestamp;

use super::follow::{self, Follow};
use super::log_filter::{Line, LogFilter, Sought};
use super::log_line;
use crate::error::End;
use crate::plan::model::NodePlan;

/// Which of a node's files are read, and how far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    /// What the process said on standard output and error, and not its log.
    pub output: bool,
    /// Also the older files, which the log was rotated to.
    pub older: bool,
    /// What is written later will be asked for.
    pub follow: bool,
    /// Somebody goes by the times of the lines: it is one of several, or its entries are counted.
    pub timed: bool,
}

/// The log of a node, as far as it has been read.
#[derive(Debug)]
pub(crate) struct NodeLog {
    /// It has written no log: this is what its process said.
    pub instead: bool,
    older: Vec<PathBuf>,
    files: Vec<PathBuf>,
    /// Those of `older` (true) and `files` that are not read through, in their order.
    unread: VecDeque<(Follow, bool)>,
    /// Those of `files` that are read to their end, and go on.
    read: Vec<Follow>,
    filter: LogFilter,
    /// Read and not taken.
    lines: VecDeque<Line>,
    /// A last line without its newline is waited for.
    follow: bool,
}

impl NodeLog {
    /// Chooses the files. `None`: it has written nothing, and nobody waits for it.
    pub(crate) fn of(node: &NodePlan, sought: &Sought, how: Reading) -> Option<Self> {
        let (log, output) = (node.log_file(), node.output_file());
        let written = |path: &PathBuf| path.metadata().is_ok_and(|file| file.len() > 0);
        let spoke = written(&output);
        let mut instead = false;
        let (older, files) = if how.output {
            (vec![], vec![output.clone()])
        } else if written(&log) || (how.follow && !spoke) {
            (if how.older { follow::rotated(&log) } else { vec![] }, vec![log])
        } else if spoke {
            instead = true;
            // Once it writes one, that is followed, too.
            (follow::rotated(&log), vec![output.clone(), log])
        } else {
            return None;
        };
        // What a process says on standard output seldom has a time.
        let undated = files[0] == output;
        let filter = LogFilter::new(sought.clone(), log_line::zone_of(node), undated, how.timed);
        let unread = older.iter().map(|path| (Follow::new(path), true));
        let unread = unread.chain(files.iter().map(|path| (Follow::new(path), false))).collect();
        let (read, lines) = (Vec::new(), VecDeque::new());
        Some(NodeLog { instead, older, files, unread, read, filter, lines, follow: how.follow })
    }

    /// Passes over all but the last so many entries that are shown, without reading much more than these.
    pub(crate) fn skip_to_last(&mut self, count: usize) -> Result<(), End> {
        const FIRST_TRY: u64 = 1 << 16;
        let fresh = self.filter.clone();
        let mut bytes = FIRST_TRY;
        loop {
            self.filter = fresh.clone();
            let reaches_begin = self.turn_back(bytes)?;
            let (mut last, mut usable) = (LastEntries::of(count), 0);
            while self.fill()? {
                for line in self.lines.drain(..) {
                    // One without a time may be the end of an entry that begins further up.
                    usable += usize::from(line.begins && line.time.is_some());
                    last.push(line.begins, line);
                }
            }
            if usable >= count || reaches_begin {
                self.lines = last.into_lines().collect();
                return Ok(());
            }
            bytes = bytes.saturating_mul(4);
        }
    }

    /// To the first line within the last `bytes` of all files; whether that is the first of all.
    fn turn_back(&mut self, bytes: u64) -> Result<bool, End> {
        let mut left = bytes;
        self.unread.clear();
        self.read.clear();
        for path in self.older.iter().chain(&self.files).rev() {
            let is_older = !self.files.contains(path);
            self.unread.push_front((Follow::near_end(path, left)?, is_older));
            left = left.saturating_sub(path.metadata().map_or(0, |file| file.len()));
        }
        Ok(left > 0)
    }

    /// Makes sure that there is a line to take; false when all that there was has been read.
    fn fill(&mut self) -> Result<bool, End> {
        let NodeLog { filter, lines, unread, read, .. } = self;
        while lines.is_empty() {
            let Some((file, is_older)) = unread.front_mut() else { return Ok(false) };
            let mut take = |line: &[u8]| {
                filter.take(line, &mut |line| lines.push_back(line));
                Ok(())
            };
            if file.read_some(&mut take)? {
                continue;
            }
            if !*is_older {
                // It may have been rotated meanwhile.
                file.read(&mut take)?;
            }
            if *is_older || !self.follow {
                file.end(&mut take)?;
            }
            read.extend(unread.pop_front().filter(|(_, is_older)| !is_older).map(|(file, _)| file));
        }
        Ok(true)
    }

    /// Reads what has come since.
    pub(crate) fn look(&mut self) -> Result<(), End> {
        let NodeLog { filter, lines, read, .. } = self;
        for file in read {
            file.read(&mut |line| {
                filter.take(line, &mut |line| lines.push_back(line));
                Ok(())
            })?;
        }
        Ok(())
    }
}

/// The last so many entries of those that are pushed, each with all its lines.
#[derive(Debug)]
pub(crate) struct LastEntries<T> {
    most: usize,
    begun: usize,
    /// And whether an entry begins there; one does at the first.
    lines: VecDeque<(bool, T)>,
}

impl<T> LastEntries<T> {
    /// At most this many.
    pub(crate) fn of(most: usize) -> Self {
        LastEntries { most, begun: 0, lines: VecDeque::new() }
    }

    /// The next line; the oldest entry goes when it begins one too many.
    pub(crate) fn push(&mut self, begins: bool, line: T) {
        if !begins && self.lines.is_empty() {
            // Of one that has gone already.
            return;
        }
        self.begun += usize::from(begins);
        self.lines.push_back((begins, line));
        if self.begun > self.most {
            self.begun -= 1;
            self.lines.pop_front();
            while self.lines.front().is_some_and(|(begins, _)| !begins) {
                self.lines.pop_front();
            }
        }
    }

    pub(crate) fn into_lines(self) -> impl Iterator<Item = T> {
        self.lines.into_iter().map(|(_, line)| line)
    }
}

/// Takes every line that is there, by time; `each` is told whose it is, as a place in `logs`. Lines of one log keep
/// their order, and those without a time come first.
pub(crate) fn interleave(
    logs: &mut [NodeLog],
    each: &mut dyn FnMut(usize, Line) -> Result<(), End>,
) -> Result<(), End> {
    loop {
        let mut first = None;
        for (at, log) in logs.iter_mut().enumerate() {
            if log.fill()?
                && let Some(line) = log.lines.front()
            {
                let key = (line.time, at);
                first = Some(first.map_or(key, |least: (Option<Timestamp>, usize)| least.min(key)));
            }
        }
        let Some((_, at)) = first else { return Ok(()) };
        if let Some(line) = logs[at].lines.pop_front() {
            each(at, line)?;
        }
    }
}
