//! Renderings: one per view, language and rights, for all who look at it, made anew when the cluster has changed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::admit::Rights;
use super::hub::Hub;
use super::live::Rendered;
use super::render::{self, Reader};
use super::text::Lang;
use super::views::{Asked, View};

/// The shortest time between two renderings: quicker than an eye, slower than a storm of events.
const LEAST: Duration = Duration::from_millis(40);
/// A rendering that nobody looks at is not kept up for longer.
const LINGER: Duration = Duration::from_secs(3);
/// How long the first one may wait for the supervisor to say something.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long it may wait for a new supervisor to have asked the brokers.
const SURVEY: Duration = Duration::from_secs(1);
/// And for Kafka's answer: without it, what the supervisor knows is shown first.
const FIRST: Duration = Duration::from_millis(400);

/// What somebody looks at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub cluster: String,
    pub view: View,
    pub lang: Lang,
    pub rights: Rights,
}

/// A rendering, and which channel's it is: versions of another one say nothing.
#[derive(Debug, Default)]
pub(super) struct Showing {
    pub born: u64,
    pub rendered: Rendered,
}

type Shown = watch::Sender<Arc<Showing>>;

/// Every channel that somebody looks at.
#[derive(Clone)]
pub(super) struct Channels {
    hub: Hub,
    open: Arc<Mutex<HashMap<Key, Arc<Shown>>>>,
}

impl Channels {
    pub(super) fn new(hub: Hub) -> Self {
        Channels { hub, open: Arc::default() }
    }

    /// Renders a view for as long as somebody keeps what comes back; version 0 is none yet.
    pub(super) fn look(&self, key: &Key) -> watch::Receiver<Arc<Showing>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shown) = open.get(key) {
            return shown.subscribe();
        }
        let (shown, receiver) = watch::channel(Arc::default());
        let shown = Arc::new(shown);
        open.insert(key.clone(), shown.clone());
        tokio::task::spawn_local(self.clone().render(key.clone(), shown));
        receiver
    }

    async fn render(self, key: Key, shown: Arc<Shown>) {
        let born = born();
        let dir = self.hub.dir(&key.cluster);
        let mut snapshots = self.hub.watch(&key.cluster);
        // Whoever waits for it is told what is known in any case.
        let _ = tokio::time::timeout(PATIENCE, snapshots.wait_for(|snapshot| snapshot.is_told())).await;
        let _ = tokio::time::timeout(SURVEY, snapshots.wait_for(|snapshot| snapshot.is_surveyed())).await;
        let ask = |before: Asked| Box::pin(key.view.ask(dir.clone(), before));
        // What Kafka is asked for takes as long as its slowest answer: what the supervisor tells is shown meanwhile.
        let mut first = ask(Asked::default());
        let (mut asked, mut asking) = match tokio::time::timeout(FIRST, &mut first).await {
            Ok(answer) => (answer, None),
            Err(_) => (Asked::default(), Some(first)),
        };
        let mut asked_at = Instant::now();
        let mut empty_since = None;
        loop {
            let snapshot = snapshots.borrow_and_update().clone();
            let reader = Reader { cluster: &key.cluster, lang: key.lang, rights: key.rights };
            let html = render::view(&key.view, &snapshot, &asked, reader);
            drop(snapshot);
            shown.send_if_modified(|showing| {
                let Some(rendered) = showing.rendered.next(html) else { return false };
                *showing = Arc::new(Showing { born, rendered });
                true
            });
            tokio::time::sleep(LEAST).await;
            let due = key.view.every().filter(|_| asking.is_none()).map(|every| asked_at + every);
            tokio::select! {
                _ = snapshots.changed() => {}
                answer = answered(&mut asking) => {
                    asking = None;
                    asked = answer;
                    asked_at = Instant::now();
                }
                () = until(due) => asking = Some(ask(asked.clone())),
                // A look at whether anybody is there, at the latest.
                () = tokio::time::sleep(LINGER) => {}
            }
            if shown.receiver_count() > 0 {
                empty_since = None;
            } else if empty_since.get_or_insert_with(Instant::now).elapsed() >= LINGER {
                let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
                // Somebody may have come meanwhile; nobody comes while the lock is held.
                if shown.receiver_count() == 0 {
                    open.remove(&key);
                    return;
                }
            }
        }
    }
}

/// The answer to what is being asked, if anything is.
async fn answered<F: Future<Output = Asked> + Unpin>(asking: &mut Option<F>) -> Asked {
    match asking {
        Some(asking) => asking.await,
        None => std::future::pending().await,
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// Another number for each channel, in this process and in those before it.
fn born() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let started = jiff::Timestamp::now().as_millisecond().unsigned_abs() << 16;
    started + (NEXT.fetch_add(1, Ordering::Relaxed) & 0xffff)
}
