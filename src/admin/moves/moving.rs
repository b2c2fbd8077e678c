//! What is being moved at one moment, whoever asked for it: by Kafka's word, with what a note of ours adds.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::Move;
use super::cancel::moves_of;
use super::note::Note;
use super::others::RATES;
use super::progress::{MoveProgress, Tracker};
use crate::admin::error::{AdminError, Setback};
use crate::admin::{ASK, Admin};
use crate::host::lock::is_held;
use crate::model::topic_partition::TopicPartition;
use crate::observe::dynamic;
use crate::observe::dynamic::Entity;
use crate::paths::ClusterDir;
use crate::wire::metadata;
use crate::wire::metadata::{Metadata, Topics};
use crate::wire::reassign::Reassignment;

/// At one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Moving {
    /// What is on its way, and of a move of ours what has arrived, too.
    pub partitions: Vec<MovingPartition>,
    /// All together.
    pub progress: MoveProgress,
    /// Kafka is at it.
    pub is_running: bool,
    /// It was begun by `cluster`, whose note is there until it is finished.
    pub is_ours: bool,
    /// Somebody sees to it that it is finished: that it is checked and its throttle taken away.
    pub is_followed: bool,
    /// It was cancelled: what is on its way goes back.
    pub is_cancelled: bool,
    /// Bytes a second that brokers concerned send or fetch at most of what is throttled, with their ids; empty: none
    /// is throttled. `None`: they did not tell.
    pub throttles: Option<BTreeMap<u64, Vec<i32>>>,
}

/// One partition of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct MovingPartition {
    #[serde(flatten)]
    pub one: Move,
    /// It is where it shall be.
    pub is_done: bool,
    /// To copy, of all new replicas, as far as brokers tell; of these, bytes that are there.
    pub bytes: u64,
    pub bytes_done: u64,
}

impl Moving {
    /// There is something to follow or to finish.
    pub(crate) fn is_open(&self) -> bool {
        self.is_running || self.is_ours
    }
}

impl Admin {
    /// Asks once: what nobody tells is unknown. Changes nothing, and keeps nobody from moving.
    pub(crate) async fn moving(&self) -> Result<Moving, AdminError> {
        let unknown = |setback: Setback| match setback {
            Setback::Fatal(error) => error,
            setback => AdminError::Unreachable {
                what: "learn what is being moved".to_owned(),
                reason: setback.to_string(),
            },
        };
        let running = self.under_way().await.map_err(unknown)?;
        let note = Note::load(&self.note())?;
        if running.is_empty() && note.is_none() {
            return Ok(Moving { throttles: Some(BTreeMap::new()), ..Moving::default() });
        }
        let is_followed = is_held(&ClusterDir(self.plan.dir.clone()).moves_lock()).unwrap_or(false);
        let (is_ours, is_cancelled) = (note.is_some(), note.as_ref().is_some_and(|note| note.cancelled));
        let all = Note {
            moves: all_of(&running, note.map(|note| note.moves).unwrap_or_default()),
            ..Note::default()
        };
        let told = metadata::ask_any(&self.pool, Topics::All, ASK).await;
        let told = told.map_err(|error| unknown(error.into()))?;
        let open = still_open(&all.moves, &running, &told);
        let mut tracker = Tracker::new(&all.moves);
        self.look_at_disks(&all, &open, &mut tracker).await;
        tracker.under_way(&open);
        let throttles = self.rates(&all.moves, &told.live_brokers).await;
        let partition = |one: Move| {
            let key = one.key();
            let (bytes, bytes_done) = tracker.bytes_of(&key);
            MovingPartition { is_done: !open.contains(&key), bytes, bytes_done, one }
        };
        Ok(Moving {
            progress: tracker.progress(),
            partitions: all.moves.into_iter().map(partition).collect(),
            is_running: !running.is_empty(),
            is_ours,
            is_followed,
            is_cancelled,
            throttles,
        })
    }

