//! Which groups there are, by every broker's own word, and which could not be learnt.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use futures_util::future::join_all;

use super::super::error::{AdminError, Setback};
use super::super::look::Known;
use super::super::{ASK, Admin};
use crate::wire::KafkaError;
use crate::wire::groups::describe_groups::{DEAD, Group, describe_groups};
use crate::wire::groups::find_coordinator::find_coordinator;
use crate::wire::groups::list_groups::list_groups;
use crate::wire::groups::{OFFSETS_TOPIC, partition_of};
use crate::wire::pieces::Told;
use crate::wire::pool::address;

/// All groups at one moment.
#[derive(Debug)]
pub(super) struct Sighting {
    pub known: Known,
    /// By name, each with the broker that told of it.
    pub groups: BTreeMap<String, (i32, Group)>,
    /// Partitions of [`OFFSETS_TOPIC`] whose groups nobody told.
    untold: BTreeSet<i32>,
    /// What could not be learnt and why, a line each.
    pub unknown: Vec<String>,
}

/// What one broker says of the groups that it coordinates.
#[derive(Debug, Default)]
struct Word {
    groups: Told<Group>,
    loading: bool,
}

impl Admin {
    /// Asks every broker at once. One that goes on answering is given [`ASK`] for each answer.
    pub(super) async fn sight(&self, what: &str) -> Result<Sighting, AdminError> {
        let brokers = &self.pool.endpoints().brokers;
        let asked = brokers.iter().map(async |(id, address)| (*id, self.told_by(*address).await));
        let (view, told) = futures_util::join!(self.look(), join_all(asked));
        Ok(Sighting::of(self.topics_of(view, what)?, told))
    }

    async fn told_by(&self, broker: SocketAddr) -> Word {
        match list_groups(&self.pool, broker, ASK).await {
            Ok(listed) => {
                let groups = describe_groups(&self.pool, broker, &listed.groups, ASK).await;
                Word { groups, loading: listed.loading }
            }
            Err(error) => Word { groups: Told { stopped: Some(error), ..Told::default() }, loading: false },
        }
    }

    /// Where the coordinator of a group listens. Only for a group whose partition of [`OFFSETS_TOPIC`]
    /// exists: asking would create it.
    pub(super) async fn coordinator(&self, group: &str) -> Result<SocketAddr, Setback> {
        let what = || format!("find the coordinator of group {group}");
        let id = find_coordinator(&self.pool, group, ASK).await.map_err(|error| setback(error, what))?;
        Ok(address(&self.pool, id)?)
    }

    pub(super) fn unknown_group(&self, wanted: Vec<String>, sighting: &Sighting) -> AdminError {
        AdminError::UnknownGroup {
            cluster: self.plan.name.clone(),
            wanted,
            known: sighting.groups.keys().cloned().collect(),
            told_all: sighting.unknown.is_empty(),
        }
    }
}

impl Sighting {
    fn of(known: Known, told: Vec<(i32, Word)>) -> Self {
        let none = BTreeMap::new();
        let offsets = known.topics.get(OFFSETS_TOPIC).map_or(&none, |topic| &topic.partitions);
        let count = offsets.len();
        let led = |leader: Option<i32>| -> BTreeSet<i32> {
            offsets.iter().filter(|(_, view)| view.leader == leader).map(|(n, _)| *n).collect()
        };
        let mut sighting = Sighting {
            groups: BTreeMap::new(),
            untold: led(None),
            unknown: Vec::new(),
            known: Known { topics: BTreeMap::new(), live: BTreeSet::new(), planned: BTreeSet::new() },
        };
        if !sighting.untold.is_empty() {
            let number = sighting.untold.len();
            sighting.unknown.push(format!(
                "groups in {number} of {count} partitions of {OFFSETS_TOPIC}: they have no leader"
            ));
        }
        let mut contested = Vec::new();
        for (id, word) in told {
            let led = led(Some(id));
            if word.loading {
                sighting.unknown.push(format!(
                    "some groups of broker-{id}: it became their coordinator just now and still loads them"
                ));
                sighting.untold.extend(&led);
            }
            for (name, group) in word.groups.answers {
                match group {
                    // It was deleted, or moved away, between two requests.
                    Ok(group) if group.state == DEAD => {}
                    Ok(group) => drop(sighting.groups.insert(name, (id, group))),
                    Err(error) => contested.push((name, id, error)),
                }
            }
            // Whoever leads none of it coordinates nothing.
            if let Some(error) = word.groups.stopped.filter(|_| !led.is_empty()) {
                let number = led.len();
                sighting.unknown.push(format!(
                    "groups of broker-{id}, which leads {number} of {count} partitions of {OFFSETS_TOPIC}: {error}"
                ));
                sighting.untold.extend(led);
            }
        }
        // One whose coordinator has just moved may be told of twice.
        for (name, id, error) in contested {
            if !sighting.groups.contains_key(&name) {
                sighting.unknown.push(format!("group {name} of broker-{id}: {error}"));
                sighting.untold.extend(partition(&name, count));
            }
        }
        sighting.known = known;
        sighting
    }

    /// Whether a group that nobody told of may be there all the same.
    pub(super) fn may_exist(&self, group: &str) -> bool {
        let offsets = self.known.topics.get(OFFSETS_TOPIC);
        let number = offsets.and_then(|offsets| partition(group, offsets.partitions.len()));
        number.is_some_and(|number| self.untold.contains(&number))
    }

