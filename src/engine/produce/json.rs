//! Messages as JSON objects, as `consume --json` prints them.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use jiff::Timestamp;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::engine::produce::lines::BadLine;
use crate::engine::suggest::nearest;
use crate::wire::records::Header;

/// A message as JSON has it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Message {
    pub key: Option<Bytes>,
    pub value: Option<Bytes>,
    pub headers: Vec<Header>,
    pub partition: Option<i32>,
    /// Since the epoch, in ms.
    pub timestamp: Option<i64>,
}

/// That are read.
const FIELDS: [&str; 7] = ["key", "key_base64", "value", "value_base64", "headers", "partition", "timestamp"];
/// That are printed with a message, and say nothing to a producer.
const IGNORED: [&str; 5] = ["topic", "offset", "timestamp_type", "leader_epoch", "size"];

/// Reads one line.
pub(super) fn read(line: &[u8]) -> Result<Message, BadLine> {
    serde_json::from_slice(line).map_err(|error| {
        let said = error.to_string();
        // The line that it knows is always the first.
        let reason = said.rsplit_once(" at line ").map_or(said.as_str(), |(reason, _)| reason);
        let remedy = r#"a line is an object such as {"key": "7", "value": "a"}; null is a tombstone"#;
        BadLine { reason: format!("column {}: {reason}", error.column()), remedy: Some(remedy.to_owned()) }
    })
}

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MessageVisitor)
    }
}

struct MessageVisitor;

impl<'de> Visitor<'de> for MessageVisitor {
    type Value = Message;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Message, A::Error> {
        let mut message = Message::default();
        let mut seen: Vec<&'static str> = Vec::new();
        while let Some(Text(name)) = map.next_key()? {
            let Some(field) = FIELDS.into_iter().find(|field| *field == name) else {
                if !IGNORED.contains(&&*name) {
                    return Err(A::Error::custom(unknown(&name)));
                }
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if seen.contains(&field) {
                return Err(A::Error::custom(format!("`{field}` is given twice")));
            }
            seen.push(field);
            match field {
                "key" => set(&mut message.key, text(map.next_value()?), "key")?,
                "key_base64" => set(&mut message.key, base64(map.next_value()?)?, "key")?,
                "value" => set(&mut message.value, text(map.next_value()?), "value")?,
                "value_base64" => set(&mut message.value, base64(map.next_value()?)?, "value")?,
                "headers" => {
                    message.headers = map.next_value::<Option<Headers>>()?.unwrap_or_default().0;
                }
                "partition" => message.partition = map.next_value()?,
                _ => message.timestamp = map.next_value::<Option<Moment>>()?.map(|moment| moment.0),
            }
        }
        match seen.iter().any(|field| field.starts_with("value")) {
            true => Ok(message),
            false => Err(A::Error::custom("it has no `value`")),
        }
    }
}

/// A key and its form in base64 are the same field.
fn set<E: Error>(field: &mut Option<Bytes>, bytes: Option<Bytes>, name: &str) -> Result<(), E> {
    if field.is_some() && bytes.is_some() {
        return Err(E::custom(format!("give either `{name}` or `{name}_base64`")));
    }
    if bytes.is_some() {
        *field = bytes;
    }
    Ok(())
}

fn unknown(name: &str) -> String {
    match nearest(name, FIELDS) {
        Some(near) => format!("unknown field `{name}`; did you mean `{near}`?"),
        None => format!("unknown field `{name}`; fields are {}", FIELDS.join(", ")),
    }
}

/// A string, borrowed from the line unless it has escapes.
struct Text<'a>(Cow<'a, str>);

impl Text<'_> {
    fn bytes(self) -> Bytes {
        Bytes::from(self.0.into_owned().into_bytes())
    }
}

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

fn text(text: Option<Text<'_>>) -> Option<Bytes> {
    text.map(Text::bytes)
}

fn base64<E: Error>(text: Option<Text<'_>>) -> Result<Option<Bytes>, E> {
    let decoded = text.map(|text| BASE64_STANDARD.decode(text.0.as_bytes())).transpose();
    let decoded = decoded.map_err(|error| E::custom(format!("it is no base64: {error}")))?;
    Ok(decoded.map(Bytes::from))
}

/// `[["name", "value"], ["other", null], ["bytes", {"base64": "/w=="}]]`, or `{"name": "value"}`; names may repeat in both.
#[derive(Default)]
struct Headers(Vec<Header>);

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct HeadersVisitor;
        impl<'de> Visitor<'de> for HeadersVisitor {
            type Value = Headers;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("headers as [[name, value or null]] or {name: value or null}")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Headers, A::Error> {
                let mut headers = Vec::new();
                while let Some((name, value)) = seq.next_element::<(Octets, Option<Octets>)>()? {
                    headers.push((name.0, value.map(|value| value.0)));
                }
                Ok(Headers(headers))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Headers, A::Error> {
                let mut headers = Vec::new();
                while let Some((name, value)) = map.next_entry::<Text<'_>, Option<Octets>>()? {
                    headers.push((name.bytes(), value.map(|value| value.0)));
                }
                Ok(Headers(headers))
            }
        }
        deserializer.deserialize_any(HeadersVisitor)
    }
}

/// A name or a value of a header: a string, or `{"base64": "..."}` for bytes that are not UTF-8.
struct Octets(Bytes);

