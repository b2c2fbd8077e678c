//! Znodes that Kafka keeps in ZooKeeper: who is registered, who controls, settings, partition states,
//! and the removal of what a dead broker left behind.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use zookeeper_client::{Acls, Client, CreateMode, Error};

use super::session::{ZkError, ZkHandle};
use crate::model::topic_partition::TopicPartition;

/// `/brokers/topics/T/partitions/P/state` by topic and partition.
pub(crate) type PartitionStates = BTreeMap<TopicPartition, PartitionState>;

/// The replicas of each partition by topic, in the order of assignment.
pub(crate) type Assignments = BTreeMap<String, BTreeMap<i32, Vec<i32>>>;

/// What ZooKeeper holds of a partition: the controller's and the leader's last word.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct PartitionState {
    /// -1: none.
    pub leader: i32,
    pub leader_epoch: i32,
    pub isr: Vec<i32>,
}

impl ZkHandle {
    /// Ids under `/brokers/ids`, and the broker that `/controller` names.
    pub(crate) async fn registered(
        &self,
        deadline: Duration,
    ) -> Result<(BTreeSet<i32>, Option<i32>), ZkError> {
        self.call(deadline, |client| async move {
            let (ids, controller) = tokio::join!(broker_ids(&client), controller(&client));
            Ok((ids?, controller?.map(|(id, _)| id)))
        })
        .await
    }

    /// Names of the topics that exist and are not being deleted.
    pub(crate) async fn topics(&self, deadline: Duration) -> Result<BTreeSet<String>, ZkError> {
        self.call(deadline, |client| async move {
            let (all, leaving) =
                tokio::join!(children(&client, "/brokers/topics"), children(&client, "/admin/delete_topics"));
            let leaving = leaving?;
            Ok(all?.into_iter().filter(|topic| !leaving.contains(topic)).collect())
        })
        .await
    }

    /// The replicas of every partition of these topics, as `/brokers/topics/T` assigns them.
    pub(crate) async fn assignments(
        &self,
        topics: &[String],
        deadline: Duration,
    ) -> Result<Assignments, ZkError> {
        #[derive(Deserialize)]
        struct Assignment {
            partitions: BTreeMap<i32, Vec<i32>>,
        }
        self.call(deadline, |client| async move {
            let paths = topics.iter().map(|topic| json(&client, format!("/brokers/topics/{topic}")));
            let mut assignments = BTreeMap::new();
            for (topic, found) in topics.iter().zip(join_all(paths).await) {
                let found: Option<(Assignment, i32)> = found?;
                assignments.extend(found.map(|(assignment, _)| (topic.clone(), assignment.partitions)));
            }
            Ok(assignments)
        })
        .await
    }

    /// `/brokers/topics/T/partitions/P/state` of each partition that has one.
    pub(crate) async fn partition_states(
        &self,
        partitions: &[TopicPartition],
        deadline: Duration,
    ) -> Result<PartitionStates, ZkError> {
        self.call(deadline, |client| async move {
            // Sent at once: requests of a session are pipelined.
            let paths = partitions.iter().map(|TopicPartition { topic, partition }| {
                json(&client, format!("/brokers/topics/{topic}/partitions/{partition}/state"))
            });
            let mut states = PartitionStates::new();
            for (partition, state) in partitions.iter().zip(join_all(paths).await) {
                states.extend(state?.map(|(state, _)| (partition.clone(), state)));
            }
            Ok(states)
        })
        .await
    }

    /// The dynamic settings of each entity, a kind (`topics`, `brokers`) and a name, as `/config/<kind>/<name>`
    /// has them: one map each, in the order asked for.
    pub(crate) async fn settings(
        &self,
        entities: &[(&str, String)],
        deadline: Duration,
    ) -> Result<Vec<BTreeMap<String, String>>, ZkError> {
        #[derive(Deserialize)]
        struct Entity {
            config: BTreeMap<String, String>,
        }
        self.call(deadline, |client| async move {
            let paths = entities.iter().map(|(kind, name)| json(&client, format!("/config/{kind}/{name}")));
            let found: Result<Vec<Option<(Entity, i32)>>, ZkError> =
                join_all(paths).await.into_iter().collect();
            Ok(found?
                .into_iter()
                .map(|entity| entity.map(|(entity, _)| entity.config).unwrap_or_default())
                .collect())
        })
        .await
    }

