//! What changed between two views. What either view does not know is no change.

use std::collections::BTreeMap;

use crate::model::event::{IsrChange, LeaderMove};
use crate::model::ids::{NodeName, Role};
use crate::model::view::{ClusterView, TopicView};

/// Something that Kafka or ZooKeeper did. Since when, and for whose sake, is for others to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Server ids.
    ZooKeeperLeader {
        from: i32,
        to: i32,
    },
    BrokerGone(NodeName),
    BrokerRegistered(NodeName),
    /// Ids of nodes of this role.
    Controller {
        role: Role,
        from: i32,
        to: i32,
    },
    /// `offline`: partitions of all topics that have no leader now.
    LeadersMoved {
        moved: Vec<LeaderMove>,
        offline: u32,
    },
    IsrShrunk(Vec<IsrChange>),
    IsrExpanded(Vec<IsrChange>),
    TopicCreated {
        topic: String,
        partitions: u32,
        replication_factor: u16,
    },
    TopicDeleted {
        topic: String,
    },
}

/// The changes between `old` and `new`, in the order of cause: registration, controller, leaders, ISR.
pub(crate) fn changes(old: &ClusterView, new: &ClusterView) -> Vec<Change> {
    let mut changes = Vec::new();
    if let (Some(from), Some(to)) = (zookeeper_leader(old), zookeeper_leader(new))
        && from != to
    {
        changes.push(Change::ZooKeeperLeader { from, to });
    }
    if let (Some(before), Some(after)) = (&old.registered, &new.registered) {
        let gone = before.difference(after);
        changes.extend(gone.map(|id| Change::BrokerGone(NodeName::broker(*id))));
        let come = after.difference(before);
        changes.extend(come.map(|id| Change::BrokerRegistered(NodeName::broker(*id))));
    }
    if let (Some(from), Some(to)) = (old.controller, new.controller)
        && from != to
    {
        changes.push(Change::Controller { role: new.controllers_are(), from, to });
    }
    if let (Some(before), Some(after)) = (&old.topics, &new.topics) {
        topics(before, after, &mut changes);
    }
    changes
}

/// The new view, with what it does not know as the last one knew it.
pub(crate) fn remember(last: &ClusterView, new: ClusterView) -> ClusterView {
    let led = new.leading_voter().is_some();
    ClusterView {
        controller: new.controller.or(last.controller),
        idle_controller: new.idle_controller,
        idle_ensemble: new.idle_ensemble,
        registered: new.registered.or_else(|| last.registered.clone()),
        topics: new.topics.or_else(|| last.topics.clone()),
        voters: if led { new.voters } else { last.voters.clone() },
        brokers: new.brokers,
    }
}

/// In KRaft the leader of the quorum is the controller, which is told as such.
fn zookeeper_leader(view: &ClusterView) -> Option<i32> {
    view.leading_voter().filter(|name| name.role == Role::ZooKeeper).map(|name| name.id)
}

fn topics(
    before: &BTreeMap<String, TopicView>,
    after: &BTreeMap<String, TopicView>,
    changes: &mut Vec<Change>,
) {
    for (name, topic) in after.iter().filter(|(name, _)| !before.contains_key(*name)) {
        let factor = topic.partitions.values().next().map_or(0, |partition| partition.replicas.len());
        changes.push(Change::TopicCreated {
            topic: name.clone(),
            partitions: u32::try_from(topic.partitions.len()).unwrap_or(u32::MAX),
            replication_factor: u16::try_from(factor).unwrap_or(u16::MAX),
        });
    }
    let (mut moved, mut shrunk, mut expanded) = (Vec::new(), Vec::new(), Vec::new());
    for (name, topic) in after {
        let Some(known) = before.get(name) else { continue };
        for (number, partition) in &topic.partitions {
            let Some(last) = known.partitions.get(number) else { continue };
            if last.leader != partition.leader {
                moved.push(LeaderMove {
                    topic: name.clone(),
                    partition: *number,
                    from: last.leader,
                    to: partition.leader,
                    epoch: partition.leader_epoch,
                });
            }
            let change = || IsrChange {
                topic: name.clone(),
                partition: *number,
                from: last.isr.clone(),
                to: partition.isr.clone(),
            };
            if last.isr.iter().any(|id| !partition.isr.contains(id)) {
                shrunk.push(change());
            } else if partition.isr.iter().any(|id| !last.isr.contains(id)) {
                expanded.push(change());
            }
        }
    }
    if !moved.is_empty() {
        let leaderless = |topic: &TopicView| topic.partitions.values().filter(|p| p.leader.is_none()).count();
        let offline = after.values().map(leaderless).sum::<usize>();
        changes.push(Change::LeadersMoved { moved, offline: u32::try_from(offline).unwrap_or(u32::MAX) });
    }
    if !shrunk.is_empty() {
        changes.push(Change::IsrShrunk(shrunk));
    }
    if !expanded.is_empty() {
        changes.push(Change::IsrExpanded(expanded));
    }
    let deleted = before.keys().filter(|name| !after.contains_key(*name));
    changes.extend(deleted.map(|name| Change::TopicDeleted { topic: name.clone() }));
}
