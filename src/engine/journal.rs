//! Reading a cluster's journal, also while its supervisor writes it.

use crate::engine::follow::Follow;
use crate::error::End;
use crate::model::event::Entry;
use crate::paths::ClusterDir;

/// A journal, as far as it has been read.
pub(crate) struct Journal(Follow);

/// Takes an entry, and the line that it was read from.
pub(crate) type OnEntry<'a> = &'a mut dyn FnMut(Entry, &[u8]) -> Result<(), End>;

impl Journal {
    /// From its beginning; it need not be there yet.
    pub(crate) fn of(dir: &ClusterDir) -> Self {
        Journal(Follow::new(dir.events()))
    }

    /// Every entry that has come since the last look, and how many lines were none. A last line without its newline
    /// is still being written.
    pub(crate) fn read(&mut self, on_entry: OnEntry) -> Result<usize, End> {
        let mut unread = 0;
        self.0.read(&mut |line| match Entry::parse(line) {
            Some(entry) => on_entry(entry, line),
            None => {
                unread += 1;
                Ok(())
            }
        })?;
        Ok(unread)
    }

    /// The same, kept.
    pub(crate) fn entries(&mut self) -> Result<Vec<Entry>, End> {
        let mut entries = Vec::new();
        self.read(&mut |entry, _| {
            entries.push(entry);
            Ok(())
        })?;
        Ok(entries)
    }
}
