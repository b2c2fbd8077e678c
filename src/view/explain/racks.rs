//! Racks (`broker.rack`, KIP-36) as sets that fail as a whole.

use std::collections::{BTreeMap, BTreeSet};

use super::super::verdict::Facts;
use super::message;
use super::model::{Explanation, Harm, Outcome, RackHarm, RackLoss};
use crate::model::ids::NodeName;

impl Explanation {
    /// The same with what the loss of each rack would do. `racks`: of brokers that have one; a single rack is no
    /// set of its own.
    pub(crate) fn with_racks(mut self, racks: &BTreeMap<i32, String>, facts: &Facts) -> Self {
        let mut members: BTreeMap<&String, BTreeSet<i32>> = BTreeMap::new();
        for (id, rack) in racks {
            let members = members.entry(rack).or_default();
            members.extend(Some(*id).filter(|id| facts.lives(*id)));
        }
        if members.len() > 1 && self.partition_count > 0 {
            let loss = |(rack, brokers): (&String, _)| loss(rack, brokers, &self.harms, self.quorum, facts);
            self.racks = members.into_iter().map(loss).collect();
            self.message += &format!("; {}", message::racks(&self.racks));
        }
        self
    }
}

fn loss(rack: &str, brokers: BTreeSet<i32>, harms: &[Harm], quorum: bool, facts: &Facts) -> RackLoss {
    // Of the harms of a partition that come true the last one holds.
    let mut becomes: BTreeMap<i32, Outcome> = BTreeMap::new();
    for harm in harms.iter().filter(|harm| harm.of.intersection(&brokers).count() >= harm.any) {
        becomes.extend(harm.partitions.iter().map(|number| (*number, harm.result)));
    }
    let mut alike: BTreeMap<Outcome, Vec<i32>> = BTreeMap::new();
    for (number, outcome) in becomes {
        alike.entry(outcome).or_default().push(number);
    }
    let is_lost = |name: &NodeName| brokers.iter().any(|id| NodeName::broker(*id) == *name);
    let voters_left = facts.voters.intersection(&facts.alive).filter(|name| !is_lost(name)).count();
    let takes_quorum = quorum && !facts.voters.is_empty() && voters_left < facts.majority();
    RackLoss {
        rack: rack.to_owned(),
        tolerated: quorum && alike.is_empty() && !takes_quorum,
        takes_quorum,
        harms: alike.into_iter().map(|(result, partitions)| RackHarm { result, partitions }).collect(),
        brokers,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::partition;
    use super::super::explain;
    use super::*;
    use crate::model::view::{PartitionView, TopicView};

    /// Brokers 0 and 1 in rack a, 2 and 3 in b; all live but `dead`.
    fn said(min_isr: u16, partitions: Vec<PartitionView>, dead: &[i32], voters: &[i32]) -> Explanation {
        let racks = [(0, "a"), (1, "a"), (2, "b"), (3, "b")].map(|(id, rack)| (id, rack.to_owned()));
        let facts = Facts {
            brokers: (0..4).collect(),
            voters: voters.iter().map(|id| NodeName::broker(*id)).collect(),
            alive: (0..4).filter(|id| !dead.contains(id)).map(NodeName::broker).collect(),
        };
        let partitions = (0..).zip(partitions).collect();
        let topic = TopicView { partitions, min_insync_replicas: min_isr, internal: false };
        explain("velib", &topic, false, &facts).with_racks(&racks.into(), &facts)
    }

    fn placed(replicas: &[&[i32]]) -> Vec<PartitionView> {
        replicas.iter().map(|ids| partition(ids.first().copied(), ids, ids)).collect()
    }

    #[test]
    fn a_topic_with_a_copy_in_each_rack_bears_the_loss_of_any() {
        let explained = said(1, placed(&[&[0, 2], &[3, 1]]), &[], &[]);
        assert!(explained.racks.iter().all(|rack| rack.tolerated), "{explained:?}");
        assert!(explained.message.ends_with("; any rack may fail as a whole"), "{}", explained.message);
        // It takes both of these brokers, of which no rack has more than one.
        assert_eq!(explained.brokers_may_fail, 1);
    }

    #[test]
    fn a_partition_whose_copies_share_a_rack_is_lost_with_it() {
        let explained = said(1, placed(&[&[0, 1], &[2, 0], &[3, 2]]), &[], &[]);
        let [a, b] = &explained.racks[..] else { panic!("{explained:?}") };
        let offline = |partitions| vec![RackHarm { result: Outcome::Offline, partitions }];
        assert_eq!((&a.brokers, &a.harms), (&[0, 1].into(), &offline(vec![0])));
        assert_eq!((&b.brokers, &b.harms), (&[2, 3].into(), &offline(vec![2])));
        assert!(explained.message.ends_with("; no rack may fail as a whole"), "{}", explained.message);
        let explained = said(1, placed(&[&[0, 1], &[2, 0]]), &[], &[]);
        assert!(
            explained.message.ends_with("; of the racks only b may fail as a whole"),
            "{}",
            explained.message
        );
    }

    #[test]
    fn brokers_that_are_down_count_as_lost_already() {
        let partitions = vec![partition(Some(2), &[0, 2], &[2]), partition(Some(1), &[1, 3], &[1, 3])];
        let explained = said(1, partitions, &[0], &[]);
        let [a, b] = &explained.racks[..] else { panic!("{explained:?}") };
        assert_eq!((a.tolerated, &a.brokers), (true, &[1].into()));
        assert_eq!(b.harms, [RackHarm { result: Outcome::Offline, partitions: vec![0] }]);
    }

    #[test]
    fn a_rack_with_most_controllers_may_not_fail() {
        let explained = said(1, placed(&[&[0, 2]]), &[], &[0, 1, 2]);
        let told: Vec<_> = explained.racks.iter().map(|rack| (rack.tolerated, rack.takes_quorum)).collect();
        assert_eq!(told, [(false, true), (true, false)]);
    }

    #[test]
    fn without_racks_nothing_is_said_of_them() {
        let facts = Facts::default();
        let topic = TopicView { partitions: [].into(), min_insync_replicas: 1, internal: false };
        let explained = explain("velib", &topic, false, &facts);
        assert_eq!(explained.clone().with_racks(&BTreeMap::new(), &facts), explained);
    }
}
