//! One broker: its state, its log folders, its share of each topic and the settings that hold.

use std::collections::BTreeMap;

use minijinja::value::Object;
use minijinja::{Value, context};
use serde::Serialize;

use super::brokers::shares;
use super::overview::{actions, tone};
use super::share::{self, Share};
use crate::admin::{ConfigRequest, Configs, Disks};
use crate::engine::ops::{AdminOps, LIVE};
use crate::model::ids::{NodeName, Role};
use crate::model::status::{NodeStatus, Status};
use crate::output::config;
use crate::page::hub::Snapshot;
use crate::page::text::Lang;
use crate::page::value::told;
use crate::page::words;
use crate::paths::ClusterDir;

/// What Kafka said, or why it did not.
#[derive(Debug)]
struct Told {
    disks: Result<Disks, String>,
    configs: Result<Configs, String>,
}

impl Object for Told {}

#[derive(Serialize)]
struct Setting<'a> {
    key: &'a str,
    value: String,
    source: String,
    default: Option<&'a str>,
    note: Option<&'a str>,
}

pub(super) async fn ask(dir: &ClusterDir, id: i32) -> Value {
    let wanted = ConfigRequest { name: NodeName::broker(id).to_string(), is_topic: false, keys: Vec::new() };
    let (disks, configs) = futures_util::join!(LIVE.disks(dir), LIVE.config(dir, &wanted));
    Value::from_object(Told {
        disks: disks.map_err(|failure| failure.message),
        configs: configs.map_err(|failure| failure.message),
    })
}

pub(super) fn context(snapshot: &Snapshot, status: &Status, id: i32, asked: &Value, lang: Lang) -> Value {
    let name = NodeName::broker(id);
    let mut brokers = status.nodes.iter().filter(|node| node.node.role == Role::Broker);
    let Some(at) = brokers.clone().position(|node| node.node == name) else {
        return context! { name => name.to_string(), node => Value::from(()), is_told => true };
    };
    let share = shares(status).and_then(|shares| shares.get(at).copied());
    let node = brokers.nth(at);
    let common = context! {
        id,
        name => name.to_string(),
        node => node.map(told),
        why => node.and_then(|node| node.reason.as_ref()).map(|reason| told(words::reason(lang, reason))),
        tone => node.map(|node| tone(node.state)),
        is_voter => node.is_some_and(|node| node.mode.is_some()),
        actions => told(node.map_or(&[][..], |node: &NodeStatus| actions(node.state))),
        is_controller => status.controller_name() == Some(name),
        load => snapshot.load.get(&name),
        rack => snapshot.racks.of(id),
        share => share.map(told),
        topics => told(topics(status, id)),
    };
    let Some(Told { disks, configs }) = asked.downcast_object_ref::<Told>() else {
        return context! { is_told => false, ..common };
    };
    let mut unknown = Vec::new();
    let folders = match disks {
        Ok(disks) => {
            let of_it = format!("{name}:");
            unknown.extend(disks.unknown.iter().filter(|line| line.contains(&of_it)).cloned());
            disks.brokers.get(&id)
        }
        Err(why) => {
            unknown.push(why.clone());
            None
        }
    };
    let (settings, defaults) = match configs {
        Ok(configs) => {
            unknown.extend(configs.notes.iter().cloned());
            settings(configs)
        }
        Err(why) => {
            unknown.push(why.clone());
            (Vec::new(), Vec::new())
        }
    };
    unknown.dedup();
    context! {
        is_told => true, folders => folders.map(told), settings => told(settings), defaults => told(defaults),
        unknown, ..common
    }
}

/// What it has of each topic that it has something of.
fn topics(status: &Status, id: i32) -> BTreeMap<&str, Share> {
    let topics = status.topics.iter().flatten();
    let shares = topics.map(|(name, topic)| (name.as_str(), share::of(id, [topic].into_iter())));
    shares.filter(|(_, share)| share.replicas > 0).collect()
}

/// Those that somebody set, and those at Kafka's own defaults.
fn settings(configs: &Configs) -> (Vec<Setting<'_>>, Vec<Setting<'_>>) {
    let rows = configs.settings.iter().map(|setting| {
        let row = Setting {
            key: &setting.key,
            value: config::value(setting),
            source: config::source(configs, setting),
            default: setting.kafka_default.as_deref(),
            note: setting.note.as_deref(),
        };
        (setting.is_default(), row)
    });
    let (defaults, set): (Vec<_>, Vec<_>) = rows.partition(|(is_default, _)| *is_default);
    let bare = |rows: Vec<(bool, _)>| rows.into_iter().map(|(_, row)| row).collect();
    (bare(set), bare(defaults))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::samples::healthy;
    use crate::output::config::samples::configs;

    #[test]
    fn settings_are_apart_from_kafkas_defaults_and_say_where_they_come_from() {
        let configs = configs();
        let (set, defaults) = settings(&configs);
        assert_eq!(set.len() + defaults.len(), configs.settings.len());
        let one = set.iter().find(|setting| setting.key == "log.retention.hours").unwrap();
        assert_eq!(one.value, "24");
        assert!(!one.source.is_empty());
    }

    #[test]
    fn a_broker_that_is_no_member_has_no_values() {
        let values = context(&Snapshot::default(), &healthy(), 9, &Value::UNDEFINED, Lang::En);
        assert!(values.get_attr("node").unwrap().is_none());
        assert_eq!(topics(&healthy(), 1)["velib-stations"].leads, 1);
    }
}