    /// What brokers concerned have in force, as far as they live: one of KRaft that is down nobody can ask.
    async fn rates(&self, moves: &[Move], live: &BTreeSet<i32>) -> Option<BTreeMap<u64, Vec<i32>>> {
        let concerned = moves.iter().flat_map(|one| one.before.iter().chain(&one.after)).copied();
        let ids: BTreeSet<i32> = concerned.filter(|id| live.contains(id)).collect();
        let mut entities = vec![Entity::AllBrokers];
        entities.extend(ids.iter().copied().map(Entity::Broker));
        let asked = dynamic::settings(&self.pool, self.zookeeper.as_ref(), &entities, &RATES, ASK).await;
        let mut told = asked.ok()?.into_iter();
        let of_all = told.next().unwrap_or_default();
        let mut throttles: BTreeMap<u64, Vec<i32>> = BTreeMap::new();
        for (id, own) in ids.into_iter().zip(told) {
            let rate = |key: &&str| own.get(*key).or_else(|| of_all.get(*key))?.parse().ok();
            if let Some(least) = RATES.iter().filter_map(rate).min() {
                throttles.entry(least).or_default().push(id);
            }
        }
        Some(throttles)
    }
}

/// What was noted, and what runs beside it.
fn all_of(running: &BTreeMap<TopicPartition, Reassignment>, noted: Vec<Move>) -> Vec<Move> {
    let keys: BTreeSet<TopicPartition> = noted.iter().map(Move::key).collect();
    let beside = moves_of(running, &noted).into_iter().filter(|one| !keys.contains(&one.key()));
    let mut all: Vec<Move> = beside.collect();
    all.extend(noted);
    all.sort_by_key(Move::key);
    all
}

/// Those that run, or have not begun: the note is written first.
fn still_open(
    moves: &[Move],
    running: &BTreeMap<TopicPartition, Reassignment>,
    told: &Metadata,
) -> BTreeSet<TopicPartition> {
    let sorted = |ids: &[i32]| ids.iter().copied().collect::<BTreeSet<i32>>();
    let arrived = |one: &Move| {
        let view = told.topics.get(&one.topic).and_then(|topic| topic.partitions.get(&one.partition));
        view.is_none_or(|view| sorted(&view.replicas) == sorted(&one.after))
    };
    let open = moves.iter().filter(|one| running.contains_key(&one.key()) || !arrived(one));
    open.map(Move::key).collect()
}

#[cfg(test)]
pub(crate) mod samples {
    //! A move on its way, made by hand.

    use super::*;

    /// Two partitions, one of which has arrived.
    pub(crate) fn moving() -> Moving {
        let one = |partition, after: &[i32], bytes_done| MovingPartition {
            one: Move { topic: "bikes".into(), partition, before: vec![0, 1], after: after.to_vec() },
            is_done: bytes_done == 1000,
            bytes: 1000,
            bytes_done,
        };
        Moving {
            partitions: vec![one(0, &[2, 1], 1000), one(1, &[0, 2], 250)],
            progress: MoveProgress {
                partitions: 2,
                partitions_done: 1,
                bytes: 2000,
                bytes_done: 1250,
                trouble: Some("waits for broker-2, which is down".into()),
            },
            is_running: true,
            is_ours: true,
            is_followed: false,
            is_cancelled: false,
            throttles: Some([(1000, vec![0, 1])].into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::metadata::TopicMetadata;

    #[test]
    fn what_is_noted_and_neither_runs_nor_has_arrived_is_open() {
        let one = |partition| Move { topic: "t".into(), partition, before: vec![0, 1], after: vec![2, 1] };
        let running = [(
            TopicPartition::new("t", 5),
            Reassignment { replicas: vec![2, 1, 0], adding: vec![2], removing: vec![0] },
        )];
        let running = BTreeMap::from(running);
        let all = all_of(&running, vec![one(0), one(1)]);
        assert_eq!(all, [one(0), one(1), Move { before: vec![1, 0], ..one(5) }], "whoever began it");
        let view = |replicas: &[i32]| crate::model::view::PartitionView {
            leader: None,
            leader_epoch: None,
            replicas: replicas.to_vec(),
            isr: vec![],
        };
        let partitions = [(0, view(&[1, 2])), (1, view(&[0, 1])), (5, view(&[2, 1, 0]))].into();
        let topics = [("t".to_owned(), TopicMetadata { partitions, ..Default::default() })].into();
        let told = Metadata { topics, ..Default::default() };
        let open = still_open(&all, &running, &told);
        assert_eq!(open, [TopicPartition::new("t", 1), TopicPartition::new("t", 5)].into());
    }
}
