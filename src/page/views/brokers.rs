//! The brokers side by side: what each leads and holds, and what that takes on its disk.

use minijinja::value::Object;
use minijinja::{Value, context};
use serde::Serialize;

use super::overview::tone;
use super::share::{self, Share};
use crate::admin::Disks;
use crate::engine::ops::{AdminOps, LIVE};
use crate::model::ids::Role;
use crate::model::status::{NodeStatus, Status};
use crate::page::hub::{Part, Snapshot};
use crate::page::racks::Racks;
use crate::page::text::Lang;
use crate::page::value::{self, told};
use crate::paths::ClusterDir;

/// What Kafka said of disks, or why it did not.
#[derive(Debug)]
struct Told(Result<Disks, String>);

impl Object for Told {}

#[derive(Serialize)]
struct Row<'a> {
    #[serde(flatten)]
    node: &'a NodeStatus,
    id: i32,
    tone: &'static str,
    is_controller: bool,
    rack: Option<&'a str>,
    /// `None`: no broker told.
    share: Option<Share>,
    /// Bytes in all its log folders; `None`: it did not tell.
    size: Option<u64>,
}

pub(super) async fn ask(dir: &ClusterDir) -> Value {
    Value::from_object(Told(LIVE.disks(dir).await.map_err(|failure| failure.message)))
}

pub(super) fn context(snapshot: &Snapshot, status: &Status, asked: &Value, lang: Lang) -> Value {
    let disks = asked.downcast_object_ref::<Told>().map(|told| &told.0);
    let unknown: Vec<String> = match disks {
        None => Vec::new(),
        Some(Ok(disks)) => disks.unknown.clone(),
        Some(Err(why)) => vec![why.clone()],
    };
    let known = disks.and_then(|disks| disks.as_ref().ok());
    let rows = rows(status, &snapshot.racks, known);
    let ended = snapshot.ended.get(&Part::Nodes).map(|ended| value::ended(ended, lang));
    let has_racks = !snapshot.racks.0.is_empty();
    context! { rows => told(rows), has_racks, ended, is_told => disks.is_some(), unknown }
}

fn rows<'a>(status: &'a Status, racks: &'a Racks, disks: Option<&Disks>) -> Vec<Row<'a>> {
    let controls = status.controller_name();
    let shares = shares(status);
    let brokers = status.nodes.iter().filter(|node| node.node.role == Role::Broker);
    let row = |(at, node): (usize, &'a NodeStatus)| Row {
        node,
        id: node.node.id,
        tone: tone(node.state),
        is_controller: controls == Some(node.node),
        rack: racks.of(node.node.id),
        share: shares.as_ref().and_then(|shares| shares.get(at)).copied(),
        size: disks
            .and_then(|disks| disks.brokers.get(&node.node.id))
            .map(|folders| folders.iter().map(|folder| folder.size_bytes).sum()),
    };
    brokers.enumerate().map(row).collect()
}

/// Of every broker, in the order of the status; `None`: no broker told of topics.
pub(super) fn shares(status: &Status) -> Option<Vec<Share>> {
    let topics = status.topics.as_ref()?;
    let brokers = status.nodes.iter().filter(|node| node.node.role == Role::Broker);
    let mut shares: Vec<Share> = brokers.map(|node| share::of(node.node.id, topics.values())).collect();
    share::compare(&mut shares);
    Some(shares)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::samples::{degraded, healthy};

    #[test]
    fn what_nobody_told_is_unknown_and_not_nothing() {
        let (mut status, none) = (healthy(), Racks::default());
        let disks = Disks { brokers: [(0, vec![])].into(), unknown: vec![] };
        let known = rows(&status, &none, Some(&disks));
        assert_eq!((known[0].size, known[1].size), (Some(0), None));
        assert_eq!(known[1].share.unwrap().leader_skew, Some(-25));
        assert!(known[1].is_controller);
        status.topics = None;
        assert_eq!(rows(&status, &none, None)[0].share, None);
        let why = context(
            &Snapshot::default(),
            &degraded(),
            &Value::from_object(Told(Err("nothing runs".into()))),
            Lang::En,
        );
        assert_eq!(why.get_attr("unknown").unwrap().to_string(), "['nothing runs']");
    }
}
