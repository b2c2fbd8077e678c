//! Users of SCRAM, whose passwords brokers know from the cluster's metadata.

use std::time::Duration;

use super::error::{AdminError, Setback};
use super::retry::Tries;
use crate::wire::KafkaError;
use crate::wire::metadata::{self, Topics};
use crate::wire::pool::Pool;
use crate::wire::scram::{Upsertion, upsert};

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(100);
/// For one request; a paused broker must not use up the whole deadline.
const ASK: Duration = Duration::from_secs(2);

/// Has brokers know these credentials. Safe to call again after a failure, as of topics
/// ([`ensure_topics`](super::ensure::ensure_topics)).
pub(crate) async fn ensure_scram(
    users: &[Upsertion],
    pool: &Pool,
    deadline: Duration,
) -> Result<(), AdminError> {
    if users.is_empty() {
        return Ok(());
    }
    let mut tries = Tries::new("the users were not all there", deadline, PAUSE);
    loop {
        if let Some(end) = tries.after(round(users, pool)).await {
            return end;
        }
    }
}

async fn round(users: &[Upsertion], pool: &Pool) -> Result<(), Setback> {
    // Whichever answers: it hands the request to the controller.
    let listed = metadata::ask_any(pool, Topics::None, ASK).await?;
    let known = listed.live_brokers.iter().find_map(|id| pool.broker(*id));
    let broker = known.ok_or_else(|| KafkaError::NoBroker("none is registered".to_owned()))?;
    match upsert(pool, broker, users, ASK).await?.into_iter().next() {
        None => Ok(()),
        Some((_, error)) => Err(error.into()),
    }
}
