//! Counts and assignments on the command line.

use clap::builder::RangedI64ValueParser;

use crate::spec::topics::MAX_PARTITIONS;

/// How many partitions a topic may have.
pub(crate) fn partitions() -> RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=i64::from(MAX_PARTITIONS))
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
    fn assignments_are_ids_by_partition() {
        assert_eq!(assignment("0:1,1:2"), Ok(Assignment(vec![vec![0, 1], vec![1, 2]])));
        assert_eq!(assignment("3"), Ok(Assignment(vec![vec![3]])));
        for wrong in ["", "0:", "0,,1", "a", "-1", "0:99999999999", "0;1"] {
            assert!(assignment(wrong).is_err(), "{wrong}");
        }
        assert!(assignment(&vec!["0"; 10_001].join(",")).unwrap_err().contains("at most 10000"));
    }
}
