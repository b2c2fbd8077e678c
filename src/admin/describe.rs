//! `topic describe`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;
use kafka_protocol::error::ResponseError;
use schemars::JsonSchema;
use serde::Serialize;

use super::error::AdminError;
use super::{ASK, Admin};
use crate::model::topic_partition::TopicPartition;
use crate::model::view::{PartitionView, TopicView, replication_factor};
use crate::observe::dynamic::{DynamicError, Entity};
use crate::wire::KafkaError;
use crate::wire::log_dirs;
use crate::wire::offsets::{Offset, list_offsets};
use crate::wire::pool::address;

/// The JSON of `topic describe`, documented in docs/topics.md.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Description {
    pub topics: Vec<TopicDescription>,
    /// What could not be learnt and why, a line each.
    pub unknown: Vec<String>,
}

/// One topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct TopicDescription {
    pub topic: String,
    /// Kafka's own, such as `__consumer_offsets`.
    pub internal: bool,
    pub partition_count: usize,
    /// Of the partition with most replicas.
    pub replication_factor: usize,
    /// Settings of the topic itself; `None` when ZooKeeper did not tell them.
    pub configs: Option<BTreeMap<String, String>>,
    pub partitions: Vec<PartitionDescription>,
}

impl TopicDescription {
    /// Offsets between the start and the end of all partitions: the messages of a topic that is neither compacted
    /// nor written in transactions, else more than there are. `None`: not every leader told.
    pub(crate) fn messages(&self) -> Option<u64> {
        self.partitions.iter().map(PartitionDescription::messages).sum()
    }

    /// Bytes on all disks that were told of, and whether these are all.
    pub(crate) fn size(&self) -> (u64, bool) {
        let sizes = || self.partitions.iter().flat_map(|one| one.size_bytes.values());
        (sizes().flatten().sum(), sizes().all(Option::is_some))
    }
}

/// One partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct PartitionDescription {
    pub partition: i32,
    /// `None`: offline.
    pub leader: Option<i32>,
    /// In the order of assignment: the first is the preferred leader.
    pub replicas: Vec<i32>,
    pub isr: Vec<i32>,
    /// The leader is the preferred one.
    pub preferred: bool,
    /// Of the first record that is kept, by the leader's word.
    pub earliest_offset: Option<i64>,
    /// That the next record will get, by the leader's word.
    pub latest_offset: Option<i64>,
    /// Bytes of the log on each replica's disk; `None`: its broker did not tell.
    pub size_bytes: BTreeMap<i32, Option<u64>>,
}

impl PartitionDescription {
    /// See [`TopicDescription::messages`].
    pub(crate) fn messages(&self) -> Option<u64> {
        u64::try_from(self.latest_offset?.checked_sub(self.earliest_offset?)?).ok()
    }
}

/// Topics that are described, by name.
type Views = BTreeMap<String, TopicView>;
/// What was told, and by whom not.
#[derive(Debug, Default)]
struct Told {
    configs: Option<BTreeMap<String, BTreeMap<String, String>>>,
    earliest: BTreeMap<TopicPartition, i64>,
    latest: BTreeMap<TopicPartition, i64>,
    /// By broker.
    sizes: BTreeMap<i32, BTreeMap<TopicPartition, u64>>,
    unknown: Vec<String>,
}

impl Admin {
    /// One topic, or all but Kafka's own. Takes less than 2 s, whatever is dead.
    pub(crate) async fn describe(&self, topic: Option<&str>) -> Result<Description, AdminError> {
        let mut known = self.topics_of(self.look().await, "describe topics")?;
        match topic {
            Some(topic) => {
                self.must_exist(&[topic.to_owned()], &known)?;
                known.topics.retain(|name, _| name == topic);
            }
            None => known.topics.retain(|_, view| !view.internal),
        }
        let told = self.details(&known.topics).await;
        Ok(assemble(&known.topics, told))
    }

