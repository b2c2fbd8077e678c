//! A plan as a file, in the format of kafka-reassign-partitions (`ReassignPartitionsCommand`), which reads what
//! is written here, as this reads what that tool writes. Pure.
//!
//! `before` is our own: by it a plan that was overtaken is recognised. Kafka's tool passes over it.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Move;
use crate::model::topic_partition::TopicPartition;

/// The whole file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct PlanFile {
    /// 1.
    pub version: i32,
    pub partitions: Vec<PlanLine>,
}

/// One partition: where it shall lie, the preferred leader first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct PlanLine {
    pub topic: String,
    pub partition: i32,
    pub replicas: Vec<i32>,
    /// Where it lay when this was planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Vec<i32>>,
    /// Kafka's tool names folders of brokers; only `any` is taken.
    #[serde(default, skip_serializing)]
    pub log_dirs: Vec<String>,
}

/// What is wrong with a plan: where, what, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub what: String,
    pub remedy: String,
}

fn fault<T>(what: impl Into<String>, remedy: impl Into<String>) -> Result<T, Fault> {
    Err(Fault { what: what.into(), remedy: remedy.into() })
}

const FORMAT: &str = r#"a plan looks like {"version": 1, "partitions": [{"topic": "bikes", "partition": 0, "replicas": [1, 2]}]}"#;

impl PlanFile {
    pub(crate) fn of(moves: &[Move]) -> Self {
        let line = |one: &Move| PlanLine {
            topic: one.topic.clone(),
            partition: one.partition,
            replicas: one.after.clone(),
            before: Some(one.before.clone()),
            log_dirs: Vec::new(),
        };
        PlanFile { version: 1, partitions: moves.iter().map(line).collect() }
    }

    /// A line for each partition, so that two plans can be compared.
    pub(crate) fn text(&self) -> String {
        let lines = self.partitions.iter().filter_map(|line| serde_json::to_string(line).ok());
        let lines: Vec<String> = lines.map(|line| format!("  {line}")).collect();
        format!("{{\"version\": {}, \"partitions\": [\n{}\n]}}\n", self.version, lines.join(",\n"))
    }

    /// Line and column are named where it is no JSON or another shape.
    pub(crate) fn parse(text: &str) -> Result<Self, Fault> {
        let plan: PlanFile = match serde_json::from_str(text) {
            Ok(plan) => plan,
            Err(error) => return fault(error.to_string(), FORMAT),
        };
        plan.checked()
    }

    /// Itself, when it is of a version that there is.
    pub(crate) fn checked(self) -> Result<Self, Fault> {
        match self.version {
            1 => Ok(self),
            version => fault(format!("it has version {version}"), "Kafka knows version 1 only"),
        }
    }

    /// What is to move, given the replicas as they are, the brokers of the cluster, and those that live. What is
    /// as planned already is no move.
    pub(crate) fn moves(
        &self,
        now: &BTreeMap<TopicPartition, Vec<i32>>,
        planned: &BTreeSet<i32>,
        live: &BTreeSet<i32>,
    ) -> Result<Vec<Move>, Fault> {
        let mut seen = BTreeSet::new();
        let mut moves = Vec::new();
        for line in &self.partitions {
            let key = TopicPartition::new(&line.topic, line.partition);
            let what = key.to_string();
            let Some(before) = now.get(&key) else { return unknown(&key, now) };
            if !seen.insert(key) {
                return fault(format!("{what} stands in it twice"), "keep one of them");
            }
            check_replicas(&what, &line.replicas, planned, live)?;
            if line.log_dirs.iter().any(|folder| folder != "any") {
                return fault(
                    format!("{what} names folders of brokers"),
                    "leave `log_dirs` out: every broker of `cluster` has one folder",
                );
            }
            if line.replicas == *before {
                continue;
            }
            if line.before.as_ref().is_some_and(|planned| planned != before) {
                let planned = line.before.as_deref().unwrap_or_default();
                return fault(
                    format!(
                        "the plan is stale: {what} was on {planned:?} when it was made, and is on {before:?}"
                    ),
                    "make a new one with `cluster rebalance --save FILE --dry-run`",
                );
            }
            moves.push(Move {
                topic: line.topic.clone(),
                partition: line.partition,
                before: before.clone(),
                after: line.replicas.clone(),
            });
        }
        moves.sort_by_key(Move::key);
        Ok(moves)
    }
}

fn unknown<T>(key: &TopicPartition, now: &BTreeMap<TopicPartition, Vec<i32>>) -> Result<T, Fault> {
    let partitions = now.keys().filter(|other| other.topic == key.topic).count();
    if partitions > 0 {
        let most = partitions - 1;
        return fault(
            format!("there is no partition {key}"),
            format!("{} has partitions 0 to {most}", key.topic),
        );
    }
    let topics: BTreeSet<&str> = now.keys().map(|key| key.topic.as_str()).collect();
    let remedy = match crate::spec::suggest::nearest(&key.topic, topics.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("topics: {}", topics.into_iter().collect::<Vec<_>>().join(", ")),
    };
    fault(format!("there is no topic `{}`", key.topic), remedy)
}

