//! Explanations, and that they agree with the verdict and the guard on every set of brokers.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::guard::guard;
use super::super::tests::{failed_over, partition};
use super::super::verdict::{Facts, verdict};
use super::{Explanation, Harm, Outcome, explain};
use crate::model::ids::NodeName;
use crate::model::status::Health;
use crate::model::view::{BrokerView, ClusterView, PartitionView, TopicView};

fn topic(min_isr: u16, partitions: Vec<PartitionView>) -> TopicView {
    TopicView { partitions: (0..).zip(partitions).collect(), min_insync_replicas: min_isr, internal: false }
}

/// So many brokers, all alive but `dead`, and three servers.
fn facts(brokers: i32, dead: &[i32]) -> Facts {
    let alive = (0..brokers).filter(|id| !dead.contains(id)).map(NodeName::broker);
    Facts {
        brokers: (0..brokers).collect(),
        voters: (1..=3).map(NodeName::zookeeper).collect(),
        alive: alive.chain((1..=3).map(NodeName::zookeeper)).collect(),
    }
}

/// The article's case: 3 partitions, factor 2, over 3 brokers.
fn velib() -> Vec<PartitionView> {
    vec![
        partition(Some(0), &[0, 1], &[0, 1]),
        partition(Some(1), &[1, 2], &[1, 2]),
        partition(Some(2), &[2, 0], &[2, 0]),
    ]
}

fn said(min_isr: u16, partitions: Vec<PartitionView>, unclean: bool, dead: &[i32]) -> Explanation {
    explain("velib", &topic(min_isr, partitions), unclean, &facts(3, dead))
}

#[test]
fn with_factor_two_over_three_brokers_any_one_may_fail_and_not_two() {
    let explained = said(1, velib(), false, &[]);
    assert_eq!(
        explained.message,
        "any one broker may fail, not two: broker-0 and broker-1 would take velib/0 offline, broker-0 and \
         broker-2 velib/2, broker-1 and broker-2 velib/1"
    );
    assert_eq!(explained.brokers_may_fail, 1);
    let tolerated: Vec<u64> = explained.sizes.unwrap().iter().map(|sets| sets.tolerated).collect();
    assert_eq!(tolerated, [3, 0, 0]);
    assert_eq!(explained.harms.len(), 3);
}

#[test]
fn a_dead_broker_counts_as_one_that_has_failed() {
    let after = vec![
        partition(Some(1), &[0, 1], &[1]),
        partition(Some(1), &[1, 2], &[1, 2]),
        partition(Some(2), &[2, 0], &[2]),
    ];
    let explained = said(1, after, false, &[0]);
    assert_eq!(
        explained.message,
        "as it is now (broker-0 is down), no further broker may fail: broker-1 would take velib/0 offline, \
         broker-2 velib/2"
    );
    assert_eq!(explained.down, [0].into());
    // Before Kafka has followed, the ISR names the dead one still.
    assert_eq!(said(1, velib(), false, &[0]).message, explained.message);
}

#[test]
fn a_topic_that_is_harmed_already_says_so_first() {
    let gone = vec![partition(None, &[0, 1], &[1]), partition(Some(2), &[2, 0], &[2])];
    assert_eq!(
        said(1, gone, false, &[0, 1]).message,
        "as it is now (broker-0, broker-1 are down), velib/0 is offline until broker-1 returns; no further \
         broker may fail: broker-2 would take velib/1 offline"
    );
}

#[test]
fn min_isr_above_the_factor_refuses_every_write_from_the_start() {
    let explained = said(3, velib(), false, &[]);
    assert!(
        explained.message.starts_with(
            "all 3 partitions refuse acks=all, with fewer in sync than min.insync.replicas=3; no broker may \
             fail: "
        ),
        "{}",
        explained.message
    );
}

#[test]
fn three_replicas_of_which_two_must_be_in_sync_bear_one_and_are_read_from_the_last() {
    let explained = said(2, vec![partition(Some(0), &[0, 1, 2], &[0, 1, 2])], false, &[]);
    assert_eq!(
        explained.message,
        "any one broker may fail, not two: any two of broker-0, broker-1 and broker-2 would take velib/0 below \
         min ISR (acks=all refused)"
    );
    let results: Vec<_> = explained.harms.iter().map(|harm| (harm.any, harm.result)).collect();
    assert_eq!(results, [(2, Outcome::BelowMinIsr), (3, Outcome::Offline)]);
}

