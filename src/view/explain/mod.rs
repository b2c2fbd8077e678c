//! Which brokers may fail, and what it would do to one topic, from replicas, ISR, min ISR and unclean
//! leader election as they are now.
//!
//! n brokers have 2^n sets, and none of them needs a look of its own: what a set does to a partition
//! depends on how many of its in-sync replicas are in the set, see [`Harm`].

mod message;
mod racks;
mod sizes;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::verdict::{Facts, Partition, of_topic, tolerates};
use crate::model::view::TopicView;
pub use message::ranges;
pub use racks::{RackHarm, RackLoss};
pub use sizes::Sets;

/// How a partition is once some brokers have failed and Kafka has followed. In the order of harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Readable, and writable at acks=all.
    Writable,
    /// Readable, and writable at acks=0 and 1 only: fewer are in sync than `min.insync.replicas`.
    BelowMinIsr,
    /// Neither, until a replica returns that was in sync.
    Offline,
    /// An out-of-sync replica leads by unclean election: records that it has not got are gone for good.
    Lost,
}

/// "If any `any` of the brokers `of` fail, these partitions are so", and with fewer of them better.
/// The last harm of a partition that comes true is the one that holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Harm {
    /// How many of `of`; 0: it is so already.
    pub any: usize,
    pub result: Outcome,
    /// Live brokers with a replica; empty when `any` is 0.
    pub of: BTreeSet<i32>,
    /// Offline: the brokers of which one has to return with its data.
    pub until: BTreeSet<i32>,
    /// Offline: brokers whose return instead makes an out-of-sync replica lead (unclean election).
    pub loses_with: BTreeSet<i32>,
    /// By number.
    pub partitions: Vec<i32>,
}

/// The JSON of `explain`, documented in docs/topics.md.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    pub topic: String,
    pub partition_count: usize,
    pub replication_factor: usize,
    /// In force: capped at the factor where Kafka does so (3.7 and later).
    pub min_insync_replicas: u16,
    /// `unclean.leader.election.enable` in force.
    pub unclean_leader_election: bool,
    /// Brokers that are down now, or not registered.
    pub down: BTreeSet<i32>,
    /// The ZooKeeper servers or controllers have their quorum. Without it no other replica can take the lead, so that no broker may
    /// fail; `harms` then hold for when it is back.
    pub quorum: bool,
    /// How many live brokers may fail, whichever they are, with every partition still readable and
    /// writable at acks=all.
    pub brokers_may_fail: usize,
    /// By `any`: all that any set of brokers does follows from these.
    pub harms: Vec<Harm>,
    /// For each size, how many sets of live brokers there are, and how many of them may fail; `None`
    /// when there are too many to count.
    pub sizes: Option<Vec<Sets>>,
    /// By name, see [`Explanation::with_racks`]; empty with less than two.
    pub racks: Vec<RackLoss>,
    /// The answer in a sentence.
    pub message: String,
    /// What could not be learnt and why, a line each.
    pub unknown: Vec<String>,
}

/// Explains a topic. `unclean`: `unclean.leader.election.enable` in force.
pub fn explain(name: &str, topic: &TopicView, unclean: bool, facts: &Facts) -> Explanation {
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
    explanation.message = message::message(&explanation);
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
