//! The page in the supervisor: opened, closed, open again after a supervisor was killed. It has a thread of its own,
//! whose runtime the supervisor's loop never waits for.

use std::net::{Ipv4Addr, TcpListener};
use std::thread;
use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use tokio::sync::oneshot;

use super::ending::{Ender, ending};
use super::kept::Kept;
use super::server;
use crate::api::page::{Front, OpenPage, OpenedPage, PORT, PageError};
use crate::host::ports::{HostPorts, ThisHost};
use crate::paths::ClusterDir;

/// How many ports are tried from [`PORT`] on.
const TRIED: u16 = 100;
/// How long the page may take to end: a thread that is busy is not waited for.
const FAREWELL: Duration = Duration::from_secs(1);

/// The page of one cluster.
#[derive(Default)]
pub(crate) struct Page {
    open: Option<Open>,
}

struct Open {
    kept: Kept,
    ender: Ender,
    /// Never said, but dropped by its thread at the end.
    ended: oneshot::Receiver<()>,
}

impl Front for Page {
    fn resume(&mut self, dir: &ClusterDir) {
        let Some(kept) = Kept::load(dir) else { return };
        let listener = bind(kept.port).or_else(|_| any_port());
        let opened = listener.and_then(|listener| self.serve(dir, listener, kept));
        if let Err(error) = opened {
            tracing::error!("the page is not served again: {error}");
        }
    }

    fn open(&mut self, dir: &ClusterDir, wanted: &OpenPage) -> Result<OpenedPage, PageError> {
        if let Some(open) = &self.open
            && wanted.port.is_none_or(|port| port == open.kept.port)
        {
            return Ok(opened(&open.kept));
        }
        let listener = match wanted.port {
            Some(port) => bind(port)?,
            None => any_port()?,
        };
        let kept = match Kept::load(dir) {
            Some(kept) => kept,
            None => Kept::new(0).map_err(PageError::Failed)?,
        };
        self.serve(dir, listener, kept)
    }

    fn close(&mut self, dir: &ClusterDir) -> Result<(), PageError> {
        self.open = None;
        Kept::remove(dir).map_err(PageError::Failed)
    }

    fn end(&mut self, is_down: bool) -> LocalBoxFuture<'static, ()> {
        let open = self.open.take();
        Box::pin(async move {
            let Some(Open { ender, ended, .. }) = open else { return };
            ender.end(is_down);
            let _ = tokio::time::timeout(FAREWELL, ended).await;
        })
    }
}

impl Page {
    /// In the place of the one that is open.
    fn serve(
        &mut self,
        dir: &ClusterDir,
        listener: TcpListener,
        kept: Kept,
    ) -> Result<OpenedPage, PageError> {
        let failed = |error: std::io::Error| PageError::Failed(format!("failed to serve the page: {error}"));
        let port = listener.local_addr().map_err(failed)?.port();
        let kept = Kept { port, ..kept };
        kept.store(dir).map_err(PageError::Failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let (ender, ending) = ending();
        let (ends, ended) = oneshot::channel();
        let (dir, serving) = (dir.clone(), kept.clone());
        let thread = thread::Builder::new().name("page".to_owned());
        let main = move || {
            let local = tokio::task::LocalSet::new();
            if let Err(error) = local.block_on(&runtime, server::serve(listener, &dir, &serving, ending)) {
                tracing::error!("the page has ended: {error}");
            }
            drop(local);
            // What waits for a lock, say, is not waited for.
            runtime.shutdown_background();
            drop::<oneshot::Sender<()>>(ends);
        };
        thread.spawn(main).map_err(failed)?;
        self.open = Some(Open { kept: kept.clone(), ender, ended });
        Ok(opened(&kept))
    }
}

fn opened(kept: &Kept) -> OpenedPage {
    let Kept { port, token, read_token } = kept.clone();
    OpenedPage { port, token, read_token }
}

fn bind(port: u16) -> Result<TcpListener, PageError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|_| PageError::PortTaken {
        port,
        holder: ThisHost.holder(port).map(|holder| holder.to_string()),
    })
}

fn any_port() -> Result<TcpListener, PageError> {
    let (from, to) = (PORT, PORT + TRIED - 1);
    (from..=to).find_map(|port| bind_quietly(port).ok()).ok_or(PageError::NoPort { from, to })
}

fn bind_quietly(port: u16) -> std::io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
}
