//! A front end's side of the api. Light: a whole `cluster status` takes some milliseconds.

use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::{Method, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout};
use tokio_util::task::AbortOnDropHandle;

use super::page::{OpenPage, OpenedPage};
use super::server::{Pong, Refusal};
use super::socket;
use crate::api::message::{Reply, Request, Seen};
use crate::error::{ExitCode, Failure};
use crate::model::outcome::Outcome;
use crate::model::status::Status;
use crate::paths::ClusterDir;

/// Why the supervisor gave no answer, or none that helps.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// Nobody listens: no supervisor runs.
    #[error("the cluster's supervisor is not running")]
    NotRunning,
    /// The supervisor went away in the middle: what was asked may have been done or not.
    #[error("the supervisor ended before it had answered; what was asked may be done or not")]
    Lost,
    #[error("the supervisor has not answered within {} ms", after.as_millis())]
    TimedOut { after: Duration },
    /// It answered that it will not serve this; in its own words.
    #[error("the supervisor refused: {error}")]
    Refused { status: u16, error: String },
    #[error("the supervisor's answer makes no sense: {0}")]
    Protocol(String),
    #[error("failed to connect to {}: {source}", path.display())]
    Connect { path: PathBuf, source: io::Error },
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let (code, hint) = match &error {
            ClientError::NotRunning => (ExitCode::NotRunning, Some("start it with `cluster up`")),
            ClientError::Lost => (ExitCode::Failed, Some("see `cluster status`, then ask again")),
            ClientError::TimedOut { .. } => (ExitCode::TimedOut, None),
            // A supervisor of another version speaks otherwise.
            ClientError::Protocol(_) | ClientError::Refused { .. } => (ExitCode::Failed, None),
            ClientError::Connect { .. } => (ExitCode::Failed, None),
        };
        let failure = Failure::new(code, error.to_string());
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

/// Asks the supervisor of one cluster. Each request has a connection of its own.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    socket: PathBuf,
}

impl Client {
    /// Does nothing yet: whether a supervisor runs is found out by asking.
    pub(crate) fn new(dir: &ClusterDir) -> Self {
        Client { socket: dir.supervisor_socket() }
    }

    /// Has something done. `on_reply` sees every event and progress as it comes; the definite
    /// answer is returned. Waits as long as it takes; dropping it does not undo the request.
    pub(crate) async fn act(
        &self,
        request: &Request,
        mut on_reply: impl FnMut(Reply),
    ) -> Result<Outcome, ClientError> {
        let body = serde_json::to_vec(request).map_err(nonsense)?;
        let exchange = Exchange::start(&self.socket, Method::POST, "/v1/act", body).await?;
        let done = exchange.lines(|reply| match reply {
            Reply::Done { outcome } => ControlFlow::Break(outcome),
            reply => {
                on_reply(reply);
                ControlFlow::Continue(())
            }
        });
        done.await?.ok_or(ClientError::Lost)
    }

    /// The cluster's state; of one topic only, when one is named.
    pub(crate) async fn status(
        &self,
        topic: Option<&str>,
        deadline: Duration,
    ) -> Result<Status, ClientError> {
        let query = topic.map(|topic| format!("?topic={}", percent_encoded(topic))).unwrap_or_default();
        self.get(&format!("/v1/status{query}"), deadline).await
    }

    /// Whether the supervisor's loop of connections lives, and which program it is.
    pub(crate) async fn ping(&self, deadline: Duration) -> Result<Pong, ClientError> {
        self.get("/v1/ping", deadline).await
    }

    /// Sees the state and every event as they come, until the supervisor ends or lets us go.
    pub(crate) async fn watch(&self, mut on_seen: impl FnMut(Seen)) -> Result<(), ClientError> {
        let exchange = Exchange::start(&self.socket, Method::GET, "/v1/watch", Vec::new()).await?;
        let ended = exchange.lines(|seen| {
            on_seen(seen);
            ControlFlow::<()>::Continue(())
        });
        ended.await.map(|_| ())
    }

    /// Opens the page.
    pub(crate) async fn open_page(
        &self,
        wanted: &OpenPage,
        deadline: Duration,
    ) -> Result<OpenedPage, ClientError> {
        let body = serde_json::to_vec(wanted).map_err(nonsense)?;
        self.ask(Method::POST, "/v1/page", body, deadline).await
    }

