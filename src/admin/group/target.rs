//! Where a reset moves a group, decided before anything is committed. Pure.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::super::error::AdminError;
use crate::model::topic_partition::TopicPartition;
use crate::model::view::TopicView;

/// What `group reset` is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reset {
    pub group: String,
    pub partitions: Selection,
    pub to: ResetTo,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Selection {
    /// All that the group has committed offsets for.
    All,
    /// These topics; `None`: every partition.
    Topics(BTreeMap<String, Option<BTreeSet<i32>>>),
}

/// The offset that a reset leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResetTo {
    Earliest,
    Latest,
    Offset(i64),
    /// The first record that is as old as this or younger, in ms since 1970; the end when there is none.
    Time(i64),
    /// From the committed offset, back when negative.
    ShiftBy(i64),
}

/// One partition's committed offset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Move {
    pub topic: String,
    pub partition: i32,
    /// `None`: nothing was committed.
    pub before: Option<i64>,
    pub after: i64,
}

/// Of one partition, by its leader's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    pub earliest: i64,
    pub latest: i64,
    /// Of the first record at [`ResetTo::Time`]; -1: none.
    pub at_time: i64,
}

/// The partitions of a selection; every topic of it exists.
pub(super) fn selected(
    wanted: &Reset,
    committed: &BTreeMap<TopicPartition, i64>,
    topics: &BTreeMap<String, TopicView>,
) -> Result<BTreeSet<TopicPartition>, AdminError> {
    let chosen = match &wanted.partitions {
        // Kafka 0.10 keeps offsets of topics that are deleted.
        Selection::All => {
            let is_there = |key: &&TopicPartition| {
                topics.get(&key.topic).is_some_and(|t| t.partitions.contains_key(&key.partition))
            };
            return Ok(committed.keys().filter(is_there).cloned().collect());
        }
        Selection::Topics(chosen) => chosen,
    };
    let mut keys = BTreeSet::new();
    for (topic, numbers) in chosen {
        let there = &topics[topic].partitions;
        if let Some(number) = numbers.iter().flatten().find(|number| !there.contains_key(*number)) {
            let last = there.keys().last().copied().unwrap_or(0);
            return Err(AdminError::invalid(
                format!("topic `{topic}` has no partition {number}"),
                format!("its partitions: 0 to {last}"),
            ));
        }
        let all = || there.keys().copied().collect();
        keys.extend(
            numbers.clone().unwrap_or_else(all).into_iter().map(|number| TopicPartition::new(topic, number)),
        );
    }
    Ok(keys)
}

