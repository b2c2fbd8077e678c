//! Znodes that Kafka keeps in ZooKeeper: who is registered, who controls, settings, partition states,
//! and the removal of what a dead broker left behind.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use zookeeper_client::{Acls, Client, CreateMode, Error, SessionState};

use crate::model::topic_partition::TopicPartition;
use crate::plan::endpoints::Endpoints;

/// Our session holds no ephemeral znodes, so its end hurts nobody.
const SESSION_TIMEOUT: Duration = Duration::from_secs(6);

/// The longest that one server may take to give us a session before the next is tried.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(400);

/// Between two tries within one call.
const RETRY: Duration = Duration::from_millis(50);

/// Why znodes could not be read or removed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ZkError {
    #[error("no ZooKeeper server gave a session: {0}")]
    NoSession(String),
    #[error("failed to {what} {path}: {source}")]
    Failed { what: &'static str, path: String, source: Error },
    #[error("{path} holds no value that is known here: {reason}")]
    Unreadable { path: String, reason: String },
    #[error("ZooKeeper did not answer within {} ms{}", .after.as_millis(), .last.as_ref().map(|last| format!(": {last}")).unwrap_or_default())]
    Timeout { after: Duration, last: Option<Box<ZkError>> },
}

impl ZkError {
    /// Worth another try on another connection.
    fn is_passing(&self) -> bool {
        match self {
            ZkError::NoSession(_) => true,
            ZkError::Failed { source, .. } => !matches!(source, Error::NoAuth | Error::NotEmpty),
            ZkError::Unreadable { .. } | ZkError::Timeout { .. } => false,
        }
    }
}

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

/// A session with the ensemble, opened when it is first needed and again after it was lost.
///
/// Nothing is watched and nothing is retried between calls: with a dead ensemble it does nothing
/// until somebody asks.
#[derive(Debug)]
pub(crate) struct ZkHandle {
    servers: Vec<SocketAddr>,
    /// With the server that gave it.
    client: tokio::sync::Mutex<Option<(SocketAddr, Client)>>,
    /// The server that gives a session only when no other does.
    avoided: Mutex<Option<SocketAddr>>,
    /// Counts connections, so that a server that failed is not the first to be tried again.
    turn: AtomicUsize,
}

impl ZkHandle {
    /// `None` when there are no servers, in KRaft.
    pub(crate) fn of(endpoints: &Endpoints) -> Option<Self> {
        (!endpoints.zookeeper.is_empty()).then(|| Self::new(endpoints))
    }

    /// Opens nothing yet.
    fn new(endpoints: &Endpoints) -> Self {
        let servers = endpoints.zookeeper.values().copied().collect();
        ZkHandle { servers, client: Default::default(), avoided: Mutex::default(), turn: AtomicUsize::new(0) }
    }

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

    /// Has the session with another server than the one that leads, so that [`commits`](Self::commits) tells.
    pub(crate) fn avoid(&self, leader: SocketAddr) {
        *self.avoided.lock().unwrap_or_else(PoisonError::into_inner) = Some(leader);
        if self.servers.len() > 1
            && let Ok(mut kept) = self.client.try_lock()
        {
            kept.take_if(|(server, _)| *server == leader);
        }
    }

