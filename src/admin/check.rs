//! What can be said of a request before Kafka is asked: one clear error instead of a code.

use std::collections::{BTreeMap, BTreeSet};

use super::error::AdminError;
use crate::spec::topics::{name_fault, setting_fault, value_fault};

/// A name that Kafka takes, and none of its own.
pub(super) fn name(name: &str) -> Result<(), AdminError> {
    name_fault(name).map_or(Ok(()), |(what, remedy)| Err(AdminError::invalid(what, remedy)))
}

/// Settings that topics of this version have, and values that these may have.
pub(super) fn settings<'a>(
    set: &'a BTreeMap<String, String>,
    deleted: impl IntoIterator<Item = &'a String>,
    version: Option<&str>,
) -> Result<(), AdminError> {
    let unknown = set.keys().chain(deleted).find_map(|key| setting_fault(key, version));
    let fault = unknown.or_else(|| set.iter().find_map(|(key, value)| value_fault(key, value, version)));
    fault.map_or(Ok(()), |(what, remedy)| Err(AdminError::invalid(what, remedy)))
}

/// As many brokers live as there are to be replicas.
pub(super) fn factor(factor: u16, live: &BTreeSet<i32>, planned: &BTreeSet<i32>) -> Result<(), AdminError> {
    if usize::from(factor) <= live.len() {
        return Ok(());
    }
    let down: Vec<_> = planned.difference(live).map(|id| format!("broker-{id}")).collect();
    let most = live.len();
    let remedy = match down.is_empty() {
        true => format!("it is at most {most}"),
        false => format!("it is at most {most}, or start {} first", down.join(", ")),
    };
    Err(AdminError::invalid(
        format!("a replication factor of {factor} needs {factor} live brokers, and there are {most}"),
        remedy,
    ))
}

/// Every partition has as many replicas, each on a live broker of its own.
pub(super) fn assignment(
    replicas: &[Vec<i32>],
    live: &BTreeSet<i32>,
    planned: &BTreeSet<i32>,
) -> Result<(), AdminError> {
    let ids = |ids: &BTreeSet<i32>| ids.iter().map(i32::to_string).collect::<Vec<_>>().join(", ");
    let named: BTreeSet<i32> = replicas.iter().flatten().copied().collect();
    if let Some(id) = named.difference(planned).next() {
        return Err(AdminError::invalid(
            format!("the assignment names broker {id}, which the cluster does not have"),
            format!("its brokers: {}", ids(planned)),
        ));
    }
    if let Some(id) = named.difference(live).next() {
        return Err(AdminError::invalid(
            format!("the assignment names broker {id}, which does not answer"),
            format!("live brokers: {}; or `cluster start broker-{id}`", ids(live)),
        ));
    }
    for (number, ids) in replicas.iter().enumerate() {
        let first = replicas[0].len();
        if ids.len() != first {
            return Err(AdminError::invalid(
                format!(
                    "the assignment gives partition 0 {} and partition {number} {}",
                    count(first, "replica"),
                    count(ids.len(), "replica")
                ),
                "Kafka takes the same number for every partition of a topic",
            ));
        }
        let distinct: BTreeSet<_> = ids.iter().collect();
        if distinct.len() < ids.len() {
            return Err(AdminError::invalid(
                format!("the assignment gives partition {number} two replicas on one broker"),
                "name each broker once",
            ));
        }
    }
    Ok(())
}

/// `1 replica`, `2 replicas`.
pub(super) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(result: Result<(), AdminError>) -> (String, String) {
        match result.unwrap_err() {
            AdminError::Invalid { what, remedy } => (what, remedy),
            error => panic!("{error}"),
        }
    }

    #[test]
    fn a_factor_above_the_live_brokers_names_the_limit_and_who_is_down() {
        let (live, planned) = ([0, 2].into(), [0, 1, 2].into());
        assert!(factor(2, &live, &planned).is_ok());
        let (what, remedy) = told(factor(3, &live, &planned));
        assert_eq!(what, "a replication factor of 3 needs 3 live brokers, and there are 2");
        assert_eq!(remedy, "it is at most 2, or start broker-1 first");
        assert_eq!(told(factor(4, &planned, &planned)).1, "it is at most 3");
    }

    #[test]
    fn an_assignment_names_live_brokers_once_and_evenly() {
        let (live, planned) = ([0, 2].into(), [0, 1, 2].into());
        let check = |replicas: &[&[i32]]| {
            let replicas: Vec<_> = replicas.iter().map(|ids| ids.to_vec()).collect();
            assignment(&replicas, &live, &planned)
        };
        assert!(check(&[&[0, 2], &[2, 0]]).is_ok());
        for (replicas, what, remedy) in [
            (&[&[0, 7][..]][..], "names broker 7, which the cluster does not have", "its brokers: 0, 1, 2"),
            (&[&[0, 1]], "names broker 1, which does not answer", "`cluster start broker-1`"),
            (&[&[0, 2], &[2]], "gives partition 0 2 replicas and partition 1 1 replica", "the same number"),
            (&[&[0, 0]], "gives partition 0 two replicas on one broker", "once"),
        ] {
            let (said, help) = told(check(replicas));
            assert!(said.contains(what) && help.contains(remedy), "{said}; {help}");
        }
    }

    #[test]
    fn an_unknown_setting_is_told_with_the_one_that_was_meant() {
        let unknown = ["retention.mss".to_owned()];
        let none = BTreeMap::new();
        let (what, remedy) = told(settings(&none, &unknown, Some("3.9.2")));
        assert_eq!(what, "`retention.mss` is not a setting of topics");
        assert_eq!(remedy, "did you mean `retention.ms`?");
        let newer = ["local.retention.ms".to_owned()];
        assert!(settings(&none, &newer, Some("3.9.2")).is_ok());
        assert!(told(settings(&none, &newer, Some("0.10.2.2"))).0.contains("Kafka 0.10.2.2"));
    }

    #[test]
    fn a_value_that_kafka_would_refuse_is_told_with_what_it_takes() {
        let set = |value: &str| BTreeMap::from([("cleanup.policy".to_owned(), value.to_owned())]);
        assert!(settings(&set("compact, delete"), [], Some("3.9.2")).is_ok());
        let (what, remedy) = told(settings(&set("compress"), [], Some("3.9.2")));
        assert_eq!(what, "`cleanup.policy` cannot be `compress`");
        assert_eq!(remedy, "of these, separated by commas: compact, delete");
        assert!(settings(&set("compress"), [], None).is_ok(), "nobody knows this Kafka");
    }
}