/// Where each partition goes, or every one that cannot go there.
pub(super) fn moves(
    to: ResetTo,
    committed: &BTreeMap<TopicPartition, i64>,
    limits: &BTreeMap<TopicPartition, Limits>,
) -> Result<Vec<Move>, AdminError> {
    let mut moves = Vec::new();
    let (mut nowhere, mut outside) = (Vec::new(), Vec::new());
    for (key, limits) in limits {
        let before = committed.get(key).copied();
        let after = match (to, before) {
            (ResetTo::Earliest, _) => limits.earliest,
            (ResetTo::Latest, _) => limits.latest,
            (ResetTo::Time(_), _) if limits.at_time < 0 => limits.latest,
            (ResetTo::Time(_), _) => limits.at_time,
            (ResetTo::Offset(offset), _) => offset,
            (ResetTo::ShiftBy(by), Some(before)) => before.saturating_add(by),
            (ResetTo::ShiftBy(_), None) => {
                nowhere.push(key.to_string());
                continue;
            }
        };
        if !(limits.earliest..=limits.latest).contains(&after) {
            let Limits { earliest, latest, .. } = limits;
            outside.push(format!("{key}: {after} is not within {earliest} to {latest}"));
        }
        moves.push(Move { topic: key.topic.clone(), partition: key.partition, before, after });
    }
    if !nowhere.is_empty() {
        return Err(AdminError::invalid(
            format!("nothing was committed for {}, so that it cannot be shifted", nowhere.join(", ")),
            "name other partitions with `--topic`, or give `--to`",
        ));
    }
    if !outside.is_empty() {
        return Err(AdminError::invalid(
            format!("there is no such offset: {}", outside.join("; ")),
            "`--to earliest` and `--to latest` are always there",
        ));
    }
    Ok(moves)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::view::PartitionView;

    fn key(partition: i32) -> TopicPartition {
        TopicPartition::new("t", partition)
    }

    fn told<T>(result: Result<T, AdminError>) -> (String, String) {
        match result.err() {
            Some(AdminError::Invalid { what, remedy }) => (what, remedy),
            other => panic!("{other:?}"),
        }
    }

    fn after(to: ResetTo, at_time: i64) -> Result<Vec<i64>, AdminError> {
        let limits = Limits { earliest: 10, latest: 20, at_time };
        let moves = moves(to, &[(key(0), 15)].into(), &[(key(0), limits)].into())?;
        Ok(moves.into_iter().map(|moved| moved.after).collect())
    }

    #[test]
    fn each_target_is_an_offset_within_the_log() {
        for (to, at_time, offset) in [
            (ResetTo::Earliest, -1, 10),
            (ResetTo::Latest, -1, 20),
            (ResetTo::Offset(10), -1, 10),
            (ResetTo::Offset(20), -1, 20),
            (ResetTo::ShiftBy(-5), -1, 10),
            (ResetTo::ShiftBy(5), -1, 20),
            (ResetTo::Time(1), 12, 12),
            (ResetTo::Time(1), -1, 20),
        ] {
            assert_eq!(after(to, at_time).unwrap(), [offset], "{to:?}");
        }
        for to in [
            ResetTo::Offset(9),
            ResetTo::Offset(21),
            ResetTo::ShiftBy(-6),
            ResetTo::ShiftBy(i64::MIN),
            ResetTo::ShiftBy(i64::MAX),
        ] {
            let (what, _) = told(after(to, -1));
            assert!(what.ends_with("is not within 10 to 20"), "{what}");
        }
    }

    #[test]
    fn every_partition_that_is_outside_is_named_and_so_is_what_was_never_committed() {
        let limits = |latest| Limits { earliest: 0, latest, at_time: -1 };
        let limits = [(key(0), limits(3)), (key(1), limits(9)), (key(2), limits(4))].into();
        assert_eq!(
            told(moves(ResetTo::Offset(5), &BTreeMap::new(), &limits)).0,
            "there is no such offset: t/0: 5 is not within 0 to 3; t/2: 5 is not within 0 to 4"
        );
        assert_eq!(
            told(moves(ResetTo::ShiftBy(1), &[(key(1), 1)].into(), &limits)).0,
            "nothing was committed for t/0, t/2, so that it cannot be shifted"
        );
    }

    #[test]
    fn partitions_are_those_named_those_of_a_topic_or_those_committed() {
        let view = PartitionView { leader: None, leader_epoch: None, replicas: vec![], isr: vec![] };
        let partitions = (0..3).map(|number| (number, view.clone())).collect();
        let topics =
            [("t".to_owned(), TopicView { partitions, min_insync_replicas: 1, internal: false })].into();
        let committed = [(key(1), 5), (TopicPartition::new("gone", 0), 5)].into();
        let select = |partitions| {
            let wanted = Reset { group: "g".to_owned(), partitions, to: ResetTo::Earliest };
            selected(&wanted, &committed, &topics)
        };
        let of = |numbers: Option<&[i32]>| {
            let numbers = numbers.map(|numbers| numbers.iter().copied().collect());
            Selection::Topics([("t".to_owned(), numbers)].into())
        };
        assert_eq!(select(Selection::All).unwrap(), [key(1)].into());
        assert_eq!(select(of(None)).unwrap(), [key(0), key(1), key(2)].into());
        assert_eq!(select(of(Some(&[2, 0]))).unwrap(), [key(0), key(2)].into());
        let (what, remedy) = told(select(of(Some(&[0, 3]))));
        assert_eq!(
            (what.as_str(), remedy.as_str()),
            ("topic `t` has no partition 3", "its partitions: 0 to 2")
        );
    }

    fn targets() -> impl Strategy<Value = ResetTo> {
        prop_oneof![
            Just(ResetTo::Earliest),
            Just(ResetTo::Latest),
            (0..30i64).prop_map(ResetTo::Offset),
            any::<i64>().prop_map(ResetTo::Time),
            (-30..30i64).prop_map(ResetTo::ShiftBy),
        ]
    }

    proptest! {
        #[test]
        fn a_plan_is_within_the_logs_and_of_all_partitions_or_there_is_none(
            to in targets(),
            logs in proptest::collection::btree_map(0..9i32, (0..9i64, 0..20i64, -1..1i64), 1..6),
            committed in proptest::collection::btree_map(0..9i32, 0..40i64, 0..9),
        ) {
            let limits: BTreeMap<TopicPartition, Limits> = logs
                .into_iter()
                .map(|(number, (earliest, length, at))| {
                    let at_time = if at < 0 { -1 } else { earliest };
                    (key(number), Limits { earliest, latest: earliest + length, at_time })
                })
                .collect();
            let committed = committed.into_iter().map(|(number, offset)| (key(number), offset)).collect();
            if let Ok(moves) = moves(to, &committed, &limits) {
                prop_assert_eq!(moves.len(), limits.len());
                for moved in moves {
                    let limits = limits[&TopicPartition::new(moved.topic, moved.partition)];
                    prop_assert!((limits.earliest..=limits.latest).contains(&moved.after));
                    prop_assert_eq!(moved.before, committed.get(&key(moved.partition)).copied());
                }
            }
        }
    }
}
