//! Leaders that are not the preferred ones, and what Kafka does about them by itself.

use std::collections::BTreeMap;

use crate::model::status::Imbalance;
use crate::model::view::{BrokerView, ClusterView};

/// How the controller moves leaders back (`KafkaController.checkAndTriggerAutoLeaderRebalance`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AutoRebalance {
    /// `auto.leader.rebalance.enable`
    pub enabled: bool,
    /// `leader.imbalance.check.interval.seconds`
    pub interval_s: u64,
    /// `leader.imbalance.per.broker.percentage`: of the partitions whose preferred leader a broker is; as
    /// many may be led by others.
    pub percentage: u32,
}

/// Of all topics, Kafka's own included, as the controller reckons. A partition whose preferred leader is
/// down or not in the ISR is none: nobody can move it.
pub(crate) fn imbalance(view: &ClusterView, auto: AutoRebalance) -> Imbalance {
    let alive = |id: &i32| match &view.registered {
        Some(registered) => registered.contains(id),
        None => matches!(view.brokers.get(id), Some(BrokerView::Answered { .. })),
    };
    let mut preferred_of = BTreeMap::<i32, (u32, u32, u32)>::new();
    for partition in view.topics.iter().flatten().flat_map(|(_, topic)| topic.partitions.values()) {
        let Some(preferred) = partition.replicas.first().filter(|id| alive(id)) else { continue };
        let (all, elsewhere, movable) = preferred_of.entry(*preferred).or_default();
        *all += 1;
        if !partition.is_preferred_leader() {
            *elsewhere += 1;
            *movable += u32::from(partition.isr.contains(preferred));
        }
    }
    let partitions = preferred_of.values().map(|(_, _, movable)| movable).sum();
    let is_above = |(all, elsewhere, _): &&(u32, u32, u32)| elsewhere * 100 > auto.percentage * all;
    let moved = preferred_of.values().filter(is_above).map(|(_, _, movable)| movable).sum();
    Imbalance {
        partitions,
        moved_by_kafka: if auto.enabled { moved } else { 0 },
        within_s: auto.enabled.then_some(auto.interval_s),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::view::{PartitionView, TopicView};

    const KAFKA: AutoRebalance = AutoRebalance { enabled: true, interval_s: 300, percentage: 10 };

    /// Leader, replicas and ISR of each partition; brokers 0 and 1 are registered.
    fn view(partitions: &[(i32, &[i32], &[i32])]) -> ClusterView {
        let partition = |(leader, replicas, isr): &(i32, &[i32], &[i32])| PartitionView {
            leader: Some(*leader),
            leader_epoch: None,
            replicas: replicas.to_vec(),
            isr: isr.to_vec(),
        };
        let topic = TopicView {
            partitions: (0..).zip(partitions.iter().map(partition)).collect(),
            min_insync_replicas: 1,
            internal: false,
        };
        ClusterView {
            registered: Some([0, 1].into()),
            topics: Some([("t".to_owned(), topic)].into()),
            ..ClusterView::default()
        }
    }

    #[test]
    fn kafka_moves_what_a_broker_should_lead_once_more_than_the_percentage_is_led_elsewhere() {
        let at_home: (i32, &[i32], &[i32]) = (0, &[0, 1], &[0, 1]);
        let elsewhere: (i32, &[i32], &[i32]) = (1, &[0, 1], &[0, 1]);
        let mut partitions = vec![at_home; 9];
        partitions.push(elsewhere);
        let told = |partitions: &[_]| imbalance(&view(partitions), KAFKA);
        let expected =
            |partitions, moved_by_kafka| Imbalance { partitions, moved_by_kafka, within_s: Some(300) };
        assert_eq!(told(&partitions), expected(1, 0), "one in ten is not more than 10 %");
        partitions.push(elsewhere);
        assert_eq!(told(&partitions), expected(2, 2));
        assert_eq!(told(&[at_home]), expected(0, 0));
    }

    #[test]
    fn a_preferred_leader_that_is_down_or_behind_cannot_lead() {
        let down: (i32, &[i32], &[i32]) = (1, &[2, 1], &[1]);
        let behind: (i32, &[i32], &[i32]) = (1, &[0, 1], &[1]);
        assert_eq!(imbalance(&view(&[down, behind]), KAFKA).partitions, 0);
    }

    #[test]
    fn without_automatic_rebalancing_kafka_moves_nothing() {
        let off = AutoRebalance { enabled: false, ..KAFKA };
        let told = imbalance(&view(&[(1, &[0, 1], &[0, 1])]), off);
        assert_eq!(told, Imbalance { partitions: 1, moved_by_kafka: 0, within_s: None });
    }
}
