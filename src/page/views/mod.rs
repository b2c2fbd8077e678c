//! What can be looked at: for each view, what is asked of Kafka for it and what its template is given.

mod broker;
mod brokers;
mod events;
mod group;
mod groups;
mod lag;
mod logs;
mod messages;
mod moves;
mod overview;
mod partitions;
mod share;
mod topic;
mod topics;

use std::time::Duration;

use minijinja::{Value, context};

use super::assets::CURVE;
use super::hub::Snapshot;
use super::text::Lang;
use crate::paths::ClusterDir;

/// What Kafka was asked for, for a view that needs more than the supervisor tells; undefined until it has answered.
/// A view may keep in it what was told before.
pub(super) type Asked = Value;

/// A view, with what it is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum View {
    Overview,
    Partitions,
    Topics(topics::Filter),
    /// One, by its name.
    Topic(String),
    Messages(messages::Filter),
    Brokers,
    /// One broker, by its id.
    Broker(i32),
    Groups,
    /// One group, by its name, which may be any text.
    Group(String),
    /// Replicas that are being moved.
    Moves,
    Events(events::Filter),
    Logs(logs::Filter),
}

/// The views of the navigation, in its order: as in their addresses and texts.
pub(super) const NAMES: &[&str] =
    &["overview", "partitions", "topics", "brokers", "groups", "events", "logs"];

/// Kafka is asked again after its answer, for as long as somebody looks.
const OFTEN: Duration = Duration::from_secs(2);
/// The same for what changes slowly, such as sizes on disk.
const SOMETIMES: Duration = Duration::from_secs(5);
/// Files are read on that often.
const READ: Duration = Duration::from_secs(1);

impl View {
    /// By its address below the cluster's, and the query of it.
    pub(super) fn parse(path: &str, query: &[(String, String)]) -> Option<Self> {
        match path {
            "overview" => Some(View::Overview),
            "partitions" => Some(View::Partitions),
            "topics" => Some(View::Topics(topics::Filter::parse(query))),
            "brokers" => Some(View::Brokers),
            "groups" => Some(match query.iter().find(|(key, _)| key == "name") {
                Some((_, name)) => View::Group(name.clone()),
                None => View::Groups,
            }),
            "moves" => Some(View::Moves),
            "events" => Some(View::Events(events::Filter::parse(query))),
            "logs" => Some(View::Logs(logs::Filter::parse(query))),
            _ => match path.strip_prefix("brokers/") {
                Some(id) => id.parse().ok().map(View::Broker),
                None => path.strip_prefix("topics/").and_then(|path| View::of_topic(path, query)),
            },
        }
    }

    /// By what stands behind `topics/`.
    fn of_topic(path: &str, query: &[(String, String)]) -> Option<Self> {
        let messages = path.strip_suffix("/messages");
        let name = messages.unwrap_or(path);
        let is_name = !name.is_empty() && !name.contains('/');
        is_name.then(|| match messages {
            Some(_) => View::Messages(messages::Filter::parse(name, query)),
            None => View::Topic(name.to_owned()),
        })
    }

    /// Which entry of the navigation it belongs to; of one that is reached from others, its own.
    pub(super) fn name(&self) -> &'static str {
        match self {
            View::Overview => "overview",
            View::Partitions => "partitions",
            View::Topics(_) | View::Topic(_) | View::Messages(_) => "topics",
            View::Brokers | View::Broker(_) => "brokers",
            View::Groups | View::Group(_) => "groups",
            View::Moves => "moves",
            View::Events(_) => "events",
            View::Logs(_) => "logs",
        }
    }

    pub(super) fn template(&self) -> &'static str {
        match self {
            View::Overview => "overview.html",
            View::Partitions => "partitions.html",
            View::Topics(_) => "topics.html",
            View::Topic(_) => "topic.html",
            View::Messages(_) => "messages.html",
            View::Brokers => "brokers.html",
            View::Broker(_) => "broker.html",
            View::Groups => "groups.html",
            View::Group(_) => "group.html",
            View::Moves => "moves.html",
            View::Events(_) => "events.html",
            View::Logs(_) => "logs.html",
        }
    }

    /// How often Kafka is asked; `None`: once, if the supervisor does not tell everything.
    pub(super) fn every(&self) -> Option<Duration> {
        match self {
            View::Topics(_) | View::Topic(_) | View::Groups | View::Group(_) | View::Moves => Some(OFTEN),
            View::Brokers | View::Broker(_) => Some(SOMETIMES),
            View::Messages(filter) => filter.is_live().then_some(OFTEN),
            View::Logs(_) => Some(READ),
            View::Overview | View::Partitions | View::Events(_) => None,
        }
    }

    /// What its page loads beside what all do: style sheets and scripts, by their names as assets.
    pub(super) fn extras(&self) -> &'static [&'static str] {
        match self {
            View::Group(_) => CURVE,
            _ => &[],
        }
    }

    /// Asks Kafka, for all who look at it; `before` is what it told last.
    pub(super) async fn ask(&self, dir: ClusterDir, before: Asked) -> Asked {
        match self {
            View::Topics(_) => topics::ask(&dir).await,
            View::Topic(name) => topic::ask(&dir, name).await,
            View::Messages(filter) => messages::ask(&dir, filter).await,
            View::Brokers => brokers::ask(&dir).await,
            View::Broker(id) => broker::ask(&dir, *id).await,
            View::Groups => groups::ask(&dir).await,
            View::Group(name) => group::ask(&dir, name, &before).await,
            View::Moves => moves::ask(&dir, &before).await,
            View::Logs(filter) => logs::ask(&dir, filter, before).await,
            View::Overview | View::Partitions | View::Events(_) => Value::UNDEFINED,
        }
    }

    /// What its template is given beside the status, with what the engine says in the language of the reader.
    pub(super) fn context(&self, snapshot: &Snapshot, asked: &Asked, lang: Lang) -> Value {
        let Some(status) = snapshot.status.as_deref() else { return context! {} };
        match self {
            View::Overview => overview::context(snapshot, status, lang),
            View::Partitions => partitions::context(snapshot, status),
            View::Topics(filter) => topics::context(status, asked, filter),
            View::Topic(name) => topic::context(status, asked, name),
            View::Messages(filter) => messages::context(status, asked, filter),
            View::Brokers => brokers::context(snapshot, status, asked, lang),
            View::Broker(id) => broker::context(snapshot, status, *id, asked, lang),
            View::Groups => groups::context(asked),
            View::Group(name) => group::context(name, asked),
            View::Moves => moves::context(snapshot, status, asked, lang),
            View::Events(filter) => events::context(snapshot, filter, lang),
            View::Logs(filter) => logs::context(snapshot, filter, asked, lang),
        }
    }
}
