//! Many answers, one view: whose word counts where brokers differ. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::topic_partition::TopicPartition;
use crate::model::view::{BrokerView, ClusterView, PartitionView, TopicView, replication_factor};
use crate::wire::metadata::{Metadata, TopicMetadata};
use crate::zookeeper::znodes::{Assignments, PartitionStates};

/// Everything that was answered.
#[derive(Clone, Debug, Default)]
pub(super) struct Answers {
    /// Each broker's metadata, or why there is none.
    pub brokers: BTreeMap<i32, Result<Metadata, String>>,
    /// Registered brokers and the controller, when ZooKeeper told.
    pub registered: Option<(BTreeSet<i32>, Option<i32>)>,
    /// The leader of the quorum in KRaft, where the controller that brokers name is any of them
    /// (`KRaftMetadataCache.getRandomAliveBrokerId`).
    pub quorum: Option<Option<i32>>,
    pub states: PartitionStates,
    /// ZooKeeper's word for the replicas, where brokers do not keep their order.
    pub assigned: Assignments,
}

/// Merges everything but the ZooKeeper servers' own modes.
pub(super) fn merge(answers: Answers, min_isr: impl Fn(&str, usize) -> u16) -> ClusterView {
    let known: BTreeMap<i32, &Metadata> =
        answers.brokers.iter().filter_map(|(id, answer)| Some((*id, answer.as_ref().ok()?))).collect();
    let controller = match (&answers.registered, answers.quorum) {
        (Some((_, controller)), _) => *controller,
        (None, Some(leader)) => leader,
        (None, None) => most_named_controller(&known),
    };
    // The controller makes the others' metadata, so that its own is never older.
    let authority = controller.and_then(|id| known.get(&id).copied());
    let registered = match (&answers.registered, authority) {
        (Some((registered, _)), _) => Some(registered.clone()),
        (None, Some(authority)) => Some(authority.live_brokers.clone()),
        (None, None) => listed_by_most(&known),
    };
    let topics = (!known.is_empty()).then(|| {
        let sources: Vec<&Metadata> =
            authority.map_or_else(|| known.values().copied().collect(), |a| vec![a]);
        let names: BTreeSet<&String> = sources.iter().flat_map(|source| source.topics.keys()).collect();
        let topic = |name: &String| {
            let told: Vec<&TopicMetadata> =
                known.values().filter_map(|metadata| metadata.topics.get(name)).collect();
            let by_authority = authority.and_then(|metadata| metadata.topics.get(name));
            let mut partitions = merge_partitions(&told, by_authority);
            for (number, view) in &mut partitions {
                if let Some(state) = answers.states.get(&TopicPartition::new(name, *number)) {
                    view.leader = Some(state.leader).filter(|id| *id >= 0);
                    view.leader_epoch = Some(state.leader_epoch);
                    view.isr.clone_from(&state.isr);
                }
                if let Some(replicas) = answers.assigned.get(name).and_then(|topic| topic.get(number)) {
                    view.replicas.clone_from(replicas);
                }
            }
            let internal = told.iter().any(|topic| topic.internal);
            let factor = replication_factor(&partitions);
            TopicView { partitions, min_insync_replicas: min_isr(name, factor), internal }
        };
        names.into_iter().map(|name| (name.clone(), topic(name))).collect()
    });
    let brokers = answers.brokers.iter().map(|(id, answer)| (*id, broker_view(answer))).collect();
    ClusterView { brokers, controller, registered, topics, ..ClusterView::default() }
}

fn broker_view(answer: &Result<Metadata, String>) -> BrokerView {
    match answer {
        Ok(metadata) => BrokerView::Answered {
            controller: metadata.controller,
            live_brokers: metadata.live_brokers.clone(),
            topics: metadata.topics.keys().cloned().collect(),
        },
        Err(reason) => BrokerView::Unknown { reason: reason.clone() },
    }
}

/// Among as many votes, one who knows it of itself.
fn most_named_controller(known: &BTreeMap<i32, &Metadata>) -> Option<i32> {
    let mut votes: BTreeMap<i32, (usize, bool)> = BTreeMap::new();
    for (voter, metadata) in known {
        if let Some(controller) = metadata.controller {
            let (count, itself) = votes.entry(controller).or_default();
            *count += 1;
            *itself |= *voter == controller;
        }
    }
    votes.into_iter().max_by_key(|(_, weight)| *weight).map(|(id, _)| id)
}

fn listed_by_most(known: &BTreeMap<i32, &Metadata>) -> Option<BTreeSet<i32>> {
    let listed: BTreeSet<i32> = known.values().flat_map(|metadata| &metadata.live_brokers).copied().collect();
    let votes = |id: &i32| known.values().filter(|metadata| metadata.live_brokers.contains(id)).count();
    (!known.is_empty()).then(|| listed.into_iter().filter(|id| votes(id) * 2 > known.len()).collect())
}

