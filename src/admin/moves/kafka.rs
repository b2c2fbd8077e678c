//! How Kafka is asked: its controller by request, and before Kafka 2.4 through ZooKeeper.

use std::collections::{BTreeMap, BTreeSet};

use kafka_protocol::error::ResponseError;

use super::Move;
use crate::admin::error::{AdminError, Setback};
use crate::admin::{ASK, Admin, REQUEST};
use crate::model::topic_partition::TopicPartition;
use crate::wire::KafkaError;
use crate::wire::reassign;
use crate::wire::reassign::{Reassignment, Targets};

impl Admin {
    /// Every reassignment that is under way, whoever asked for it.
    pub(super) async fn under_way(&self) -> Result<BTreeMap<TopicPartition, Reassignment>, Setback> {
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
        let begun: BTreeSet<TopicPartition> =
            targets.into_keys().filter(|key| !refused.contains_key(key)).collect();
        self.ask_to_cancel(&begun).await?;
        match Setback::of(not.error, not.reason.clone(), || format!("move {key}")) {
            Setback::Passing(reason) => Err(Setback::Passing(format!("{key}: {reason}"))),
            refused => Err(refused),
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
    pub(super) async fn ask_to_cancel(&self, keys: &BTreeSet<TopicPartition>) -> Result<(), Setback> {
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
            Some((key, not)) => Err(Setback::Passing(format!("{key}: {}", not.reason))),
        }
    }
}

pub(super) fn busy(partitions: usize, first: &TopicPartition) -> AdminError {
    let (what, are) = match partitions {
        1 => (first.to_string(), "is"),
        more => (format!("{first} and {} more", more - 1), "are"),
    };
    AdminError::Busy {
        what: format!("{what} {are} being moved already"),
        remedy:
            "`cluster rebalance --watch` follows that to its end, `cluster rebalance --cancel` cancels it"
                .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use kafka_protocol::messages::ApiKey;

    use super::*;
    use crate::admin::testing::admin;
    use crate::wire::fake::{Damage, FakeBroker, Reply, body, metadata};
    use crate::wire::reassign::testing::{altered, listed};

    fn one(partition: i32) -> Move {
        Move { topic: "velib".into(), partition, before: vec![0, 1], after: vec![2, 1] }
    }

    /// Asks a controller that has these codes for partitions 0 and 1, at each try. Returns how often it was
    /// asked to begin or to cancel something, too.
    async fn ask(codes: Vec<[i16; 2]>) -> (Result<(), Setback>, usize) {
        let asked = Arc::new(Mutex::new(0));
        let counter = asked.clone();
        let mut codes = codes.into_iter();
        let handler = move |_, key, version| match key {
            ApiKey::Metadata => Reply::Body(body(&metadata(&[("velib", 2)]), version)),
            ApiKey::AlterPartitionReassignments => {
                *counter.lock().unwrap() += 1;
                let [first, second] = codes.next().unwrap_or_default();
                Reply::Body(altered(0, &[("velib", 0, first), ("velib", 1, second)]))
            }
            _ => Reply::Close,
        };
        let broker = FakeBroker::start(handler, Damage::None).await;
        let result = admin(&broker).ask_to_move(&[one(0), one(1)]).await;
        let asked = *asked.lock().unwrap();
        (result, asked)
    }

    #[tokio::test]
    async fn half_a_plan_is_cancelled_and_what_kafka_refused_is_named() {
        let (result, asked) = ask(vec![[0, 0]]).await;
        assert!(result.is_ok() && asked == 1);

        let refused = ResponseError::InvalidReplicaAssignment.code();
        let (result, asked) = ask(vec![[0, refused], [0, 0]]).await;
        let Err(Setback::Fatal(error)) = result else { panic!("{result:?}") };
        assert_eq!(error.to_string(), "failed to move velib/1: InvalidReplicaAssignment: because");
        assert_eq!(asked, 2, "partition 0 had begun");

        let (result, _) = ask(vec![[ResponseError::NotController.code(); 2]]).await;
        assert!(matches!(result, Err(Setback::Passing(_))), "{result:?}");
    }

    #[tokio::test]
    async fn what_is_over_already_counts_as_cancelled() {
        let over = ResponseError::NoReassignmentInProgress.code();
        let handler = move |_, key, version| match key {
            ApiKey::Metadata => Reply::Body(body(&metadata(&[("velib", 2)]), version)),
            ApiKey::AlterPartitionReassignments => Reply::Body(altered(0, &[("velib", 0, over)])),
            _ => Reply::Close,
        };
        let broker = FakeBroker::start(handler, Damage::None).await;
        assert!(admin(&broker).ask_to_cancel(&[one(0).key()].into()).await.is_ok());
    }

    #[tokio::test]
    async fn what_is_under_way_is_refused_with_the_way_out() {
        let handler = |_, key, version| match key {
            ApiKey::Metadata => Reply::Body(body(&metadata(&[("velib", 2)]), version)),
            ApiKey::ListPartitionReassignments => {
                Reply::Body(listed(&[("velib", 0, &[2, 0], &[2], &[0]), ("velib", 1, &[2, 0], &[2], &[0])]))
            }
            _ => Reply::Close,
        };
        let broker = FakeBroker::start(handler, Damage::None).await;
        let error = admin(&broker).none_under_way().await.unwrap_err();
        assert_eq!(error.to_string(), "velib/0 and 1 more are being moved already");
        let failure = crate::error::Failure::from(error);
        assert_eq!(failure.code, crate::error::ExitCode::Busy);
        assert!(failure.hint.unwrap().contains("--cancel"));
    }
}
