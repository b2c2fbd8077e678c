//! A Kafka client for the tests: each call tries exactly once.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use cluster::ids::NodeName;
use cluster::kafka::KafkaError;
use cluster::kafka::endpoints::Endpoints;
use cluster::kafka::features::features;
use cluster::kafka::groups::find_coordinator::find_coordinator;
use cluster::kafka::groups::offset_commit::{NOBODY, commit_offsets};
use cluster::kafka::pool::Pool;
use cluster::kafka::produce::produce_once;
use cluster::kafka::topics::create_topic;
use cluster::plan::model::{Plan, TopicPlan};
use futures_util::StreamExt;
use tokio::runtime::{Builder, Runtime};

const DEADLINE: Duration = Duration::from_secs(20);

pub struct Client {
    runtime: Runtime,
    pool: Pool,
}

impl Client {
    pub fn of(plan: &Plan) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        Client { runtime, pool: Pool::new(&Endpoints::of(plan)) }
    }

    /// With acks=all: the offset.
    pub fn produce(&self, topic: &str, partition: i32) -> Result<i64, String> {
        let produced = produce_once(&self.pool, topic, partition, b"bicycles: 7", -1, DEADLINE);
        self.runtime.block_on(produced).map_err(|error| error.to_string())
    }

    /// Commits one offset for each of these groups, none of which has members: topic, partition, offset.
    pub fn commit(&self, groups: &BTreeMap<String, (String, i32, i64)>) {
        let one = |(group, (topic, partition, offset)): (&String, &(String, i32, i64))| {
            let (group, offsets) = (group.clone(), [((topic.clone(), *partition), *offset)].into());
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
        offsets: &BTreeMap<(String, i32), i64>,
    ) -> Result<(), KafkaError> {
        let coordinator = find_coordinator(&self.pool, group, DEADLINE).await?;
        let address = self.pool.broker(coordinator).ok_or(KafkaError::Refused)?;
        commit_offsets(&self.pool, address, group, NOBODY, offsets, DEADLINE).await
    }

    /// The features that the cluster has finalized, by the word of one controller.
    pub fn finalized(&self, controller: NodeName) -> BTreeMap<String, i16> {
        let address = self.pool.endpoints().controllers[&controller];
        self.runtime.block_on(features(&self.pool, address, DEADLINE)).unwrap().finalized
    }

    pub fn create(&self, topic: &str, partitions: u32, replication_factor: u16) -> Result<(), String> {
        let topic = TopicPlan {
            name: topic.to_owned(),
            partitions,
            replication_factor,
            config: BTreeMap::new(),
            settings: Vec::new(),
        };
        let created = create_topic(&self.pool, &topic, DEADLINE);
        self.runtime.block_on(created).map(drop).map_err(|error| error.to_string())
    }
}
