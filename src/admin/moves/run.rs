//! A move from its first request to the last check.
//!
//! The command may be gone at any moment: Kafka goes on by itself, and what is then left to do (wait, check,
//! elect, take the throttle away) follows from the note and from what Kafka says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use schemars::JsonSchema;
use serde::Serialize;
use tokio::time::sleep;

use super::note::Note;
use super::placed::{is_behind, is_misplaced, off};
use super::progress::Tracker;
use super::throttle::Throttle;
use super::{Move, OnProgress};
use crate::admin::elect::Elected;
use crate::admin::error::{AdminError, Setback};
use crate::admin::{ASK, Admin, PATIENCE};
use crate::host::lock::MovesLock;
use crate::host::owner;
use crate::model::topic_partition::TopicPartition;
use crate::paths::ClusterDir;
use crate::wire::metadata;
use crate::wire::metadata::Topics;
use crate::wire::pool::address;
use crate::wire::{KafkaError, log_dirs};

/// Between two looks at how far it is.
const LOOK: Duration = Duration::from_millis(300);

/// What became of a move; its fields are JSON, documented in docs/moving.md.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Moved {
    pub result: MovedResult,
    /// Those that it was about.
    pub moves: Vec<Move>,
    /// Copied while it was watched.
    pub bytes: u64,
    pub took_ms: u64,
    /// What somebody should know of.
    pub warnings: Vec<String>,
    /// Partitions that their preferred leader does not lead, and why.
    pub not_elected: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MovedResult {
    /// Replicas are as planned and in the ISR, no throttle of ours is left.
    Moved,
    /// They are where they were before.
    Cancelled,
    /// There was nothing to do.
    Nothing,
}

impl Moved {
    pub(super) fn new(result: MovedResult, moves: Vec<Move>) -> Self {
        let (warnings, not_elected) = (Vec::new(), Vec::new());
        Moved { result, moves, bytes: 0, took_ms: 0, warnings, not_elected }
    }
}

impl Admin {
    /// Moves replicas, and returns when all are where they shall be and in the ISR, preferred leaders lead, and
    /// the throttle (bytes a second) is gone. However long that takes: a broker that is down is waited for.
    ///
    /// Dropping the future cancels nothing: [`Admin::watch_moves`] goes on with it.
    pub(crate) async fn move_replicas(
        &self,
        moves: &[Move],
        throttle: Option<u64>,
        on_progress: OnProgress<'_>,
    ) -> Result<Moved, AdminError> {
        if moves.is_empty() {
            return Ok(Moved::new(MovedResult::Nothing, Vec::new()));
        }
        let _held = self.moves_lock()?;
        self.none_under_way().await?;
        let mut warnings = Vec::new();
        if let Some(left) = Note::load(&self.note())? {
            self.clear(&left).await?;
            warnings
                .push("an earlier move was never finished; what was left of it is cleared away".to_owned());
        }
        let throttle = throttle.map(|rate| Throttle::of(moves, rate));
        let note = Note { moves: moves.to_vec(), throttle, cancelled: false };
        note.save(&self.note())?;
        self.begin(&note).await?;
        let mut moved = self.finish(&note, on_progress).await?;
        moved.warnings.splice(..0, warnings);
        moved.warnings.extend(self.throttles_left().await);
        Ok(moved)
    }

    /// Follows what is under way to its end, and does what is left to do after it. Also what was begun with
    /// Kafka's own tool is followed; its throttle is not ours, and is told.
    pub(crate) async fn watch_moves(&self, on_progress: OnProgress<'_>) -> Result<Moved, AdminError> {
        let _held = self.moves_lock()?;
        let mut moved = self.watch(on_progress).await?;
        moved.warnings.extend(self.throttles_left().await);
        Ok(moved)
    }

    async fn watch(&self, on_progress: OnProgress<'_>) -> Result<Moved, AdminError> {
        let what = "whether replicas are being moved is not known";
        let running = self.retry(what, "move replicas", async || self.under_way().await).await?;
        let (note, ours) = match Note::load(&self.note())? {
            Some(note) => (note, true),
            None => {
                let without = |of: &[i32], not: &[i32]| -> Vec<i32> {
                    of.iter().copied().filter(|id| !not.contains(id)).collect()
                };
                let moves = running.iter().map(|(key, of)| Move {
                    topic: key.topic.clone(),
                    partition: key.partition,
                    before: without(&of.replicas, &of.adding),
                    after: without(&of.replicas, &of.removing),
                });
                (Note { moves: moves.collect(), ..Note::default() }, false)
            }
        };
        if note.moves.is_empty() {
            return Ok(Moved::new(MovedResult::Nothing, Vec::new()));
        }
        let is_running = note.moves.iter().any(|one| running.contains_key(&one.key()));
        if ours && !is_running && (note.cancelled || self.is_as_before(&note.moves).await?) {
            let mut nothing = Moved::new(MovedResult::Nothing, Vec::new());
            self.clear(&note).await?;
            nothing
                .warnings
                .push("a move was interrupted before it began; what it had set is taken back".to_owned());
            return Ok(nothing);
        }
        self.finish(&note, on_progress).await
    }

