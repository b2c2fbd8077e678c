//! Verdict, guards and changes: the course's own cases, and rules that hold for every view.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::changes::{Change, changes, remember};
use super::guard::guard;
use super::topics::topics;
use super::verdict::{Facts, verdict};
use crate::model::ids::{NodeName, Role};
use crate::model::status::Health;
use crate::model::status::{Counts, TopicStatus};
use crate::model::view::{BrokerView, ClusterView, PartitionView, TopicView, VoterMode, VoterView};

pub(super) fn partition(leader: Option<i32>, replicas: &[i32], isr: &[i32]) -> PartitionView {
    PartitionView { leader, leader_epoch: Some(1), replicas: replicas.to_vec(), isr: isr.to_vec() }
}

fn view(min_isr: u16, partitions: Vec<PartitionView>) -> ClusterView {
    let partitions = (0..).zip(partitions).collect();
    let topic = TopicView { partitions, min_insync_replicas: min_isr, internal: false };
    ClusterView {
        controller: Some(0),
        registered: Some((0..3).collect()),
        topics: Some([("velib".to_owned(), topic)].into()),
        ..ClusterView::default()
    }
}

/// Three brokers and three servers, all alive but `dead`.
fn facts(dead: &[NodeName]) -> Facts {
    let brokers: BTreeSet<i32> = (0..3).collect();
    let voters: BTreeSet<NodeName> = (1..=3).map(NodeName::zookeeper).collect();
    let names = brokers.iter().map(|id| NodeName::broker(*id));
    let alive = names.chain(voters.iter().copied());
    let alive = alive.filter(|name| !dead.contains(name)).collect();
    Facts { brokers, voters, alive }
}

/// Every broker of three names this controller.
fn naming(controllers: [i32; 3]) -> ClusterView {
    let answered = |named: i32| BrokerView::Answered {
        controller: Some(named),
        live_brokers: (0..3).collect(),
        topics: ["velib".to_owned()].into(),
    };
    let brokers = (0..).zip(controllers.map(answered)).collect();
    let leader = VoterView::Answered { mode: VoterMode::Leader };
    ClusterView { brokers, voters: [(NodeName::zookeeper(1), leader)].into(), ..velib() }
}

#[test]
fn a_cluster_whose_controller_does_not_act_as_one_is_not_healthy() {
    let told = naming([0, 0, 0]);
    assert_eq!(verdict(&told, &facts(&[])).state, Health::Healthy);
    let idle = ClusterView { idle_controller: Some("NotController".to_owned()), ..told };
    let degraded = verdict(&idle, &facts(&[]));
    assert_eq!(degraded.state, Health::Degraded);
    for part in
        ["broker-0 is the controller and does not act as one", "NotController", "`cluster restart broker-0`"]
    {
        assert!(degraded.message.contains(part), "no `{part}` in {}", degraded.message);
    }
    let dead = verdict(&idle, &facts(&[NodeName::broker(0)]));
    assert!(!dead.message.contains("does not act"), "that it is down says it: {}", dead.message);
}

#[test]
fn a_cluster_whose_ensemble_commits_nothing_is_not_healthy_and_its_leader_is_named() {
    let reason = Some("ZooKeeper did not answer within 1500 ms".to_owned());
    let idle = ClusterView {
        idle_ensemble: reason.clone(),
        idle_controller: Some("NotController".to_owned()),
        ..naming([0, 2, 0])
    };
    let degraded = verdict(&idle, &facts(&[]));
    assert_eq!(degraded.state, Health::Degraded);
    for part in ["ZooKeeper commits nothing though zookeeper-1 leads it", "`cluster restart zookeeper-1`"] {
        assert!(degraded.message.contains(part), "no `{part}` in {}", degraded.message);
    }
    assert!(
        !degraded.message.contains("controller"),
        "what follows from it is not told: {}",
        degraded.message
    );
    let unled = ClusterView { voters: [].into(), idle_controller: None, ..idle };
    assert!(!verdict(&unled, &facts(&[])).message.contains("commits nothing"), "an election says it");
}

#[test]
fn a_broker_that_takes_another_for_the_controller_than_zookeeper_does_is_told() {
    let degraded = verdict(&naming([0, 2, 0]), &facts(&[]));
    assert_eq!(degraded.state, Health::Degraded);
    assert!(
        degraded.message.contains("broker-1 takes broker-2 for the controller, which is broker-0"),
        "{}",
        degraded.message
    );
    let mut kraft = naming([0, 2, 1]);
    kraft.voters = [(NodeName::controller(100), VoterView::Answered { mode: VoterMode::Leader })].into();
    kraft.controller = Some(100);
    let voters = [NodeName::controller(100)].into();
    let mut facts = facts(&[]);
    facts.alive.insert(NodeName::controller(100));
    let verdict = verdict(&kraft, &Facts { voters, ..facts });
    assert_eq!(verdict.state, Health::Healthy, "brokers of KRaft name any of them: {}", verdict.message);
}