    async fn details(&self, topics: &Views) -> Told {
        let led = by_broker(topics, |view| view.leader.into_iter().collect());
        let held = by_broker(topics, |view| view.replicas.clone());
        let (configs, earliest, latest, sizes) = futures_util::join!(
            self.own_settings(topics),
            self.offsets(&led, Offset::Earliest, ASK),
            self.offsets(&led, Offset::Latest, ASK),
            join_all(held.iter().map(async |(id, partitions)| {
                let told = async { log_dirs::sizes(&self.pool, self.at(*id)?, partitions, ASK).await };
                (*id, told.await)
            })),
        );
        let mut told = Told::default();
        match configs {
            Ok(configs) => told.configs = Some(configs),
            Err(error) => told.unknown.push(format!("settings: {error}")),
        }
        for (into, answers) in [(&mut told.earliest, earliest), (&mut told.latest, latest)] {
            for (id, answer) in answers {
                match answer {
                    Ok(offsets) => offsets.into_iter().for_each(|(partition, offset)| match offset {
                        Ok(offset) => drop(into.insert(partition, offset)),
                        Err(error) => {
                            told.unknown.push(format!("offsets of {partition}: {error}"));
                        }
                    }),
                    Err(error) => told.unknown.push(format!("offsets of what broker-{id} leads: {error}")),
                }
            }
        }
        for (id, answer) in sizes {
            match answer {
                Ok(sizes) => drop(told.sizes.insert(id, sizes)),
                Err(error) => told.unknown.push(format!("sizes on broker-{id}: {error}")),
            }
        }
        told
    }

    pub(super) async fn own_settings(
        &self,
        topics: &Views,
    ) -> Result<BTreeMap<String, BTreeMap<String, String>>, DynamicError> {
        let entities: Vec<Entity> = topics.keys().cloned().map(Entity::Topic).collect();
        let settings = self.dynamic(&entities).await?;
        Ok(topics.keys().cloned().zip(settings).collect())
    }

    /// One offset of each of these partitions, by the broker that leads them.
    pub(super) async fn offsets(
        &self,
        led: &BTreeMap<i32, BTreeMap<&str, Vec<i32>>>,
        offset: Offset,
        deadline: Duration,
    ) -> Vec<(i32, Result<BTreeMap<TopicPartition, Result<i64, ResponseError>>, KafkaError>)> {
        join_all(led.iter().map(async |(id, partitions)| {
            let told = async { list_offsets(&self.pool, self.at(*id)?, partitions, offset, deadline).await };
            (*id, told.await)
        }))
        .await
    }

    fn at(&self, broker: i32) -> Result<SocketAddr, KafkaError> {
        address(&self.pool, broker)
    }
}

/// The partitions that concern each broker, by topic.
fn by_broker(
    topics: &Views,
    concerned: impl Fn(&PartitionView) -> Vec<i32>,
) -> BTreeMap<i32, BTreeMap<&str, Vec<i32>>> {
    let mut brokers: BTreeMap<i32, BTreeMap<&str, Vec<i32>>> = BTreeMap::new();
    for (topic, view) in topics {
        for (number, partition) in &view.partitions {
            for id in concerned(partition) {
                brokers.entry(id).or_default().entry(topic).or_default().push(*number);
            }
        }
    }
    brokers
}

fn assemble(topics: &Views, mut told: Told) -> Description {
    let partition = |topic: &String, number: i32, view: &PartitionView| {
        let key = TopicPartition::new(topic, number);
        let size = |id: &i32| (*id, told.sizes.get(id).and_then(|sizes| sizes.get(&key)).copied());
        PartitionDescription {
            partition: number,
            leader: view.leader,
            replicas: view.replicas.clone(),
            isr: view.isr.clone(),
            preferred: view.is_preferred_leader(),
            earliest_offset: told.earliest.get(&key).copied(),
            latest_offset: told.latest.get(&key).copied(),
            size_bytes: view.replicas.iter().map(size).collect(),
        }
    };
    let described = topics.iter().map(|(name, view)| TopicDescription {
        topic: name.clone(),
        internal: view.internal,
        partition_count: view.partitions.len(),
        replication_factor: replication_factor(&view.partitions),
        configs: told.configs.as_ref().map(|configs| configs.get(name).cloned().unwrap_or_default()),
        partitions: view.partitions.iter().map(|(number, view)| partition(name, *number, view)).collect(),
    });
    let topics = described.collect();
    // Both offsets of a leader fail alike.
    told.unknown.sort();
    told.unknown.dedup();
    Description { topics, unknown: told.unknown }
}

#[cfg(test)]
mod tests {
    use kafka_protocol::messages::ApiKey;
    use kafka_protocol::messages::describe_log_dirs_response::{
        DescribeLogDirsPartition, DescribeLogDirsResponse, DescribeLogDirsResult, DescribeLogDirsTopic,
    };
    use kafka_protocol::messages::list_offsets_response::{
        ListOffsetsPartitionResponse, ListOffsetsResponse, ListOffsetsTopicResponse,
    };