    /// On an error nothing is left behind, unless that cannot be known: then the note stays for whoever looks next.
    async fn begin(&self, note: &Note) -> Result<(), AdminError> {
        let throttled = match &note.throttle {
            Some(throttle) => self.set_throttle(throttle).await,
            None => Ok(()),
        };
        if let Err(error) = throttled {
            // What hindered this may hinder that, too. The first error is the one to be told.
            drop(self.clear(note).await);
            return Err(error);
        }
        let what = "the move has not begun";
        let begun = self.retry(what, "move replicas", async || self.ask_to_move(&note.moves).await).await;
        if begun.as_ref().is_err_and(|error| !matches!(error, AdminError::Timeout { .. })) {
            self.clear(note).await?;
        }
        begun
    }

    /// From a move that has begun to one of which nothing is left to do.
    async fn finish(&self, note: &Note, on_progress: OnProgress<'_>) -> Result<Moved, AdminError> {
        let began = Instant::now();
        let mut tracker = Tracker::new(&note.moves);
        let ended = match self.until_through(note, &mut tracker, on_progress).await {
            Ok(()) => self.until_as_planned(note, &mut tracker, on_progress).await,
            Err(error) => Err(error),
        };
        if let Err(error) = ended {
            // Who cancelled it clears away, too.
            if !matches!(error, AdminError::Cancelled) {
                self.clear(note).await?;
            }
            return Err(error);
        }
        let mut moved = Moved::new(MovedResult::Moved, note.moves.clone());
        if let Some(throttle) = &note.throttle {
            self.clear_throttle(throttle).await?;
        }
        let keys = note.moves.iter().map(Move::key).collect();
        let elections = self.elect_among(&keys).await?;
        let not = elections.iter().filter(|election| election.result == Elected::Not);
        moved.not_elected = not
            .map(|election| {
                let why = election.reason.as_deref().unwrap_or("unknown");
                format!("{}: {why}", election.key())
            })
            .collect();
        Note::remove(&self.note())?;
        moved.bytes = tracker.progress().bytes_done;
        moved.took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(moved)
    }

    /// Until Kafka reassigns none of them any more.
    async fn until_through(
        &self,
        note: &Note,
        tracker: &mut Tracker,
        on_progress: &mut dyn FnMut(&super::MoveProgress),
    ) -> Result<(), AdminError> {
        let keys: BTreeSet<TopicPartition> = note.moves.iter().map(Move::key).collect();
        loop {
            match self.under_way().await {
                Ok(running) => {
                    let running: BTreeSet<TopicPartition> =
                        running.into_keys().filter(|key| keys.contains(key)).collect();
                    if running.is_empty() && Note::load(&self.note())?.is_some_and(|note| note.cancelled) {
                        return Err(AdminError::Cancelled);
                    }
                    self.look_at_disks(note, &running, tracker).await;
                    tracker.under_way(&running);
                    on_progress(&tracker.progress());
                    if running.is_empty() {
                        return Ok(());
                    }
                }
                Err(Setback::Fatal(error)) => return Err(error),
                Err(setback) => {
                    tracker.trouble = Some(format!("how far it is, is not known: {setback}"));
                    on_progress(&tracker.progress());
                }
            }
            sleep(LOOK).await;
        }
    }

    /// What brokers tell of their disks. One that does not tell costs nothing but exactness.
    pub(super) async fn look_at_disks(
        &self,
        note: &Note,
        running: &BTreeSet<TopicPartition>,
        tracker: &mut Tracker,
    ) {
        let Ok(metadata) = metadata::ask_any(&self.pool, Topics::All, ASK).await else { return };
        let leader =
            |key: &TopicPartition| metadata.topics.get(&key.topic)?.partitions.get(&key.partition)?.leader;
        let mut asked: BTreeMap<i32, BTreeMap<&str, Vec<i32>>> = BTreeMap::new();
        let mut needed = BTreeSet::new();
        for one in note.moves.iter().filter(|one| one.copies() > 0) {
            let key = one.key();
            for id in leader(&key).into_iter().chain(one.adding()).collect::<BTreeSet<_>>() {
                asked.entry(id).or_default().entry(&one.topic).or_default().push(one.partition);
                if running.contains(&key) {
                    needed.insert(id);
                }
            }
        }
        let told = asked.iter().map(async |(id, partitions)| {
            let sizes =
                async { log_dirs::sizes(&self.pool, address(&self.pool, *id)?, partitions, ASK).await };
            (*id, sizes.await)
        });
        let mut down = BTreeSet::new();
        for (id, sizes) in join_all(told).await {
            // The others miss it only when its session has expired.
            let is_down = matches!(sizes, Err(KafkaError::Refused)) || !metadata.live_brokers.contains(&id);
            if is_down && needed.contains(&id) {
                down.insert(id);
            }
            let sizes = sizes.unwrap_or_default();
            let leads = sizes.keys().filter(|key| leader(key) == Some(id)).cloned().collect();
            tracker.on_disk(id, &leads, &sizes);
        }
        let names: Vec<String> = down.iter().map(|id| format!("broker-{id}")).collect();
        tracker.trouble = match names.is_empty() {
            true => None,
            false => Some(format!("waits for {}, which is down", names.join(", "))),
        };
    }

