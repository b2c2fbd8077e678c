//! A measurement that a signal ends.

use std::sync::{Arc, OnceLock};

use nix::sys::signal::Signal;
use serde::{Serialize, Serializer};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::bench;
use crate::bench::{OnTalk, Order, Report};
use crate::engine::signals::Signals;
use crate::error::Failure;
use crate::plan::model::Plan;

/// How it ended; the JSON of `bench --json`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Ended {
    #[serde(flatten)]
    pub report: Report,
    /// That ended it.
    #[serde(serialize_with = "name")]
    pub signal: Option<Signal>,
}

fn name<S: Serializer>(signal: &Option<Signal>, serializer: S) -> Result<S::Ok, S::Error> {
    signal.map(Signal::as_str).serialize(serializer)
}

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
