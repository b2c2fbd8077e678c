//! Some messages of many: the first or the last of all partitions by time, each cut to what there is room for. Pure.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::wire::records::StoredRecord;

/// What all messages together have at most, in bytes.
const ROOM: usize = 1 << 20;
/// What one has at most.
const LARGEST: usize = 256 << 10;

/// A message as far as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub partition: i32,
    pub offset: i64,
    /// In ms since the epoch; -1: none.
    pub timestamp: i64,
    pub key: Option<Cut>,
    /// `None`: a tombstone.
    pub value: Option<Cut>,
    pub headers: Vec<(Cut, Option<Cut>)>,
    /// Headers that are left out.
    pub more_headers: usize,
    /// Key, value and headers, in bytes.
    pub size: usize,
}

/// Bytes, of which the first are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    pub bytes: Vec<u8>,
    /// How many there are.
    pub of: usize,
}

impl Cut {
    /// A copy, since a slice would keep the whole answer that it is part of.
    fn new(bytes: &[u8], most: usize) -> Self {
        Cut { bytes: bytes[..bytes.len().min(most)].to_vec(), of: bytes.len() }
    }

    /// Some are left out.
    pub(crate) fn is_cut(&self) -> bool {
        self.bytes.len() < self.of
    }

    /// As text, without a character that it was cut within; `None`: it is none.
    pub(crate) fn text(&self) -> Option<&str> {
        match std::str::from_utf8(&self.bytes) {
            Err(error) if self.is_cut() && error.error_len().is_none() => {
                std::str::from_utf8(&self.bytes[..error.valid_up_to()]).ok()
            }
            decoded => decoded.ok(),
        }
    }
}

impl Message {
    /// Some of it is left out.
    pub(crate) fn is_cut(&self) -> bool {
        let is_cut = |cut: &Option<Cut>| cut.as_ref().is_some_and(Cut::is_cut);
        self.more_headers > 0
            || is_cut(&self.key)
            || is_cut(&self.value)
            || self.headers.iter().any(|(name, value)| name.is_cut() || is_cut(value))
    }
}

/// Place for so many messages. Within a partition a message counts as no older than those before it, whatever its
/// timestamp says: so those that are kept follow each other without a gap.
pub(super) struct Shelf {
    count: usize,
    /// The last are kept, else the first.
    newest: bool,
    kept: BTreeMap<(i64, i32, i64), Message>,
    /// The newest timestamp of each partition so far.
    times: BTreeMap<i32, i64>,
}

impl Shelf {
    pub(super) fn new(count: usize, newest: bool) -> Self {
        Shelf { count, newest, kept: BTreeMap::new(), times: BTreeMap::new() }
    }

    /// The next record of a partition, if it is wanted: partition and offset of the one that finds no room.
    pub(super) fn put(
        &mut self,
        partition: i32,
        record: &StoredRecord,
        is_wanted: impl FnOnce(&StoredRecord) -> bool,
    ) -> Option<(i32, i64)> {
        let time = self.times.entry(partition).or_insert(record.timestamp);
        *time = record.timestamp.max(*time);
        let key = (*time, partition, record.offset);
        let is_full = self.kept.len() >= self.count;
        let last = match self.newest {
            true => self.kept.first_key_value(),
            false => self.kept.last_key_value(),
        };
        let last = last.map(|(last, _)| *last).filter(|_| is_full);
        let finds_none = last.is_some_and(|last| if self.newest { key < last } else { key > last });
        if finds_none || !is_wanted(record) {
            return finds_none.then_some((partition, record.offset));
        }
        if let Some(last) = last {
            self.kept.remove(&last);
        }
        self.kept.insert(key, message(partition, record, (ROOM / self.count.max(1)).min(LARGEST)));
        last.map(|(_, partition, offset)| (partition, offset))
    }

    /// The oldest first.
    pub(super) fn messages(self) -> Vec<Message> {
        self.kept.into_values().collect()
    }
}

/// With `room` bytes: half of them for the value, a quarter for the key, a quarter for the headers.
fn message(partition: i32, record: &StoredRecord, room: usize) -> Message {
    /// What a header takes beside its bytes.
    const HEADER: usize = 64;
    let of = |bytes: &Option<Bytes>| bytes.as_ref().map_or(0, Bytes::len);
    let mut left = room / 4;
    let mut headers = Vec::new();
    for (name, value) in &record.headers {
        let Some(room) = left.checked_sub(HEADER).filter(|room| *room > 0) else { break };
        let name = Cut::new(name, room);
        let value = value.as_ref().map(|value| Cut::new(value, room - name.bytes.len()));
        left = room - name.bytes.len() - value.as_ref().map_or(0, |value| value.bytes.len());
        headers.push((name, value));
    }
    let in_headers: usize = record.headers.iter().map(|(name, value)| name.len() + of(value)).sum();
    Message {
        partition,
        offset: record.offset,
        timestamp: record.timestamp,
        key: record.key.as_ref().map(|key| Cut::new(key, room / 4)),
        value: record.value.as_ref().map(|value| Cut::new(value, room / 2)),
        more_headers: record.headers.len() - headers.len(),
        headers,
        size: of(&record.key) + of(&record.value) + in_headers,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_bounded_whatever_is_in_the_messages() {
        let large = Bytes::from(vec![b'x'; 1 << 20]);
        let header = (large.clone(), Some(large.clone()));
        let small = (Bytes::from("n"), None);
        let headers = [vec![header.clone(); 3], vec![small; 100_000]].concat();
        for count in [1, 50, 200] {
            let mut shelf = Shelf::new(count, false);
            for offset in 0..300 {
                let (key, value) = (Some(large.clone()), Some(large.clone()));
                let headers = if offset == 0 { headers.clone() } else { vec![header.clone()] };
                shelf.put(0, &StoredRecord { offset, timestamp: 0, key, value, headers }, |_| true);
            }
            let messages = shelf.messages();
            assert_eq!(messages.len(), count);
            let bytes = |cut: &Option<Cut>| cut.as_ref().map_or(0, |cut| cut.bytes.len());
            let size = |message: &Message| {
                let headers = message.headers.iter().map(|(name, value)| name.bytes.len() + bytes(value));
                bytes(&message.key) + bytes(&message.value) + headers.sum::<usize>()
            };
            assert!(messages.iter().map(size).sum::<usize>() <= ROOM);
            let first = &messages[0];
            assert_eq!(first.value.as_ref().unwrap().of, 1 << 20);
            assert_eq!(first.headers.len() + first.more_headers, 100_003);
            assert_eq!(first.size, (8 << 20) + 100_000);
        }
    }
}
