//! The session with the ensemble: opened, kept and opened anew, and whether the ensemble still commits.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout, timeout_at};
use zookeeper_client::{Client, Error, SessionState};

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
