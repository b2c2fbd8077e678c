//! A Kafka client for the tests: each call tries exactly once.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::{Buf, BytesMut};
use cluster::inside::{
    Endpoints, KafkaError, NOBODY, Plan, Pool, TopicPlan, commit_offsets, ensure_topics, features,
    find_coordinator, produce_once,
};
use cluster::model::ids::NodeName;
use cluster::model::topic_partition::TopicPartition;
use futures_util::StreamExt;
use kafka_protocol::messages::{
    ApiKey, ConsumerGroupHeartbeatRequest, GroupId, ShareGroupHeartbeatRequest, TopicName,
};
use kafka_protocol::protocol::Encodable;
use tokio::runtime::{Builder, Runtime};

const DEADLINE: Duration = Duration::from_secs(20);

/// A member's id is its own choice (KIP-1082).
const MEMBER: &str = "a-member-of-a-test";

pub(crate) struct Client {
    runtime: Runtime,
    pool: Pool,
}

impl Client {
    pub(crate) fn of(plan: &Plan) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        Client { runtime, pool: Pool::new(&Endpoints::of(plan)) }
    }

    /// With acks=all: the offset.
    pub(crate) fn produce(&self, topic: &str, partition: i32) -> Result<i64, String> {
        let produced = produce_once(&self.pool, topic, partition, b"bicycles: 7", -1, DEADLINE);
        self.runtime.block_on(produced).map_err(|error| error.to_string())
    }

    /// Commits one offset for each of these groups, none of which has members: topic, partition, offset.
    pub(crate) fn commit(&self, groups: &BTreeMap<String, (String, i32, i64)>) {
        let one = |(group, (topic, partition, offset)): (&String, &(String, i32, i64))| {
            let (group, offsets) =
                (group.clone(), [(TopicPartition::new(topic, *partition), *offset)].into());
            async move {
                let until = Instant::now() + DEADLINE;
                while let Err(error) = self.commit_once(&group, &offsets).await {
                    assert!(Instant::now() < until, "{group}: {error}");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        };
        let all = futures_util::stream::iter(groups.iter().map(one));
        self.runtime.block_on(all.buffer_unordered(3).collect::<Vec<()>>());
    }

    async fn commit_once(
        &self,
        group: &str,
        offsets: &BTreeMap<TopicPartition, i64>,
    ) -> Result<(), KafkaError> {
        let coordinator = find_coordinator(&self.pool, group, DEADLINE).await?;
        let address = self.pool.broker(coordinator).ok_or(KafkaError::Refused)?;
        commit_offsets(&self.pool, address, group, NOBODY, offsets, DEADLINE).await
    }

    /// Leaves these groups behind, without members: of consumers to which the coordinator assigns partitions
    /// (KIP-848), or share groups (KIP-932). A member joins each and leaves.
    pub(crate) fn found(&self, groups: &[String], topic: &str, shared: bool) {
        let one = |group: &String| {
            let group = group.clone();
            async move {
                // Joins with epoch 0, leaves with epoch -1.
                for epoch in [0, -1] {
                    let until = Instant::now() + DEADLINE;
                    // Coordinators come with the first group.
                    while let Err(error) = self.beat(&group, topic, shared, epoch).await {
                        assert!(Instant::now() < until, "{group}, epoch {epoch}: {error}");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                }
            }
        };
        let all = futures_util::stream::iter(groups.iter().map(one));
        self.runtime.block_on(all.buffer_unordered(3).collect::<Vec<()>>());
    }

    async fn beat(&self, group: &str, topic: &str, shared: bool, epoch: i32) -> Result<(), KafkaError> {
        let coordinator = find_coordinator(&self.pool, group, DEADLINE).await?;
        let at = self.pool.broker(coordinator).ok_or(KafkaError::Refused)?;
        let joins = epoch == 0;
        let group = GroupId(group.to_owned().into());
        let topics = joins.then(|| vec![TopicName(topic.to_owned().into())]);
        let mut request = BytesMut::new();
        let (key, encoded) = if shared {
            let beat = ShareGroupHeartbeatRequest::default()
                .with_group_id(group)
                .with_member_id(MEMBER.into())
                .with_member_epoch(epoch)
                .with_subscribed_topic_names(topics);
            (ApiKey::ShareGroupHeartbeat, beat.encode(&mut request, 1))
        } else {
            let beat = ConsumerGroupHeartbeatRequest::default()
                .with_group_id(group)
                .with_member_id(MEMBER.into())
                .with_member_epoch(epoch)
                .with_rebalance_timeout_ms(if joins { 5_000 } else { -1 })
                .with_subscribed_topic_names(topics)
                .with_topic_partitions(joins.then(Vec::new));
            (ApiKey::ConsumerGroupHeartbeat, beat.encode(&mut request, 1))
        };
        encoded.unwrap();
        let (_, mut answer) = self.pool.call_newest(at, key as i16, 1..=1, &request, DEADLINE).await?;
        // How long we were throttled, in ms, stands before it.
        answer.try_get_i32().unwrap();
        let code = answer.try_get_i16().unwrap();
        KafkaError::check(code, None)
    }

    /// The features that the cluster has finalized, by the word of one controller.
    pub(crate) fn finalized(&self, controller: NodeName) -> BTreeMap<String, i16> {
        let address = self.pool.endpoints().controllers[&controller];
        self.runtime.block_on(features(&self.pool, address, DEADLINE)).unwrap().finalized
    }

    pub(crate) fn create(&self, topic: &str, partitions: u32, replication_factor: u16) -> Result<(), String> {
        let topic = TopicPlan {
            name: topic.to_owned(),
            partitions,
            replication_factor,
            config: BTreeMap::new(),
            settings: Vec::new(),
        };
        let created = ensure_topics(std::slice::from_ref(&topic), &self.pool, DEADLINE);
        self.runtime.block_on(created).map(drop).map_err(|error| error.to_string())
    }
}
