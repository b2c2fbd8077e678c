//! A line of input as a record.

use bytes::Bytes;
use memchr::memmem;

use crate::engine::produce::json;
use crate::wire::records::{Header, Record};

/// Where the key of a message comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    None,
    /// The same for all.
    Same(Bytes),
    /// What stands before the first separator, which is not empty.
    Before {
        separator: Vec<u8>,
        /// A line without one has no key.
        optional: bool,
    },
}

/// How lines are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lines {
    /// Each is an object with all of it.
    pub json: bool,
    pub key: Key,
    /// Of every message, behind its own.
    pub headers: Vec<Header>,
    /// Of every message, whatever it says itself.
    pub partition: Option<i32>,
}

/// A line that is no message: why, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadLine {
    pub reason: String,
    pub remedy: Option<String>,
}

impl Lines {
    /// A record to read lines into, over and over.
    pub(crate) fn record(&self) -> Record {
        let key = match &self.key {
            Key::Same(key) => Some(key.clone()),
            Key::None | Key::Before { .. } => None,
        };
        Record { key, headers: self.headers.clone(), ..Record::default() }
    }

    /// Reads a line, without its newline, into a record of [`Lines::record`]; the partition that it is for,
    /// if it says so. `now` is in ms since the epoch.
    pub(crate) fn read(&self, line: Bytes, now: i64, record: &mut Record) -> Result<Option<i32>, BadLine> {
        if self.json {
            let message = json::read(&line)?;
            record.key = message.key;
            record.value = message.value;
            record.headers = message.headers;
            record.headers.extend_from_slice(&self.headers);
            record.timestamp = message.timestamp.unwrap_or(now);
            return Ok(self.partition.or(message.partition));
        }
        record.timestamp = now;
        match &self.key {
            Key::None | Key::Same(_) => record.value = Some(line),
            Key::Before { separator, optional } => match memmem::find(&line, separator) {
                Some(at) => {
                    record.key = Some(line.slice(..at));
                    record.value = Some(line.slice(at + separator.len()..));
                }
                None if *optional => {
                    record.key = None;
                    record.value = Some(line);
                }
                None => {
                    let separator = String::from_utf8_lossy(separator);
                    return Err(BadLine {
                        reason: format!("it has no key: there is no `{separator}` in it"),
                        remedy: Some("`--null-key` takes such lines without a key".to_owned()),
                    });
                }
            },
        }
        Ok(self.partition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(key: Key, line: &'static [u8]) -> Result<(Option<Bytes>, Bytes), BadLine> {
        let lines = Lines { json: false, key, headers: Vec::new(), partition: None };
        let mut record = lines.record();
        lines.read(Bytes::from_static(line), 5, &mut record)?;
        Ok((record.key, record.value.unwrap()))
    }

    fn before(optional: bool) -> Key {
        Key::Before { separator: b"::".to_vec(), optional }
    }

    #[test]
    fn a_line_is_its_value_whatever_its_bytes_are() {
        for line in [&b""[..], b"\xff\xfe\0", b" a b "] {
            assert_eq!(read(Key::None, line).unwrap(), (None, Bytes::from_static(line)));
        }
        assert_eq!(read(Key::Same("k".into()), b"v").unwrap(), (Some("k".into()), "v".into()));
    }

    #[test]
    fn the_key_ends_at_the_first_separator() {
        for (line, key, value) in
            [("a::b::c", "a", "b::c"), ("::b", "", "b"), ("a::", "a", ""), (":::", "", ":")]
        {
            assert_eq!(read(before(false), line.as_bytes()).unwrap(), (Some(key.into()), value.into()));
        }
    }

    #[test]
    fn a_line_without_a_separator_is_an_error_unless_it_may_have_no_key() {
        assert_eq!(read(before(true), b"a:b").unwrap(), (None, "a:b".into()));
        let bad = read(before(false), b"a:b").unwrap_err();
        assert_eq!(bad.reason, "it has no key: there is no `::` in it");
        assert!(bad.remedy.unwrap().contains("--null-key"));
    }

    #[test]
    fn a_key_does_not_stay_for_the_next_line() {
        let lines = Lines { json: false, key: before(true), headers: Vec::new(), partition: Some(3) };
        let mut record = lines.record();
        assert_eq!(lines.read("a::b".into(), 5, &mut record), Ok(Some(3)));
        assert_eq!(lines.read("c".into(), 6, &mut record), Ok(Some(3)));
        assert_eq!(record, Record { value: Some("c".into()), timestamp: 6, ..Record::default() });
    }
}