#[test]
fn only_unclean_election_lets_a_replica_that_lags_lead() {
    let lagging = || vec![partition(Some(0), &[0, 1, 2], &[0])];
    let clean = said(1, lagging(), false, &[2]);
    assert_eq!(clean.harms.len(), 1);
    assert_eq!((clean.harms[0].result, &clean.harms[0].until), (Outcome::Offline, &[0].into()));
    assert!(clean.harms[0].loses_with.is_empty(), "the others wait for broker-0");

    let unclean = said(1, lagging(), true, &[2]);
    let [lost, offline] = &unclean.harms[..] else { panic!("{unclean:?}") };
    assert_eq!((lost.any, lost.result), (1, Outcome::Lost));
    assert_eq!((offline.any, offline.result), (2, Outcome::Offline));
    assert_eq!((&offline.until, &offline.loses_with), (&[0].into(), &[1, 2].into()));
    assert_eq!(
        unclean.message,
        "as it is now (broker-2 is down), no further broker may fail: broker-0 would lose messages of velib/0"
    );
}

#[test]
fn some_pairs_may_fail_and_others_not() {
    let partitions = vec![partition(Some(0), &[0, 1], &[0, 1]), partition(Some(2), &[2, 3], &[2, 3])];
    let explained = explain("velib", &topic(1, partitions), false, &facts(4, &[]));
    assert!(
        explained.message.starts_with("any one broker may fail, but only 4 of the 6 sets of two: "),
        "{}",
        explained.message
    );
}

#[test]
fn twenty_brokers_and_a_thousand_partitions_take_no_time() {
    let one = |number: i32| {
        let replicas = [number % 20, (number * 7 + 1) % 20, (number * 3 + 2) % 20];
        let replicas: BTreeSet<i32> = replicas.into();
        let replicas: Vec<i32> = replicas.into_iter().collect();
        partition(replicas.first().copied(), &replicas, &replicas)
    };
    let began = std::time::Instant::now();
    let explained = explain("big", &topic(1, (0..1000).map(one).collect()), true, &facts(20, &[]));
    assert!(began.elapsed() < std::time::Duration::from_secs(2), "{:?}", began.elapsed());
    assert!(explained.harms.len() < 100, "equal sets are told together: {}", explained.harms.len());
    assert!(explained.message.len() < 600, "{}", explained.message);
    assert_eq!(explained.sizes.unwrap().len(), 20);
}

#[test]
fn without_a_quorum_no_broker_may_fail() {
    let mut facts = facts(3, &[]);
    facts.alive.retain(|name| *name != NodeName::zookeeper(1) && *name != NodeName::zookeeper(2));
    let explained = explain("velib", &topic(1, velib()), false, &facts);
    let begin = "no broker may fail: ZooKeeper has no quorum, and until it is back nobody takes over what a broker \
                 leads; with a quorum, any one broker may fail, not two: ";
    assert!(explained.message.starts_with(begin), "{}", explained.message);
    assert_eq!((explained.quorum, explained.brokers_may_fail), (false, 0));
    assert!(explained.sizes.unwrap().iter().all(|sets| sets.tolerated == 0));
}

#[test]
fn without_a_quorum_of_controllers_it_is_they_who_are_named() {
    let apart = (100..103).map(NodeName::controller).collect();
    let combined = (0..3).map(NodeName::broker).collect();
    for (voters, dead) in [(apart, &[][..]), (combined, &[1, 2][..])] {
        let facts = Facts { voters, ..facts(3, dead) };
        let explained = explain("velib", &topic(1, velib()), false, &facts);
        assert!(explained.message.contains("no broker may fail: the controllers have no quorum, and until"));
        assert!(!explained.message.contains("ZooKeeper"), "{}", explained.message);
    }
}

const BROKERS: i32 = 5;

fn any_subset(of: BTreeSet<i32>) -> impl Strategy<Value = Vec<i32>> {
    let most = of.len();
    proptest::sample::subsequence(of.into_iter().collect::<Vec<_>>(), 1..=most)
}

/// Any replicas, any of them in sync, after failover: a live member leads.
fn any_partition() -> impl Strategy<Value = PartitionView> {
    any_subset((0..BROKERS).collect()).prop_shuffle().prop_flat_map(|replicas| {
        any_subset(replicas.iter().copied().collect())
            .prop_map(move |isr| partition(isr.first().copied(), &replicas, &isr))
    })
}

fn any_topic() -> impl Strategy<Value = TopicView> {
    (1u16..4, proptest::collection::vec(any_partition(), 1..5))
        .prop_map(|(min_isr, partitions)| topic(min_isr, partitions))
}

fn any_dead() -> impl Strategy<Value = Vec<i32>> {
    proptest::sample::subsequence((0..BROKERS).collect::<Vec<_>>(), 0..=2)
}

