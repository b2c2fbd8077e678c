//! Trying again while what hinders passes by itself.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use super::error::{AdminError, Setback};
use super::{ASK, Admin, PATIENCE};
use crate::wire::metadata;
use crate::wire::metadata::Topics;
use crate::wire::pool::address;

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(20);

impl Admin {
    /// Tries until it is done, for [`PATIENCE`] at most. `what` says how it is when that is up (`topic x is
    /// not created`), `verb` what brokers cannot do that lack the request.
    pub(super) async fn retry<T>(
        &self,
        what: &str,
        verb: &'static str,
        mut attempt: impl AsyncFnMut() -> Result<T, Setback>,
    ) -> Result<T, AdminError> {
        let until = Instant::now() + PATIENCE;
        let mut last = "no answer".to_owned();
        loop {
            match timeout_at(until, attempt()).await {
                Ok(Ok(done)) => return Ok(done),
                Ok(Err(Setback::Fatal(error))) => return Err(error),
                Ok(Err(Setback::Unsupported { api, since })) => {
                    let version = self.plan.kafka.version.clone();
                    return Err(AdminError::Unsupported { version, what: verb, api, since });
                }
                Ok(Err(Setback::Passing(reason))) => last = reason,
                Err(_) => {}
            }
            if timeout_at(until, sleep(PAUSE)).await.is_err() {
                return Err(AdminError::Timeout { what: what.to_owned(), after: PATIENCE, last });
            }
        }
    }

    /// Where the controller listens, by the first broker's word.
    pub(super) async fn controller(&self) -> Result<SocketAddr, Setback> {
        let metadata = metadata::ask_any(&self.pool, Topics::None, ASK).await?;
        let id = metadata.controller;
        let id = id.ok_or_else(|| Setback::Passing("the cluster has no controller".to_owned()))?;
        Ok(address(&self.pool, id)?)
    }
}
