//! What is known of each cluster: one watch at its supervisor for all viewers, as long as there are any.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

use super::racks::Racks;
use super::words::Came;
use crate::api::message::Seen;
use crate::engine::journal::Journal;
use crate::engine::ops::{FolderOps, LIVE, NodeOps};
use crate::error::Failure;
use crate::model::event::{Entry, Event};
use crate::model::ids::{NodeName, Role};
use crate::model::status::Status;
use crate::paths::ClusterDir;

/// Events that are kept to be shown.
const KEPT: usize = 500;
/// A supervisor that is lost is looked for again after that.
const AGAIN: Duration = Duration::from_millis(250);
/// A watcher hears something every second; a supervisor that is silent for so long stands still.
const SILENCE: Duration = Duration::from_secs(5);
/// Without viewers for so long, nobody watches.
const LINGER: Duration = Duration::from_secs(5);
/// The load of a process is taken over at least that long, in ms.
const SPAN_MS: u64 = 900;

/// A cluster at one moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Snapshot {
    /// `None` until the supervisor has told it; of a supervisor that was lost, what it told last.
    pub status: Option<Arc<Status>>,
    /// The supervisor does not answer.
    pub lost: Option<Lost>,
    /// Share of one core that each process took in the last second or so.
    pub load: BTreeMap<NodeName, f64>,
    /// The last ones, oldest first.
    pub entries: VecDeque<Arc<Entry>>,
    /// By the stored plan.
    pub racks: Arc<Racks>,
    /// What became of the last thing of each kind that the page began and nobody had to wait for.
    pub ended: Endings,
    /// CPU time and age of each process when its load was taken, in ms.
    measured: BTreeMap<NodeName, (u64, u64)>,
}

/// Nobody tells how the cluster is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lost {
    /// For people.
    pub why: String,
    /// Nothing of the cluster runs.
    pub is_down: bool,
}

/// By what it was about.
pub(super) type Endings = BTreeMap<Part, Arc<Ended>>;

/// What something that takes its time is about: it is told where that is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// Replicas that are moved.
    Replicas,
    /// Nodes that are restarted in turn, join or leave.
    Nodes,
}

/// What came of something that nobody waited for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ended {
    /// `done`, `refused` or `failed`.
    pub kind: &'static str,
    pub came: Came,
    pub at: Timestamp,
}

impl Ended {
    /// At this moment.
    pub(super) fn new(kind: &'static str, came: Came) -> Self {
        Ended { kind, came, at: Timestamp::now() }
    }
}

impl Snapshot {
    /// Something is known: how the cluster is, or that nobody says so.
    pub(super) fn is_told(&self) -> bool {
        self.status.is_some() || self.lost.is_some()
    }

    /// Kafka has told its topics to this supervisor, or there is nobody to ask: one that took running brokers over has
    /// to ask them first, and what was told by the one before it need not go from the screen meanwhile.
    pub(super) fn is_surveyed(&self) -> bool {
        let knows_topics = self.status.as_ref().is_some_and(|status| status.topics.is_some());
        let newest_first = self.entries.iter().rev().map(|entry| &entry.event);
        let took_brokers_over = newest_first
            .take_while(|event| !matches!(event, Event::SupervisorStarted { .. }))
            .any(|event| matches!(event, Event::Adopted { node, .. } if node.role == Role::Broker));
        self.lost.is_some() || self.is_told() && (knows_topics || !took_brokers_over)
    }

    fn see(&mut self, seen: Seen) {
        self.lost = None;
        match seen {
            Seen::Status(status) => {
                self.measure(&status);
                self.status = Some(Arc::from(status));
            }
            Seen::Event(entry) => self.add(entry),
        }
    }

    fn add(&mut self, entry: Entry) {
        // The journal was read while events came: each has a number.
        if self.entries.back().is_some_and(|last| last.seq >= entry.seq) {
            return;
        }
        self.entries.push_back(Arc::new(entry));
        if self.entries.len() > KEPT {
            self.entries.pop_front();
        }
    }

    fn measure(&mut self, status: &Status) {
        for node in &status.nodes {
            let Some((cpu, age)) = node.cpu_ms.zip(node.uptime_ms) else {
                self.measured.remove(&node.node);
                self.load.remove(&node.node);
                continue;
            };
            // Another process begins from nothing.
            let (cpu_before, age_before) =
                self.measured.get(&node.node).copied().filter(|before| before.1 <= age).unwrap_or_default();
            if age - age_before >= SPAN_MS {
                let load = cpu.saturating_sub(cpu_before) as f64 / (age - age_before) as f64;
                self.load.insert(node.node, load);
                self.measured.insert(node.node, (cpu, age));
            }
        }
    }
}

type Told = watch::Sender<Arc<Snapshot>>;

