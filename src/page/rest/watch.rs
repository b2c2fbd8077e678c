//! What changes in a cluster, told to a program as it comes.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::response::sse::Event;
use schemars::JsonSchema;
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::call::wrong;
use crate::model::event::Entry;
use crate::model::status::Status;
use crate::page::hub::{Lost, Snapshot};
use crate::page::site::Site;

/// The data of one message, by its name: `status`, `event`, `lost` or `down`.
#[derive(JsonSchema, Serialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "what is told has this shape; it is written from what is shared")]
pub(super) enum Seen {
    /// How the cluster is: at first, and when that has changed.
    Status(Box<Status>),
    /// A journal entry that was written since.
    Event(Entry),
    /// `lost`: why the supervisor does not answer. `down`, the last one: the cluster that serves this was taken down.
    Lost { message: String },
}

/// Who watches, and what they know already.
struct Watching {
    snapshots: watch::Receiver<Arc<Snapshot>>,
    status: Option<Arc<Status>>,
    lost: Option<Lost>,
    /// The last entry that was told, or was there before.
    seq: Option<u64>,
    telling: VecDeque<Event>,
    _place: OwnedSemaphorePermit,
}

pub(super) async fn watch(State(site): State<Arc<Site>>, Path(cluster): Path<String>) -> Response {
    if site.cluster(&cluster).is_none() {
        return wrong(StatusCode::NOT_FOUND, format!("there is no cluster `{cluster}`"));
    }
    let Some(place) = site.place() else {
        return wrong(StatusCode::SERVICE_UNAVAILABLE, "too many are told of changes; try again later");
    };
    let mut snapshots = site.hub.watch(&cluster);
    // Entries that are there when the first state is, were written before.
    let first = snapshots
        .wait_for(|snapshot| snapshot.is_told())
        .await
        .map(|snapshot| snapshot.entries.back().map(|last| last.seq));
    let watching = Watching {
        seq: first.ok().flatten(),
        snapshots,
        status: None,
        lost: None,
        telling: VecDeque::new(),
        _place: place,
    };
    let events = futures_util::stream::unfold(watching, async |mut watching| {
        let event = watching.next().await?;
        Some((event, watching))
    });
    site.tell(events)
}

impl Watching {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.telling.pop_front() {
                return Some(event);
            }
            let snapshot = self.snapshots.borrow_and_update().clone();
            self.take(&snapshot);
            if self.telling.is_empty() {
                self.snapshots.changed().await.ok()?;
            }
        }
    }

    /// Events come before the state that they led to.
    fn take(&mut self, snapshot: &Snapshot) {
        for entry in &snapshot.entries {
            if self.seq.is_none_or(|seq| entry.seq > seq) {
                self.seq = Some(entry.seq);
                self.tell("event", &**entry);
            }
        }
        if let Some(status) = &snapshot.status
            && !self.status.as_ref().is_some_and(|told| Arc::ptr_eq(told, status))
        {
            self.status = Some(status.clone());
            self.tell("status", &**status);
        }
        if self.lost != snapshot.lost {
            self.lost = snapshot.lost.clone();
            if let Some(Lost { why: message, .. }) = &self.lost {
                self.tell("lost", &serde_json::json!({ "message": message }));
            }
        }
    }

    fn tell(&mut self, name: &str, value: &impl Serialize) {
        // What cannot be written is a value of ours with a key that is none, which there is not.
        if let Ok(event) = Event::default().event(name).json_data(value) {
            self.telling.push_back(event);
        }
    }
}