    use super::super::testing::admin;
    use super::*;
    use crate::wire::answers::topic_name;
    use crate::wire::fake::{Damage, FakeBroker, Reply, body, metadata};

    fn offsets() -> ListOffsetsResponse {
        let partition = |number, offset, code| {
            ListOffsetsPartitionResponse::default()
                .with_partition_index(number)
                .with_offset(offset)
                .with_error_code(code)
        };
        let not_leader = ResponseError::NotLeaderOrFollower.code();
        let topic = ListOffsetsTopicResponse::default()
            .with_name(topic_name("velib"))
            .with_partitions(vec![partition(0, 41, 0), partition(1, -1, not_leader)]);
        ListOffsetsResponse::default().with_topics(vec![topic])
    }

    fn sizes() -> DescribeLogDirsResponse {
        let partition = |number, size, is_future| {
            DescribeLogDirsPartition::default()
                .with_partition_index(number)
                .with_partition_size(size)
                .with_is_future_key(is_future)
        };
        let topic = DescribeLogDirsTopic::default()
            .with_name(topic_name("velib"))
            .with_partitions(vec![partition(0, 900, false), partition(0, 7, true)]);
        DescribeLogDirsResponse::default()
            .with_results(vec![DescribeLogDirsResult::default().with_topics(vec![topic])])
    }

    #[tokio::test]
    async fn what_was_not_told_is_unknown_and_says_why() {
        let handler = |_, key, version| match key {
            ApiKey::Metadata => Reply::Body(body(&metadata(&[("velib", 2)]), version)),
            ApiKey::ListOffsets => Reply::Body(body(&offsets(), version)),
            ApiKey::DescribeLogDirs => Reply::Body(body(&sizes(), version)),
            _ => Reply::Close,
        };
        let broker = FakeBroker::start(handler, Damage::None).await;
        let described = admin(&broker).describe(Some("velib")).await.unwrap();
        let topic = &described.topics[0];
        assert_eq!((topic.partition_count, topic.replication_factor), (2, 2));
        let [first, second] = &topic.partitions[..] else { panic!("{topic:?}") };
        assert_eq!((first.earliest_offset, first.latest_offset), (Some(41), Some(41)));
        assert_eq!(first.size_bytes, [(0, Some(900)), (1, None)].into());
        assert_eq!((second.earliest_offset, second.latest_offset), (None, None));
        assert_eq!((first.messages(), topic.messages()), (Some(0), None), "not every leader told");
        assert_eq!(topic.size(), (900, false));
        assert_eq!(
            described.unknown,
            [
                "offsets of velib/1: NotLeaderOrFollower",
                "sizes on broker-1: not a valid Kafka answer: it names broker 1, which nobody knows",
            ]
        );
    }

    #[tokio::test]
    async fn a_leader_that_stalls_leaves_its_offsets_unknown_within_2_s() {
        let began = std::time::Instant::now();
        let handler = |_, key, version| match key {
            ApiKey::Metadata => Reply::Body(body(&metadata(&[("velib", 1)]), version)),
            _ => Reply::Silence,
        };
        let broker = FakeBroker::start(handler, Damage::None).await;
        let described = admin(&broker).describe(None).await.unwrap();
        assert!(began.elapsed() < std::time::Duration::from_secs(2), "{:?}", began.elapsed());
        assert_eq!(described.topics[0].partitions[0].latest_offset, None);
        assert_eq!(described.unknown[0], "offsets of what broker-0 leads: no answer within 800 ms");
    }

    #[test]
    fn partitions_go_to_whoever_they_concern() {
        let view = |leader, replicas: &[i32]| PartitionView {
            leader,
            leader_epoch: None,
            replicas: replicas.to_vec(),
            isr: vec![],
        };
        let partitions = [(0, view(Some(1), &[1, 2])), (1, view(None, &[2, 1]))].into();
        let topics = [("t".to_owned(), TopicView { partitions, min_insync_replicas: 1, internal: false })];
        let topics = topics.into();
        let led = by_broker(&topics, |view| view.leader.into_iter().collect());
        assert_eq!(led, [(1, [("t", vec![0])].into())].into());
        let held = by_broker(&topics, |view| view.replicas.clone());
        assert_eq!(held, [(1, [("t", vec![0, 1])].into()), (2, [("t", vec![0, 1])].into())].into());
    }
}
