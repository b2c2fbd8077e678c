//! What all requests of the page share.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::admit::Gate;
use super::channel::Channels;
use super::hub::Hub;
use super::kept::Kept;
use super::moves_act;
use super::plans::Plans;
use super::under_way::Room;
use crate::admin::group::ResetPlan;
use crate::engine::clusters::{self, Found};
use crate::engine::session;
use crate::error::Failure;
use crate::paths::{ClusterDir, Folders};

/// Tabs and programs that are told of changes at once.
const VIEWERS: usize = 64;

/// What all requests share.
pub(super) struct Site {
    /// The cluster whose supervisor this is.
    pub own: String,
    pub gate: Gate,
    pub hub: Hub,
    pub channels: Channels,
    viewers: Arc<Semaphore>,
    pub room: Room,
    pub resets: Plans<ResetPlan>,
    pub moves: Plans<moves_act::Shown>,
}

impl Site {
    pub(super) fn new(dir: &ClusterDir, kept: &Kept) -> Self {
        let home = dir.path().parent().unwrap_or(dir.path()).to_owned();
        let hub = Hub::new(home);
        Site {
            own: dir.path().file_name().unwrap_or_default().to_string_lossy().into_owned(),
            gate: Gate::new(kept),
            channels: Channels::new(hub.clone()),
            hub,
            viewers: Arc::new(Semaphore::new(VIEWERS)),
            room: Room::default(),
            resets: Plans::default(),
            moves: Plans::default(),
        }
    }

    /// The folder of a cluster of this home.
    pub(super) fn cluster(&self, name: &str) -> Option<ClusterDir> {
        let dir = self.hub.dir(name);
        (clusters::check_name(name).is_ok() && dir.plan().is_file()).then_some(dir)
    }

    /// Every cluster of this home.
    pub(super) fn clusters(&self) -> Result<Vec<Found>, Failure> {
        let folders = Folders { home: self.hub.home().clone(), cache: self.hub.home().clone() };
        clusters::find(&folders, session::supervisor)
    }

    /// A place among those who are told of changes, when there is one.
    pub(super) fn place(&self) -> Option<OwnedSemaphorePermit> {
        self.viewers.clone().try_acquire_owned().ok()
    }
}
