//! Words of `cluster group reset` as values.

use std::collections::{BTreeMap, BTreeSet};

use crate::admin::group::{ResetTo, Selection};
use crate::cli::since;

/// A topic, and some of its partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Partitions {
    topic: String,
    /// `None`: all.
    numbers: Option<BTreeSet<i32>>,
}

/// `bikes` or `bikes:0,3`.
pub(super) fn partitions(text: &str) -> Result<Partitions, String> {
    let wrong = || "topics look like bikes, some of their partitions like bikes:0,3".to_owned();
    let (topic, numbers) = match text.split_once(':') {
        None => (text, None),
        Some((topic, numbers)) => {
            let number = |text: &str| text.trim().parse().ok().filter(|number: &i32| *number >= 0);
            let numbers: Option<BTreeSet<i32>> = numbers.split(',').map(number).collect();
            (topic, Some(numbers.ok_or_else(wrong)?))
        }
    };
    match topic.is_empty() {
        true => Err(wrong()),
        false => Ok(Partitions { topic: topic.to_owned(), numbers }),
    }
}

/// Those named; a topic that is named once without numbers is meant as a whole.
pub(super) fn selection(named: Vec<Partitions>) -> Selection {
    let mut topics: BTreeMap<String, Option<BTreeSet<i32>>> = BTreeMap::new();
    for Partitions { topic, numbers } in named {
        let so_far = topics.entry(topic).or_insert_with(|| Some(BTreeSet::new()));
        *so_far = so_far.take().zip(numbers).map(|(mut so_far, numbers)| {
            so_far.extend(numbers);
            so_far
        });
    }
    Selection::Topics(topics)
}

/// `earliest`, `latest` or an offset.
pub(super) fn target(text: &str) -> Result<ResetTo, String> {
    let wrong = || "give earliest, latest or an offset; a time goes to --to-time".to_owned();
    match text {
        "earliest" => Ok(ResetTo::Earliest),
        "latest" => Ok(ResetTo::Latest),
        offset => {
            let offset = offset.parse().ok().filter(|offset: &i64| *offset >= 0);
            offset.map(ResetTo::Offset).ok_or_else(wrong)
        }
    }
}

/// As `--since`: `10m` ago, or a time.
pub(super) fn time(text: &str) -> Result<ResetTo, String> {
    Ok(ResetTo::Time(since::parse(text)?.as_millisecond()))
}

pub(super) fn shift(text: &str) -> Result<ResetTo, String> {
    text.parse().map(ResetTo::ShiftBy).map_err(|_| "give a number of messages, such as -10".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_of_a_topic_are_merged_and_the_whole_of_it_wins() {
        let select = |words: &[&str]| match selection(words.iter().map(|w| partitions(w).unwrap()).collect())
        {
            Selection::Topics(topics) => topics,
            Selection::All => panic!("not named"),
        };
        let some = |numbers: &[i32]| Some(numbers.iter().copied().collect());
        assert_eq!(
            select(&["a:1,0", "b:7", "a:2"]),
            [("a".into(), some(&[0, 1, 2])), ("b".into(), some(&[7]))].into()
        );
        for words in [&["a", "a:1"], &["a:1", "a"]] {
            assert_eq!(select(words), [("a".into(), None)].into());
        }
        for wrong in ["", ":1", "a:", "a:1,", "a:-1", "a:x", "a:99999999999"] {
            assert!(partitions(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_target_is_an_end_an_offset_or_a_time() {
        assert_eq!(target("earliest"), Ok(ResetTo::Earliest));
        assert_eq!(target("42"), Ok(ResetTo::Offset(42)));
        assert_eq!(time("1970-01-01T00:00:01Z"), Ok(ResetTo::Time(1000)));
        assert_eq!(shift("-10"), Ok(ResetTo::ShiftBy(-10)));
        assert!(
            target("-1").is_err() && target("10m").unwrap_err().contains("--to-time") && shift("x").is_err()
        );
    }
}
