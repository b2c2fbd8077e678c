//! Where brokers stand: their racks (`broker.rack`), as the plan has them. Pure.

use std::collections::{BTreeMap, BTreeSet};

/// The rack of each broker that has one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Racks(pub BTreeMap<i32, String>);

impl Racks {
    pub(super) fn of(&self, broker: i32) -> Option<&str> {
        self.0.get(&broker).map(String::as_str)
    }

    /// All copies are in one rack, and there are others of these brokers. As with Kafka racks say nothing unless every
    /// broker has one; a single copy cannot be in two.
    pub(super) fn are_missed(
        &self,
        replicas: &[i32],
        mut brokers: impl Iterator<Item = i32> + Clone,
    ) -> bool {
        let count = |ids: &mut dyn Iterator<Item = i32>| {
            ids.filter_map(|id| self.of(id)).collect::<BTreeSet<_>>().len()
        };
        replicas.len() > 1
            && brokers.clone().all(|id| self.0.contains_key(&id))
            && count(&mut replicas.iter().copied()) == 1
            && count(&mut brokers) > 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_that_are_all_in_one_rack_though_there_are_others_are_told() {
        let racks = Racks([(0, "a"), (1, "a"), (2, "b")].map(|(id, rack)| (id, rack.to_owned())).into());
        assert!(racks.are_missed(&[0, 1], 0..3));
        assert!(!racks.are_missed(&[0, 2], 0..3), "in both");
        assert!(!racks.are_missed(&[1], 0..3), "one copy");
        assert!(!racks.are_missed(&[0, 1], 0..2), "no other rack");
        assert!(!racks.are_missed(&[0, 1], 0..4), "a broker without a rack");
        assert!(!Racks::default().are_missed(&[0, 1], 0..3));
    }
}
