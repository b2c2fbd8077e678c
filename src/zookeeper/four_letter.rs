//! ZooKeeper's four-letter words: `srvr`, which says whether a server serves, and as what.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::model::view::VoterMode;

/// `srvr` answers about 200 bytes.
const MAX_ANSWER: u64 = 16 << 10;

const SRVR: &[u8; 4] = b"srvr";

/// How long a connection that nobody waits for may take.
const CONNECT: Duration = Duration::from_secs(1);

/// Why a server's mode is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SrvrError {
    #[error("connection refused")]
    Refused,
    #[error("connection failed: {why}")]
    Failed { why: String },
    #[error("no answer within {} ms", deadline.as_millis())]
    Silent { deadline: Duration },
    #[error("connection closed by the server")]
    Closed,
    #[error("its mode is `{mode}`")]
    OtherMode { mode: String },
    /// Its own words: without a quorum "This ZooKeeper instance is not currently serving requests".
    #[error("{line}")]
    Says { line: String },
}

/// Asks one server for its mode.
pub(crate) async fn srvr(address: SocketAddr, deadline: Duration) -> Result<VoterMode, SrvrError> {
    within(deadline, ask(address, SRVR)).await
}

/// Connections opened before they are needed: a server closes each after one word, and to accept one
/// takes a JVM several changes of thread.
#[derive(Debug, Default)]
pub(crate) struct OpenAhead(Mutex<HashMap<SocketAddr, TcpStream>>);

impl OpenAhead {
    /// As [`srvr`], over a connection opened ahead if there is one that still stands.
    pub(crate) async fn srvr(&self, address: SocketAddr, deadline: Duration) -> Result<VoterMode, SrvrError> {
        let opened = self.opened().remove(&address);
        within(deadline, async {
            if let Some(stream) = opened
                && let Ok(answer) = say(stream, SRVR).await
                && !answer.is_empty()
            {
                return Ok(answer);
            }
            ask(address, SRVR).await
        })
        .await
    }

    /// Opens a connection to each of these servers that can be reached. A server gives one up that is
    /// not used for 10 s (zookeeper.nio.sessionlessCnxnTimeout).
    pub(crate) async fn open(&self, servers: impl Iterator<Item = SocketAddr>) {
        let connect = |address| async move { (address, timeout(CONNECT, TcpStream::connect(address)).await) };
        for (address, stream) in join_all(servers.map(connect)).await {
            if let Ok(Ok(stream)) = stream {
                self.opened().insert(address, stream);
            }
        }
    }

    fn opened(&self) -> MutexGuard<'_, HashMap<SocketAddr, TcpStream>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn within(
    deadline: Duration,
    answer: impl Future<Output = io::Result<String>>,
) -> Result<VoterMode, SrvrError> {
    match timeout(deadline, answer).await {
        Ok(Ok(answer)) => mode(&answer),
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => Err(SrvrError::Refused),
        Ok(Err(error)) => Err(SrvrError::Failed { why: error.to_string() }),
        Err(_) => Err(SrvrError::Silent { deadline }),
    }
}

async fn ask(address: SocketAddr, word: &[u8; 4]) -> io::Result<String> {
    say(TcpStream::connect(address).await?, word).await
}

async fn say(mut stream: TcpStream, word: &[u8; 4]) -> io::Result<String> {
    stream.write_all(word).await?;
    let mut answer = Vec::with_capacity(1024);
    stream.take(MAX_ANSWER).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// What an answer to `srvr` says.
pub(crate) fn mode(answer: &str) -> Result<VoterMode, SrvrError> {
    match answer.lines().find_map(|line| line.strip_prefix("Mode:")).map(str::trim) {
        Some("leader") => Ok(VoterMode::Leader),
        Some("follower") => Ok(VoterMode::Follower),
        Some("standalone") => Ok(VoterMode::Standalone),
        Some(other) => Err(SrvrError::OtherMode { mode: short(other) }),
        None => match answer.lines().map(str::trim).find(|line| !line.is_empty()) {
            Some(line) => Err(SrvrError::Says { line: short(line) }),
            None => Err(SrvrError::Closed),
        },
    }
}

/// A line that is not ours, fit for a table.
fn short(line: &str) -> String {
    line.chars().filter(|c| !c.is_control()).take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tokio::net::TcpListener;

    #[test]
    fn the_mode_is_read_from_its_line() {
        let answer =
            "Zookeeper version: 3.8.4\nLatency min/avg/max: 0/0.0/0\nMode: follower\nNode count: 5\n";
        assert_eq!(mode(answer), Ok(VoterMode::Follower));
        assert_eq!(mode("Mode: leader"), Ok(VoterMode::Leader));
        assert_eq!(mode("Mode: standalone\n"), Ok(VoterMode::Standalone));
    }

    #[test]
    fn a_server_without_a_quorum_is_quoted() {
        let answer = "This ZooKeeper instance is not currently serving requests\n";
        assert_eq!(mode(answer), Err(SrvrError::Says { line: answer.trim().to_owned() }));
        assert_eq!(mode(""), Err(SrvrError::Closed));
    }

    #[tokio::test]
    async fn a_silent_server_costs_no_more_than_the_deadline() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let error = srvr(listener.local_addr().unwrap(), Duration::from_millis(20)).await.unwrap_err();
        assert_eq!(error.to_string(), "no answer within 20 ms");
    }

    fn says(line: &str) -> Result<VoterMode, SrvrError> {
        Err(SrvrError::Says { line: line.to_owned() })
    }

    /// Answers every connection with the number of connections so far, and closes it.
    async fn counting(listener: TcpListener) {
        for turn in 1.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                if stream.read_exact(&mut [0; 4]).await.is_ok() {
                    let _ = stream.write_all(format!("connection {turn}").as_bytes()).await;
                }
            });
        }
    }

    #[tokio::test]
    async fn a_connection_opened_ahead_is_used_once() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(counting(listener));
        let ahead = OpenAhead::default();
        let soon = Duration::from_secs(60);
        ahead.open([address].into_iter()).await;
        assert_eq!(ahead.srvr(address, soon).await, says("connection 1"));
        assert_eq!(ahead.srvr(address, soon).await, says("connection 2"));
        server.abort();
    }

    #[tokio::test]
    async fn a_connection_that_the_server_has_closed_meanwhile_costs_nothing_but_another() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let ahead = OpenAhead::default();
        ahead.open([address].into_iter()).await;
        drop(listener.accept().await.unwrap());
        let server = tokio::spawn(counting(listener));
        assert_eq!(ahead.srvr(address, Duration::from_secs(60)).await, says("connection 1"));
        server.abort();
    }

    #[tokio::test]
    async fn an_endless_answer_is_cut_off() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let flood = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
        });
        assert!(srvr(address, Duration::from_secs(60)).await.is_err());
        flood.await.unwrap();
    }

    proptest! {
        #[test]
        fn any_answer_is_a_mode_or_a_short_line(answer in ".{0,400}") {
            if let Err(line) = mode(&answer) {
                let line = line.to_string();
                prop_assert!(!line.contains('\n') && line.chars().count() <= 120);
            }
        }
    }
}
