//! Connections of the page: as many as there may be, each a task of its own.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use super::ending::Ending;
use super::kept::Kept;
use super::routes;
use super::site::Site;
use crate::paths::ClusterDir;

/// Connections at once: a browser has six at most, and keeps those that it has.
const CONNECTIONS: usize = 256;
/// How long a connection may take to send a request's head, idle time before it included.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long answers that are under way may take when the page ends.
const FAREWELL: Duration = Duration::from_millis(500);
/// The largest head of a request, in bytes; hyper has one buffer for it.
const LARGEST_HEAD: usize = 16 << 10;

const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-type: text/plain\r\n\
    content-length: 45\r\nretry-after: 5\r\n\r\ntoo many connections to this page; try again\n";

/// Serves until its end. Viewers are told the last then, and answers under way go out.
pub(super) async fn serve(
    listener: TcpListener,
    dir: &ClusterDir,
    kept: &Kept,
    ending: Ending,
) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let router = routes::router(Arc::new(Site::new(dir, kept, ending.clone())));
    let mut end = std::pin::pin!(ending.come());
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            () = &mut end => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => match room.clone().try_acquire_owned() {
                Ok(place) => {
                    let conversation = converse(stream, router.clone(), &graceful);
                    tokio::task::spawn_local(async move {
                        conversation.await;
                        drop(place);
                    });
                }
                Err(_) => drop(tokio::task::spawn_local(turn_away(stream))),
            },
            Err(error) => {
                // Too many open files, most likely: some will be closed soon.
                tracing::warn!("failed to accept a connection to the page: {error}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    // A browser keeps connections that it has not asked anything on: they do not end by themselves.
    let _ = tokio::time::timeout(FAREWELL, graceful.shutdown()).await;
    Ok(())
}

fn converse(
    stream: TcpStream,
    router: axum::Router,
    graceful: &GracefulShutdown,
) -> impl Future<Output = ()> + use<> {
    // What is sent is whole messages: none has to wait for the answer to the one before.
    let _ = stream.set_nodelay(true);
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .max_buf_size(LARGEST_HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let connection = graceful.watch(connection);
    async move {
        if let Err(error) = connection.await {
            // Its own client's affair: gone in the middle, too slow, or not HTTP (answered by 400).
            tracing::debug!("a connection to the page ended early: {error}");
        }
    }
}

async fn turn_away(mut stream: TcpStream) {
    // Whoever does not read it is turned away all the same.
    let _ = tokio::time::timeout(Duration::from_secs(1), stream.write_all(FULL)).await;
}
