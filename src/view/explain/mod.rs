//! Which brokers may fail, and what it would do to one topic, from replicas, ISR, min ISR and unclean
//! leader election as they are now.
//!
//! n brokers have 2^n sets, and none of them needs a look of its own: what a set does to a partition
//! depends on how many of its in-sync replicas are in the set, see [`Harm`].

mod message;
mod model;
mod racks;
mod sizes;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::verdict::{Facts, Partition, of_topic, tolerates};
use crate::model::view::TopicView;
pub(crate) use model::{Explanation, Harm, Outcome, RackLoss};

/// Explains a topic. `unclean`: `unclean.leader.election.enable` in force.
pub(crate) fn explain(name: &str, topic: &TopicView, unclean: bool, facts: &Facts) -> Explanation {
    let partitions = of_topic(name, topic);
    let harms = merged(partitions.iter().map(|one| (one.number, harms(one, unclean, facts))));
    let live: BTreeSet<i32> = facts.brokers.iter().copied().filter(|id| facts.lives(*id)).collect();
    let limits = partitions.iter().map(|one| first_harm(one, facts)).collect();
    let mut explanation = Explanation {
        topic: name.to_owned(),
        partition_count: topic.partitions.len(),
        replication_factor: crate::model::view::replication_factor(&topic.partitions),
        min_insync_replicas: topic.min_insync_replicas,
        unclean_leader_election: unclean,
        down: facts.brokers.difference(&live).copied().collect(),
        quorum: facts.voters.is_empty() || facts.has_quorum(),
        brokers_may_fail: if harms.iter().any(|harm| harm.any == 0) {
            0
        } else {
            tolerates(&partitions, facts)
        },
        harms,
        sizes: sizes::count(&live, &limits),
        racks: Vec::new(),
        message: String::new(),
        unknown: Vec::new(),
    };
    explanation.message = message::message(&explanation, facts.coordinators());
    if !explanation.quorum {
        explanation.brokers_may_fail = 0;
        explanation.sizes.iter_mut().flatten().for_each(|sets| sets.tolerated = 0);
    }
    explanation
}

/// The replicas that could lead without loss, and those that live but lag.
fn live_replicas(partition: &Partition<'_>, facts: &Facts) -> (BTreeSet<i32>, BTreeSet<i32>) {
    let live = partition.view.replicas.iter().copied().filter(|id| facts.lives(*id));
    live.partition(|id| partition.view.isr.contains(id))
}

/// The least that takes acks=all from a partition: any so many of these.
fn first_harm(partition: &Partition<'_>, facts: &Facts) -> (BTreeSet<i32>, usize) {
    let (in_sync, _) = live_replicas(partition, facts);
    let any = (in_sync.len() + 1).saturating_sub(partition.min_isr);
    (in_sync, any)
}

/// What it takes to harm one partition, the worse later.
fn harms(partition: &Partition<'_>, unclean: bool, facts: &Facts) -> Vec<Harm> {
    let (in_sync, lagging) = live_replicas(partition, facts);
    let harm = |any, result, of: &BTreeSet<i32>| Harm {
        any,
        result,
        // What is so already takes no broker, and is the same whoever is left.
        of: if any == 0 { BTreeSet::new() } else { of.clone() },
        until: BTreeSet::new(),
        loses_with: BTreeSet::new(),
        partitions: vec![partition.number],
    };
    let mut harms = Vec::new();
    let (_, first) = first_harm(partition, facts);
    if first < in_sync.len() {
        harms.push(harm(first, Outcome::BelowMinIsr, &in_sync));
    }
    let mut holders = in_sync.clone();
    if unclean && !lagging.is_empty() {
        harms.push(harm(in_sync.len(), Outcome::Lost, &in_sync));
        holders.extend(&lagging);
    }
    // Kafka keeps the last ISR of a partition without a leader.
    let until: BTreeSet<i32> = match in_sync.is_empty() {
        true => partition.view.isr.iter().copied().collect(),
        false => in_sync,
    };
    let others = partition.view.replicas.iter().copied().filter(|id| unclean && !until.contains(id));
    let loses_with = others.collect();
    harms.push(Harm { until, loses_with, ..harm(holders.len(), Outcome::Offline, &holders) });
    harms
}

/// Partitions that the same sets do the same to are told together.
fn merged(all: impl Iterator<Item = (i32, Vec<Harm>)>) -> Vec<Harm> {
    let mut together: BTreeMap<Harm, Vec<i32>> = BTreeMap::new();
    for (number, harms) in all {
        for harm in harms {
            together.entry(Harm { partitions: Vec::new(), ..harm }).or_default().push(number);
        }
    }
    together.into_iter().map(|(harm, partitions)| Harm { partitions, ..harm }).collect()
}
