//! One who looks at a view: told what is new of it, in messages that a browser can take one by one.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::Event;
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::channel::Showing;

/// A viewer hears something at least this often, so that silence is seen.
const PULSE: Duration = Duration::from_secs(2);

/// Where somebody looks, what is known there already and what is being told.
pub(super) struct Viewer {
    showing: watch::Receiver<Arc<Showing>>,
    known: Option<(u64, u64)>,
    /// Messages of one rendering that are still to go out, and its mark, which goes with the last of them: whoever
    /// has lost the others does not claim to know it.
    telling: VecDeque<String>,
    mark: String,
    _place: OwnedSemaphorePermit,
}

impl Viewer {
    /// `from`: the [`mark`] of what is known.
    pub(super) fn new(
        showing: watch::Receiver<Arc<Showing>>,
        from: Option<&str>,
        place: OwnedSemaphorePermit,
    ) -> Self {
        let known = from
            .and_then(|mark| mark.split_once('-'))
            .and_then(|(born, version)| Some((born.parse().ok()?, version.parse().ok()?)));
        let (telling, mark) = (VecDeque::new(), String::new());
        Viewer { showing, known, telling, mark, _place: place }
    }

    /// What is new, once something is; or that nothing is.
    pub(super) async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(message) = self.telling.pop_front() {
                let event = Event::default().data(message);
                return Some(if self.telling.is_empty() { event.id(&self.mark) } else { event });
            }
            {
                let shown = self.showing.borrow_and_update();
                let known = self.known.filter(|(born, _)| *born == shown.born).map(|(_, version)| version);
                if shown.rendered.version > 0 && known != Some(shown.rendered.version) {
                    self.known = Some((shown.born, shown.rendered.version));
                    self.telling = shown.rendered.since(known).into();
                    self.mark = mark(&shown);
                }
            }
            if !self.telling.is_empty() {
                continue;
            }
            match tokio::time::timeout(PULSE, self.showing.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return None,
                Err(_) => return Some(Event::default().event("pulse").data("")),
            }
        }
    }
}

/// What somebody has who has this, in one word.
pub(super) fn mark(showing: &Showing) -> String {
    format!("{}-{}", showing.born, showing.rendered.version)
}
