//! What all requests of the page share.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt, stream};
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::admit::Gate;
use super::channel::Channels;
use super::ending::Ending;
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
/// What has happened up to the end is told: a rendering may be on its way.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// What all requests share.
pub(super) struct Site {
    /// The cluster whose supervisor this is.
    pub own: String,
    /// It is there until somebody deletes it, and not for a `cluster run` only.
    pub gate: Gate,
    pub hub: Hub,
    pub channels: Channels,
    viewers: Arc<Semaphore>,
    ending: Ending,
    pub room: Room,
    pub resets: Plans<ResetPlan>,
    pub moves: Plans<moves_act::Shown>,
}

impl Site {
    pub(super) fn new(dir: &ClusterDir, kept: &Kept, ending: Ending) -> Self {
        let home = dir.path().parent().unwrap_or(dir.path()).to_owned();
        let hub = Hub::new(home);
        Site {
            own: dir.path().file_name().unwrap_or_default().to_string_lossy().into_owned(),
            gate: Gate::new(kept),
            channels: Channels::new(hub.clone()),
            hub,
            ending,
            viewers: Arc::new(Semaphore::new(VIEWERS)),
            room: Room::default(),
            resets: Plans::default(),
            moves: Plans::default(),
        }
    }

    /// It stays when it is down: it is not, or no longer, there for a `cluster run` only.
    pub(super) fn is_kept(&self) -> bool {
        !self.hub.dir(&self.own).is_ephemeral()
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

    /// Sends these events for as long as the page is served, and at the end, where the cluster's own is behind it,
    /// one named `down`.
    pub(super) fn tell<S>(&self, events: S) -> Response
    where
        S: Stream<Item = Event> + Send + 'static,
    {
        let (ending, own) = (self.ending.clone(), self.own.clone());
        let end = {
            let ending = ending.clone();
            async move {
                ending.come().await;
                tokio::time::sleep(LAST_WORDS).await;
            }
        };
        let farewell = move || {
            let message = format!("{own} was taken down; `cluster -c {own} up` brings it back");
            Event::default().event("down").data(json!({ "message": message }).to_string())
        };
        let last = stream::iter(std::iter::once_with(move || ending.is_down().then(farewell)).flatten());
        let events = events.take_until(end).chain(last).map(Ok::<_, Infallible>);
        Sse::new(events).keep_alive(KeepAlive::default()).into_response()
    }

    /// A place among those who are told of changes, when there is one.
    pub(super) fn place(&self) -> Option<OwnedSemaphorePermit> {
        self.viewers.clone().try_acquire_owned().ok()
    }
}
