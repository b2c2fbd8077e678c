//! What is there: the topics, and who is alive.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::error::AdminError;
use super::{ASK, Admin};
use crate::model::view::{BrokerView, ClusterView, TopicView, replication_factor};
use crate::observe::survey::survey;

/// One topic of `topic list`; the fields of its JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Listed {
    pub topic: String,
    /// Kafka's own, such as `__consumer_offsets`.
    pub internal: bool,
    pub partitions: usize,
    /// Of the partition with most replicas.
    pub replication_factor: usize,
}

/// The cluster before something is done to it.
#[derive(Debug)]
pub(super) struct Known {
    pub topics: BTreeMap<String, TopicView>,
    /// Brokers that answer.
    pub live: BTreeSet<i32>,
    /// All of the plan.
    pub planned: BTreeSet<i32>,
}

impl Admin {
    /// Every topic, by name.
    pub(crate) async fn list(&self) -> Result<Vec<Listed>, AdminError> {
        let topics = self.topics_of(self.look().await, "list topics")?.topics;
        Ok(topics
            .into_iter()
            .map(|(topic, view)| Listed {
                topic,
                internal: view.internal,
                partitions: view.partitions.len(),
                replication_factor: replication_factor(&view.partitions),
            })
            .collect())
    }

    pub(super) async fn look(&self) -> ClusterView {
        survey(self.pool.endpoints(), &self.pool, &self.memory, self.zookeeper.as_ref(), &self.min_isr, ASK)
            .await
    }

    /// What must be known before something is changed, which takes a quorum: without one, controllers
    /// take requests and never answer them.
    pub(super) async fn before(&self, what: &str) -> Result<Known, AdminError> {
        let view = self.look().await;
        if let Some(why) = view.lacks_quorum() {
            let reason = format!("{why}, and Kafka no controller without it");
            return Err(AdminError::Unreachable { what: what.to_owned(), reason });
        }
        self.topics_of(view, what)
    }

    pub(super) fn topics_of(&self, view: ClusterView, what: &str) -> Result<Known, AdminError> {
        let Some(topics) = view.topics else {
            let told = view.brokers.iter().filter_map(|(id, broker)| match broker {
                BrokerView::Answered { .. } => None,
                BrokerView::Unknown { reason } => Some(format!("broker-{id}: {reason}")),
            });
            let told: Vec<_> = told.collect();
            let reason = format!("no broker answers: {}", told.join("; "));
            return Err(AdminError::Unreachable { what: what.to_owned(), reason });
        };
        let answers = |broker: &&BrokerView| matches!(broker, BrokerView::Answered { .. });
        let live = view.brokers.iter().filter(|(_, broker)| answers(broker)).map(|(id, _)| *id).collect();
        Ok(Known { topics, live, planned: view.brokers.keys().copied().collect() })
    }

    /// Those of `wanted` that do not exist are told all at once.
    pub(super) fn must_exist(&self, wanted: &[String], known: &Known) -> Result<(), AdminError> {
        let missing: Vec<_> =
            wanted.iter().filter(|topic| !known.topics.contains_key(*topic)).cloned().collect();
        match missing.is_empty() {
            true => Ok(()),
            false => Err(AdminError::UnknownTopic {
                cluster: self.plan.name.clone(),
                wanted: missing,
                user: self.plan.user(),
                known: known.topics.keys().cloned().collect(),
            }),
        }
    }
}
