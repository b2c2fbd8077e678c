//! The journal: what was done, what the processes did, what Kafka did, each in its lane, with the time between.

use jiff::Timestamp;
use minijinja::{Value, context};
use serde::Serialize;

use crate::model::event::{Entry, Event};
use crate::page::hub::Snapshot;
use crate::page::text::Lang;
use crate::page::value::{clock, told};
use crate::page::words::{self, Said};

/// How many are shown at most.
const SHOWN: usize = 100;

/// Who did it: the lane of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::page) enum Lane {
    /// What was asked for, and the answer.
    Asked,
    /// What a process did, or the supervisor to one.
    Process,
    /// What Kafka and ZooKeeper did.
    Kafka,
}

impl Lane {
    const ALL: [Lane; 3] = [Lane::Asked, Lane::Process, Lane::Kafka];

    fn name(self) -> &'static str {
        match self {
            Lane::Asked => "asked",
            Lane::Process => "process",
            Lane::Kafka => "kafka",
        }
    }

    fn of(event: &Event) -> Self {
        match event {
            Event::Asked { .. } | Event::Answered { .. } | Event::Refused { .. } => Lane::Asked,
            Event::BrokerRegistered { .. }
            | Event::BrokerGone { .. }
            | Event::ControllerChanged { .. }
            | Event::ZooKeeperLeaderChanged { .. }
            | Event::LeadersMoved { .. }
            | Event::IsrShrunk { .. }
            | Event::IsrExpanded { .. }
            | Event::TopicCreated { .. }
            | Event::TopicDeleted { .. }
            | Event::TopicDiffers { .. }
            | Event::TopicConfigured { .. }
            | Event::UsersChanged { .. }
            | Event::AclsChanged { .. } => Lane::Kafka,
            Event::SupervisorStarted { .. }
            | Event::SupervisorStopped { .. }
            | Event::NodeAdded { .. }
            | Event::NodeRemoved { .. }
            | Event::Started { .. }
            | Event::StartFailed { .. }
            | Event::Adopted { .. }
            | Event::Reached { .. }
            | Event::Ready { .. }
            | Event::Unready { .. }
            | Event::Signalled { .. }
            | Event::Exited { .. }
            | Event::RestartScheduled { .. }
            | Event::CrashLoop { .. }
            | Event::RegistrationCleared { .. }
            | Event::Paused { .. }
            | Event::Resumed { .. }
            | Event::Usable { .. }
            | Event::Trouble { .. } => Lane::Process,
        }
    }
}

/// Which events are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(in crate::page) struct Filter {
    node: Option<String>,
    lane: Option<Lane>,
}

impl Filter {
    pub(super) fn parse(query: &[(String, String)]) -> Self {
        let value = |key: &str| query.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
        Filter {
            node: value("node").filter(|node| !node.is_empty()).map(str::to_owned),
            lane: value("lane").and_then(|name| Lane::ALL.into_iter().find(|lane| lane.name() == name)),
        }
    }

    fn takes(&self, entry: &Entry) -> bool {
        let is_of_node = |wanted: &String| entry.event.node().is_some_and(|node| node.to_string() == *wanted);
        self.node.as_ref().is_none_or(is_of_node)
            && self.lane.is_none_or(|lane| lane == Lane::of(&entry.event))
    }
}

/// An event as it is shown.
#[derive(Serialize)]
pub(super) struct Row {
    seq: u64,
    /// Time of day here.
    time: String,
    /// RFC 3339.
    instant: String,
    lane: &'static str,
    node: Option<String>,
    text: Said,
    /// Since the event before it, in ms.
    after_ms: Option<u64>,
}

pub(super) fn row(entry: &Entry, before: Option<Timestamp>, lang: Lang) -> Row {
    let since = |before: Timestamp| entry.time.duration_since(before).as_millis().try_into().ok();
    Row {
        seq: entry.seq,
        time: clock(entry.time),
        instant: entry.time.to_string(),
        lane: Lane::of(&entry.event).name(),
        node: entry.event.node().map(|node| node.to_string()),
        text: words::event(lang, &entry.event),
        after_ms: before.and_then(since),
    }
}

pub(super) fn context(snapshot: &Snapshot, filter: &Filter, lang: Lang) -> Value {
    let wanted: Vec<&Entry> =
        snapshot.entries.iter().map(AsRef::as_ref).filter(|entry| filter.takes(entry)).collect();
    let shown = &wanted[wanted.len().saturating_sub(SHOWN)..];
    let before = std::iter::once(None).chain(shown.iter().map(|entry| Some(entry.time)));
    let mut rows: Vec<Row> =
        shown.iter().zip(before).map(|(entry, before)| row(entry, before, lang)).collect();
    rows.reverse();
    let lanes: Vec<&str> = Lane::ALL.into_iter().map(Lane::name).collect();
    context! { rows => told(rows), lanes, node => filter.node.as_deref(), lane => filter.lane.map(Lane::name) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::output::events::samples::{all, entry};

    #[test]
    fn events_can_be_had_of_one_node_and_of_one_lane() {
        let mut snapshot = Snapshot::default();
        snapshot.entries.extend(all().into_iter().map(|event| Arc::new(entry(event))));
        let shown = |query: &[(&str, &str)]| {
            let query: Vec<_> = query.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
            let rows = context(&snapshot, &Filter::parse(&query), Lang::En).get_attr("rows").unwrap();
            rows.try_iter().unwrap().map(|row| row.get_attr("lane").unwrap().to_string()).collect::<Vec<_>>()
        };
        let all = shown(&[]).len();
        let lanes = ["asked", "process", "kafka"].map(|lane| {
            let of_lane = shown(&[("lane", lane)]);
            assert!(of_lane.iter().all(|one| one == lane));
            of_lane.len()
        });
        assert_eq!(lanes.iter().sum::<usize>(), all);
        assert!(lanes.iter().all(|count| *count > 0));
        let of_node = shown(&[("node", "broker-0")]).len();
        assert!(of_node > 0 && of_node < all);
        assert_eq!(shown(&[("node", "broker-9")]).len(), 0);
        assert_eq!(shown(&[("lane", "other"), ("node", "")]).len(), all);
    }

    #[test]
    fn the_time_between_two_events_is_told() {
        let at = |ms| Timestamp::from_millisecond(ms).unwrap();
        let entry = Entry { seq: 1, time: at(5_250), event: Event::Usable { after_ms: 1 } };
        assert_eq!(row(&entry, Some(at(5_000)), Lang::En).after_ms, Some(250));
        assert_eq!(row(&entry, None, Lang::En).after_ms, None);
    }
}
