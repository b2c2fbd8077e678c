//! A measurement that a signal ends.

use std::sync::{Arc, OnceLock};

use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::bench;
use crate::bench::{OnTalk, Order, Report};
use crate::engine::signals::{self, Signals};
use crate::error::Failure;
use crate::plan::model::Plan;

/// How it ended; the JSON of `bench --json`.
pub(crate) type Ended = signals::Ended<Report>;

/// Measures, until the first signal at most. Further ones change nothing: the topic is deleted first.
pub(crate) async fn measure(plan: &Plan, order: &Order, talk: OnTalk<'_>) -> Result<Ended, Failure> {
    let mut signals = Signals::listen()?;
    let stop = CancellationToken::new();
    let signal = Arc::new(OnceLock::new());
    let (stopped, heard) = (stop.clone(), Arc::clone(&signal));
    let _listening = AbortOnDropHandle::new(tokio::spawn(async move {
        loop {
            let _ = heard.set(signals.next().await);
            stopped.cancel();
        }
    }));
    let report = bench::measure(plan, order, &stop, talk).await?;
    Ok(Ended { report, signal: signal.get().copied() })
}
