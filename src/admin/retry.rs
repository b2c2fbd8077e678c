//! Trying again while what hinders passes by itself.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use super::error::{AdminError, Setback};
use super::{ASK, Admin, PATIENCE};
use crate::wire::metadata;
use crate::wire::metadata::{Metadata, Topics};
use crate::wire::pool::{Pool, address};

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(20);

/// Tries of one thing, for a while. A loop rather than a closure, as futures of async closures that borrow are not
/// `Send`.
pub(super) struct Tries<'a> {
    what: &'a str,
    patience: Duration,
    pause: Duration,
    until: Instant,
    last: String,
}

impl<'a> Tries<'a> {
    /// For `patience` at most, with a `pause` between two. `what` says how it is when that is up (`topic x is not
    /// created`).
    pub(super) fn new(what: &'a str, patience: Duration, pause: Duration) -> Self {
        Tries { what, patience, pause, until: Instant::now() + patience, last: "no answer".to_owned() }
    }

    /// One try, and the pause after it. The result when it is done, was refused for good, or time is up.
    pub(super) async fn after<T>(
        &mut self,
        attempt: impl Future<Output = Result<T, Setback>>,
    ) -> Option<Result<T, AdminError>> {
        match timeout_at(self.until, attempt).await {
            Ok(Ok(done)) => return Some(Ok(done)),
            Ok(Err(Setback::Fatal(error))) => return Some(Err(error)),
            Ok(Err(setback)) => self.last = setback.to_string(),
            Err(_) => {}
        }
        timeout_at(self.until, sleep(self.pause)).await.is_err().then(|| {
            let last = std::mem::take(&mut self.last);
            Err(AdminError::Timeout { what: self.what.to_owned(), after: self.patience, last })
        })
    }

    /// How long there is still to try.
    pub(super) fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }
}

/// Where the controller listens, by this broker's word.
pub(super) fn controller_of(pool: &Pool, told: &Metadata) -> Result<SocketAddr, Setback> {
    let id = told.controller.ok_or_else(|| Setback::Passing("the cluster has no controller".to_owned()))?;
    Ok(address(pool, id)?)
}

impl Admin {
    /// Tries for [`PATIENCE`], see [`Tries`]. `verb` says what brokers cannot do that lack the request, which is no
    /// matter of time.
    pub(super) async fn retry<T>(
        &self,
        what: &str,
        verb: &'static str,
        mut attempt: impl AsyncFnMut() -> Result<T, Setback>,
    ) -> Result<T, AdminError> {
        let for_good = |setback| match setback {
            Setback::Unsupported { api, since } => {
                let version = self.plan.kafka.version.clone();
                AdminError::Unsupported { version, what: verb, api, since }.into()
            }
            setback => setback,
        };
        let mut tries = Tries::new(what, PATIENCE, PAUSE);
        loop {
            if let Some(end) = tries.after(async { attempt().await.map_err(for_good) }).await {
                return end;
            }
        }
    }

    /// Where the controller listens, by the first broker's word.
    pub(super) async fn controller(&self) -> Result<SocketAddr, Setback> {
        controller_of(&self.pool, &metadata::ask_any(&self.pool, Topics::None, ASK).await?)
    }
}
