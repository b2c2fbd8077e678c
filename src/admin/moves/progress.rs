//! How far a move is: in bytes that the new replicas have, of those that the leader has. Pure.

use schemars::JsonSchema;
use serde::Serialize;

use std::collections::{BTreeMap, BTreeSet};

use super::Move;
use crate::model::topic_partition::TopicPartition;

/// At one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct MoveProgress {
    pub partitions: usize,
    /// Of these, how many are where they shall be.
    pub partitions_done: usize,
    pub bytes: u64,
    pub bytes_done: u64,
    /// Why it does not go on by itself, or cannot be seen: `waits for broker-2, which is down`.
    pub trouble: Option<String>,
}

/// Keeps the last word of each broker.
#[derive(Debug, Default)]
pub(super) struct Tracker {
    partitions: BTreeMap<TopicPartition, Tracked>,
    pub trouble: Option<String>,
}

#[derive(Debug)]
struct Tracked {
    adding: BTreeSet<i32>,
    /// Bytes of the leader.
    size: u64,
    /// Bytes of each new replica.
    got: BTreeMap<i32, u64>,
    is_done: bool,
}

impl Tracked {
    fn bytes(&self) -> u64 {
        self.size * self.adding.len() as u64
    }

    fn bytes_done(&self) -> u64 {
        match self.is_done {
            true => self.bytes(),
            // A replica may have what the leader deletes already.
            false => self.got.values().map(|got| (*got).min(self.size)).sum(),
        }
    }
}

impl Tracker {
    pub(super) fn new(moves: &[Move]) -> Self {
        let tracked = |one: &Move| Tracked {
            adding: one.adding().collect(),
            size: 0,
            got: BTreeMap::new(),
            is_done: false,
        };
        let partitions = moves.iter().map(|one| (one.key(), tracked(one))).collect();
        Tracker { partitions, trouble: None }
    }

    /// Which of them are still under way, by Kafka's word.
    pub(super) fn under_way(&mut self, running: &BTreeSet<TopicPartition>) {
        for (key, tracked) in &mut self.partitions {
            tracked.is_done = !running.contains(key);
        }
    }

    /// What a broker has on its disk.
    pub(super) fn on_disk(
        &mut self,
        broker: i32,
        leads: &BTreeSet<TopicPartition>,
        sizes: &BTreeMap<TopicPartition, u64>,
    ) {
        for (key, size) in sizes {
            let Some(tracked) = self.partitions.get_mut(key) else { continue };
            // Who leads may change meanwhile: the first word of anybody is better than none.
            if leads.contains(key) || tracked.size < *size {
                tracked.size = *size;
            }
            if tracked.adding.contains(&broker) {
                tracked.got.insert(broker, *size);
            }
        }
    }

    /// Of one partition: bytes to copy, and of these those that are there.
    pub(super) fn bytes_of(&self, key: &TopicPartition) -> (u64, u64) {
        self.partitions.get(key).map_or((0, 0), |tracked| (tracked.bytes(), tracked.bytes_done()))
    }

    pub(super) fn progress(&self) -> MoveProgress {
        let all = self.partitions.values();
        MoveProgress {
            partitions: self.partitions.len(),
            partitions_done: all.clone().filter(|tracked| tracked.is_done).count(),
            bytes: all.clone().map(Tracked::bytes).sum(),
            bytes_done: all.map(Tracked::bytes_done).sum(),
            trouble: self.trouble.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_those_of_new_replicas_and_what_is_done_counts_in_full() {
        let one = |partition, after: &[i32]| Move {
            topic: "t".into(),
            partition,
            before: vec![0, 1],
            after: after.to_vec(),
        };
        let key = |partition| TopicPartition::new("t", partition);
        let mut tracker = Tracker::new(&[one(0, &[2, 3]), one(1, &[1, 2]), one(2, &[1, 0])]);
        tracker.under_way(&[key(0), key(1)].into());
        let leads = [key(0), key(1), key(2)].into();
        tracker.on_disk(0, &leads, &[(key(0), 100), (key(1), 50), (key(2), 70)].into());
        tracker.on_disk(2, &BTreeSet::new(), &[(key(0), 30), (key(1), 50)].into());
        let progress = tracker.progress();
        assert_eq!((progress.bytes, progress.bytes_done), (250, 80));
        assert_eq!((progress.partitions, progress.partitions_done), (3, 1));
        assert_eq!([0, 1, 2].map(|at| tracker.bytes_of(&key(at))), [(200, 30), (50, 50), (0, 0)]);
        tracker.under_way(&[key(1)].into());
        assert_eq!(tracker.progress().bytes_done, 250);
    }
}
