//! `rebalance --cancel`: everything goes back to where it was.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use super::Move;
use super::note::Note;
use super::run::{Moved, MovedResult};
use crate::admin::Admin;
use crate::admin::error::{AdminError, Setback};
use crate::model::topic_partition::TopicPartition;
use crate::units;
use crate::wire::metadata::Topics;
use crate::wire::reassign::Reassignment;

impl Admin {
    /// Cancels every reassignment that is under way, whoever asked for it, and returns when replicas are where
    /// they were and the throttle of ours is gone; another is told. What has been moved already stays where it is.
    ///
    /// A command that follows the move ends with [`AdminError::Cancelled`].
    pub(crate) async fn cancel_moves(&self) -> Result<Moved, AdminError> {
        let began = Instant::now();
        let mut moved = self.cancel().await?;
        if moved.result == MovedResult::Cancelled {
            moved.took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        }
        moved.warnings.extend(self.throttles_left().await);
        Ok(moved)
    }

    async fn cancel(&self) -> Result<Moved, AdminError> {
        let known = self.before("cancel moves").await?;
        let what = "whether replicas are being moved is not known";
        let running = self.retry(what, "cancel moves", async || self.under_way().await).await?;
        let note = Note::load(&self.note())?;
        if running.is_empty() {
            // A command that has not begun yet may be about to: it must not lose its note.
            let _held = self.moves_lock()?;
            let mut nothing = Moved::new(MovedResult::Nothing, Vec::new());
            if let Some(note) = note {
                self.clear(&note).await?;
                nothing.warnings.push("what an interrupted move had left is cleared away".to_owned());
            }
            return Ok(nothing);
        }
        let noted = note.as_ref().map(|note| note.moves.clone()).unwrap_or_default();
        let cancelled = moves_of(&running, &noted);
        let keys: BTreeSet<TopicPartition> = running.into_keys().collect();
        if let Some(note) = &note {
            // For the command that follows it: it must not take the old replicas for a mistake.
            Note { cancelled: true, ..note.clone() }.save(&self.note())?;
        }
        let what = "the move is not cancelled";
        let asked = self.retry(what, "cancel moves", async || self.ask_to_cancel(&keys).await).await;
        if let (Err(_), Some(note)) = (&asked, &note) {
            note.save(&self.note())?;
        }
        asked?;
        self.retry(what, "cancel moves", async || {
            match self.under_way().await?.keys().find(|key| keys.contains(*key)) {
                None => Ok(()),
                Some(key) => Err(Setback::Passing(format!("{key} is still being moved"))),
            }
        })
        .await?;
        self.restore_order(&cancelled).await?;

        let mut moved = Moved::new(MovedResult::Cancelled, cancelled.clone());
        let stays = noted.iter().filter(|one| !keys.contains(&one.key()));
        let stays = stays.filter(|one| {
            let view = known.topics.get(&one.topic).and_then(|topic| topic.partitions.get(&one.partition));
            view.is_some_and(|view| view.replicas == one.after)
        });
        match stays.count() {
            0 => {}
            1 => moved.warnings.push("1 partition had been moved already and stays there".to_owned()),
            more => moved.warnings.push(format!("{more} partitions had been moved already and stay there")),
        }
        if let Some(note) = &note {
            self.clear(note).await?;
        }
        Ok(moved)
    }

    /// Kafka puts the replicas back in the order of the plan that is cancelled, which may have made another the
    /// preferred leader (`ReplicaAssignment.originReplicas`). Only the order: nothing is copied.
    async fn restore_order(&self, cancelled: &[Move]) -> Result<(), AdminError> {
        let what = "replicas are back, but not in their order";
        self.retry(what, "cancel moves", async || {
            let told = self.everywhere(Topics::All, |_| Ok(())).await?;
            let order = |one: &Move| {
                let of = |told: &crate::wire::metadata::Metadata| {
                    Some(told.topics.get(&one.topic)?.partitions.get(&one.partition)?.replicas.clone())
                };
                told.iter().filter_map(of).collect::<Vec<_>>()
            };
            let same_brokers = |one: &Move, now: &[i32]| {
                now.iter().collect::<BTreeSet<_>>() == one.before.iter().collect::<BTreeSet<_>>()
            };
            let mut other_order = Vec::new();
            for one in cancelled {
                for now in order(one).into_iter().filter(|now| *now != one.before) {
                    if !same_brokers(one, &now) {
                        return Err(Setback::Passing(format!(
                            "{} has replicas on brokers {}",
                            one.key(),
                            units::ids(&now)
                        )));
                    }
                    other_order.push(Move { after: one.before.clone(), before: now, ..one.clone() });
                }
            }
            other_order.dedup_by_key(|one| one.key());
            if other_order.is_empty() {
                return Ok(());
            }
            self.ask_to_move(&other_order).await?;
            Err(Setback::Passing("the order has just been asked for".to_owned()))
        })
        .await
    }
}

/// What is cancelled, with the order of replicas as noted, or else as far as Kafka tells it.
pub(super) fn moves_of(running: &BTreeMap<TopicPartition, Reassignment>, noted: &[Move]) -> Vec<Move> {
    let noted: BTreeMap<TopicPartition, &Move> = noted.iter().map(|one| (one.key(), one)).collect();
    let without =
        |of: &[i32], not: &[i32]| -> Vec<i32> { of.iter().copied().filter(|id| !not.contains(id)).collect() };
    let told = running.iter().map(|(key, of)| match noted.get(key) {
        Some(one) => (*one).clone(),
        None => Move {
            topic: key.topic.clone(),
            partition: key.partition,
            before: without(&of.replicas, &of.adding),
            after: without(&of.replicas, &of.removing),
        },
    });
    told.collect()
}
