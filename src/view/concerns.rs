//! Which events are about certain nodes. Pure.

use std::collections::BTreeSet;

use crate::model::event::{Event, IsrChange};
use crate::model::ids::{NodeName, Role};

/// Lets events pass that are about one of some nodes. It is asked of every event, in the order of the journal, since an
/// answer belongs to what was asked.
#[derive(Debug)]
pub(crate) struct Concerns {
    nodes: BTreeSet<NodeName>,
    /// Those that were about these nodes.
    requests: BTreeSet<u64>,
}

impl Concerns {
    /// About one of these.
    pub(crate) fn of(nodes: impl IntoIterator<Item = NodeName>) -> Self {
        Concerns { nodes: nodes.into_iter().collect(), requests: BTreeSet::new() }
    }

    /// What was done to one of the nodes, its process did, or Kafka did that made it another than before: controller or
    /// not, leader or not, in the ISR or not.
    pub(crate) fn concern(&mut self, event: &Event) -> bool {
        match event {
            Event::Asked { request, .. } => {
                let asked = event.asked();
                let is_meant = asked.is_some_and(|asked| self.nodes.iter().any(|name| asked.is_about(*name)));
                if is_meant {
                    self.requests.insert(*request);
                }
                is_meant
            }
            Event::Answered { request, .. } | Event::Refused { request, .. } => {
                self.requests.contains(request)
            }
            Event::ControllerChanged { role, from, to } => self.one_of(*role, [*from, *to]),
            Event::ZooKeeperLeaderChanged { from, to } => self.one_of(Role::ZooKeeper, [*from, *to]),
            Event::LeadersMoved { moved, .. } => {
                moved.iter().any(|one| self.one_of(Role::Broker, [one.from, one.to]))
            }
            Event::IsrShrunk { partitions } | Event::IsrExpanded { partitions } => {
                partitions.iter().any(|change| self.one_of(Role::Broker, changed(change)))
            }
            other => other.node().is_some_and(|name| self.nodes.contains(&name)),
        }
    }

    fn one_of(&self, role: Role, ids: impl IntoIterator<Item = Option<i32>>) -> bool {
        ids.into_iter().flatten().any(|id| self.nodes.contains(&NodeName { role, id }))
    }
}

/// Who left the ISR or came into it.
fn changed(change: &IsrChange) -> Vec<Option<i32>> {
    let is_new = |id: &&i32| !change.from.contains(id);
    let is_gone = |id: &&i32| !change.to.contains(id);
    change.to.iter().filter(is_new).chain(change.from.iter().filter(is_gone)).copied().map(Some).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::LeaderMove;

    fn asked(request: u64, action: &str) -> Event {
        Event::Asked { request, action: action.into(), by: "cluster (pid 1)".into(), asked: None }
    }

    fn answered(request: u64) -> Event {
        Event::Answered { request, ok: true, message: "done".into(), outcome: None }
    }

    fn shrunk(from: &[i32], to: &[i32]) -> Event {
        let change = IsrChange { topic: "t".into(), partition: 0, from: from.to_vec(), to: to.to_vec() };
        Event::IsrShrunk { partitions: vec![change] }
    }

    #[test]
    fn what_was_asked_of_a_node_what_it_did_and_what_kafka_made_of_it_concern_it() {
        let moved = |from, to| {
            let one = LeaderMove { topic: "t".into(), partition: 0, from, to, epoch: None };
            Event::LeadersMoved { moved: vec![one], offline: 0 }
        };
        let controller = |from, to| Event::ControllerChanged { role: Role::Broker, from, to };
        let mut concerns = Concerns::of([NodeName::broker(1)]);
        for (event, is_meant) in [
            (asked(1, "up"), true),
            (asked(2, "kill leader:t/0 --signal SIGKILL, that is broker-1"), true),
            (asked(3, "stop broker-2"), false),
            (answered(3), false),
            (answered(2), true),
            (Event::Started { node: NodeName::broker(1), pid: 7 }, true),
            (Event::Started { node: NodeName::zookeeper(1), pid: 7 }, false),
            (moved(Some(1), Some(0)), true),
            (moved(Some(2), Some(0)), false),
            (controller(Some(0), Some(1)), true),
            (controller(Some(0), None), false),
            (Event::ZooKeeperLeaderChanged { from: Some(1), to: None }, false),
            (shrunk(&[0, 1], &[0]), true),
            (shrunk(&[1, 2], &[1]), false),
            (Event::Usable { after_ms: 1 }, false),
        ] {
            assert_eq!(concerns.concern(&event), is_meant, "{event:?}");
        }
    }
}