    /// Whether the ensemble still commits: of a follower, `sync` is answered behind all that the leader has proposed
    /// (`Leader.processSync`), and it changes nothing. The leader itself answers it at once.
    ///
    /// Servers that were stopped and go on can follow their leader again without the proposals that it made meanwhile
    /// ("Got zxid 0x100000043 expected 0x1", 3.8.4): it waits for their acknowledgements for ever, and all of them still
    /// answer `srvr` and reads.
    pub(crate) async fn commits(&self, deadline: Duration) -> Result<(), ZkError> {
        // The server of the session alone may be paused.
        let patience = deadline / 3;
        let failed = |source| ZkError::Failed { what: "sync", path: "/".to_owned(), source };
        self.call(deadline, |client| async move {
            match timeout(patience, client.sync("/")).await {
                Ok(answer) => answer.map_err(failed),
                Err(_) => Err(failed(Error::Timeout)),
            }
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

    /// Runs `work` over the session; when that is lost, over a new one with another server, until the
    /// deadline. `work` may run more than once.
    pub(super) async fn call<T, F>(
        &self,
        deadline: Duration,
        work: impl Fn(Client) -> F,
    ) -> Result<T, ZkError>
    where
        F: Future<Output = Result<T, ZkError>>,
    {
        let until = Instant::now() + deadline;
        let mut last = None;
        loop {
            match timeout_at(until, async { work(self.client().await?).await }).await {
                Ok(Ok(value)) => return Ok(value),
                Ok(Err(error)) if !error.is_passing() => return Err(error),
                Ok(Err(error)) => last = Some(Box::new(error)),
                Err(_) => {}
            }
            // The server may be paused or without a quorum: the next try goes to another. When it is
            // locked, another caller opens a new session already.
            if let Ok(mut kept) = self.client.try_lock() {
                kept.take();
            }
            if timeout_at(until, sleep(RETRY)).await.is_err() {
                return Err(ZkError::Timeout { after: deadline, last });
            }
        }
    }

    /// The session, or a new one; callers at the same time share it.
    async fn client(&self) -> Result<Client, ZkError> {
        let mut kept = self.client.lock().await;
        let is_live = |client: &Client| client.state() == SessionState::SyncConnected;
        if let Some((_, client)) = kept.as_ref().filter(|(_, client)| is_live(client)) {
            return Ok(client.clone());
        }
        let (server, client) = self.connect().await?;
        *kept = Some((server, client.clone()));
        Ok(client)
    }

    async fn connect(&self) -> Result<(SocketAddr, Client), ZkError> {
        let mut failures = Vec::new();
        let avoided = *self.avoided.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        for server in in_turn(&self.servers, turn, avoided) {
            let connector = Client::connector()
                .with_session_timeout(SESSION_TIMEOUT)
                .with_fail_eagerly()
                // Requests that the ZooKeeper of Kafka 0.10 knows, too.
                .with_server_version(3, 4, 0);
            match timeout(CONNECT_TIMEOUT, connector.connect(&server.to_string())).await {
                Ok(Ok(client)) => return Ok((server, client)),
                // What fail_eagerly makes of everything, a refused connection above all.
                Ok(Err(Error::NoHosts)) => failures.push(format!("{server} refused")),
                Ok(Err(error)) => failures.push(format!("{server}: {error}")),
                Err(_) => {
                    failures.push(format!("{server}: no answer within {} ms", CONNECT_TIMEOUT.as_millis()))
                }
            }
        }
        failures.sort();
        Err(ZkError::NoSession(failures.join("; ")))
    }
}

/// All of them, another one first at each turn, and last the one to avoid.
fn in_turn(servers: &[SocketAddr], turn: usize, avoided: Option<SocketAddr>) -> Vec<SocketAddr> {
    let mut servers = servers.to_vec();
    let first = turn.checked_rem(servers.len()).unwrap_or_default();
    servers.rotate_left(first);
    servers.sort_by_key(|server| Some(*server) == avoided);
    servers
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

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    fn handle(servers: &[SocketAddr]) -> ZkHandle {
        let zookeeper = (1..).zip(servers.iter().copied()).collect();
        ZkHandle::new(&Endpoints { zookeeper, ..Endpoints::default() })
    }

    #[tokio::test]
    async fn a_dead_ensemble_is_an_error_within_the_deadline() {
        let closed = {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            listener.local_addr().unwrap()
        };
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let handle = handle(&[closed, silent.local_addr().unwrap()]);
        let started = Instant::now();
        let error = handle.registered(Duration::from_millis(100)).await.unwrap_err();
        assert!(matches!(error, ZkError::Timeout { .. }), "{error}");
        assert!(started.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn the_leader_gives_a_session_only_when_no_other_does() {
        let [a, b, c] = [1, 2, 3].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        assert_eq!(in_turn(&[a, b, c], 4, None), [b, c, a]);
        assert_eq!(in_turn(&[a, b, c], 4, Some(b)), [c, a, b]);
        assert_eq!(in_turn(&[a], 1, Some(a)), [a]);
        assert!(in_turn(&[], 1, None).is_empty());
    }

    #[tokio::test]
    async fn no_servers_at_all_is_an_error_too() {
        let handle = handle(&[]);
        assert!(handle.clear_registration(1, Duration::from_millis(10)).await.is_err());
    }
}
