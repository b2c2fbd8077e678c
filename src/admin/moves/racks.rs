//! Moves that leave a partition in fewer racks (`broker.rack`) than it was or could be in, and the word for it.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::Move;
use crate::model::partitions::named;

/// A partition that fewer racks bear than before, or than there are; its fields are JSON, documented in
/// docs/moving.md.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct FewerRacks {
    pub topic: String,
    pub partition: i32,
    /// Racks of its replicas, before and after.
    pub racks_before: usize,
    pub racks_after: usize,
    /// Of its replicas on brokers that may hold them.
    pub racks_possible: usize,
}

/// `racks`: of each broker that has one. `able`: the brokers that may hold replicas; as with Kafka racks say nothing
/// unless all of these have one.
pub(super) fn fewer(moves: &[Move], racks: &BTreeMap<i32, String>, able: &BTreeSet<i32>) -> Vec<FewerRacks> {
    let of = |ids: &mut dyn Iterator<Item = &i32>| -> usize {
        ids.filter_map(|id| racks.get(id)).collect::<BTreeSet<_>>().len()
    };
    if !able.iter().all(|id| racks.contains_key(id)) {
        return Vec::new();
    }
    let there = of(&mut able.iter());
    let told = moves.iter().map(|one| FewerRacks {
        topic: one.topic.clone(),
        partition: one.partition,
        racks_before: of(&mut one.before.iter()),
        racks_after: of(&mut one.after.iter()),
        racks_possible: there.min(one.after.len()),
    });
    told.filter(|one| one.racks_after < one.racks_before.max(one.racks_possible)).collect()
}

/// One line of all of them.
pub(super) fn warning(fewer: &[FewerRacks]) -> Option<String> {
    let names = named(fewer.iter().map(|one| (one.topic.as_str(), one.partition)));
    let least = fewer.iter().map(|one| one.racks_after).min()?;
    let most = fewer.iter().map(|one| one.racks_before.max(one.racks_possible)).max()?;
    let verb = if fewer.len() == 1 { "has its copies" } else { "have their copies" };
    let why = match fewer.iter().any(|one| one.racks_after < one.racks_possible) {
        true => "this plan says so, and racks enough are there",
        false => "the brokers that may hold them are in no more",
    };
    let racks = if least == 1 { "rack" } else { "racks" };
    Some(format!("{names} then {verb} in {least} {racks} instead of {most}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn racks() -> BTreeMap<i32, String> {
        [(0, "a"), (1, "a"), (2, "b"), (3, "b")].map(|(id, rack)| (id, rack.to_owned())).into()
    }

    fn one(partition: i32, before: &[i32], after: &[i32]) -> Move {
        Move { topic: "bikes".into(), partition, before: before.to_vec(), after: after.to_vec() }
    }

    #[test]
    fn a_plan_that_brings_copies_into_one_rack_says_of_which_partitions() {
        let moves = [one(0, &[0, 2], &[0, 1]), one(1, &[0, 2], &[1, 3]), one(2, &[2, 3], &[0, 1])];
        let told = fewer(&moves, &racks(), &(0..4).collect());
        let numbers: Vec<_> = told.iter().map(|one| (one.partition, one.racks_before)).collect();
        assert_eq!(numbers, [(0, 2), (2, 1)]);
        assert_eq!(
            warning(&told).as_deref(),
            Some(
                "bikes/0,2 then have their copies in 1 rack instead of 2: this plan says so, and racks \
                 enough are there"
            )
        );
    }

    #[test]
    fn when_a_rack_has_no_broker_left_its_partitions_are_told() {
        let told = fewer(&[one(0, &[0, 2], &[0, 1])], &racks(), &[0, 1].into());
        assert_eq!((told[0].racks_after, told[0].racks_possible), (1, 1));
        assert!(warning(&told).unwrap().ends_with("the brokers that may hold them are in no more"));
    }

    #[test]
    fn without_racks_there_is_nothing_to_tell() {
        let moves = [one(0, &[0, 2], &[0, 1])];
        assert_eq!(fewer(&moves, &BTreeMap::new(), &(0..4).collect()), []);
        assert_eq!(warning(&[]), None);
        assert_eq!(fewer(&moves, &racks(), &(0..5).collect()), [], "the fifth has none");
    }
}
