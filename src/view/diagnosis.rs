//! What is wrong with a cluster, or with a topic, and why: from the status, the journal and what nodes said last. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::why::Why;
use crate::model::event::{Entry, Event, IsrChange};
use crate::model::ids::NodeName;
use crate::model::partitions::of_topic;
use crate::model::status::{Health, NodeState, NodeStatus, Status, TopicStatus};
use crate::model::topic_partition::TopicPartition;

/// The JSON of `why` without a node, and of `why TOPIC`; documented in docs/nodes.md.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Diagnosis {
    /// The cluster's name.
    pub cluster: String,
    /// The one that was asked about; `None`: the whole cluster was.
    pub topic: Option<String>,
    /// The verdict of `status`, which is about the whole cluster; `None`: nothing of it runs.
    pub state: Option<Health>,
    /// In a line: the verdict's words, or those for the topic.
    pub message: String,
    /// Those that are not ready, or that Kafka does not count in; of a topic, those of them that it misses.
    pub nodes: Vec<Why>,
    /// Those that are not led, or that miss a replica; one that was asked about is among them in any case.
    pub partitions: Vec<Unwell>,
    /// What could not be learnt and why, a line each.
    pub unknown: Vec<String>,
    /// What would help, a sentence each.
    pub help: Vec<String>,
}

/// A partition, and what it lacks.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Unwell {
    pub topic: String,
    pub partition: i32,
    /// The worst first.
    pub lacks: Vec<Lack>,
    /// By Kafka's word, which may be late; `None`: no leader.
    pub leader: Option<i32>,
    /// In the order of assignment.
    pub replicas: Vec<i32>,
    pub isr: Vec<i32>,
    pub min_insync_replicas: u16,
    /// Replicas that are not in the ISR, or not up.
    pub missing: Vec<Missing>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Lack {
    /// No leader that is up: it can be neither read nor written.
    Offline,
    /// It refuses acks=all.
    UnderMinIsr,
    UnderReplicated,
}

/// A replica that does not count.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Missing {
    /// Its id.
    pub broker: i32,
    /// As `status` has it; a broker that is `ready` has not caught up yet. `None`: it is no member.
    pub state: Option<NodeState>,
    /// When it left the ISR, as the journal has it, else when its process last changed.
    pub since: Option<Timestamp>,
}

/// What is asked about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum About<'a> {
    Cluster,
    /// A topic, or one of its partitions.
    Topic(&'a str, Option<i32>),
}

/// Whether there is anything to say of a node.
pub(crate) fn is_unwell(node: &NodeStatus) -> bool {
    node.state != NodeState::Ready || node.registered == Some(false)
}

/// `nodes`: why each node that [`is_unwell`] is as it is. `journal`: oldest first.
pub(crate) fn diagnose(status: &Status, about: About<'_>, journal: &[Entry], nodes: Vec<Why>) -> Diagnosis {
    let mut partitions = Vec::new();
    for (name, topic) in status.topics.iter().flatten() {
        let asked = match about {
            About::Cluster => None,
            About::Topic(wanted, _) if wanted != name => continue,
            About::Topic(_, asked) => asked,
        };
        let numbers = topic.partitions.keys().filter(|number| asked.is_none_or(|one| one == **number));
        let all = numbers.filter_map(|number| unwell(status, name, topic, *number, journal, &nodes));
        partitions.extend(all.filter(|one| asked.is_some() || !one.lacks.is_empty()));
    }
    let mut told = Diagnosis {
        cluster: status.cluster.clone(),
        topic: None,
        state: Some(status.verdict.state),
        message: status.verdict.message.clone(),
        nodes,
        partitions,
        unknown: status.unknown.clone(),
        help: Vec::new(),
    };
    if let About::Topic(name, asked) = about {
        let is_missed = |node: NodeName| {
            let missing = told.partitions.iter().flat_map(|one| &one.missing);
            missing.into_iter().any(|one| NodeName::broker(one.broker) == node)
        };
        told.nodes.retain(|why| is_missed(why.node));
        told.topic = Some(name.to_owned());
        told.message = message(name, asked, status, &told.partitions);
    }
    told.help = help(&told);
    told
}

/// Of a cluster of which nothing runs: `nodes` that did not end since somebody wanted it.
pub(crate) fn diagnose_down(cluster: &str, nodes: Vec<Why>) -> Diagnosis {
    Diagnosis {
        cluster: cluster.to_owned(),
        topic: None,
        state: None,
        message: format!("{cluster} is down: nothing of it runs"),
        nodes,
        partitions: Vec::new(),
        unknown: Vec::new(),
        help: vec!["`cluster up` starts it".to_owned()],
    }
}

