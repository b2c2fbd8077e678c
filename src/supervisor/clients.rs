//! Who waits for an answer: the clients of pending requests, fed with events and progress.

use std::collections::BTreeMap;

use tokio::sync::mpsc::UnboundedSender;

use crate::api::message::Reply;
use crate::kernel::RequestId;
use crate::model::event::Entry;
use crate::model::ids::NodeName;
use crate::model::outcome::Outcome;
use crate::model::status::NodeStatus;

#[derive(Debug, Default)]
pub(super) struct Clients {
    waiting: BTreeMap<RequestId, UnboundedSender<Reply>>,
    /// What was last told of each node, without what changes all the time.
    told: BTreeMap<NodeName, NodeStatus>,
}

impl Clients {
    pub(super) fn add(&mut self, request: RequestId, replies: UnboundedSender<Reply>) {
        for node in self.told.values() {
            // A client that went away is found out by its request's answer.
            let _ = replies.send(Reply::Progress { node: node.clone() });
        }
        self.waiting.insert(request, replies);
    }

    pub(super) fn event(&self, entry: &Entry) {
        for client in self.waiting.values() {
            let _ = client.send(Reply::Event { entry: entry.clone() });
        }
    }

    /// Tells what changed of these nodes since it was last told.
    pub(super) fn progress(&mut self, nodes: impl Iterator<Item = NodeStatus>) {
        for mut node in nodes {
            node.uptime_ms = None;
            node.memory_bytes = None;
            if self.told.get(&node.node) == Some(&node) {
                continue;
            }
            for client in self.waiting.values() {
                let _ = client.send(Reply::Progress { node: node.clone() });
            }
            self.told.insert(node.node, node);
        }
    }

    /// A node that is no longer there is told of no more.
    pub(super) fn forget(&mut self, node: NodeName) {
        self.told.remove(&node);
    }

    pub(super) fn done(&mut self, request: RequestId, outcome: Outcome) {
        if let Some(client) = self.waiting.remove(&request) {
            let _ = client.send(Reply::Done { outcome });
        }
    }
}
