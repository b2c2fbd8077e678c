//! How many sets of each size may fail.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

/// Sets of so many live brokers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Sets {
    pub size: usize,
    /// How many there are.
    pub sets: u64,
    /// Those of them that leave every partition readable and writable at acks=all.
    pub tolerated: u64,
}

/// Brokers whose sets are counted one by one; those that hold nothing multiply the result.
const COUNTED: u32 = 20;

/// `limits`: any so many of these are too many. `None` when more than 20 brokers matter.
pub(super) fn count(live: &BTreeSet<i32>, limits: &BTreeSet<(BTreeSet<i32>, usize)>) -> Option<Vec<Sets>> {
    let bit = |id: &i32| live.iter().position(|live| live == id).and_then(|at| 1u64.checked_shl(at as u32));
    let mut masks = Vec::new();
    for (brokers, any) in limits {
        let bits: Option<Vec<u64>> = brokers.iter().map(bit).collect();
        masks.push((bits?.into_iter().fold(0, |all, bit| all | bit), *any as u32));
    }
    let matter = masks.iter().fold(0u64, |all, (mask, _)| all | mask);
    if matter.count_ones() > COUNTED {
        return None;
    }
    let mut counted = vec![0; live.len() + 1];
    if masks.iter().all(|(_, any)| *any > 0) {
        grow(0, matter, &masks, &mut counted);
    }
    let idle = live.len() - matter.count_ones() as usize;
    let sizes = 1..=live.len();
    Some(
        sizes
            .map(|size| Sets {
                size,
                sets: choose(live.len(), size),
                tolerated: (0..=size)
                    .map(|of_those| counted[of_those].saturating_mul(choose(idle, size - of_those)))
                    .fold(0, u64::saturating_add),
            })
            .collect(),
    )
}

/// Counts `set` and every larger set that can be made of it with brokers of `rest`. A set that is too
/// much is left, and with it all that contain it.
fn grow(set: u64, mut rest: u64, limits: &[(u64, u32)], counted: &mut [u64]) {
    counted[set.count_ones() as usize] += 1;
    while rest != 0 {
        let next = rest & rest.wrapping_neg();
        rest &= !next;
        let larger = set | next;
        if limits.iter().all(|(mask, any)| (larger & mask).count_ones() < *any) {
            grow(larger, rest, limits, counted);
        }
    }
}

fn choose(of: usize, size: usize) -> u64 {
    if size > of {
        return 0;
    }
    let mut sets = 1u64;
    for at in 0..size.min(of - size) {
        // Every prefix of the product is a binomial, so the division is exact.
        sets = match sets.checked_mul((of - at) as u64) {
            Some(product) => product / (at as u64 + 1),
            None => return u64::MAX,
        };
    }
    sets
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(brokers: i32, limits: &[(&[i32], usize)]) -> Vec<(u64, u64)> {
        let limits = limits.iter().map(|(of, any)| (of.iter().copied().collect(), *any)).collect();
        let sets = count(&(0..brokers).collect(), &limits).unwrap();
        sets.into_iter().map(|sets| (sets.tolerated, sets.sets)).collect()
    }

    #[test]
    fn brokers_without_a_replica_multiply_what_may_fail() {
        assert_eq!(counted(3, &[(&[0, 1], 2), (&[1, 2], 2), (&[0, 2], 2)]), [(3, 3), (0, 3), (0, 1)]);
        assert_eq!(counted(4, &[(&[0, 1], 2)]), [(4, 4), (5, 6), (2, 4), (0, 1)]);
        assert_eq!(counted(2, &[(&[], 0)]), [(0, 2), (0, 1)], "harmed already");
    }

    #[test]
    fn twenty_brokers_of_which_all_but_one_may_fail_are_counted_and_more_are_not() {
        let of = |brokers: i32| (0..brokers).collect::<BTreeSet<i32>>();
        let sets = count(&of(20), &[(of(20), 20)].into()).unwrap();
        assert_eq!((sets[9].tolerated, sets[19].tolerated), (184_756, 0));
        assert_eq!(count(&of(21), &[(of(21), 21)].into()), None);
        assert!(count(&of(60), &[(of(3), 2)].into()).is_some(), "57 of them hold nothing");
    }
}