/// The clusters of one home.
#[derive(Clone)]
pub(super) struct Hub {
    home: PathBuf,
    clusters: Arc<Mutex<HashMap<String, Arc<Told>>>>,
    ended: Arc<Mutex<HashMap<String, Endings>>>,
}

impl Hub {
    pub(super) fn new(home: PathBuf) -> Self {
        Hub { home, clusters: Arc::default(), ended: Arc::default() }
    }

    pub(super) fn home(&self) -> &PathBuf {
        &self.home
    }

    pub(super) fn dir(&self, cluster: &str) -> ClusterDir {
        ClusterDir(self.home.join(cluster))
    }

    /// Watches a cluster for as long as somebody keeps what comes back.
    pub(super) fn watch(&self, cluster: &str) -> watch::Receiver<Arc<Snapshot>> {
        let mut clusters = self.clusters.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(told) = clusters.get(cluster) {
            return told.subscribe();
        }
        let all = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = all.get(cluster).cloned().unwrap_or_default();
        drop(all);
        let (told, receiver) = watch::channel(Arc::new(Snapshot { ended, ..Snapshot::default() }));
        let told = Arc::new(told);
        clusters.insert(cluster.to_owned(), told.clone());
        tokio::spawn(self.clone().follow(cluster.to_owned(), told));
        receiver
    }

    /// Has something done that nobody has to wait for, and tells all who watch the cluster, or will, how it ended:
    /// `None` is not worth telling.
    pub(super) async fn tell<T>(
        self,
        cluster: String,
        part: Part,
        work: impl Future<Output = T>,
        ended: impl FnOnce(&T) -> Option<Ended>,
    ) -> T {
        self.tell_ended(&cluster, part, None);
        let came = work.await;
        if let Some(ended) = ended(&came) {
            self.tell_ended(&cluster, part, Some(ended));
        }
        came
    }

    /// What became of it, or that another one has begun.
    fn tell_ended(&self, cluster: &str, part: Part, ended: Option<Ended>) {
        let clusters = self.clusters.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let endings = all.entry(cluster.to_owned()).or_default();
        match ended {
            Some(ended) => endings.insert(part, Arc::new(ended)),
            None => endings.remove(&part),
        };
        if let Some(told) = clusters.get(cluster) {
            told.send_modify(|snapshot| Arc::make_mut(snapshot).ended = endings.clone());
        }
    }

    async fn follow(self, cluster: String, told: Arc<Told>) {
        let dir = self.dir(&cluster);
        let mut past = Snapshot::default();
        // One that cannot be read has nothing to show.
        let _ = Journal::of(&dir).read(&mut |entry, _| {
            past.add(entry);
            Ok(())
        });
        told.send_modify(|snapshot| Arc::make_mut(snapshot).entries = past.entries);
        loop {
            tokio::select! {
                why = listen(&dir, &told) => {
                    let is_down = matches!(LIVE.supervisor(&dir), Ok(None));
                    let lost = Some(Lost { why, is_down });
                    told.send_modify(|snapshot| Arc::make_mut(snapshot).lost = lost);
                }
                () = unwatched(&told) => {
                    let mut clusters = self.clusters.lock().unwrap_or_else(PoisonError::into_inner);
                    // Somebody may have come meanwhile; nobody comes while the lock is held.
                    if told.receiver_count() == 0 {
                        clusters.remove(&cluster);
                        return;
                    }
                }
            }
            tokio::time::sleep(AGAIN).await;
        }
    }
}

/// Until the supervisor is lost: why.
async fn listen(dir: &ClusterDir, told: &Told) -> String {
    let (heard, mut hearing) = watch::channel(());
    let mut members = Vec::new();
    let mut on_seen = |seen: Seen| {
        // A plan that is written anew is followed when its members are.
        let racks = matches!(&seen, Seen::Status(status) if is_other(&mut members, status)).then(|| {
            let racks = LIVE.stored_plan(dir).map(|plan| plan.racks()).unwrap_or_default();
            Arc::new(Racks(racks))
        });
        told.send_modify(|snapshot| {
            let snapshot = Arc::make_mut(snapshot);
            snapshot.see(seen);
            snapshot.racks = racks.unwrap_or_else(|| snapshot.racks.clone());
        });
        heard.send_replace(());
    };
    let silence = async {
        while tokio::time::timeout(SILENCE, hearing.changed()).await.is_ok_and(|heard| heard.is_ok()) {}
    };
    tokio::select! {
        ended = LIVE.watch(dir, &mut on_seen) => match ended {
            Ok(()) => "the supervisor has ended".to_owned(),
            Err(Failure { message, .. }) => message,
        },
        () = silence => format!("the supervisor has said nothing for {} s", SILENCE.as_secs()),
    }
}

/// Whether these are other members than before, which they become.
fn is_other(members: &mut Vec<NodeName>, status: &Status) -> bool {
    let now: Vec<NodeName> = status.nodes.iter().map(|node| node.node).collect();
    let is_other = *members != now;
    *members = now;
    is_other
}

