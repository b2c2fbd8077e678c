use proptest::prelude::*;
use proptest::sample::subsequence;

use super::*;

mod racks;

type Partitions = BTreeMap<TopicPartition, Vec<i32>>;

fn partitions(replicas: &[&[i32]]) -> Partitions {
    (0..).zip(replicas).map(|(number, ids)| (TopicPartition::new("bikes", number), ids.to_vec())).collect()
}

fn none() -> BTreeMap<i32, String> {
    BTreeMap::new()
}

fn after(partitions: &Partitions, moves: &[Move]) -> Partitions {
    let mut after = partitions.clone();
    after.extend(moves.iter().map(|one| (one.key(), one.after.clone())));
    after
}

fn copies(moves: &[Move]) -> usize {
    moves.iter().map(Move::copies).sum()
}

/// Per target: replicas and preferred leaders.
fn loads(partitions: &Partitions, targets: &BTreeSet<i32>) -> (Vec<usize>, Vec<usize>) {
    let replicas = |id: &i32| partitions.values().filter(|replicas| replicas.contains(id)).count();
    let leaders = |id: &i32| partitions.values().filter(|replicas| replicas.first() == Some(id)).count();
    (targets.iter().map(replicas).collect(), targets.iter().map(leaders).collect())
}

fn difference(counts: &[usize]) -> usize {
    counts.iter().max().unwrap_or(&0) - counts.iter().min().unwrap_or(&0)
}

/// Brokers 0 to `brokers` - 1, and partitions of up to three topics whose replicas lie on them anyhow; the
/// targets are some of them and perhaps others.
fn cluster(
    brokers: i32,
    count: std::ops::Range<usize>,
) -> impl Strategy<Value = (Partitions, BTreeSet<i32>)> {
    let ids: Vec<i32> = (0..brokers).collect();
    let most = (brokers as usize).min(3);
    let partition = (0..3, subsequence(ids.clone(), 1..=most).prop_shuffle());
    let targets = subsequence((0..brokers + 2).collect::<Vec<_>>(), most..=(brokers as usize + 2));
    (proptest::collection::vec(partition, count), targets).prop_map(|(all, targets)| {
        let numbered = all.into_iter().zip(0..);
        let key = |topic: i32, number| {
            TopicPartition::new(["bikes", "docks", "__consumer_offsets"][topic as usize], number)
        };
        let partitions = numbered.map(|((topic, ids), number)| (key(topic, number), ids)).collect();
        (partitions, targets.into_iter().collect())
    })
}

/// The fewest copies to an even spread, by trying all.
fn fewest_by_trying(partitions: &Partitions, targets: &BTreeSet<i32>) -> Option<usize> {
    let targets: Vec<i32> = targets.iter().copied().collect();
    let choices = |factor: usize| -> Vec<Vec<usize>> {
        (0..1u32 << targets.len())
            .filter(|set| set.count_ones() as usize == factor)
            .map(|set| (0..targets.len()).filter(|place| set >> place & 1 == 1).collect())
            .collect()
    };
    // By replicas per target: the fewest copies so far.
    let mut reached: BTreeMap<Vec<usize>, usize> = [(vec![0; targets.len()], 0)].into();
    for replicas in partitions.values() {
        let mut next = BTreeMap::new();
        for (counts, cost) in &reached {
            for choice in choices(replicas.len()) {
                let mut counts = counts.clone();
                choice.iter().for_each(|place| counts[*place] += 1);
                let cost = cost + choice.iter().filter(|place| !replicas.contains(&targets[**place])).count();
                let known = next.entry(counts).or_insert(cost);
                *known = cost.min(*known);
            }
        }
        reached = next;
    }
    reached.into_iter().filter(|(counts, _)| difference(counts) <= 1).map(|(_, cost)| cost).min()
}

/// The smallest sum of squared leader counts over the replicas as they lie, by trying all.
fn evenest_leaders_by_trying(partitions: &Partitions, targets: &BTreeSet<i32>) -> usize {
    let ids: Vec<i32> = targets.iter().copied().collect();
    let mut reached: BTreeSet<Vec<usize>> = [vec![0; ids.len()]].into();
    for replicas in partitions.values() {
        let leads = |counts: &Vec<usize>, leader: &i32| {
            let mut counts = counts.clone();
            counts[ids.iter().position(|id| id == leader).unwrap()] += 1;
            counts
        };
        reached = reached.iter().flat_map(|counts| replicas.iter().map(|id| leads(counts, id))).collect();
    }
    reached.iter().map(|counts| counts.iter().map(|count| count * count).sum()).min().unwrap_or(0)
}