impl<'de> Deserialize<'de> for Octets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OctetsVisitor;
        impl<'de> Visitor<'de> for OctetsVisitor {
            type Value = Octets;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(r#"a string or {"base64": "..."}"#)
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Octets, E> {
                Ok(Octets(Bytes::copy_from_slice(text.as_bytes())))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Octets, A::Error> {
                let only = || A::Error::custom("the object of a header has `base64`, and nothing else");
                let Some((Text(name), value)) = map.next_entry::<Text<'_>, Text<'_>>()? else {
                    return Err(only());
                };
                if name != "base64" || map.next_key::<Text<'_>>()?.is_some() {
                    return Err(only());
                }
                base64(Some(value))?.map(Octets).ok_or_else(only)
            }
        }
        deserializer.deserialize_any(OctetsVisitor)
    }
}

/// Ms since the epoch, or RFC 3339.
struct Moment(i64);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MomentVisitor;
        impl Visitor<'_> for MomentVisitor {
            type Value = Moment;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a timestamp as ms since 1970, or as 2026-11-23T00:34:00Z")
            }
            fn visit_i64<E: Error>(self, ms: i64) -> Result<Moment, E> {
                match ms {
                    0.. => Ok(Moment(ms)),
                    _ => Err(E::custom("the timestamp is before 1970")),
                }
            }
            fn visit_u64<E: Error>(self, ms: u64) -> Result<Moment, E> {
                i64::try_from(ms).map(Moment).map_err(|_| E::custom("the timestamp is too large"))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Moment, E> {
                let moment: Timestamp = text.parse().map_err(|_| {
                    E::custom("timestamps are ms since 1970, or look like 2026-11-23T00:34:00Z")
                })?;
                self.visit_i64(moment.as_millisecond())
            }
        }
        deserializer.deserialize_any(MomentVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(line: &str) -> String {
        read(line.as_bytes()).unwrap_err().reason
    }

    #[test]
    fn what_consume_prints_is_read_back() {
        let line = r#"{"topic":"bikes","partition":3,"offset":9,"timestamp":1700000000000,
            "key":"a\n","value":null,"headers":[["n","v"],["n",null]]}"#;
        let message = Message {
            key: Some("a\n".into()),
            value: None,
            headers: vec![("n".into(), Some("v".into())), ("n".into(), None)],
            partition: Some(3),
            timestamp: Some(1_700_000_000_000),
        };
        assert_eq!(read(line.as_bytes()), Ok(message));
        let line = r#"{"key_base64":"/w==","value_base64":"AAE=","headers":{"n":"v"},
            "timestamp":"1970-01-01T00:00:01Z"}"#;
        let message = Message {
            key: Some(Bytes::from_static(b"\xff")),
            value: Some(Bytes::from_static(b"\0\x01")),
            headers: vec![("n".into(), Some("v".into()))],
            partition: None,
            timestamp: Some(1000),
        };
        assert_eq!(read(line.as_bytes()), Ok(message));
        let printed = r#"{"key":null,"key_base64":"/w==","value":"v","partition":null,"timestamp":null}"#;
        assert_eq!(read(printed.as_bytes()).unwrap().key.unwrap(), b"\xff"[..]);
        let bytes: Header = ("b".into(), Some(Bytes::from_static(b"\xff")));
        let array = r#"{"value":"v","headers":[["b",{"base64":"/w=="}],[{"base64":"/w=="},"b"]]}"#;
        let turned: Header = (Bytes::from_static(b"\xff"), Some("b".into()));
        assert_eq!(read(array.as_bytes()).unwrap().headers, [bytes.clone(), turned]);
        let object = r#"{"value":"v","headers":{"b":{"base64":"/w=="}}}"#;
        assert_eq!(read(object.as_bytes()).unwrap().headers, [bytes]);
    }

    #[test]
    fn a_slip_is_told_with_its_column_and_what_was_meant() {
        assert_eq!(reason(r#"{"vaule":"x"}"#), "column 8: unknown field `vaule`; did you mean `value`?");
        assert!(reason(r#"{"value":"x","colour":1}"#).contains("fields are key, "));
        assert_eq!(reason(r#"{"key":"x"}"#), "column 11: it has no `value`");
        assert!(reason(r#"{"value":"x""#).starts_with("column 12: EOF"));
        assert!(reason("7").contains("expected an object with a value"));
        assert!(reason("").contains("EOF"));
        assert!(reason(r#"{"value":{"a":1}}"#).contains("expected a string"));
        assert!(reason(r#"{"value":"a","value_base64":"AA=="}"#).contains("give either"));
        assert!(reason(r#"{"value":"a","value":"b"}"#).contains("twice"));
        assert!(reason(r#"{"value_base64":"*"}"#).contains("no base64"));
        for object in [r#"{}"#, r#"{"base46":"/w=="}"#, r#"{"base64":"/w==","base64":"/w=="}"#] {
            let line = format!(r#"{{"value":"a","headers":[["b",{object}]]}}"#);
            assert!(reason(&line).contains("`base64`, and nothing else"), "{line}");
        }
        assert!(reason(r#"{"value":"a","headers":{"b":{"base64":"*"}}}"#).contains("no base64"));
        assert!(reason(r#"{"value":"a","headers":{"b":7}}"#).contains(r#"a string or {"base64""#));
        assert!(reason(r#"{"value":"a","timestamp":-5}"#).contains("before 1970"));
        assert!(reason("{\"value\":\"\u{1}\"}").contains("control character"));
        assert!(read(b"{\"value\":\"\xff\"}").is_err());
    }
}
