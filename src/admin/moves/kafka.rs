//! How Kafka is asked: its controller by request, and before Kafka 2.4 through ZooKeeper.

use std::collections::{BTreeMap, BTreeSet};

use kafka_protocol::error::ResponseError;

use super::{Key, Move, name};
use crate::admin::error::{AdminError, Setback};
use crate::admin::{ASK, Admin, REQUEST};
use crate::kafka::KafkaError;
use crate::kafka::reassign::{self, Reassignment, Targets};

impl Admin {
    /// Every reassignment that is under way, whoever asked for it.
    pub(super) async fn under_way(&self) -> Result<BTreeMap<Key, Reassignment>, Setback> {
        let controller = self.controller().await?;
        match (reassign::list(&self.pool, controller, REQUEST).await, &self.zookeeper) {
            (Err(KafkaError::Unsupported { .. }), Some(zookeeper)) => {
                let left = zookeeper.reassigning(ASK).await?;
                let of = |replicas| Reassignment { replicas, ..Reassignment::default() };
                Ok(left.into_iter().map(|(key, replicas)| (key, of(replicas))).collect())
            }
            (listed, _) => Ok(listed?),
        }
    }

    /// Refuses when there is one, with the way out.
    pub(super) async fn none_under_way(&self) -> Result<(), AdminError> {
        let what = "whether replicas are being moved is not known";
        let running = self.retry(what, "move replicas", async || self.under_way().await).await?;
        match running.keys().next() {
            None => Ok(()),
            Some(first) => Err(busy(running.len(), first)),
        }
    }

    /// Begins them, all or none.
    pub(super) async fn ask_to_move(&self, moves: &[Move]) -> Result<(), Setback> {
        let controller = self.controller().await?;
        let targets: Targets = moves.iter().map(|one| (one.key(), Some(one.after.clone()))).collect();
        let refused = match reassign::alter(&self.pool, controller, &targets, REQUEST).await {
            Err(KafkaError::Unsupported { .. }) if self.zookeeper.is_some() => {
                return self.begin_by_znode(moves).await;
            }
            refused => refused?,
        };
        let Some((key, not)) = refused.iter().next() else { return Ok(()) };
        // Half a plan is nothing that was asked for.
        let begun: BTreeSet<Key> = targets.into_keys().filter(|key| !refused.contains_key(key)).collect();
        self.ask_to_cancel(&begun).await?;
        match not.error.is_retriable() || not.error == ResponseError::NotController {
            true => Err(Setback::Passing(format!("{}: {}", name(key), not.reason))),
            false => {
                let what = format!("move {}", name(key));
                Err(AdminError::Kafka { what, reason: not.reason.clone() }.into())
            }
        }
    }

    async fn begin_by_znode(&self, moves: &[Move]) -> Result<(), Setback> {
        let Some(zookeeper) = &self.zookeeper else { return Ok(()) };
        let wanted = moves.iter().map(|one| (one.key(), one.after.clone())).collect();
        if zookeeper.begin_reassignment(&wanted, ASK).await? {
            return Ok(());
        }
        // By an earlier try whose answer was lost, or another's.
        let running = zookeeper.reassigning(ASK).await?;
        match running.iter().find(|(key, replicas)| wanted.get(*key) != Some(replicas)) {
            None => Ok(()),
            Some((key, _)) => Err(busy(running.len(), key).into()),
        }
    }

    /// What has come to its end meanwhile stays as it is.
    pub(super) async fn ask_to_cancel(&self, keys: &BTreeSet<Key>) -> Result<(), Setback> {
        if keys.is_empty() {
            return Ok(());
        }
        let controller = self.controller().await?;
        let targets: Targets = keys.iter().map(|key| (key.clone(), None)).collect();
        let refused = reassign::alter(&self.pool, controller, &targets, REQUEST).await?;
        let is_over = |error| {
            matches!(error, ResponseError::NoReassignmentInProgress | ResponseError::UnknownTopicOrPartition)
        };
        match refused.iter().find(|(_, not)| !is_over(not.error)) {
            None => Ok(()),
            Some((key, not)) => Err(Setback::Passing(format!("{}: {}", name(key), not.reason))),
        }
    }
}

pub(super) fn busy(partitions: usize, first: &Key) -> AdminError {
    let (what, are) = match partitions {
        1 => (name(first), "is"),
        more => (format!("{} and {} more", name(first), more - 1), "are"),
    };
    AdminError::Busy {
        what: format!("{what} {are} being moved already"),
        remedy:
            "`cluster rebalance --watch` follows that to its end, `cluster rebalance --cancel` cancels it"
                .to_owned(),
    }
}