/// Until nobody has been there for a while.
async fn unwatched(told: &Told) {
    loop {
        told.closed().await;
        tokio::time::sleep(LINGER).await;
        if told.receiver_count() == 0 {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::model::samples::healthy;

    fn entry_of(seq: u64, event: Event) -> Entry {
        Entry { seq, time: Timestamp::UNIX_EPOCH, event }
    }

    fn gone() -> Lost {
        Lost { why: "gone".into(), is_down: false }
    }

    fn entry(seq: u64) -> Entry {
        entry_of(seq, Event::Usable { after_ms: 1 })
    }

    #[test]
    fn an_event_that_was_read_and_heard_is_kept_once_and_the_oldest_go() {
        let mut snapshot = Snapshot::default();
        for seq in [1, 2, 2, 1, 3] {
            snapshot.see(Seen::Event(entry(seq)));
        }
        assert_eq!(snapshot.entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [1, 2, 3]);
        (4..=600).for_each(|seq| snapshot.add(entry(seq)));
        assert_eq!(snapshot.entries.len(), KEPT);
        assert_eq!(snapshot.entries[0].seq, 101);
    }

    #[test]
    fn load_is_cpu_time_over_time_and_starts_anew_with_a_process() {
        let mut status = healthy();
        let mut snapshot = Snapshot::default();
        let mut see = |cpu, age| {
            (status.nodes[0].cpu_ms, status.nodes[0].uptime_ms) = (cpu, age);
            snapshot.see(Seen::Status(Box::new(status.clone())));
            snapshot.load.get(&status.nodes[0].node).copied()
        };
        assert_eq!(see(Some(5_000), Some(10_000)), Some(0.5), "since its start, the first time");
        assert_eq!(see(Some(5_090), Some(10_100)), Some(0.5), "too short a time");
        assert_eq!(see(Some(5_200), Some(12_000)), Some(0.1));
        assert_eq!(see(None, None), None);
        assert_eq!(see(Some(1_800), Some(2_000)), Some(0.9));
        assert_eq!(see(Some(100), Some(1_000)), Some(0.1), "another process");
    }

    #[test]
    fn a_supervisor_that_speaks_is_not_lost() {
        let mut snapshot = Snapshot { lost: Some(gone()), ..Snapshot::default() };
        assert!(snapshot.is_told());
        snapshot.see(Seen::Status(Box::new(healthy())));
        assert_eq!(snapshot.lost, None);
    }

    #[test]
    fn a_supervisor_that_took_brokers_over_asks_them_before_it_is_shown() {
        let untold = || Status { topics: None, ..healthy() };
        let mut snapshot = Snapshot::default();
        assert!(!snapshot.is_surveyed(), "nothing is told");
        let started = || Event::SupervisorStarted { pid: 1, version: "0.1.0".into() };
        let adopted = |node| Event::Adopted { node, pid: 2 };
        snapshot.add(entry_of(1, started()));
        snapshot.see(Seen::Status(Box::new(untold())));
        snapshot.add(entry_of(2, adopted(NodeName::zookeeper(1))));
        assert!(snapshot.is_surveyed(), "there is no broker to ask");
        snapshot.add(entry_of(3, adopted(NodeName::broker(0))));
        assert!(!snapshot.is_surveyed());
        snapshot.see(Seen::Status(Box::new(healthy())));
        assert!(snapshot.is_surveyed());
        snapshot.add(entry_of(4, started()));
        snapshot.see(Seen::Status(Box::new(untold())));
        assert!(snapshot.is_surveyed(), "it started every node itself");
        snapshot.add(entry_of(5, adopted(NodeName::broker(0))));
        snapshot.lost = Some(gone());
        assert!(snapshot.is_surveyed(), "nobody will ask them");
    }

    #[tokio::test]
    async fn how_something_ended_is_told_to_all_who_look_and_will_until_another_begins() {
        let hub = Hub::new("/nowhere".into());
        let words = |text: &str| Came::Words(text.into());
        let moved = |seen: &watch::Receiver<Arc<Snapshot>>| {
            seen.borrow().ended.get(&Part::Replicas).map(|ended| ended.came.clone())
        };
        let early = hub.watch("velib");
        assert_eq!(moved(&early), None);
        hub.tell_ended("velib", Part::Replicas, Some(Ended::new("done", words("moved"))));
        hub.tell_ended("docks", Part::Replicas, Some(Ended::new("failed", words("refused"))));
        assert_eq!(
            (moved(&early), moved(&hub.watch("docks"))),
            (Some(words("moved")), Some(words("refused")))
        );
        hub.tell_ended("velib", Part::Nodes, None);
        hub.tell_ended("docks", Part::Replicas, None);
        assert_eq!((moved(&hub.watch("docks")), moved(&early)), (None, Some(words("moved"))));
    }
}
