//! Settings and assignments on the command line.

use std::collections::BTreeMap;

use clap::builder::RangedI64ValueParser;

use crate::error::{ExitCode, Failure};
use crate::spec::topics::MAX_PARTITIONS;

/// How many partitions a topic may have.
pub(crate) fn partitions() -> RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=i64::from(MAX_PARTITIONS))
}

/// `retention.ms=1000`; the value may be empty and have `=` in it.
pub(crate) fn setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.trim().to_owned())),
        _ => Err("settings look like retention.ms=86400000".to_owned()),
    }
}

/// Each key once.
pub(crate) fn settings(given: Vec<(String, String)>) -> Result<BTreeMap<String, String>, Failure> {
    let mut settings = BTreeMap::new();
    for (key, value) in given {
        if settings.contains_key(&key) {
            return Err(Failure::new(ExitCode::Usage, format!("`{key}` is given twice"))
                .hint("give each setting one value"));
        }
        settings.insert(key, value);
    }
    Ok(settings)
}

/// The replicas of each partition, as kafka-topics.sh takes them: `0:1,1:2` is partition 0 on brokers 0
/// and 1, and partition 1 on brokers 1 and 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assignment(pub Vec<Vec<i32>>);

pub(crate) fn assignment(text: &str) -> Result<Assignment, String> {
    let id = |text: &str| text.trim().parse::<u32>().ok().and_then(|id| i32::try_from(id).ok());
    let replicas = |text: &str| text.split(':').map(id).collect::<Option<Vec<_>>>();
    let assignment: Option<Vec<_>> = text.split(',').map(replicas).collect();
    match assignment {
        Some(assignment) if assignment.len() > MAX_PARTITIONS as usize => {
            Err(format!("{} partitions; at most {MAX_PARTITIONS}", assignment.len()))
        }
        Some(assignment) => Ok(Assignment(assignment)),
        None => {
            Err("assignments are broker ids, such as 0:1,1:2 for two partitions with two replicas".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_keep_what_follows_the_first_equals_sign() {
        let pair = |key: &str, value: &str| Ok((key.to_owned(), value.to_owned()));
        assert_eq!(setting("a.b=c=d"), pair("a.b", "c=d"));
        assert_eq!(setting("a= "), pair("a", ""));
        assert!(setting("a").is_err() && setting("=a").is_err());
    }

    #[test]
    fn assignments_are_ids_by_partition() {
        assert_eq!(assignment("0:1,1:2"), Ok(Assignment(vec![vec![0, 1], vec![1, 2]])));
        assert_eq!(assignment("3"), Ok(Assignment(vec![vec![3]])));
        for wrong in ["", "0:", "0,,1", "a", "-1", "0:99999999999", "0;1"] {
            assert!(assignment(wrong).is_err(), "{wrong}");
        }
        assert!(assignment(&vec!["0"; 10_001].join(",")).unwrap_err().contains("at most 10000"));
    }
}
