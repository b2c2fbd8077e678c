//! Messages of a topic for programs: read from a place on, and sent, in the words of `consume --json` and
//! `produce --json`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::call::Call;
use super::operations::Nothing;
use crate::engine::consume::browse::{Begin, Bound, MOST, Order, Page, Reach};
use crate::engine::consume::shelf::{self, Cut};
use crate::engine::ops::{DataOps, LIVE};
use crate::engine::produce::json;
use crate::engine::produce::one;
use crate::error::{ExitCode, Failure};
use crate::wire::records::Record;

/// Messages of one answer, unless it is said how many.
const COUNT: usize = 50;

/// Where to read: at most one of `from`, `offset` and `time_ms`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Place {
    /// This partition and no other.
    partition: Option<i32>,
    /// `newest` without it.
    from: Option<From>,
    /// From this offset on, in each partition.
    offset: Option<i64>,
    /// From the first message on that is as old as this or younger, in ms since 1970.
    time_ms: Option<i64>,
    /// Those alone that have this text in key, value or a header; case does not matter for ASCII letters.
    search: Option<String>,
    /// So many at most: 50 without it, never more than 200.
    limit: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum From {
    Earliest,
    Newest,
}

impl Place {
    fn order(self, topic: String) -> Result<Order, Failure> {
        let begin = match (self.from, self.offset, self.time_ms) {
            (None | Some(From::Newest), None, None) => Begin::Newest,
            (Some(From::Earliest), None, None) => Begin::Earliest,
            (None, Some(offset), None) => Begin::Offset(offset),
            (None, None, Some(ms)) => Begin::Since(ms),
            _ => {
                let message = "give at most one of `from`, `offset` and `time_ms`";
                return Err(Failure::new(ExitCode::Usage, message));
            }
        };
        let count = self.limit.unwrap_or(COUNT).clamp(1, MOST);
        Ok(Order { topic, partition: self.partition, begin, search: self.search.unwrap_or_default(), count })
    }
}

/// What was read of a topic, and how far.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Messages {
    /// In the order of their times.
    messages: Vec<Message>,
    /// Every partition that was to be read, by its number.
    partitions: BTreeMap<i32, Reached>,
    /// Messages that were looked at.
    read: u64,
    /// Why reading ended before there were enough; `null`: it did not, or all was read.
    stopped: Option<Stopped>,
    /// What happened meanwhile, for people.
    notes: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Stopped {
    Messages,
    Bytes,
    Time,
}

/// How far a partition was read.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Reached {
    /// From this offset to before `next`, of those before `end`.
    Read { from: i64, next: i64, end: i64 },
    /// It could not be read, and why.
    Unknown(String),
}

/// One message.
#[derive(Debug, Serialize, JsonSchema)]
struct Message {
    partition: i32,
    offset: i64,
    /// In ms since 1970; -1: it has none.
    timestamp: i64,
    /// `null`: it has none, or `key_base64` has it.
    key: Option<String>,
    /// Bytes that are no UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_base64: Option<String>,
    /// `null`: a tombstone, or `value_base64` has it.
    value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_base64: Option<String>,
    /// Name and value each.
    headers: Vec<(Octets, Option<Octets>)>,
    /// Bytes of key, value and headers.
    size: usize,
    /// It is larger than what is told of it here.
    is_cut: bool,
}

/// Text, or bytes that are none.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
enum Octets {
    Text(String),
    Bytes { base64: String },
}

impl Octets {
    fn of(cut: &Cut) -> Self {
        match cut.text() {
            Some(text) => Octets::Text(text.to_owned()),
            None => Octets::Bytes { base64: BASE64_STANDARD.encode(&cut.bytes) },
        }
    }

    fn split(cut: Option<&Cut>) -> (Option<String>, Option<String>) {
        match cut.map(Octets::of) {
            None => (None, None),
            Some(Octets::Text(text)) => (Some(text), None),
            Some(Octets::Bytes { base64 }) => (None, Some(base64)),
        }
    }
}

impl std::convert::From<&shelf::Message> for Message {
    fn from(message: &shelf::Message) -> Self {
        let (key, key_base64) = Octets::split(message.key.as_ref());
        let (value, value_base64) = Octets::split(message.value.as_ref());
        let header = |(name, value): &(Cut, Option<Cut>)| (Octets::of(name), value.as_ref().map(Octets::of));
        Message {
            partition: message.partition,
            offset: message.offset,
            timestamp: message.timestamp,
            key,
            key_base64,
            value,
            value_base64,
            headers: message.headers.iter().map(header).collect(),
            size: message.size,
            is_cut: message.is_cut(),
        }
    }
}

impl std::convert::From<Page> for Messages {
    fn from(page: Page) -> Self {
        let reached = |reach| match reach {
            Reach::Read { from, next, end } => Reached::Read { from, next, end },
            Reach::Unknown(why) => Reached::Unknown(why),
        };
        Messages {
            messages: page.messages.iter().map(Message::from).collect(),
            partitions: page.partitions.into_iter().map(|(of, reach)| (of, reached(reach))).collect(),
            read: page.read,
            stopped: page.stopped.map(|bound| match bound {
                Bound::Messages => Stopped::Messages,
                Bound::Bytes => Stopped::Bytes,
                Bound::Time => Stopped::Time,
            }),
            notes: page.notes,
        }
    }
}

pub(super) async fn messages(call: Call<Place, Nothing>) -> Result<Messages, Failure> {
    let topic = call.name("topic").to_owned();
    Ok(LIVE.browse(&call.dir, &call.query.order(topic)?).await?.into())
}

/// A message as a line of `produce --json` has it.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct ToSend(json::Message);

impl JsonSchema for ToSend {
    fn schema_name() -> Cow<'static, str> {
        "ToSend".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "description": "A message, as a line of `produce --json` has it; it has `value` or `value_base64`.",
            "properties": {
                "key": { "type": ["string", "null"] },
                "key_base64": { "type": ["string", "null"], "description": "In the place of `key`." },
                "value": { "type": ["string", "null"], "description": "`null` is a tombstone." },
                "value_base64": { "type": ["string", "null"], "description": "In the place of `value`." },
                "headers": {
                    "type": ["object", "array", "null"],
                    "description": "`[[\"name\", \"value\"], [\"other\", null]]`, or `{\"name\": \"value\"}`; `{\"base64\": \"...\"}` for bytes.",
                },
                "partition": { "type": ["integer", "null"], "description": "By its key, or any, without it." },
                "timestamp": {
                    "type": ["integer", "string", "null"],
                    "description": "In ms since 1970, or `2026-11-23T00:34:00Z`; the time of its sending without it.",
                },
            },
        })
    }
}

/// Where a message is, as every in-sync replica has it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Landed {
    partition: i32,
    /// `null`: the broker did not tell.
    offset: Option<i64>,
}

pub(super) async fn send(call: Call<Nothing, ToSend>) -> Result<Landed, Failure> {
    let topic = call.name("topic").to_owned();
    let json::Message { key, value, headers, partition, timestamp } = call.body.0;
    let record = Record { key, value, headers, timestamp: 0 };
    let landed = LIVE.produce_one(&call.dir, &one::Order { topic, partition, timestamp, record }).await?;
    Ok(Landed { partition: landed.partition, offset: landed.offset })
}
