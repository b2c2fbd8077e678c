//! The page that a supervisor serves: what is asked of it, and how the supervisor, which stands below every front end,
//! is handed one.

use futures_util::future::LocalBoxFuture;
use serde::{Deserialize, Serialize};

use crate::paths::ClusterDir;

/// The port that is tried first: the one that Kafka-Manager had.
pub(crate) const PORT: u16 = 9000;

/// `POST /v1/page`: what the page is to be from now on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OpenPage {
    /// This port of 127.0.0.1 and no other. `None`: where it is open already, else [`PORT`] or the next free one.
    pub port: Option<u16>,
}

/// Where the page is, and the secrets that let somebody in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OpenedPage {
    /// On 127.0.0.1.
    pub port: u16,
    /// Whoever has it may do everything.
    pub token: String,
    /// Whoever has it may look.
    pub read_token: String,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PageError {
    /// The port that was asked for.
    #[error("port {port} of 127.0.0.1 is taken{}", holder.as_ref().map(|who| format!(" by {who}")).unwrap_or_default())]
    PortTaken { port: u16, holder: Option<String> },
    #[error("no port from {from} to {to} of 127.0.0.1 is free")]
    NoPort { from: u16, to: u16 },
    #[error("{0}")]
    Failed(String),
}

/// A front end that a supervisor keeps. Nothing here blocks for more than some milliseconds.
pub(crate) trait Front {
    /// What was open when the last supervisor of this cluster ended is open again.
    fn resume(&mut self, dir: &ClusterDir);

    /// Opens it, or leaves it open.
    fn open(&mut self, dir: &ClusterDir, wanted: &OpenPage) -> Result<OpenedPage, PageError>;

    /// Closes it for good; one that is not open is as it should be.
    fn close(&mut self, dir: &ClusterDir) -> Result<(), PageError>;

    /// The supervisor ends, and says whether the cluster went down: answers that are under way go out, for which its
    /// own api is there until then. It takes a second at most.
    fn end(&mut self, is_down: bool) -> LocalBoxFuture<'static, ()>;
}
