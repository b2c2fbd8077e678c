//! The answer of `explain`.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::sizes::Sets;

/// How a partition is once some brokers have failed and Kafka has followed, if it is not readable and writable at
/// acks=all. In the order of harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Outcome {
    /// Readable, and writable at acks=0 and 1 only: fewer are in sync than `min.insync.replicas`.
    BelowMinIsr,
    /// Neither, until a replica returns that was in sync.
    Offline,
    /// An out-of-sync replica leads by unclean election: records that it has not got are gone for good.
    Lost,
}

/// "If any `any` of the brokers `of` fail, these partitions are so", and with fewer of them better.
/// The last harm of a partition that comes true is the one that holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub(crate) struct Harm {
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Explanation {
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

/// What the loss of all live brokers of a rack would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct RackLoss {
    pub rack: String,
    /// Those that live.
    pub brokers: BTreeSet<i32>,
    /// Every partition stays readable and writable at acks=all.
    pub tolerated: bool,
    /// The controllers among them are too many: no leader can move then, and harm goes further than `harms`.
    pub takes_quorum: bool,
    /// How partitions would be that are not as they should; also those that are so already.
    pub harms: Vec<RackHarm>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct RackHarm {
    pub result: Outcome,
    /// By number.
    pub partitions: Vec<i32>,
}