fn cluster(topic: &TopicView) -> ClusterView {
    ClusterView {
        brokers: (0..BROKERS)
            .map(|id| {
                let topics = ["velib".to_owned()].into();
                (id, BrokerView::Answered { controller: Some(0), live_brokers: BTreeSet::new(), topics })
            })
            .collect(),
        controller: Some(0),
        topics: Some([("velib".to_owned(), topic.clone())].into()),
        ..ClusterView::default()
    }
}

/// What Kafka does with one partition, by its own rules and without any of the code above.
fn becomes(view: &PartitionView, min_isr: u16, unclean: bool, after: &Facts) -> Option<Outcome> {
    let in_sync = view.isr.iter().filter(|id| after.lives(**id)).count();
    let any_replica = view.replicas.iter().any(|id| after.lives(*id));
    match in_sync {
        0 if unclean && any_replica => Some(Outcome::Lost),
        0 => Some(Outcome::Offline),
        few if few < usize::from(min_isr) => Some(Outcome::BelowMinIsr),
        _ => None,
    }
}

/// What the harms say of a partition once `failed` have failed.
fn told(harms: &[Harm], number: i32, failed: &BTreeSet<i32>) -> Option<Outcome> {
    let true_ones = harms
        .iter()
        .filter(|harm| harm.partitions.contains(&number))
        .filter(|harm| harm.of.intersection(failed).count() >= harm.any);
    // Below min ISR, lost, offline: the more brokers it takes, the later.
    let order = |outcome: &Outcome| {
        [Outcome::BelowMinIsr, Outcome::Lost, Outcome::Offline].iter().position(|one| one == outcome)
    };
    true_ones.map(|harm| harm.result).max_by_key(order)
}

fn every_set(of: &[i32]) -> Vec<BTreeSet<i32>> {
    (0..1u32 << of.len())
        .map(|bits| (0..of.len()).filter(|at| bits & (1 << at) != 0).map(|at| of[at]).collect())
        .collect()
}

proptest! {
    /// The few harms say the same of every set of brokers as a look at each partition does.
    #[test]
    fn what_any_set_does_follows_from_the_harms(
        topic in any_topic(), dead in any_dead(), unclean in any::<bool>(),
    ) {
        let explained = explain("velib", &topic, unclean, &facts(BROKERS, &dead));
        let live: Vec<i32> = (0..BROKERS).filter(|id| !dead.contains(id)).collect();
        for failed in every_set(&live) {
            let gone: Vec<i32> = failed.iter().chain(&dead).copied().collect();
            let after = facts(BROKERS, &gone);
            for (number, view) in &topic.partitions {
                prop_assert_eq!(
                    told(&explained.harms, *number, &failed),
                    becomes(view, topic.min_insync_replicas, unclean, &after),
                    "partition {} without {:?}", number, gone
                );
            }
        }
    }

    /// A set that may fail leaves a cluster that the verdict does not call unavailable, and no other does;
    /// the guard lets the same sets pass; and all three tell the same number.
    #[test]
    fn explain_the_verdict_and_the_guard_agree(
        topic in any_topic(), dead in any_dead(), unclean in any::<bool>(),
    ) {
        let before = facts(BROKERS, &dead);
        let now = failed_over(&cluster(&topic), &before);
        let topic = now.topics.as_ref().unwrap()["velib"].clone();
        let explained = explain("velib", &topic, unclean, &before);
        let state = |failed: &BTreeSet<i32>| {
            let gone: Vec<i32> = failed.iter().chain(&dead).copied().collect();
            let after = facts(BROKERS, &gone);
            verdict(&failed_over(&now, &after), &after).state
        };
        let fine = state(&BTreeSet::new()) != Health::Unavailable;
        prop_assert_eq!(fine, explained.harms.iter().all(|harm| harm.any > 0));
        prop_assert_eq!(explained.brokers_may_fail, verdict(&now, &before).brokers_may_fail as usize);

        let live: Vec<i32> = (0..BROKERS).filter(|id| !dead.contains(id)).collect();
        let mut tolerated: BTreeMap<usize, u64> = BTreeMap::new();
        for failed in every_set(&live) {
            let may = explained.harms.iter().all(|harm| harm.of.intersection(&failed).count() < harm.any);
            prop_assert_eq!(may, state(&failed) != Health::Unavailable, "{:?}", failed);
            if fine {
                let lost = failed.iter().map(|id| NodeName::broker(*id)).collect();
                prop_assert_eq!(may, guard(Some(&now), &before, &lost).is_ok(), "{:?}", failed);
            }
            *tolerated.entry(failed.len()).or_default() += u64::from(may);
        }
        for sets in explained.sizes.unwrap() {
            prop_assert_eq!(sets.tolerated, tolerated[&sets.size], "of {}", sets.size);
        }
    }
}
