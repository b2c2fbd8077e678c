//! The supervisor's side of the api: HTTP requests become `Call`s, replies become lines.
//!
//! ```text
//! POST /v1/act             a Request as JSON; answered by a Reply per line, the last one is Done
//! GET  /v1/status?topic=T  Status
//! GET  /v1/ping            Pong
//! GET  /v1/watch           a Seen per line, without end
//! POST /v1/page            an OpenPage as JSON; OpenedPage
//! DELETE /v1/page          nothing
//! ```
//!
//! Everything that goes wrong is answered by `{"error": "..."}` and a fitting status code.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Call;
use super::page::{OpenPage, PageError};
use crate::api::message::{Reply, Request, Seen};

/// The largest request body, in bytes.
const LARGEST_BODY: usize = 1 << 20;
/// How long a connection may take to send a request's head, idle time before it included.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long answers under way may take once the server is told to end: clients that read have
/// long got theirs, the others are left.
const FAREWELL: Duration = Duration::from_secs(2);
/// What may wait for a watcher that is slow to read.
const UNREAD: usize = 256;

/// The answer to `ping`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pong {
    /// The supervisor's.
    pub pid: u32,
    /// The supervisor's program's; the asking one's may be newer.
    pub version: String,
}

/// The answer to a request that could not be served.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Refusal {
    pub error: String,
}

type Calls = mpsc::UnboundedSender<Call>;

/// Serves until `shutdown`; then takes no more connections, lets answers under way end (each ends
/// with its `Done`, or when the supervisor drops its `replies`) and returns after 2 s at most.
///
/// Each connection is a task of its own: one that stalls, or talks nonsense, delays no other.
pub(crate) async fn serve(listener: UnixListener, calls: Calls, shutdown: CancellationToken) {
    let router = router(calls);
    let graceful = GracefulShutdown::new();
    // Aborts what is left when it is dropped.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = shutdown.cancelled() => break,
            // Forgets those that have ended.
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(converse(stream, router.clone(), &graceful));
                }
                Err(error) => {
                    // Too many open files, most likely: some will be closed soon.
                    tracing::warn!("failed to accept a connection: {error}");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
        }
    }
    drop(listener);
    let _ = tokio::time::timeout(FAREWELL, graceful.shutdown()).await;
}

fn converse(
    stream: UnixStream,
    router: Router,
    graceful: &GracefulShutdown,
) -> impl Future<Output = ()> + use<> {
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let connection = graceful.watch(connection);
    async move {
        if let Err(error) = connection.await {
            // Its own client's affair: gone in the middle, too slow, or not HTTP (answered by 400).
            tracing::debug!("a connection ended early: {error}");
        }
    }
}

fn router(calls: Calls) -> Router {
    Router::new()
        .route("/v1/act", post(act))
        .route("/v1/status", get(status))
        .route("/v1/ping", get(ping))
        .route("/v1/watch", get(watch))
        .route("/v1/page", post(open_page).delete(close_page))
        .fallback(|| async { refuse(StatusCode::NOT_FOUND, "there is nothing of that name") })
        .method_not_allowed_fallback(|| async {
            refuse(StatusCode::METHOD_NOT_ALLOWED, "not by this method")
        })
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(calls)
}

/// What a body says, or the refusal of one that says nothing.
#[expect(clippy::result_large_err, reason = "a response is what it is to become")]
fn read<T: DeserializeOwned>(body: Result<Bytes, BytesRejection>) -> Result<T, Response> {
    let body = body.map_err(|rejection| refuse(rejection.status(), rejection.body_text()))?;
    serde_json::from_slice(&body)
        .map_err(|error| refuse(StatusCode::BAD_REQUEST, format!("the request cannot be read: {error}")))
}

async fn act(State(calls): State<Calls>, body: Result<Bytes, BytesRejection>) -> Response {
    let request: Request = match read(body) {
        Ok(request) => request,
        Err(refusal) => return refusal,
    };
    let (replies, received) = mpsc::unbounded_channel();
    if calls.send(Call::Act { request, replies }).is_err() {
        return ending();
    }
    let lines = futures_util::stream::unfold(Some(received), next_line);
    ([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response()
}

/// One reply, one line, sent as soon as it is there; none after `Done`.
async fn next_line(
    received: Option<mpsc::UnboundedReceiver<Reply>>,
) -> Option<(Result<Bytes, serde_json::Error>, Option<mpsc::UnboundedReceiver<Reply>>)> {
    let mut received = received?;
    let reply = received.recv().await?;
    let last = matches!(reply, Reply::Done { .. });
    Some((line(&reply), (!last).then_some(received)))
}

fn line(said: &impl Serialize) -> Result<Bytes, serde_json::Error> {
    let mut line = serde_json::to_vec(said)?;
    line.push(b'\n');
    Ok(Bytes::from(line))
}

async fn watch(State(calls): State<Calls>) -> Response {
    let (seen, received) = mpsc::channel(UNREAD);
    if calls.send(Call::Watch { seen }).is_err() {
        return ending();
    }
    let lines = futures_util::stream::unfold(received, async |mut received| {
        let seen: Seen = received.recv().await?;
        Some((line(&seen), received))
    });
    ([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response()
}

async fn open_page(State(calls): State<Calls>, body: Result<Bytes, BytesRejection>) -> Response {
    let wanted: OpenPage = match read(body) {
        Ok(wanted) => wanted,
        Err(refusal) => return refusal,
    };
    let (answer, answered) = oneshot::channel();
    page(calls.send(Call::OpenPage { wanted, answer }).is_ok(), answered).await
}

async fn close_page(State(calls): State<Calls>) -> Response {
    let (answer, answered) = oneshot::channel();
    page(calls.send(Call::ClosePage { answer }).is_ok(), answered).await
}

async fn page<T: Serialize>(asked: bool, answered: oneshot::Receiver<Result<T, PageError>>) -> Response {
    match answered.await {
        Ok(Ok(answer)) if asked => Json(answer).into_response(),
        Ok(Err(error @ PageError::PortTaken { .. })) => refuse(StatusCode::CONFLICT, error.to_string()),
        Ok(Err(error)) => refuse(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
        _ => ending(),
    }
}

#[derive(Deserialize)]
struct StatusQuery {
    topic: Option<String>,
}

async fn status(State(calls): State<Calls>, Query(query): Query<StatusQuery>) -> Response {
    let (answer, answered) = oneshot::channel();
    if calls.send(Call::Status { topic: query.topic, answer }).is_err() {
        return ending();
    }
    match answered.await {
        Ok(status) => Json(status).into_response(),
        Err(_) => ending(),
    }
}

async fn ping() -> Result<Json<Pong>, Infallible> {
    Ok(Json(Pong { pid: std::process::id(), version: env!("CARGO_PKG_VERSION").to_owned() }))
}

fn ending() -> Response {
    refuse(StatusCode::SERVICE_UNAVAILABLE, "the supervisor is ending")
}

fn refuse(status: StatusCode, error: impl Into<String>) -> Response {
    (status, Json(Refusal { error: error.into() })).into_response()
}
