//! The overview: a tile a node, with what can be done to it.

use minijinja::{Value, context};
use serde::Serialize;

use super::events;
use crate::model::ids::Role;
use crate::model::status::{NodeState, NodeStatus, Status};
use crate::model::view::VoterMode;
use crate::page::hub::{Part, Snapshot};
use crate::page::text::Lang;
use crate::page::value::{self, told};
use crate::page::words::{self, Said};

/// How many of the last events are shown.
const EVENTS: usize = 8;

#[derive(Serialize)]
struct Tile<'a> {
    #[serde(flatten)]
    node: &'a NodeStatus,
    /// Share of one core.
    load: Option<f64>,
    rack: Option<&'a str>,
    /// It controls the cluster.
    is_controller: bool,
    /// It leads ZooKeeper's ensemble.
    leads_ensemble: bool,
    /// What its state comes to: as the texts and the style sheet name it.
    tone: &'static str,
    actions: &'static [&'static str],
    /// Why it is not up, or does not get on.
    why: Option<Said>,
}

pub(super) fn context<'a>(snapshot: &'a Snapshot, status: &'a Status, lang: Lang) -> Value {
    let controls = status.controller_name();
    let tile = |node: &'a NodeStatus| Tile {
        node,
        load: snapshot.load.get(&node.node).copied(),
        rack: snapshot.racks.of(node.node.id).filter(|_| node.node.role == Role::Broker),
        is_controller: controls == Some(node.node),
        leads_ensemble: node.node.role == Role::ZooKeeper && node.mode == Some(VoterMode::Leader),
        tone: tone(node.state),
        actions: actions(node.state),
        why: node.reason.as_ref().map(|reason| words::reason(lang, reason)),
    };
    let of = |wanted: fn(Role) -> bool| -> Vec<Tile<'_>> {
        status.nodes.iter().filter(|node| wanted(node.node.role)).map(tile).collect()
    };
    let events: Vec<_> =
        snapshot.entries.iter().rev().take(EVENTS).map(|entry| events::row(entry, None, lang)).collect();
    context! {
        coordinators => told(of(|role| role != Role::Broker)),
        brokers => told(of(|role| role == Role::Broker)),
        controller => controls.map(|name| name.to_string()),
        events => told(events),
        ended => snapshot.ended.get(&Part::Nodes).map(|ended| value::ended(ended, lang)),
    }
}

pub(super) fn tone(state: NodeState) -> &'static str {
    match state {
        NodeState::Ready => "good",
        NodeState::Waiting | NodeState::Starting | NodeState::Stopping => "busy",
        NodeState::Stopped => "off",
        NodeState::Killed | NodeState::Paused | NodeState::BackingOff => "warn",
        NodeState::Unresponsive | NodeState::Exited | NodeState::CrashLoop => "bad",
    }
}

/// What makes sense in a state; the kernel has the last word.
pub(super) fn actions(state: NodeState) -> &'static [&'static str] {
    match state {
        NodeState::Ready | NodeState::Unresponsive | NodeState::Starting => {
            &["kill", "stop", "pause", "restart"]
        }
        NodeState::Paused => &["resume", "kill"],
        NodeState::Stopping => &["kill"],
        NodeState::Waiting | NodeState::BackingOff => &["stop", "start"],
        NodeState::Stopped | NodeState::Killed | NodeState::Exited | NodeState::CrashLoop => &["start"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_that_is_down_can_be_started_and_one_that_is_up_cannot() {
        assert_eq!(actions(NodeState::Killed), ["start"]);
        assert!(!actions(NodeState::Ready).contains(&"start"));
    }
}
