//! Waiting for a moment that may never come.

use std::future::pending;

use tokio::time::{Instant, sleep_until};

/// Returns at this moment; never without one.
pub(crate) async fn alarm(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => pending().await,
    }
}