    /// Closes it.
    pub(crate) async fn close_page(&self, deadline: Duration) -> Result<(), ClientError> {
        self.ask(Method::DELETE, "/v1/page", Vec::new(), deadline).await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, deadline: Duration) -> Result<T, ClientError> {
        self.ask(Method::GET, path, Vec::new(), deadline).await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
        deadline: Duration,
    ) -> Result<T, ClientError> {
        let asked = async {
            let exchange = Exchange::start(&self.socket, method, path, body).await?;
            serde_json::from_slice(&exchange.whole_body().await?).map_err(nonsense)
        };
        timeout(deadline, asked).await.unwrap_or(Err(ClientError::TimedOut { after: deadline }))
    }
}

/// One request and its answer, whose body is still to be read.
struct Exchange {
    response: Response<Incoming>,
    /// Moves the bytes; ends with this.
    _connection: AbortOnDropHandle<()>,
}

impl Exchange {
    async fn start(socket: &Path, method: Method, path: &str, body: Vec<u8>) -> Result<Self, ClientError> {
        tracing::debug!("asks the supervisor: {method} {path}");
        let stream = connect(socket).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(lost)?;
        let connection = AbortOnDropHandle::new(tokio::spawn(async move {
            // Its error is the one that the sender or the body ends with.
            let _ = connection.await;
        }));
        let request = hyper::Request::builder()
            .method(method)
            .uri(path)
            .header(hyper::header::HOST, "supervisor")
            .body(Full::new(Bytes::from(body)))
            .map_err(nonsense)?;
        let response = sender.send_request(request).await.map_err(lost)?;
        let exchange = Exchange { response, _connection: connection };
        match exchange.response.status() {
            StatusCode::OK => Ok(exchange),
            status => {
                let body = exchange.whole_body().await?;
                let error = serde_json::from_slice(&body).map(|refusal: Refusal| refusal.error);
                let error = error.unwrap_or_else(|_| String::from_utf8_lossy(&body).into_owned());
                Err(ClientError::Refused { status: status.as_u16(), error })
            }
        }
    }

    /// Hands on each line as it comes, until one is the last or the answer ends: `None`.
    async fn lines<T: DeserializeOwned, B>(
        mut self,
        mut on_line: impl FnMut(T) -> ControlFlow<B>,
    ) -> Result<Option<B>, ClientError> {
        let mut lines = Lines::default();
        while let Some(frame) = self.response.body_mut().frame().await {
            let Ok(data) = frame.map_err(lost)?.into_data() else { continue };
            lines.push(&data);
            while let Some(line) = lines.next() {
                if let ControlFlow::Break(last) = on_line(serde_json::from_slice(&line).map_err(nonsense)?) {
                    return Ok(Some(last));
                }
            }
        }
        Ok(None)
    }

    async fn whole_body(self) -> Result<Bytes, ClientError> {
        Ok(self.response.into_body().collect().await.map_err(lost)?.to_bytes())
    }
}

async fn connect(socket: &Path) -> Result<tokio::net::UnixStream, ClientError> {
    /// A supervisor that accepts nobody for so long is stopped or hangs.
    const AT_MOST: Duration = Duration::from_secs(10);
    let start = Instant::now();
    loop {
        match socket::connect(socket).await {
            Ok(stream) => return Ok(stream),
            Err(error) => match error.kind() {
                // Reset: it died while we were in its queue.
                io::ErrorKind::NotFound
                | io::ErrorKind::ConnectionRefused
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::NotADirectory => return Err(ClientError::NotRunning),
                // Its queue of connections is full. There is no event for a free place.
                io::ErrorKind::WouldBlock if start.elapsed() < AT_MOST => {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                io::ErrorKind::WouldBlock => return Err(ClientError::TimedOut { after: AT_MOST }),
                _ => return Err(ClientError::Connect { path: socket.to_owned(), source: error }),
            },
        }
    }
}

/// Cuts a stream of bytes into lines, however it comes in pieces.
#[derive(Default)]
struct Lines {
    waiting: Vec<u8>,
}

impl Lines {
    fn push(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
    }

    fn next(&mut self) -> Option<Vec<u8>> {
        let end = self.waiting.iter().position(|byte| *byte == b'\n')?;
        let mut line: Vec<u8> = self.waiting.drain(..=end).collect();
        line.pop();
        Some(line)
    }
}

/// For a query's value: everything but RFC 3986's unreserved characters.
pub(crate) fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(byte.into()),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
        encoded
    })
}

/// The connection broke: with a Unix socket that means that the other side is gone, unless it
/// said something that is not HTTP.
fn lost(error: hyper::Error) -> ClientError {
    if error.is_parse() { nonsense(error) } else { ClientError::Lost }
}

fn nonsense(error: impl std::fmt::Display) -> ClientError {
    ClientError::Protocol(error.to_string())
}