fn check_replicas(
    what: &str,
    replicas: &[i32],
    planned: &BTreeSet<i32>,
    live: &BTreeSet<i32>,
) -> Result<(), Fault> {
    let ids = |ids: &BTreeSet<i32>| ids.iter().map(i32::to_string).collect::<Vec<_>>().join(", ");
    if replicas.is_empty() {
        return fault(format!("{what} has no replicas"), "name one broker id at least");
    }
    let mut distinct = BTreeSet::new();
    if let Some(id) = replicas.iter().find(|id| !distinct.insert(**id)) {
        return fault(format!("{what} names broker {id} twice"), "each replica is on a broker of its own");
    }
    if let Some(id) = distinct.difference(planned).next() {
        return fault(
            format!("{what} names broker {id}, which the cluster does not have"),
            format!("its brokers: {}", ids(planned)),
        );
    }
    if let Some(id) = distinct.difference(live).next() {
        return fault(
            format!("{what} names broker {id}, which does not answer"),
            format!("live brokers: {}; or `cluster start broker-{id}`", ids(live)),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> BTreeMap<TopicPartition, Vec<i32>> {
        [(TopicPartition::new("bikes", 0), vec![0, 1]), (TopicPartition::new("bikes", 1), vec![1, 0])].into()
    }

    fn check(lines: &str) -> Result<Vec<Move>, Fault> {
        let plan = PlanFile::parse(&format!(r#"{{"version":1,"partitions":[{lines}]}}"#))?;
        plan.moves(&now(), &[0, 1, 2, 3].into(), &[0, 1, 2].into())
    }

    fn line(topic: &str, partition: i32, rest: &str) -> String {
        format!(r#"{{"topic":"{topic}","partition":{partition},{rest}}}"#)
    }

    #[test]
    fn a_plan_is_read_as_it_was_written() {
        let one = Move { topic: "bikes".into(), partition: 0, before: vec![0, 1], after: vec![2, 1] };
        let plan = PlanFile::of(std::slice::from_ref(&one));
        insta::assert_snapshot!(plan.text(), @r#"
        {"version": 1, "partitions": [
          {"topic":"bikes","partition":0,"replicas":[2,1],"before":[0,1]}
        ]}
        "#);
        let again = PlanFile::parse(&plan.text()).unwrap();
        assert_eq!(again.moves(&now(), &[0, 1, 2].into(), &[0, 1, 2].into()), Ok(vec![one]));
    }

    #[test]
    fn what_kafkas_own_tool_writes_is_read_and_what_is_so_already_is_no_move() {
        let theirs = [
            line("bikes", 1, r#""replicas":[2,0],"log_dirs":["any","any"]"#),
            line("bikes", 0, r#""replicas":[0,1],"log_dirs":["any","any"]"#),
        ];
        let moves = check(&theirs.join(",")).unwrap();
        assert_eq!(moves.len(), 1);
        assert_eq!((moves[0].partition, &moves[0].after[..]), (1, &[2, 0][..]));
    }

    #[test]
    fn every_mistake_is_named_with_its_place_and_a_way_out() {
        for (lines, what, remedy) in [
            (line("bike", 0, r#""replicas":[0]"#), "no topic `bike`", "did you mean `bikes`?"),
            (line("bikes", 7, r#""replicas":[0]"#), "no partition bikes/7", "partitions 0 to 1"),
            (line("bikes", 0, r#""replicas":[]"#), "no replicas", "one broker id"),
            (line("bikes", 0, r#""replicas":[2,2]"#), "broker 2 twice", "of its own"),
            (
                line("bikes", 0, r#""replicas":[9]"#),
                "broker 9, which the cluster does not have",
                "0, 1, 2, 3",
            ),
            (
                line("bikes", 0, r#""replicas":[3]"#),
                "broker 3, which does not answer",
                "cluster start broker-3",
            ),
            (line("bikes", 0, r#""replicas":[2],"log_dirs":["/x"]"#), "names folders", "log_dirs"),
            (line("bikes", 0, r#""replicas":[2,1],"before":[1,2]"#), "the plan is stale", "--save"),
            (line("bikes", 0, r#""replicas":["a"]"#), "line 1 column", "a plan looks like"),
            ("{".to_owned(), "line 1 column", "a plan looks like"),
        ] {
            let fault = check(&lines).unwrap_err();
            assert!(fault.what.contains(what) && fault.remedy.contains(remedy), "{lines}: {fault:?}");
        }
        let twice = [line("bikes", 0, r#""replicas":[2]"#), line("bikes", 0, r#""replicas":[1]"#)];
        assert!(check(&twice.join(",")).unwrap_err().what.contains("twice"));
        assert!(PlanFile::parse(r#"{"version":2,"partitions":[]}"#).unwrap_err().what.contains("version 2"));
    }
}
