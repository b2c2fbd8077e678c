//! `elect preferred`.

use std::collections::{BTreeMap, BTreeSet};

use kafka_protocol::error::ResponseError;
use schemars::JsonSchema;
use serde::Serialize;

use super::error::{AdminError, Setback};
use super::look::Known;
use super::{ASK, Admin, REQUEST};
use crate::model::topic_partition::TopicPartition;
use crate::model::view::PartitionView;
use crate::wire::elect_leaders::{NotElected, elect_preferred};
use crate::wire::metadata::Topics;

/// What became of one partition; the JSON of `elect preferred` is an array of these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Election {
    pub topic: String,
    pub partition: i32,
    /// The first of its replicas.
    pub preferred: Option<i32>,
    /// Who led before; `None`: nobody.
    pub before: Option<i32>,
    pub result: Elected,
    /// Why not.
    pub reason: Option<String>,
}

impl Election {
    /// Which partition it is about.
    pub(crate) fn key(&self) -> TopicPartition {
        TopicPartition::new(&self.topic, self.partition)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Elected {
    /// The preferred replica leads now.
    Moved,
    /// It did before.
    Already,
    /// It does not.
    Not,
}

impl Admin {
    /// Lets the preferred replica of every partition lead again, of one topic or of all. Returns when
    /// every live broker tells of the leaders that moved.
    pub(crate) async fn elect(&self, topic: Option<&str>) -> Result<Vec<Election>, AdminError> {
        let mut known = self.before("elect leaders").await?;
        if let Some(topic) = topic {
            self.must_exist(&[topic.to_owned()], &known)?;
            known.topics.retain(|name, _| name == topic);
        }
        self.elect_known(topic, known).await
    }

    /// The same of these partitions only; those that no longer exist are left out.
    pub(super) async fn elect_among(
        &self,
        keys: &BTreeSet<TopicPartition>,
    ) -> Result<Vec<Election>, AdminError> {
        let mut known = self.before("elect leaders").await?;
        for (topic, view) in &mut known.topics {
            view.partitions.retain(|number, _| keys.contains(&TopicPartition::new(topic, *number)));
        }
        self.elect_known(None, known).await
    }

    async fn elect_known(&self, topic: Option<&str>, known: Known) -> Result<Vec<Election>, AdminError> {
        let wanted = not_preferred(&known);
        let mut results = BTreeMap::new();
        if !wanted.is_empty() {
            let asked = self
                .retry("leaders are not elected", "elect leaders", async || self.ask_to_elect(&wanted).await);
            match asked.await {
                Ok(told) => results = told,
                // Its controller takes them from ZooKeeper.
                Err(AdminError::Unsupported { .. }) => results = self.elect_by_znode(&wanted, &known).await?,
                Err(error) => return Err(error),
            }
        }
        let elections = elections(&known, &results);
        self.retry("leaders moved, but not every broker tells of it", "elect leaders", async || {
            self.moved(topic, &elections).await
        })
        .await?;
        Ok(elections)
    }

    async fn ask_to_elect(
        &self,
        wanted: &BTreeMap<&str, Vec<i32>>,
    ) -> Result<BTreeMap<TopicPartition, Result<(), NotElected>>, Setback> {
        let results = elect_preferred(&self.pool, self.controller().await?, wanted, REQUEST).await?;
        let passing = results.values().find_map(|result| {
            let not = result.as_ref().err()?;
            (not.error == ResponseError::NotController).then(|| not.reason.clone())
        });
        passing.map_or(Ok(results), |reason| Err(Setback::Passing(reason)))
    }

    /// As `kafka-preferred-replica-election.sh` before Kafka 2.2 does it: the controller removes the znode
    /// when it has tried all. It tells nobody what became of them, so that it is looked at.
    async fn elect_by_znode(
        &self,
        wanted: &BTreeMap<&str, Vec<i32>>,
        known: &Known,
    ) -> Result<BTreeMap<TopicPartition, Result<(), NotElected>>, AdminError> {
        let Some(zookeeper) = &self.zookeeper else { return Ok(BTreeMap::new()) };
        let partitions = wanted
            .iter()
            .flat_map(|(topic, numbers)| numbers.iter().map(|n| TopicPartition::new(*topic, *n)));
        let partitions: Vec<TopicPartition> = partitions.collect();
        self.retry("leaders are not elected", "elect leaders", async || {
            match zookeeper.begin_preferred_election(&partitions, ASK).await? {
                true => Ok(()),
                false => Err(Setback::Passing("another is under way".to_owned())),
            }
        })
        .await?;
        self.retry("leaders are not elected", "elect leaders", async || {
            match zookeeper.is_electing(ASK).await? {
                true => Err(Setback::Passing("the controller is still at it".to_owned())),
                false => Ok(()),
            }
        })
        .await?;
        let states = self.retry("the leaders are not known", "elect leaders", async || {
            Ok(zookeeper.partition_states(&partitions, ASK).await?)
        });
        let states = states.await?;
        let result = |key: &TopicPartition| {
            let preferred = known.topics.get(&key.topic)?.partitions.get(&key.partition)?.replicas.first()?;
            let error = ResponseError::PreferredLeaderNotAvailable;
            Some(match states.get(key) {
                Some(state) if state.leader == *preferred => Ok(()),
                _ => Err(NotElected { error, reason: error.to_string() }),
            })
        };
        Ok(partitions.iter().filter_map(|key| Some((key.clone(), result(key)?))).collect())
    }

    async fn moved(&self, topic: Option<&str>, elections: &[Election]) -> Result<(), Setback> {
        let moved = || elections.iter().filter(|election| election.result == Elected::Moved);
        if moved().next().is_none() {
            return Ok(());
        }
        let topics = topic.map_or(Topics::All, Topics::One);
        let told = self.everywhere(topics, |told| {
            let leader = |election: &Election| {
                told.topics.get(&election.topic)?.partitions.get(&election.partition)?.leader
            };
            // A broker that was just started tells of no topics for a moment.
            match moved().find(|election| leader(election) != election.preferred) {
                Some(election) => Err(format!("{} has another leader", election.key())),
                None => Ok(()),
            }
        });
        told.await.map(drop)
    }
}

/// Partitions whose leader is not the preferred one, by topic.
fn not_preferred(known: &Known) -> BTreeMap<&str, Vec<i32>> {
    let mut wanted: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
    for (topic, view) in &known.topics {
        for (number, _) in view.partitions.iter().filter(|(_, view)| !view.is_preferred_leader()) {
            wanted.entry(topic).or_default().push(*number);
        }
    }
    wanted
}

fn elections(known: &Known, results: &BTreeMap<TopicPartition, Result<(), NotElected>>) -> Vec<Election> {
    let mut elections = Vec::new();
    for (topic, view) in &known.topics {
        for (number, partition) in &view.partitions {
            let (result, reason) = match results.get(&TopicPartition::new(topic, *number)) {
                Some(Ok(())) => (Elected::Moved, None),
                Some(Err(not)) if not.error == ResponseError::ElectionNotNeeded => (Elected::Already, None),
                Some(Err(not)) => (Elected::Not, Some(why_not(partition, not, known))),
                None if partition.is_preferred_leader() => (Elected::Already, None),
                None => (Elected::Not, Some("Kafka said nothing of it".to_owned())),
            };
            elections.push(Election {
                topic: topic.clone(),
                partition: *number,
                preferred: partition.replicas.first().copied(),
                before: partition.leader,
                result,
                reason,
            });
        }
    }
    elections
}

/// `PREFERRED_LEADER_NOT_AVAILABLE` has two causes, which Kafka does not tell apart.
fn why_not(partition: &PartitionView, not: &NotElected, known: &Known) -> String {
    match (not.error, partition.replicas.first()) {
        (ResponseError::PreferredLeaderNotAvailable, Some(preferred)) if !known.live.contains(preferred) => {
            format!("broker-{preferred} is down")
        }
        (ResponseError::PreferredLeaderNotAvailable, Some(preferred))
            if !partition.isr.contains(preferred) =>
        {
            format!("broker-{preferred} is not in the ISR")
        }
        _ => not.reason.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::view::TopicView;

    fn partition(leader: i32, replicas: &[i32], isr: &[i32]) -> PartitionView {
        PartitionView {
            leader: Some(leader),
            leader_epoch: None,
            replicas: replicas.to_vec(),
            isr: isr.to_vec(),
        }
    }

    #[test]
    fn each_partition_says_whether_it_moved_and_else_why_not() {
        let partitions = [
            partition(0, &[0, 1], &[0, 1]),
            partition(0, &[1, 0], &[0, 1]),
            partition(0, &[1, 0], &[0]),
            partition(0, &[2, 0], &[0]),
            partition(0, &[1, 0], &[0, 1]),
        ];
        let view = TopicView {
            partitions: (0..).zip(partitions).collect(),
            min_insync_replicas: 1,
            internal: false,
        };
        let known =
            Known { topics: [("t".to_owned(), view)].into(), live: [0, 1].into(), planned: [0, 1, 2].into() };
        assert_eq!(not_preferred(&known), [("t", vec![1, 2, 3, 4])].into());
        let not = |error: ResponseError| Err(NotElected { error, reason: error.to_string() });
        let unavailable = || not(ResponseError::PreferredLeaderNotAvailable);
        let results =
            [(1, Ok(())), (2, unavailable()), (3, unavailable()), (4, not(ResponseError::ElectionNotNeeded))];
        let results =
            results.into_iter().map(|(number, result)| (TopicPartition::new("t", number), result)).collect();
        let said: Vec<_> = elections(&known, &results)
            .into_iter()
            .map(|election| (election.result, election.reason.unwrap_or_default()))
            .collect();
        assert_eq!(
            said,
            [
                (Elected::Already, String::new()),
                (Elected::Moved, String::new()),
                (Elected::Not, "broker-1 is not in the ISR".to_owned()),
                (Elected::Not, "broker-2 is down".to_owned()),
                (Elected::Already, String::new()),
            ]
        );
    }
}
