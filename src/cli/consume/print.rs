//! Messages as text: values, keys and values, or JSON.

use std::borrow::Cow;
use std::io::Write;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::engine::consume::read::Sink;
use crate::error::End;
use crate::output::foreign;
use crate::output::screen::Screen;
use crate::wire::records::{Header, StoredRecord};

/// What of a message is printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Value,
    KeyAndValue { separator: Vec<u8> },
    Json { topic: String },
}

/// Bytes that are written at once.
const FULL: usize = 256 << 10;

pub(super) struct Printer<'a> {
    screen: &'a mut Screen,
    format: Format,
    buffer: Vec<u8>,
}

impl<'a> Printer<'a> {
    pub(super) fn new(screen: &'a mut Screen, format: Format) -> Self {
        Printer { screen, format, buffer: Vec::new() }
    }
}

impl Sink for Printer<'_> {
    fn record(&mut self, partition: i32, record: &StoredRecord) -> Result<(), End> {
        write(&self.format, partition, record, &mut self.buffer);
        match self.buffer.len() >= FULL {
            true => self.flush(),
            false => Ok(()),
        }
    }

    fn flush(&mut self) -> Result<(), End> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let written = self.screen.bytes(&self.buffer);
        self.buffer.clear();
        written
    }

    fn say(&mut self, line: &str) {
        self.screen.say(line);
    }
}

/// One message and its newline. A missing key or value has no bytes; JSON says that it is missing.
fn write(format: &Format, partition: i32, record: &StoredRecord, out: &mut Vec<u8>) {
    match format {
        Format::Value => out.extend_from_slice(record.value.as_deref().unwrap_or_default()),
        Format::KeyAndValue { separator } => {
            out.extend_from_slice(record.key.as_deref().unwrap_or_default());
            out.extend_from_slice(separator);
            out.extend_from_slice(record.value.as_deref().unwrap_or_default());
        }
        Format::Json { topic } => {
            let from = out.len();
            // Memory is all that it writes to, and its keys are strings.
            let _ = serde_json::to_writer(&mut *out, &Json { topic, partition, record });
            let shown = match std::str::from_utf8(&out[from..]).map(foreign::json) {
                Ok(Cow::Owned(shown)) => Some(shown),
                _ => None,
            };
            if let Some(shown) = shown {
                out.truncate(from);
                out.extend_from_slice(shown.as_bytes());
            }
        }
    }
    let _ = out.write_all(b"\n");
}

struct Json<'a> {
    topic: &'a str,
    partition: i32,
    record: &'a StoredRecord,
}

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("topic", self.topic)?;
        map.serialize_entry("partition", &self.partition)?;
        map.serialize_entry("offset", &self.record.offset)?;
        map.serialize_entry("timestamp", &self.record.timestamp)?;
        entry(&mut map, "key", "key_base64", self.record.key.as_ref())?;
        entry(&mut map, "value", "value_base64", self.record.value.as_ref())?;
        let headers: Vec<_> = self.record.headers.iter().map(JsonHeader).collect();
        map.serialize_entry("headers", &headers)?;
        map.end()
    }
}

/// Bytes that are no text come under another name, in base64.
fn entry<M: SerializeMap>(
    map: &mut M,
    name: &str,
    in_base64: &str,
    bytes: Option<&Bytes>,
) -> Result<(), M::Error> {
    match bytes.map(|bytes| std::str::from_utf8(bytes).map_err(|_| bytes)) {
        None => map.serialize_entry(name, &None::<()>),
        Some(Ok(text)) => map.serialize_entry(name, text),
        Some(Err(bytes)) => map.serialize_entry(in_base64, &BASE64_STANDARD.encode(bytes)),
    }
}

/// `["name", "value"]`, with null for no value; bytes that are no text as `{"base64": "..."}`.
struct JsonHeader<'a>(&'a Header);

impl Serialize for JsonHeader<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (name, value) = self.0;
        (JsonBytes(name), value.as_ref().map(|value| JsonBytes(value))).serialize(serializer)
    }
}

struct JsonBytes<'a>(&'a [u8]);

impl Serialize for JsonBytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("base64", &BASE64_STANDARD.encode(self.0))?;
                map.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> StoredRecord {
        StoredRecord {
            offset: 9,
            timestamp: 1_700_000_000_000,
            key: Some(Bytes::from("7")),
            value: Some(Bytes::from("a\"b")),
            headers: vec![
                (Bytes::from("n"), Some(Bytes::from("v"))),
                (Bytes::from("n"), None),
                (Bytes::from("b"), Some(Bytes::from_static(b"\xff"))),
            ],
        }
    }

    fn printed(format: &Format, record: &StoredRecord) -> String {
        let mut out = Vec::new();
        write(format, 3, record, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_message_is_its_value_or_its_key_and_value() {
        assert_eq!(printed(&Format::Value, &record()), "a\"b\n");
        let keyed = Format::KeyAndValue { separator: b" => ".to_vec() };
        assert_eq!(printed(&keyed, &record()), "7 => a\"b\n");
        let bare = StoredRecord { key: None, value: None, ..record() };
        assert_eq!(printed(&keyed, &bare), " => \n");
    }

    #[test]
    fn json_has_all_of_it_on_one_line() {
        let json = Format::Json { topic: "bikes".to_owned() };
        assert_eq!(
            printed(&json, &record()),
            concat!(
                r#"{"topic":"bikes","partition":3,"offset":9,"timestamp":1700000000000,"key":"7","value":"a\"b","#,
                r#""headers":[["n","v"],["n",null],["b",{"base64":"/w=="}]]}"#,
                "\n"
            )
        );
        let binary = StoredRecord { key: None, value: Some(Bytes::from_static(b"\xff\0")), ..record() };
        let printed = printed(&json, &StoredRecord { headers: Vec::new(), ..binary });
        assert!(printed.contains(r#""key":null,"value_base64":"/wA=","headers":[]"#), "{printed}");
    }
}
