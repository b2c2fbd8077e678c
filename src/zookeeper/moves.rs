//! Moving replicas through ZooKeeper, as brokers before Kafka 2.4 are asked, and settings of topics and
//! brokers, as they were changed before Kafka 2.3 and still are for a broker that is down.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use zookeeper_client::{Acls, Client, CreateMode, Error};

use super::session::{ZkError, ZkHandle};
use super::znodes::json;
use crate::model::topic_partition::TopicPartition;

/// What the controller has yet to do (`ZkUtils.ReassignPartitionsPath`); it takes away what is done, and in
/// the end the znode.
const REASSIGN: &str = "/admin/reassign_partitions";

/// Each child tells brokers of settings that have changed (`DynamicConfigManager`), and is removed by them.
const CHANGES: &str = "/config/changes/config_change_";

/// The replicas of each partition.
pub(crate) type Replicas = BTreeMap<TopicPartition, Vec<i32>>;

#[derive(Debug, Serialize, Deserialize)]
struct Reassigned {
    version: i32,
    partitions: Vec<Partition>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Partition {
    topic: String,
    partition: i32,
    replicas: Vec<i32>,
}

impl ZkHandle {
    /// Asks the controller to move replicas (`ReassignPartitionsCommand` before Kafka 2.4). False: a
    /// reassignment is under way.
    pub(crate) async fn begin_reassignment(
        &self,
        wanted: &Replicas,
        deadline: Duration,
    ) -> Result<bool, ZkError> {
        let partitions = wanted.iter().map(|(of, replicas)| Partition {
            topic: of.topic.clone(),
            partition: of.partition,
            replicas: replicas.clone(),
        });
        let data = json!(Reassigned { version: 1, partitions: partitions.collect() }).to_string();
        let data = data.as_bytes();
        self.call(deadline, |client| async move {
            let options = CreateMode::Persistent.with_acls(Acls::anyone_all());
            match client.create(REASSIGN, data, &options).await {
                Ok(_) => Ok(true),
                Err(Error::NodeExists) => Ok(false),
                Err(source) => Err(failed("create", REASSIGN, source)),
            }
        })
        .await
    }

    /// What the controller has yet to do; empty when it is through.
    pub(crate) async fn reassigning(&self, deadline: Duration) -> Result<Replicas, ZkError> {
        self.call(deadline, |client| async move {
            let found: Option<(Reassigned, i32)> = json(&client, REASSIGN.to_owned()).await?;
            let partitions = found.map(|(reassigned, _)| reassigned.partitions).unwrap_or_default();
            Ok(partitions
                .into_iter()
                .map(|of| (TopicPartition::new(of.topic, of.partition), of.replicas))
                .collect())
        })
        .await
    }

    /// Sets dynamic settings of an entity (`topics`, `brokers`), or with `None` takes them away, and tells
    /// the brokers. Others stay as they are.
    pub(crate) async fn alter_settings(
        &self,
        kind: &str,
        name: &str,
        changes: &BTreeMap<String, Option<String>>,
        deadline: Duration,
    ) -> Result<(), ZkError> {
        let path = &format!("/config/{kind}/{name}");
        let notice = json!({ "version": 2, "entity_path": format!("{kind}/{name}") }).to_string();
        let notice = notice.as_bytes();
        self.call(deadline, |client| async move {
            let found: Option<(Value, i32)> = json(&client, path.clone()).await?;
            let version = found.as_ref().map(|(_, version)| *version);
            let before = found.and_then(|(entity, _)| entity.get("config").cloned());
            let mut config = match before {
                Some(Value::Object(config)) => config,
                _ => Map::new(),
            };
            for (key, value) in changes {
                match value {
                    Some(value) => drop(config.insert(key.clone(), value.as_str().into())),
                    None => drop(config.remove(key)),
                }
            }
            let data = json!({ "version": 1, "config": config }).to_string();
            write(&client, path, data.as_bytes(), version).await?;
            let options = CreateMode::PersistentSequential.with_acls(Acls::anyone_all());
            let told = client.create(CHANGES, notice, &options).await;
            told.map(drop).map_err(|source| failed("create", CHANGES, source))
        })
        .await
    }
}

/// Over the version that was read, so that another's change in between is not lost: then all is tried again.
async fn write(client: &Client, path: &str, data: &[u8], version: Option<i32>) -> Result<(), ZkError> {
    match version {
        Some(version) => {
            let written = client.set_data(path, data, Some(version)).await;
            written.map(drop).map_err(|source| failed("write", path, source))
        }
        None => {
            let options = CreateMode::Persistent.with_acls(Acls::anyone_all());
            // Nobody has made /config/brokers before the first broker has a setting (Kafka 0.10).
            if let Some((parent, _)) = path.rsplit_once('/') {
                client.mkdir(parent, &options).await.map_err(|source| failed("create", parent, source))?;
            }
            let made = client.create(path, data, &options).await;
            made.map(drop).map_err(|source| failed("create", path, source))
        }
    }
}

fn failed(what: &'static str, path: &str, source: Error) -> ZkError {
    ZkError::Failed { what, path: path.to_owned(), source }
}
