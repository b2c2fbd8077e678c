//! The api between front ends and the supervisor: HTTP/JSON over a Unix socket.

pub(crate) mod client;
pub(crate) mod message;
pub(crate) mod page;
pub(crate) mod server;
pub(crate) mod socket;

#[cfg(test)]
mod tests;

use crate::model::status::Status;
use message::{Reply, Request, Seen};
use page::{OpenPage, OpenedPage, PageError};
use tokio::sync::{mpsc, oneshot};

/// What the api's server hands to the supervisor's loop.
#[derive(Debug)]
pub(crate) enum Call {
    /// `POST /v1/act`: replies go out as newline-delimited JSON until `Reply::Done`.
    /// A client that goes away does not undo the request; nothing else is begun for it, such as the restart of a
    /// further node.
    Act { request: Request, replies: mpsc::UnboundedSender<Reply> },
    /// `GET /v1/status?topic=T`: asks every node afresh, within 1.5 s.
    Status { topic: Option<String>, answer: oneshot::Sender<Status> },
    /// `GET /v1/watch`: the state at once and whenever it has changed, and every event from then on. One who reads too
    /// slowly is let go.
    Watch { seen: mpsc::Sender<Seen> },
    /// `POST /v1/page`: opens the page.
    OpenPage { wanted: OpenPage, answer: oneshot::Sender<Result<OpenedPage, PageError>> },
    /// `DELETE /v1/page`: closes it.
    ClosePage { answer: oneshot::Sender<Result<(), PageError>> },
}
