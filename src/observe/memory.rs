//! What surveys of one cluster keep from one to the next.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use super::min_isr::MinIsrCache;
use crate::plan::endpoints::Endpoints;
use crate::zookeeper::four_letter::OpenAhead;

/// The registered brokers, and the controller among them.
pub(super) type Registered = (BTreeSet<i32>, Option<i32>);

/// Empty at first: the next survey fills it.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(super) min_isr: MinIsrCache,
    pub(super) servers: OpenAhead,
    told_whole: Mutex<Option<Registered>>,
}

impl Memory {
    /// Makes the next survey quicker, at a time when nobody waits.
    pub(crate) async fn open_ahead(&self, endpoints: &Endpoints) {
        self.servers.open(endpoints.zookeeper.values().copied()).await;
    }

    /// Under whom Metadata told every topic that exists, when it was last looked: only a controller that
    /// was just elected leaves some out, so as long as these stay the same it need not be looked again.
    pub(super) fn told_whole(&self) -> Option<Registered> {
        self.told_whole.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_told_whole(&self, under: Option<Registered>) {
        *self.told_whole.lock().unwrap_or_else(PoisonError::into_inner) = under;
    }
}