    /// Until every live broker tells of the replicas as planned and of all of them in the ISR, and they are in the
    /// order that was planned.
    pub(super) async fn until_as_planned(
        &self,
        note: &Note,
        tracker: &mut Tracker,
        on_progress: &mut dyn FnMut(&super::MoveProgress),
    ) -> Result<(), AdminError> {
        let is_ours = Note::load(&self.note())?.is_some();
        let mut misplaced_since: Option<Instant> = None;
        loop {
            let misplaced = std::cell::Cell::new(false);
            let told = self.everywhere(Topics::All, |told| {
                let off = note.moves.iter().find_map(|one| is_misplaced(one, told));
                misplaced.set(misplaced.get() || off.is_some());
                match off.or_else(|| note.moves.iter().find_map(|one| is_behind(one, told))) {
                    None => Ok(()),
                    Some(what) => Err(what),
                }
            });
            let told = match told.await {
                Ok(_) => self.in_order(&note.moves).await.inspect_err(|_| misplaced.set(true)),
                Err(setback) => Err(setback),
            };
            let reason = match told {
                Ok(()) => return Ok(()),
                Err(Setback::Fatal(error)) => return Err(error),
                Err(setback) => setback.to_string(),
            };
            let on_disk = Note::load(&self.note())?;
            // What Kafka's own tool began is nowhere written down.
            if is_ours && on_disk.is_none_or(|on_disk| on_disk.cancelled) {
                return Err(AdminError::Cancelled);
            }
            if misplaced.get() {
                let since = *misplaced_since.get_or_insert_with(Instant::now);
                if since.elapsed() > PATIENCE {
                    return Err(AdminError::Kafka { what: "move replicas".to_owned(), reason });
                }
                // Brokers hear of a move a moment after Kafka is through with it: that alone is no trouble.
                tracker.trouble = None;
            } else {
                misplaced_since = None;
                tracker.trouble = Some(reason);
            }
            on_progress(&tracker.progress());
            sleep(LOOK).await;
        }
    }

    /// Whether the first replica is the one that is to lead. Brokers before Kafka 1.0 tell clients of replicas
    /// that were moved in another order than they are assigned in, so that this is asked of ZooKeeper.
    async fn in_order(&self, moves: &[Move]) -> Result<(), Setback> {
        let Some(zookeeper) = &self.zookeeper else { return Ok(()) };
        let topics: BTreeSet<&String> = moves.iter().map(|one| &one.topic).collect();
        let topics: Vec<String> = topics.into_iter().cloned().collect();
        let assigned = zookeeper.assignments(&topics, ASK).await?;
        for one in moves {
            match assigned.get(&one.topic).and_then(|partitions| partitions.get(&one.partition)) {
                Some(replicas) if *replicas == one.after => {}
                replicas => {
                    let found = replicas.map_or(&[][..], Vec::as_slice);
                    return Err(Setback::Passing(off(one, found)));
                }
            }
        }
        Ok(())
    }

    /// Whether none of them has been moved, or is on its way.
    async fn is_as_before(&self, moves: &[Move]) -> Result<bool, AdminError> {
        let known = self.before("move replicas").await?;
        let now =
            |one: &Move| Some(known.topics.get(&one.topic)?.partitions.get(&one.partition)?.replicas.clone());
        Ok(moves.iter().all(|one| now(one).is_none_or(|now| now == one.before)))
    }

    /// Takes the throttle away, and then the note.
    pub(super) async fn clear(&self, note: &Note) -> Result<(), AdminError> {
        if let Some(throttle) = &note.throttle {
            self.clear_throttle(throttle).await?;
        }
        Note::remove(&self.note())
    }

    pub(super) fn note(&self) -> PathBuf {
        ClusterDir(self.plan.dir.clone()).moves()
    }

    pub(super) fn moves_lock(&self) -> Result<MovesLock, AdminError> {
        let path = ClusterDir(self.plan.dir.clone()).moves_lock();
        let held = owner::check(&self.plan.dir).and_then(|()| MovesLock::try_acquire(&path));
        let held = held.map_err(|error| AdminError::Local {
            what: error.to_string(),
            remedy: "see to it that the folder can be written".to_owned(),
        })?;
        held.ok_or_else(|| AdminError::Busy {
            what: format!("another command moves replicas of {}", self.plan.name),
            remedy: "it shows how far it is; `cluster rebalance --cancel` cancels it".to_owned(),
        })
    }
}
