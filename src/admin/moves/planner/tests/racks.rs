//! Racks are kept, whatever is moved.

use super::*;

type RackOf = BTreeMap<i32, String>;

fn racks(of: &[&str]) -> RackOf {
    (0..).zip(of.iter().map(|rack| (*rack).to_owned())).collect()
}

fn lies_in(replicas: &[i32], racks: &RackOf) -> usize {
    replicas.iter().map(|id| &racks[id]).collect::<BTreeSet<_>>().len()
}

/// In as many racks as these targets allow.
fn keeps_racks(replicas: &[i32], targets: &BTreeSet<i32>, racks: &RackOf) -> bool {
    let open = targets.iter().map(|id| &racks[id]).collect::<BTreeSet<_>>().len();
    lies_in(replicas, racks) == open.min(replicas.len())
}

/// A cluster each of whose brokers is in one of up to three racks.
fn racked(
    brokers: i32,
    count: std::ops::Range<usize>,
) -> impl Strategy<Value = (Partitions, BTreeSet<i32>, RackOf)> {
    let rack = proptest::sample::select(vec!["a", "b", "c"]);
    let racks_of = proptest::collection::vec(rack, brokers as usize + 2);
    (cluster(brokers, count), racks_of)
        .prop_map(|((partitions, targets), of)| (partitions, targets, racks(&of)))
}

/// Of all spreads that keep racks the most even (replicas of each target, squared), and its fewest copies, by trying
/// all.
fn best_by_trying(partitions: &Partitions, targets: &BTreeSet<i32>, racks: &RackOf) -> (usize, usize) {
    let targets_by_place: Vec<i32> = targets.iter().copied().collect();
    let mut reached: BTreeMap<Vec<usize>, usize> = [(vec![0; targets.len()], 0)].into();
    for replicas in partitions.values() {
        let mut next = BTreeMap::new();
        for set in 0..1u32 << targets.len() {
            let places: Vec<usize> = (0..targets.len()).filter(|place| set >> place & 1 == 1).collect();
            let there: Vec<i32> = places.iter().map(|place| targets_by_place[*place]).collect();
            if places.len() != replicas.len() || !keeps_racks(&there, targets, racks) {
                continue;
            }
            let copies = there.iter().filter(|id| !replicas.contains(id)).count();
            for (counts, cost) in &reached {
                let mut counts = counts.clone();
                places.iter().for_each(|place| counts[*place] += 1);
                let known = next.entry(counts).or_insert(cost + copies);
                *known = (cost + copies).min(*known);
            }
        }
        reached = next;
    }
    let squares = |counts: &Vec<usize>| counts.iter().map(|count| count * count).sum();
    reached.iter().map(|(counts, copies)| (squares(counts), *copies)).min().unwrap()
}

/// As `topic create` places them, and then some more on two of the brokers.
#[test]
fn a_skewed_topic_is_evened_out_with_a_copy_in_each_rack() {
    let racks = racks(&["a", "a", "b", "b"]);
    let skewed = partitions(&[&[0, 2], &[2, 0], &[0, 2], &[2, 0], &[0, 2], &[1, 3]]);
    let targets = (0..4).collect();
    let moves = spread(&skewed, &targets, &racks).unwrap();
    let spreaded = after(&skewed, &moves);
    assert!(spreaded.values().all(|replicas| lies_in(replicas, &racks) == 2), "{spreaded:?}");
    assert_eq!((copies(&moves), loads(&spreaded, &targets).0), (4, vec![3, 3, 3, 3]));
    // broker-0 leaves: what it holds goes to its rack, though that fills broker-1.
    let rest = [1, 2, 3].into();
    let moves = spread(&spreaded, &rest, &racks).unwrap();
    let drained = after(&spreaded, &moves);
    assert!(drained.values().all(|replicas| lies_in(replicas, &racks) == 2), "{drained:?}");
    assert_eq!((copies(&moves), loads(&drained, &rest).0), (3, vec![6, 3, 3]));
}

#[test]
fn copies_in_one_rack_are_parted_though_the_spread_is_even() {
    let racks = racks(&["a", "a", "b", "b"]);
    let even = partitions(&[&[0, 1], &[2, 3]]);
    let moves = spread(&even, &(0..4).collect(), &racks).unwrap();
    let parted = after(&even, &moves);
    assert!(parted.values().all(|replicas| lies_in(replicas, &racks) == 2), "{parted:?}");
    assert_eq!((copies(&moves), loads(&parted, &(0..4).collect()).0), (2, vec![1; 4]));
}

#[test]
fn racks_say_nothing_unless_all_who_may_hold_replicas_have_one() {
    let even = partitions(&[&[0, 1], &[2, 3]]);
    let some = [(0, "a".to_owned()), (1, "a".to_owned()), (2, "b".to_owned())].into();
    assert_eq!(spread(&even, &(0..4).collect(), &some), Ok(vec![]));
}

#[test]
fn a_thousand_partitions_in_racks_are_planned_at_once() {
    // A fourth broker comes into the first of three racks, where the others have no room for its share.
    let crowded: Vec<Vec<i32>> = (0..1000).map(|n| vec![n % 3, (n + 1) % 3, (n + 2) % 3]).collect();
    let crowded = partitions(&crowded.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let (targets, racks) = ((0..4).collect(), racks(&["a", "b", "c", "a"]));
    let moves = spread(&crowded, &targets, &racks).unwrap();
    assert_eq!(
        (copies(&moves), loads(&after(&crowded, &moves), &targets).0),
        (500, vec![500, 1000, 1000, 500])
    );
}

proptest! {
    #[test]
    fn no_partition_lies_in_fewer_racks_than_it_can((partitions, targets, racks) in racked(5, 0..30)) {
        let moves = spread(&partitions, &targets, &racks).unwrap();
        let spreaded = after(&partitions, &moves);
        for (key, replicas) in &spreaded {
            let distinct: BTreeSet<i32> = replicas.iter().copied().collect();
            prop_assert_eq!((distinct.len(), replicas.len()), (replicas.len(), partitions[key].len()));
            prop_assert!(distinct.is_subset(&targets));
            prop_assert!(keeps_racks(replicas, &targets, &racks), "{:?}", replicas);
        }
        prop_assert_eq!(spread(&spreaded, &targets, &racks).unwrap(), vec![], "nothing is left to do");
    }

    #[test]
    fn no_plan_that_keeps_racks_is_more_even_or_copies_less((partitions, targets, racks) in racked(3, 0..6)) {
        let moves = spread(&partitions, &targets, &racks).unwrap();
        let squares = loads(&after(&partitions, &moves), &targets).0.iter().map(|count| count * count).sum();
        prop_assert_eq!((squares, copies(&moves)), best_by_trying(&partitions, &targets, &racks));
    }
}