/// Per partition the word with the highest leader epoch; among those the controller's, then the most
/// common one.
fn merge_partitions(
    told: &[&TopicMetadata],
    authority: Option<&TopicMetadata>,
) -> BTreeMap<i32, PartitionView> {
    let numbers: BTreeSet<i32> = told.iter().flat_map(|topic| topic.partitions.keys()).copied().collect();
    let merged = numbers.into_iter().filter_map(|number| {
        let views: Vec<&PartitionView> =
            told.iter().filter_map(|topic| topic.partitions.get(&number)).collect();
        let by_authority = authority.and_then(|topic| topic.partitions.get(&number));
        let weight = |view: &&PartitionView| {
            let count = views.iter().filter(|other| *other == view).count();
            (view.leader_epoch, by_authority == Some(*view), count)
        };
        let best = views.iter().copied().max_by_key(weight)?;
        Some((number, best.clone()))
    });
    merged.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zookeeper::znodes::PartitionState;

    fn partition(leader: i32, epoch: Option<i32>, isr: &[i32]) -> PartitionView {
        PartitionView {
            leader: Some(leader),
            leader_epoch: epoch,
            replicas: vec![0, 1, 2],
            isr: isr.to_vec(),
        }
    }

    fn metadata(controller: i32, live: &[i32], view: PartitionView) -> Result<Metadata, String> {
        Ok(Metadata {
            controller: Some(controller),
            live_brokers: live.iter().copied().collect(),
            addresses: BTreeMap::new(),
            topics: [("t".to_owned(), TopicMetadata { internal: false, partitions: [(0, view)].into() })]
                .into(),
            has_epochs: true,
        })
    }

    fn merged(answers: Answers) -> (ClusterView, PartitionView) {
        let view = merge(answers, |_, _| 2);
        let partition = view.topics.as_ref().unwrap()["t"].partitions[&0].clone();
        (view, partition)
    }

    #[test]
    fn the_highest_leader_epoch_wins_even_against_the_controller() {
        let brokers = [
            (0, metadata(0, &[0, 1], partition(2, Some(4), &[0, 1, 2]))),
            (1, metadata(0, &[0, 1], partition(1, Some(5), &[0, 1]))),
        ];
        let (_, partition) = merged(Answers { brokers: brokers.into(), ..Answers::default() });
        assert_eq!((partition.leader, partition.isr), (Some(1), vec![0, 1]));
    }

    #[test]
    fn without_epochs_the_controllers_word_wins_over_the_majority() {
        let brokers = [
            (0, metadata(0, &[0, 1, 2], partition(1, None, &[1]))),
            (1, metadata(0, &[0, 1, 2], partition(2, None, &[2]))),
            (2, metadata(0, &[0, 1, 2], partition(2, None, &[2]))),
        ];
        let (view, partition) = merged(Answers { brokers: brokers.into(), ..Answers::default() });
        assert_eq!((view.controller, partition.leader), (Some(0), Some(1)));
    }

    #[test]
    fn without_the_controllers_word_the_majority_wins() {
        let brokers = [
            (0, metadata(3, &[0, 1, 2], partition(1, None, &[1]))),
            (1, metadata(3, &[0, 2], partition(2, None, &[2]))),
            (2, metadata(3, &[0, 2], partition(2, None, &[2]))),
            (3, Err("no answer within 500 ms".to_owned())),
        ];
        let (view, partition) = merged(Answers { brokers: brokers.into(), ..Answers::default() });
        assert_eq!(partition.leader, Some(2));
        assert_eq!(view.registered, Some([0, 2].into()));
        assert_eq!(view.brokers[&3], BrokerView::Unknown { reason: "no answer within 500 ms".to_owned() });
    }

    #[test]
    fn zookeeper_knows_better_than_brokers_who_is_registered_and_who_controls() {
        let answers = Answers {
            brokers: [(0, metadata(2, &[0, 2], partition(2, Some(1), &[0, 2])))].into(),
            registered: Some(([0].into(), Some(0))),
            quorum: None,
            states: [(
                TopicPartition::new("t", 0),
                PartitionState { leader: -1, leader_epoch: 3, isr: vec![2] },
            )]
            .into(),
            assigned: [("t".to_owned(), [(0, vec![2, 0, 1])].into())].into(),
        };
        let (view, partition) = merged(answers);
        assert_eq!((view.controller, view.registered), (Some(0), Some([0].into())));
        assert_eq!(
            (partition.leader, partition.leader_epoch, partition.isr, partition.replicas),
            (None, Some(3), vec![2], vec![2, 0, 1])
        );
    }

    #[test]
    fn what_nobody_tells_stays_unknown() {
        let answers =
            Answers { brokers: [(0, Err("connection refused".to_owned()))].into(), ..Answers::default() };
        let view = merge(answers, |_, _| 1);
        assert_eq!((view.controller, view.registered, view.topics), (None, None, None));
    }
}