/// The article's case: 3 partitions, factor 2, over 3 brokers.
fn velib() -> ClusterView {
    view(
        1,
        vec![
            partition(Some(0), &[0, 1], &[0, 1]),
            partition(Some(1), &[1, 2], &[1, 2]),
            partition(Some(2), &[2, 0], &[2, 0]),
        ],
    )
}

#[test]
fn with_factor_two_one_broker_may_fail_and_not_two() {
    let healthy = verdict(&velib(), &facts(&[]));
    assert_eq!(healthy.state, Health::Healthy);
    assert_eq!(healthy.brokers_may_fail, 1);
    assert_eq!(healthy.coordinators_may_fail, 1);
    assert_eq!(healthy.message, "healthy: every replica is in sync; 1 more broker may fail");
}

#[test]
fn after_failover_the_cluster_is_orange_and_bears_no_further_loss() {
    let view = view(
        1,
        vec![
            partition(Some(1), &[0, 1], &[1]),
            partition(Some(1), &[1, 2], &[1, 2]),
            partition(Some(2), &[2, 0], &[2]),
        ],
    );
    let orange = verdict(&view, &facts(&[NodeName::broker(0)]));
    assert_eq!(orange.state, Health::Degraded);
    assert_eq!(
        orange.message,
        "degraded (orange): nothing lost; 2 of 3 partitions under-replicated; down: broker-0; no further \
         broker may fail"
    );
}

#[test]
fn a_dead_leader_is_unavailable_until_kafka_has_moved_it() {
    let waiting = verdict(&velib(), &facts(&[NodeName::broker(0)]));
    assert_eq!(waiting.state, Health::Unavailable);
    assert_eq!(waiting.offline, ["velib-0"]);
    assert_eq!(waiting.message, "unavailable: 1 partition waits for a new leader (velib/0); down: broker-0");
}

#[test]
fn a_dead_leader_leads_nothing_in_the_table_either() {
    let dead = facts(&[NodeName::broker(0)]);
    let topics = topics(&velib(), &dead).unwrap();
    let counts = topics["velib"].counts();
    assert_eq!((counts.partitions, counts.under_replicated, counts.offline), (3, 2, 1));
    assert_eq!(counts.leaders, [(1, 1), (2, 1)].into());
    assert_eq!(verdict(&velib(), &dead).under_replicated, 2);
}

#[test]
fn below_min_isr_is_unavailable_for_acks_all() {
    let view = view(2, vec![partition(Some(0), &[0, 1, 2], &[0])]);
    let verdict = verdict(&view, &facts(&[NodeName::broker(1), NodeName::broker(2)]));
    assert_eq!(verdict.state, Health::Unavailable);
    assert_eq!(verdict.under_min_isr, ["velib-0"]);
}

#[test]
fn a_lost_quorum_is_unavailable() {
    let lost = verdict(&velib(), &facts(&[NodeName::zookeeper(1), NodeName::zookeeper(2)]));
    assert_eq!(lost.state, Health::Unavailable);
    assert!(
        lost.message.contains("ZooKeeper quorum is lost (1 of 3 servers up, 2 needed)"),
        "{}",
        lost.message
    );
}

#[test]
fn one_server_of_three_may_go_and_a_second_is_refused() {
    let one = [NodeName::zookeeper(1)].into();
    assert_eq!(guard(None, &facts(&[]), &one), Ok(()));
    let refused = guard(None, &facts(&[NodeName::zookeeper(2)]), &one).unwrap_err();
    assert!(refused.to_string().contains("ZooKeeper quorum would be lost: 1 of 3"), "{refused}");
    let both = [NodeName::zookeeper(1), NodeName::zookeeper(2)].into();
    assert!(guard(None, &facts(&[]), &both).is_err());
}

#[test]
fn the_last_broker_is_guarded_also_when_it_holds_nothing() {
    let two_dead = facts(&[NodeName::broker(0), NodeName::broker(1)]);
    let refused = guard(None, &two_dead, &[NodeName::broker(2)].into()).unwrap_err();
    assert_eq!(refused.to_string(), "without broker-2 no broker would be up");
    assert_eq!(guard(None, &facts(&[]), &[NodeName::broker(0), NodeName::broker(1)].into()), Ok(()));
}

#[test]
fn a_live_broker_that_is_no_use_makes_the_cluster_degraded() {
    let mut hanging = velib();
    let reason = "no answer within 500 ms".to_owned();
    hanging.brokers.insert(2, BrokerView::Unknown { reason: reason.clone() });
    hanging.voters.insert(NodeName::zookeeper(3), VoterView::Unknown { reason });
    hanging.registered = Some([0].into());
    let verdict = verdict(&hanging, &facts(&[]));
    assert_eq!(verdict.state, Health::Degraded);
    let told = "zookeeper-3 does not answer; broker-2 does not answer; broker-1 is not registered";
    assert!(verdict.message.contains(told), "{}", verdict.message);
}

