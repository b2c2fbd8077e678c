//! What is done to topics by the page's forms: the same requests as the command line's, and its words for what came
//! of them.

use std::time::Duration;

use anstream::adapter::strip_str;
use minijinja::context;

use super::answer;
use super::message_form;
use super::render::{self, Reader};
use super::under_way::Room;
use super::value::why;
use crate::admin::{Alteration, TopicRequest, given};
use crate::engine::ops::{AdminOps, DataOps, LIVE};
use crate::engine::produce::one;
use crate::error::{ExitCode, Failure};
use crate::output::topics;
use crate::paths::ClusterDir;
use crate::spec::topics::MAX_PARTITIONS;
use crate::wire::create_topics::{Layout, NewTopic};

/// What takes longer goes on, and is seen in the view when it is through.
const AT_ONCE: Duration = Duration::from_secs(15);

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Create(TopicRequest),
    Alter(Alteration),
    Elect(String),
    Produce(one::Order),
    Delete { topic: String, is_confirmed: bool },
}

/// What came of it.
enum Answer {
    Done(String),
    /// The topic would go, with so many messages if that is known.
    Confirm {
        topic: String,
        partitions: usize,
        messages: Option<u64>,
    },
}

/// A form's fields.
struct Fields<'a>(&'a [(String, String)]);

impl Fields<'_> {
    fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim())
    }

    fn topic(&self) -> String {
        self.text("topic").to_owned()
    }

    /// Nothing: as Kafka has it.
    fn number(&self, name: &str, most: u32) -> Result<Option<u32>, Failure> {
        let text = self.text(name);
        let number = text.parse().ok().filter(|number| (1..=most).contains(number));
        match number {
            None if !text.is_empty() => {
                let what = name.replace('_', " ");
                Err(usage(format!("{what}: `{text}` is no whole number from 1 to {most}")))
            }
            number => Ok(number),
        }
    }

    fn lines(&self, name: &str) -> impl Iterator<Item = &str> {
        self.text(name).lines().map(str::trim).filter(|line| !line.is_empty())
    }

    fn settings(&self, name: &str) -> Result<Vec<(String, String)>, Failure> {
        let read = |line| given::setting(line).map_err(|error| usage(format!("`{line}`: {error}")));
        self.lines(name).map(read).collect()
    }
}

fn usage(message: String) -> Failure {
    Failure::new(ExitCode::Usage, message)
}

impl Wanted {
    /// `None`: there is no such form.
    fn parse(what: &str, fields: &Fields<'_>) -> Option<Result<Self, Failure>> {
        match what {
            "create" => Some(Self::create(fields)),
            "alter" => Some(Self::alter(fields)),
            "elect" => Some(Ok(Wanted::Elect(fields.topic()))),
            "produce" => Some(message_form::order(fields.0).map(Wanted::Produce)),
            "delete" => {
                let is_confirmed = fields.text("confirmed") == "true";
                Some(Ok(Wanted::Delete { topic: fields.topic(), is_confirmed }))
            }
            _ => None,
        }
    }

    fn create(fields: &Fields<'_>) -> Result<Self, Failure> {
        let replication_factor = fields.number("replication_factor", u16::MAX.into())?;
        let layout = Layout::Counted {
            partitions: fields.number("partitions", MAX_PARTITIONS)?,
            replication_factor: replication_factor.and_then(|factor| factor.try_into().ok()),
        };
        let config = given::settings(fields.settings("settings")?)?;
        let topic = NewTopic { name: fields.topic(), layout, config };
        Ok(Wanted::Create(TopicRequest { topic, if_not_exists: false }))
    }

    fn alter(fields: &Fields<'_>) -> Result<Self, Failure> {
        let partitions = fields.number("partitions", MAX_PARTITIONS)?;
        let delete: Vec<String> = fields.lines("unset").map(str::to_owned).collect();
        Ok(Wanted::Alter(given::alteration(
            fields.topic(),
            partitions,
            fields.settings("settings")?,
            delete,
        )?))
    }