fn unwell(
    status: &Status,
    name: &str,
    topic: &TopicStatus,
    number: i32,
    journal: &[Entry],
    nodes: &[Why],
) -> Option<Unwell> {
    let partition = topic.partitions.get(&number)?;
    let key = TopicPartition::new(name, number).in_kafkas_form();
    let lacks = [
        (Lack::Offline, !partition.led),
        (Lack::UnderMinIsr, status.verdict.under_min_isr.contains(&key)),
        (Lack::UnderReplicated, partition.under_replicated),
    ];
    let missing = |id: &i32| {
        let node = status.node(NodeName::broker(*id));
        let is_up = node.is_some_and(|node| !is_unwell(node));
        if is_up && partition.view.isr.contains(id) {
            return None;
        }
        let changed = nodes.iter().find(|why| why.node == NodeName::broker(*id)).and_then(|why| why.since);
        let since = left_isr(name, number, *id, journal).or(changed);
        Some(Missing { broker: *id, state: node.map(|node| node.state), since })
    };
    Some(Unwell {
        topic: name.to_owned(),
        partition: number,
        lacks: lacks.into_iter().filter(|(_, is_so)| *is_so).map(|(lack, _)| lack).collect(),
        leader: partition.view.leader,
        replicas: partition.view.replicas.clone(),
        isr: partition.view.isr.clone(),
        min_insync_replicas: topic.min_insync_replicas,
        missing: partition.view.replicas.iter().filter_map(missing).collect(),
    })
}

/// When a replica left the ISR that has not come back since.
fn left_isr(topic: &str, partition: i32, id: i32, journal: &[Entry]) -> Option<Timestamp> {
    let is_it = |change: &&IsrChange| change.topic == topic && change.partition == partition;
    journal.iter().rev().find_map(|entry| match &entry.event {
        Event::IsrShrunk { partitions } | Event::IsrExpanded { partitions } => {
            let change = partitions.iter().find(is_it)?;
            (change.from.contains(&id) != change.to.contains(&id))
                .then(|| Some(entry.time).filter(|_| !change.to.contains(&id)))
        }
        _ => None,
    })?
}

fn message(name: &str, asked: Option<i32>, status: &Status, unwell: &[Unwell]) -> String {
    let all =
        status.topics.as_ref().and_then(|topics| topics.get(name)).map_or(0, |one| one.partitions.len());
    let ill = unwell.iter().filter(|one| !one.lacks.is_empty()).count();
    match (asked, ill) {
        (Some(number), 0) => format!("{name}/{number} has a leader, and all its replicas are in sync"),
        (Some(number), _) => format!("{name}/{number} is not as it should be"),
        (None, 0) => format!("every partition of {name} has a leader, and all its replicas are in sync"),
        (None, ill) => format!("{ill} of {all} partitions of {name} are not as they should be"),
    }
}

/// What a partition without a leader waits for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Wait {
    /// One of the ISR is up, and takes over.
    Kafka,
    /// One of these brokers, which are the ISR.
    Return(BTreeSet<i32>),
}

/// Partitions without a leader, by their topic and what they wait for.
fn waiting(partitions: &[Unwell]) -> BTreeMap<(&str, Wait), Vec<i32>> {
    let mut waiting: BTreeMap<(&str, Wait), Vec<i32>> = BTreeMap::new();
    for one in partitions {
        if one.lacks.first() != Some(&Lack::Offline) || one.isr.is_empty() {
            continue;
        }
        let is_up = |id: &i32| !one.missing.iter().any(|missing| missing.broker == *id);
        let wait = match one.isr.iter().any(is_up) {
            true => Wait::Kafka,
            false => Wait::Return(one.isr.iter().copied().collect()),
        };
        waiting.entry((&one.topic, wait)).or_default().push(one.partition);
    }
    waiting
}