#[test]
fn without_a_supervisor_who_answers_and_is_registered_lives() {
    let answered =
        BrokerView::Answered { controller: None, live_brokers: BTreeSet::new(), topics: BTreeSet::new() };
    let silent = BrokerView::Unknown { reason: "connection refused".to_owned() };
    let told = ClusterView {
        brokers: [(0, answered.clone()), (1, answered), (2, silent)].into(),
        voters: [
            (NodeName::zookeeper(1), VoterView::Answered { mode: VoterMode::Leader }),
            (NodeName::zookeeper(2), VoterView::Unknown { reason: "connection refused".to_owned() }),
        ]
        .into(),
        registered: Some([0, 2].into()),
        ..ClusterView::default()
    };
    let facts = Facts::told_by(&told);
    assert_eq!(facts.alive, [NodeName::broker(0), NodeName::zookeeper(1)].into());
    assert_eq!((facts.brokers.len(), facts.voters.len()), (3, 2), "all of the plan");
    let unregistered_unknown = ClusterView { registered: None, ..told };
    assert!(Facts::told_by(&unregistered_unknown).lives(1));
}

#[test]
fn the_last_replica_in_sync_is_guarded_by_name() {
    let view = view(1, vec![partition(Some(1), &[0, 1], &[1])]);
    let facts = facts(&[NodeName::broker(0)]);
    let refused = guard(Some(&view), &facts, &[NodeName::broker(1)].into()).unwrap_err();
    assert!(refused.to_string().contains("take velib/0 offline"), "{refused}");
    assert_eq!(guard(Some(&view), &facts, &[NodeName::broker(2)].into()), Ok(()));
}

#[test]
fn harm_that_is_done_already_is_no_objection() {
    let view = view(2, vec![partition(None, &[0, 1], &[0])]);
    let facts = facts(&[NodeName::broker(0)]);
    assert_eq!(guard(Some(&view), &facts, &[NodeName::broker(1)].into()), Ok(()));
}

#[test]
fn changes_are_told_in_the_order_of_cause() {
    let old = velib();
    let mut new = view(
        1,
        vec![
            partition(Some(1), &[0, 1], &[1]),
            partition(Some(1), &[1, 2], &[1, 2]),
            partition(Some(2), &[2, 0], &[2]),
        ],
    );
    new.registered = Some([1, 2].into());
    new.controller = Some(1);
    let seen = changes(&old, &new);
    assert!(
        matches!(
            &seen[..],
            [
                Change::BrokerGone(NodeName { id: 0, .. }),
                Change::Controller { role: Role::Broker, from: 0, to: 1 },
                Change::LeadersMoved { moved, offline: 0 },
                Change::IsrShrunk(partitions),
            ] if moved.len() == 1 && partitions.len() == 2
        ),
        "{seen:#?}"
    );
    let back = changes(&new, &old);
    assert!(matches!(back.last(), Some(Change::IsrExpanded(partitions)) if partitions.len() == 2));
}

#[test]
fn what_nobody_could_tell_is_no_change() {
    let blind = ClusterView::default();
    assert_eq!(changes(&velib(), &blind), []);
    assert_eq!(changes(&blind, &velib()), []);
    assert_eq!(remember(&velib(), blind), velib());
}

#[test]
fn a_new_ensemble_leader_is_told() {
    let servers = |leader: i32| ClusterView {
        voters: (1..=3)
            .map(|id| {
                let mode = if id == leader { VoterMode::Leader } else { VoterMode::Follower };
                (NodeName::zookeeper(id), VoterView::Answered { mode })
            })
            .collect::<BTreeMap<_, _>>(),
        ..ClusterView::default()
    };
    assert_eq!(changes(&servers(3), &servers(2)), [Change::ZooKeeperLeader { from: 3, to: 2 }]);
}

/// A healthy view of three brokers: any replica sets, all in sync, led by any member.
fn any_healthy() -> impl Strategy<Value = ClusterView> {
    let replicas = prop_oneof![
        Just(vec![0]),
        Just(vec![1, 2]),
        Just(vec![2, 0]),
        Just(vec![0, 1]),
        Just(vec![1, 0, 2]),
        Just(vec![2, 1, 0])
    ];
    let one = (replicas, 0usize..3).prop_map(|(replicas, leader)| {
        partition(Some(replicas[leader % replicas.len()]), &replicas, &replicas)
    });
    (1u16..3, proptest::collection::vec(one, 0..6)).prop_map(|(min_isr, partitions)| {
        let enough = partitions.into_iter().filter(|p| p.replicas.len() >= usize::from(min_isr));
        view(min_isr, enough.collect())
    })
}