    async fn run(self, dir: &ClusterDir) -> Result<Answer, Failure> {
        let said = match self {
            Wanted::Create(request) => {
                let created = LIVE.create_topic(dir, &request).await?;
                let more = [&created.note, &created.warning].into_iter().flatten();
                more.fold(topics::created(&created), |said, more| format!("{said}{more}\n"))
            }
            Wanted::Alter(wanted) => topics::altered(&LIVE.alter_topic(dir, &wanted).await?),
            Wanted::Elect(topic) => topics::elections(&LIVE.elect_preferred(dir, Some(&topic)).await?),
            Wanted::Produce(message) => message_form::said(LIVE.produce_one(dir, &message).await?),
            Wanted::Delete { topic, is_confirmed: true } => {
                topics::deleted(&LIVE.delete_topics(dir, &[topic]).await?)
            }
            Wanted::Delete { topic, is_confirmed: false } => {
                LIVE.may_delete_topics(dir, std::slice::from_ref(&topic)).await?;
                let described = LIVE.describe_topics(dir, Some(&topic)).await?;
                let one = described.topics.first();
                let partitions = one.map_or(0, |one| one.partition_count);
                return Ok(Answer::Confirm {
                    topic,
                    partitions,
                    messages: one.and_then(|one| one.messages()),
                });
            }
        };
        Ok(Answer::Done(strip_str(&said).to_string()))
    }
}

/// Has it done: the answer as HTML; `None`: there is no such form.
pub(super) async fn act(
    dir: ClusterDir,
    what: &str,
    fields: &[(String, String)],
    room: &Room,
    reader: Reader<'_>,
) -> Option<String> {
    let wanted = Wanted::parse(what, &Fields(fields))?;
    let say = |kind: &str, message: &str| answer::plain(reader, kind, message);
    Some(match wanted {
        Err(failure) => say("failed", &why(&failure)),
        Ok(wanted) => {
            let stand = room.run(Some(AT_ONCE), async move { wanted.run(&dir).await }).await;
            match answer::through(reader, stand) {
                Err(nothing_yet) => nothing_yet,
                Ok(Err(failure)) => say("failed", &why(&failure)),
                Ok(Ok(Answer::Done(said))) => say("done", &said),
                Ok(Ok(Answer::Confirm { topic, partitions, messages })) => {
                    let values = context! { topic, partitions, messages };
                    render::page("confirm-delete.html", reader, values)
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(what: &str, fields: &[(&str, &str)]) -> Result<Wanted, Failure> {
        let fields: Vec<_> = fields.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
        Wanted::parse(what, &Fields(&fields)).unwrap()
    }

    #[test]
    fn an_empty_field_of_a_new_topic_is_left_to_kafka() {
        let given = [("topic", " velib "), ("partitions", ""), ("replication_factor", "2"), ("settings", "")];
        let Ok(Wanted::Create(request)) = parse("create", &given) else { panic!() };
        assert_eq!(request.topic.name, "velib");
        assert_eq!(request.topic.layout, Layout::Counted { partitions: None, replication_factor: Some(2) });
        assert!(request.topic.config.is_empty() && !request.if_not_exists);
    }

    #[test]
    fn settings_are_lines() {
        let given = [
            ("topic", "velib"),
            ("settings", "retention.ms=1000\r\n\r\n cleanup.policy = compact \n"),
            ("unset", "segment.bytes\nsegment.ms"),
        ];
        let Ok(Wanted::Alter(wanted)) = parse("alter", &given) else { panic!() };
        let set: Vec<_> = wanted.set.iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(set, ["cleanup.policy=compact", "retention.ms=1000"]);
        assert_eq!(wanted.delete.len(), 2);
        let wrong = |field, value| parse("alter", &[(field, value)]).unwrap_err().message;
        assert_eq!(wrong("settings", "retention"), "`retention`: settings look like retention.ms=86400000");
        assert_eq!(wrong("partitions", "0"), "partitions: `0` is no whole number from 1 to 10000");
    }

    #[test]
    fn a_topic_is_deleted_only_when_that_was_confirmed() {
        let wanted = |fields: &[(&str, &str)]| parse("delete", fields).unwrap();
        let topic = || "velib".to_owned();
        assert_eq!(wanted(&[("topic", "velib")]), Wanted::Delete { topic: topic(), is_confirmed: false });
        let confirmed = [("topic", "velib"), ("confirmed", "true")];
        assert_eq!(wanted(&confirmed), Wanted::Delete { topic: topic(), is_confirmed: true });
        assert!(Wanted::parse("other", &Fields(&[])).is_none());
    }
}