/// What helps the nodes, then what is left.
fn help(told: &Diagnosis) -> Vec<String> {
    let mut help: Vec<String> = Vec::new();
    let mut add = |line: String| {
        if !help.contains(&line) {
            help.push(line);
        }
    };
    told.nodes.iter().flat_map(|why| &why.help).cloned().for_each(&mut add);
    for ((topic, wait), numbers) in waiting(&told.partitions) {
        let (be, partitions) = (if numbers.len() == 1 { "is" } else { "are" }, of_topic(topic, &numbers));
        add(match wait {
            Wait::Kafka => format!(
                "{partitions} {be} led again once Kafka has noticed that the leader is gone: a replica in the ISR is up"
            ),
            Wait::Return(brokers) => {
                let names: Vec<String> = brokers.iter().map(|id| NodeName::broker(*id).to_string()).collect();
                format!("{partitions} {be} led again when {} returns with its data", names.join(" or "))
            }
        });
    }
    let up = told.partitions.iter().flat_map(|one| &one.missing);
    let up = up.filter(|missing| missing.state == Some(NodeState::Ready)).map(|missing| missing.broker);
    for id in up.collect::<BTreeSet<i32>>() {
        add(format!("broker-{id} is up and comes into the ISR by itself, once it has caught up"));
    }
    if let Some(topic) = &told.topic {
        add(format!("`cluster explain {topic}` says which brokers may fail, and what it would do"));
    }
    help
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::samples::{degraded, healthy};
    use crate::view::why::why;

    fn whys(status: &Status) -> Vec<Why> {
        let unwell = status.nodes.iter().filter(|node| is_unwell(node));
        unwell.map(|node| why(node.node, Some(status), &[], None)).collect()
    }

    fn shrunk(seq: u64, from: &[i32], to: &[i32]) -> Entry {
        let change = |partition| IsrChange {
            topic: "velib-stations".into(),
            partition,
            from: from.to_vec(),
            to: to.to_vec(),
        };
        let time = "2026-11-23T00:34:00Z".parse::<Timestamp>().unwrap();
        let time = time + jiff::SignedDuration::from_secs(seq.cast_signed());
        Entry { seq, time, event: Event::IsrShrunk { partitions: vec![change(0)] } }
    }

    #[test]
    fn nodes_that_are_not_well_and_partitions_that_lack_something_are_told_with_what_helps() {
        let status = degraded();
        let told = diagnose(&status, About::Cluster, &[], whys(&status));
        let nodes: Vec<String> = told.nodes.iter().map(|why| why.node.to_string()).collect();
        assert_eq!(nodes, ["broker-0", "broker-2"]);
        assert_eq!(told.message, status.verdict.message);
        let offline = told.partitions.iter().find(|one| one.partition == 2).unwrap();
        assert_eq!(offline.lacks[0], Lack::Offline);
        assert_eq!(offline.missing.iter().map(|one| one.broker).collect::<Vec<_>>(), [2, 0]);
        assert_eq!(told.help[0], "`cluster start broker-0` starts it");
        assert!(
            told.help.iter().any(|line| line.contains("velib-stations/2 is led again")),
            "{:?}",
            told.help
        );
    }

    #[test]
    fn partitions_that_wait_for_the_same_are_told_together_and_not_to_wait_for_a_broker_while_one_is_up() {
        let down = |broker| Missing { broker, state: Some(NodeState::Killed), since: None };
        let offline = |partition, isr: &[i32], missing: &[i32]| Unwell {
            topic: "bikes".into(),
            partition,
            lacks: vec![Lack::Offline],
            leader: None,
            replicas: vec![0, 1, 2],
            isr: isr.to_vec(),
            min_insync_replicas: 1,
            missing: missing.iter().copied().map(down).collect(),
        };
        let mut told = diagnose(&healthy(), About::Cluster, &[], vec![]);
        told.partitions = vec![
            offline(0, &[0, 1], &[0, 1]),
            offline(1, &[1, 0], &[1, 0]),
            offline(2, &[0, 1], &[0, 1]),
            offline(4, &[0, 1], &[0]),
        ];
        let help = help(&told);
        assert_eq!(help.len(), 2, "{help:?}");
        assert!(help[0].starts_with("bikes/4 is led again once Kafka has noticed"), "{help:?}");
        assert_eq!(help[1], "bikes/0-2 are led again when broker-0 or broker-1 returns with its data");
    }

    #[test]
    fn a_healthy_cluster_lacks_nothing() {
        let told = diagnose(&healthy(), About::Cluster, &[], vec![]);
        assert!(told.nodes.is_empty() && told.partitions.is_empty() && told.help.is_empty(), "{told:?}");
    }

    #[test]
    fn a_replica_is_missing_since_it_left_the_isr_and_has_not_come_back() {
        let status = degraded();
        let since = |journal: &[Entry]| {
            let told = diagnose(&status, About::Topic("velib-stations", Some(0)), journal, whys(&status));
            told.partitions[0].missing[0].since
        };
        let (left, back, again) =
            (shrunk(1, &[0, 1], &[1]), shrunk(2, &[1], &[1, 0]), shrunk(3, &[1, 0], &[1]));
        assert_eq!(since(&[left.clone(), back.clone(), again.clone()]), Some(again.time));
        assert_eq!(since(std::slice::from_ref(&left)), Some(left.time));
        assert_eq!(since(&[left, back]), None);
    }

    #[test]
    fn a_topic_has_only_its_own_and_a_partition_that_was_asked_about_is_told_though_it_is_well() {
        let status = healthy();
        let told = diagnose(&status, About::Topic("velib-stations", Some(1)), &[], vec![]);
        assert_eq!(told.partitions.len(), 1);
        assert!(told.partitions[0].lacks.is_empty() && told.partitions[0].leader == Some(1));
        let told = diagnose(&status, About::Topic("velib-stations", None), &[], vec![]);
        assert!(told.partitions.is_empty() && told.message.starts_with("every partition of"));
        assert!(told.help[0].contains("`cluster explain velib-stations`"));
    }
}
