//! Many partitions in a few words: numbers that follow each other are a range.

use std::collections::{BTreeMap, BTreeSet};

use super::topic_partition::TopicPartition;

/// At most this many numbers or ranges are named.
const NAMED: usize = 5;

/// `0-3,7`: numbers in order, runs together.
pub(crate) fn ranges(numbers: &[i32]) -> String {
    runs(numbers.iter().copied()).map(|(run, _)| run).collect::<Vec<_>>().join(",")
}

/// `bikes/0-57,60`: all of one topic.
pub(crate) fn of_topic(topic: &str, numbers: &[i32]) -> String {
    format!("{topic}/{}", ranges(numbers))
}

/// `bikes/3`, `bikes/0-57,60`, `bikes/0,3,6,9,12 and 95 more`: those of a topic as ranges, and of many the first.
pub(crate) fn named<'a>(partitions: impl IntoIterator<Item = (&'a str, i32)>) -> String {
    match first_of(partitions) {
        (shown, 0) => shown,
        (shown, more) => format!("{shown} and {more} more"),
    }
}

/// The same of partitions as values.
pub(crate) fn named_all(partitions: &[TopicPartition]) -> String {
    named(partitions.iter().map(|one| (one.topic.as_str(), one.partition)))
}

/// `0-57,60`, of many the first, of one topic.
pub(crate) fn numbers(numbers: &[i32]) -> String {
    let (shown, more) = first_runs(numbers.iter().copied(), NAMED);
    match more {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// The first of them, and how many more there are.
pub(crate) fn first_of<'a>(partitions: impl IntoIterator<Item = (&'a str, i32)>) -> (String, usize) {
    let mut topics: BTreeMap<&str, BTreeSet<i32>> = BTreeMap::new();
    for (topic, number) in partitions {
        topics.entry(topic).or_default().insert(number);
    }
    let (mut shown, mut room, mut more) = (Vec::new(), NAMED, 0);
    for (topic, numbers) in topics {
        if room == 0 {
            more += numbers.len();
            continue;
        }
        let (text, left) = first_runs(numbers.iter().copied(), room);
        shown.push(format!("{topic}/{text}"));
        room -= runs(numbers).count().min(room);
        more += left;
    }
    (shown.join(", "), more)
}

fn first_runs(numbers: impl IntoIterator<Item = i32>, room: usize) -> (String, usize) {
    let mut runs = runs(numbers);
    let shown: Vec<String> = runs.by_ref().take(room).map(|(run, _)| run).collect();
    (shown.join(","), runs.map(|(_, count)| count).sum())
}

/// Each run as text, and how many numbers it is.
pub(crate) fn runs(numbers: impl IntoIterator<Item = i32>) -> impl Iterator<Item = (String, usize)> {
    let mut runs: Vec<(i32, i32)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, end)) if *end + 1 == number => *end = number,
            _ => runs.push((number, number)),
        }
    }
    runs.into_iter().map(|run| (text(run), (run.1 - run.0 + 1).unsigned_abs() as usize))
}

fn text((start, end): (i32, i32)) -> String {
    match end - start {
        0 => start.to_string(),
        1 => format!("{start},{end}"),
        _ => format!("{start}-{end}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_a_row_are_a_range() {
        assert_eq!(ranges(&[0, 1, 2, 3, 5, 7, 8]), "0-3,5,7,8");
        assert_eq!(ranges(&[]), "");
        let most: Vec<i32> = (0..58).chain([60]).collect();
        assert_eq!(of_topic("bikes", &most), "bikes/0-57,60");
    }

    #[test]
    fn of_hundreds_of_partitions_a_few_are_named_and_the_others_counted() {
        let of = |topic: &'static str, numbers: Vec<i32>| numbers.into_iter().map(move |one| (topic, one));
        assert_eq!(named(of("bikes", vec![3])), "bikes/3");
        assert_eq!(named(of("bikes", (0..300).collect())), "bikes/0-299");
        assert_eq!(named(of("bikes", (0..300).step_by(3).collect())), "bikes/0,3,6,9,12 and 95 more");
        let both = of("b", (0..9).step_by(2).collect()).chain(of("a", vec![0, 1])).chain(of("c", vec![0, 1]));
        assert_eq!(named(both), "a/0,1, b/0,2,4,6 and 3 more");
        assert_eq!(numbers(&(0..300).collect::<Vec<_>>()), "0-299");
        assert_eq!(numbers(&(0..14).step_by(2).collect::<Vec<_>>()), "0,2,4,6,8 and 2 more");
    }
}