    /// Asks the controller to let the preferred replicas of these partitions lead, as brokers before Kafka
    /// 2.2 are asked (`PreferredReplicaLeaderElectionCommand`). False: another election is under way.
    pub(crate) async fn begin_preferred_election(
        &self,
        partitions: &[TopicPartition],
        deadline: Duration,
    ) -> Result<bool, ZkError> {
        let data = json!({ "version": 1, "partitions": partitions }).to_string();
        let data = data.as_bytes();
        self.call(deadline, |client| async move {
            let options = CreateMode::Persistent.with_acls(Acls::anyone_all());
            match client.create(PREFERRED_ELECTION, data, &options).await {
                Ok(_) => Ok(true),
                Err(Error::NodeExists) => Ok(false),
                Err(source) => {
                    Err(ZkError::Failed { what: "create", path: PREFERRED_ELECTION.to_owned(), source })
                }
            }
        })
        .await
    }

    /// Whether the controller has yet to finish the election that it was asked for.
    pub(crate) async fn is_electing(&self, deadline: Duration) -> Result<bool, ZkError> {
        self.call(deadline, |client| async move {
            let stat = client.check_stat(PREFERRED_ELECTION).await;
            stat.map(|stat| stat.is_some()).map_err(|source| ZkError::Failed {
                what: "look at",
                path: PREFERRED_ELECTION.to_owned(),
                source,
            })
        })
        .await
    }

    /// Removes `/brokers/ids/<id>`, and `/controller` when it names this broker, so that the others
    /// take over at once and the broker can register again: a new process of the same id dies with
    /// NodeExists while the old session lives. Returns the znodes that were removed.
    ///
    /// The process of this broker must be dead: a living one would go on unregistered for ever.
    pub(crate) async fn clear_registration(
        &self,
        broker: i32,
        deadline: Duration,
    ) -> Result<Vec<String>, ZkError> {
        let removed = Mutex::new(Vec::new());
        let note = |path: &str| {
            removed.lock().unwrap_or_else(PoisonError::into_inner).push(path.to_owned());
        };
        let note = &note;
        self.call(deadline, |client| async move {
            let ids = format!("/brokers/ids/{broker}");
            if delete(&client, &ids, None).await? {
                note(&ids);
            }
            match controller(&client).await? {
                // The version keeps a controller that was elected meanwhile.
                Some((id, version)) if id == broker && delete(&client, CONTROLLER, Some(version)).await? => {
                    note(CONTROLLER);
                }
                _ => {}
            }
            Ok(())
        })
        .await?;
        Ok(removed.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

const CONTROLLER: &str = "/controller";
const PREFERRED_ELECTION: &str = "/admin/preferred_replica_election";

async fn broker_ids(client: &Client) -> Result<BTreeSet<i32>, ZkError> {
    Ok(children(client, "/brokers/ids").await?.iter().filter_map(|id| id.parse().ok()).collect())
}

/// Empty when there is no such znode.
async fn children(client: &Client, path: &str) -> Result<Vec<String>, ZkError> {
    match client.list_children(path).await {
        Ok(children) => Ok(children),
        Err(Error::NoNode) => Ok(Vec::new()),
        Err(source) => Err(ZkError::Failed { what: "list", path: path.to_owned(), source }),
    }
}

/// The controller's broker id and the version of its znode.
async fn controller(client: &Client) -> Result<Option<(i32, i32)>, ZkError> {
    #[derive(Deserialize)]
    struct Controller {
        brokerid: i32,
    }
    let found = json::<Controller>(client, CONTROLLER.to_owned()).await?;
    Ok(found.map(|(controller, version)| (controller.brokerid, version)))
}

/// A znode's JSON value and version; `None` when there is no such znode.
pub(super) async fn json<T: DeserializeOwned>(
    client: &Client,
    path: String,
) -> Result<Option<(T, i32)>, ZkError> {
    match client.get_data(&path).await {
        Ok((data, stat)) => match serde_json::from_slice(&data) {
            Ok(value) => Ok(Some((value, stat.version))),
            Err(error) => Err(ZkError::Unreadable { path, reason: error.to_string() }),
        },
        Err(Error::NoNode) => Ok(None),
        Err(source) => Err(ZkError::Failed { what: "read", path, source }),
    }
}

/// True when it was there.
async fn delete(client: &Client, path: &str, version: Option<i32>) -> Result<bool, ZkError> {
    match client.delete(path, version).await {
        Ok(()) => Ok(true),
        Err(Error::NoNode | Error::BadVersion) => Ok(false),
        Err(source) => Err(ZkError::Failed { what: "delete", path: path.to_owned(), source }),
    }
}