#[test]
fn a_new_broker_gets_its_share_and_nothing_else_moves() {
    let crowded = partitions(&[&[0, 1], &[1, 0], &[0, 1]]);
    let moves = spread(&crowded, &[0, 1, 2].into(), &none()).unwrap();
    assert_eq!(copies(&moves), 2, "{moves:?}");
    assert_eq!(loads(&after(&crowded, &moves), &[0, 1, 2].into()), (vec![2, 2, 2], vec![1, 1, 1]));
}

#[test]
fn leaders_are_evened_out_by_order_alone() {
    let lopsided = partitions(&[&[0, 1], &[0, 1], &[0, 1], &[0, 1]]);
    let moves = spread(&lopsided, &[0, 1].into(), &none()).unwrap();
    assert_eq!((moves.len(), copies(&moves)), (2, 0));
    assert!(moves.iter().all(|one| one.after == [1, 0]));
}

#[test]
fn a_factor_above_the_targets_is_refused_by_name() {
    let error = spread(&partitions(&[&[0], &[0, 1, 2]]), &[0, 1].into(), &none()).unwrap_err();
    assert_eq!(error, TooFewTargets { partition: TopicPartition::new("bikes", 1), factor: 3 });
    assert_eq!(spread(&Partitions::new(), &BTreeSet::new(), &none()), Ok(vec![]));
}

#[test]
fn what_is_drained_may_have_to_push_another_on() {
    // Only broker 3 may take what 0 leaves, and then holds too much.
    let crowded = partitions(&[&[0, 1, 2], &[3], &[3]]);
    let moves = spread(&crowded, &[1, 2, 3].into(), &none()).unwrap();
    assert_eq!(copies(&moves), 2);
    assert!(difference(&loads(&after(&crowded, &moves), &[1, 2, 3].into()).0) <= 1);
}

#[test]
fn a_thousand_partitions_are_planned_at_once() {
    let crowded: Vec<Vec<i32>> = (0..1000).map(|n| vec![n % 3, (n + 1) % 3, (n + 2) % 3]).collect();
    let crowded: Vec<&[i32]> = crowded.iter().map(Vec::as_slice).collect();
    let crowded = partitions(&crowded);
    let targets = (0..6).collect();
    let moves = spread(&crowded, &targets, &none()).unwrap();
    assert_eq!(copies(&moves), 1500);
    let (replicas, leaders) = loads(&after(&crowded, &moves), &targets);
    assert_eq!((difference(&replicas), difference(&leaders) <= 1), (0, true), "{leaders:?}");
}

proptest! {
    #[test]
    fn every_partition_keeps_its_factor_on_targets_of_its_own((partitions, targets) in cluster(5, 0..30)) {
        let moves = spread(&partitions, &targets, &none()).unwrap();
        for one in &moves {
            prop_assert_eq!(&partitions[&one.key()], &one.before);
            prop_assert_eq!(one.after.len(), one.before.len());
        }
        for replicas in after(&partitions, &moves).values() {
            let distinct: BTreeSet<i32> = replicas.iter().copied().collect();
            prop_assert_eq!(distinct.len(), replicas.len());
            prop_assert!(distinct.is_subset(&targets));
        }
    }

    #[test]
    fn replicas_differ_by_one_at_most_and_nothing_is_left_to_do((partitions, targets) in cluster(5, 0..30)) {
        let moves = spread(&partitions, &targets, &none()).unwrap();
        let spreaded = after(&partitions, &moves);
        prop_assert!(difference(&loads(&spreaded, &targets).0) <= 1);
        prop_assert_eq!(spread(&spreaded, &targets, &none()).unwrap(), vec![]);
    }

    #[test]
    fn without_a_drained_broker_only_what_is_too_much_is_copied((partitions, mut targets) in cluster(5, 0..30)) {
        targets.extend(0..5);
        let moves = spread(&partitions, &targets, &none()).unwrap();
        let mut counts = loads(&partitions, &targets).0;
        counts.sort_by_key(|count| Reverse(*count));
        let (share, rest) = (counts.iter().sum::<usize>() / counts.len(), counts.iter().sum::<usize>() % counts.len());
        let too_much = counts.iter().enumerate().map(|(place, count)| {
            count.saturating_sub(share + usize::from(place < rest))
        });
        prop_assert_eq!(copies(&moves), too_much.sum::<usize>());
    }

    #[test]
    fn no_other_plan_copies_less((partitions, targets) in cluster(3, 0..6)) {
        let moves = spread(&partitions, &targets, &none()).unwrap();
        prop_assert_eq!(Some(copies(&moves)), fewest_by_trying(&partitions, &targets));
    }

    #[test]
    fn no_other_order_of_these_replicas_spreads_leaders_more_evenly((partitions, targets) in cluster(4, 0..8)) {
        let spreaded = after(&partitions, &spread(&partitions, &targets, &none()).unwrap());
        let squares: usize = loads(&spreaded, &targets).1.iter().map(|count| count * count).sum();
        prop_assert_eq!(squares, evenest_leaders_by_trying(&spreaded, &targets));
    }
}