/// Any view whatever: two topics and one of Kafka's own, leaders that are dead or none, ISRs that shrank.
fn any_view() -> impl Strategy<Value = ClusterView> {
    let replicas = Just(vec![0, 1, 2]).prop_shuffle();
    let one = (replicas, 1usize..4, 0usize..4, proptest::option::weighted(0.8, 0..3));
    let one = one.prop_map(|(mut replicas, factor, in_sync, leader)| {
        replicas.truncate(factor);
        let isr = &replicas[..in_sync.min(factor)];
        partition(leader, &replicas, isr)
    });
    proptest::collection::vec(proptest::collection::vec(one, 0..6), 3).prop_map(|topics| {
        let names = [("a", false), ("b", false), ("__consumer_offsets", true)];
        let topic = |((name, internal), partitions): ((&str, bool), Vec<PartitionView>)| {
            let partitions = (0..).zip(partitions).collect();
            (name.to_owned(), TopicView { partitions, min_insync_replicas: 1, internal })
        };
        ClusterView { topics: Some(names.into_iter().zip(topics).map(topic).collect()), ..velib() }
    })
}

/// Partitions, how many of them are under-replicated and offline, and how many somebody leads.
fn sums(topics: &BTreeMap<String, TopicStatus>) -> [u32; 4] {
    let counts: Vec<_> = topics.values().map(TopicStatus::counts).collect();
    let sum = |of: fn(&Counts) -> usize| u32::try_from(counts.iter().map(of).sum::<usize>()).unwrap();
    [
        sum(|one| one.partitions),
        sum(|one| one.under_replicated),
        sum(|one| one.offline),
        sum(|one| one.leaders.values().sum()),
    ]
}

/// What Kafka does after these brokers are gone: ISRs shrink, and a member that is left leads.
pub(super) fn failed_over(view: &ClusterView, facts: &Facts) -> ClusterView {
    let mut view = view.clone();
    for topic in view.topics.iter_mut().flat_map(BTreeMap::values_mut) {
        for partition in topic.partitions.values_mut() {
            partition.isr.retain(|id| facts.lives(*id));
            if partition.leader.is_none_or(|leader| !facts.lives(leader)) {
                partition.leader = partition.isr.first().copied();
            }
        }
    }
    view
}

fn dead(brokers: &[i32]) -> Vec<NodeName> {
    brokers.iter().map(|id| NodeName::broker(*id)).collect()
}

const SUBSETS: [&[i32]; 7] = [&[0], &[1], &[2], &[0, 1], &[0, 2], &[1, 2], &[0, 1, 2]];

proptest! {
    /// Whatever is read first, table or verdict, it is the same.
    #[test]
    fn the_numbers_of_the_verdict_are_the_sums_of_the_table(view in any_view(), subset in 0usize..8) {
        let facts = facts(&dead(SUBSETS.get(subset).copied().unwrap_or_default()));
        let verdict = verdict(&view, &facts);
        let offline = u32::try_from(verdict.offline.len()).unwrap();
        let [partitions, under_replicated, without_leader, led] = sums(&topics(&view, &facts).unwrap());
        prop_assert_eq!(partitions, verdict.partitions);
        prop_assert_eq!(under_replicated, verdict.under_replicated);
        prop_assert_eq!(without_leader, offline);
        prop_assert_eq!(led, partitions - offline, "who leads is up");
    }

    /// What the guard lets pass leaves the cluster available; what it refuses does not.
    #[test]
    fn the_guard_and_the_verdict_agree(view in any_healthy(), subset in 0usize..6) {
        let lost: BTreeSet<NodeName> = dead(SUBSETS[subset]).into_iter().collect();
        let after = facts(&dead(SUBSETS[subset]));
        let state = verdict(&failed_over(&view, &after), &after).state;
        let passed = guard(Some(&view), &facts(&[]), &lost).is_ok();
        prop_assert_eq!(passed, state != Health::Unavailable);
    }

    /// "n more brokers may fail" is the largest n for which it is true of every choice.
    #[test]
    fn the_number_that_may_fail_is_right_for_every_choice(view in any_healthy()) {
        let told = verdict(&view, &facts(&[])).brokers_may_fail as usize;
        let bears = |subset: &[i32]| {
            let after = facts(&dead(subset));
            verdict(&failed_over(&view, &after), &after).state != Health::Unavailable
        };
        for subset in SUBSETS {
            if subset.len() <= told {
                prop_assert!(bears(subset), "{:?}", subset);
            }
        }
        let of_next_size = SUBSETS.iter().filter(|subset| subset.len() == told + 1);
        prop_assert!(of_next_size.map(|subset| bears(subset)).any(|fine| !fine));
    }
}