    /// Who coordinates a group, as far as Metadata tells.
    pub(super) fn coordinator_of(&self, group: &str) -> Option<i32> {
        let offsets = self.known.topics.get(OFFSETS_TOPIC)?;
        offsets.partitions.get(&partition(group, offsets.partitions.len())?)?.leader
    }
}

fn partition(group: &str, count: usize) -> Option<i32> {
    let count = i32::try_from(count).ok().filter(|count| *count > 0)?;
    Some(partition_of(group, count))
}

/// What an answer of a coordinator means for another try.
pub(super) fn setback(error: KafkaError, what: impl FnOnce() -> String) -> Setback {
    match error {
        // The coordinator moved, is not there yet, still loads.
        KafkaError::Code { code, .. } if !code.is_retriable() => Setback::of(code, error.to_string(), what),
        error => error.into(),
    }
}

/// Why nothing is done to a group that has members: each is named as `client id (host)`.
pub(super) fn in_use(name: &str, group: &Group) -> Setback {
    let host = |host: &str| host.trim_start_matches('/').to_owned();
    let members = group.members.iter().map(|member| format!("{} ({})", member.client_id, host(&member.host)));
    match group.members.is_empty() {
        true => Setback::Passing("its last member has just left".to_owned()),
        false => AdminError::HasMembers { group: name.to_owned(), members: members.collect() }.into(),
    }
}

#[cfg(test)]
mod tests {
    use kafka_protocol::error::ResponseError;

    use super::*;
    use crate::model::view::{PartitionView, TopicView};

    /// Partitions of the offsets topic by their leaders.
    fn known(leaders: &[Option<i32>]) -> Known {
        let view = |leader: &Option<i32>| PartitionView {
            leader: *leader,
            leader_epoch: None,
            replicas: vec![0, 1],
            isr: vec![0],
        };
        let partitions = (0..).zip(leaders.iter().map(view)).collect();
        let topic = TopicView { partitions, min_insync_replicas: 1, internal: true };
        Known { topics: [(OFFSETS_TOPIC.to_owned(), topic)].into(), live: [0].into(), planned: [0, 1].into() }
    }

    fn told(groups: &[&str]) -> Word {
        let stable = || Group { state: "Stable".to_owned(), ..Group::default() };
        let answers = groups.iter().map(|name| ((*name).to_owned(), Ok(stable()))).collect();
        Word { groups: Told { answers, stopped: None }, loading: false }
    }

    /// Tells of these groups, and then no more.
    fn stopped(groups: &[&str]) -> Word {
        let mut word = told(groups);
        word.groups.stopped = Some(KafkaError::Refused);
        word
    }

    #[test]
    fn a_broker_that_does_not_answer_hides_groups_only_where_it_leads() {
        let dead = || vec![(0, told(&["a"])), (1, stopped(&[]))];
        // "a" has hash 97, "b" 98.
        let sighting = Sighting::of(known(&[Some(1), Some(0)]), dead());
        assert_eq!(
            sighting.unknown,
            ["groups of broker-1, which leads 1 of 2 partitions of __consumer_offsets: connection refused"]
        );
        assert!(sighting.may_exist("b") && !sighting.may_exist("c"));
        assert_eq!(sighting.coordinator_of("b"), Some(1));

        let moved = Sighting::of(known(&[Some(0), Some(0)]), dead());
        assert!(moved.unknown.is_empty() && !moved.may_exist("b"), "{:?}", moved.unknown);
        assert_eq!(moved.groups.keys().collect::<Vec<_>>(), ["a"]);
    }

    #[test]
    fn a_broker_that_stalls_after_some_of_its_groups_has_told_of_those() {
        let sighting = Sighting::of(known(&[Some(0), Some(1)]), vec![(0, told(&[])), (1, stopped(&["a"]))]);
        assert_eq!(sighting.groups.keys().collect::<Vec<_>>(), ["a"]);
        assert_eq!(sighting.unknown.len(), 1, "{:?}", sighting.unknown);
        assert!(sighting.may_exist("c") && !sighting.may_exist("b"));
    }

    #[test]
    fn groups_without_a_coordinator_and_groups_that_are_loaded_are_unknown() {
        let offline = Sighting::of(known(&[None, Some(0)]), vec![(0, told(&[]))]);
        assert_eq!(
            offline.unknown,
            ["groups in 1 of 2 partitions of __consumer_offsets: they have no leader"]
        );
        assert!(offline.may_exist("b") && offline.coordinator_of("b").is_none());
        let loading = vec![(0, Word { loading: true, ..told(&["a"]) })];
        let loading = Sighting::of(known(&[Some(0)]), loading);
        assert!(loading.unknown[0].contains("still loads") && loading.may_exist("b"));
    }

    #[test]
    fn a_group_that_moved_between_two_requests_is_told_by_its_new_coordinator() {
        let not = |code| Err(KafkaError::Code { code, message: None });
        let mut old = told(&[]);
        old.groups.answers.insert("a".to_owned(), not(ResponseError::NotCoordinator));
        old.groups.answers.insert("b".to_owned(), not(ResponseError::NotCoordinator));
        let sighting = Sighting::of(known(&[Some(1)]), vec![(0, old), (1, told(&["a"]))]);
        assert_eq!(sighting.groups["a"].0, 1);
        assert_eq!(sighting.unknown, ["group b of broker-0: NotCoordinator"]);
    }
}
