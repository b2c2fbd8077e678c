//! Topics as `status` shows them. Verdict and table count by the same questions to a `Partition`, so that the sums
//! of the table are the numbers of the verdict.

use std::collections::BTreeMap;

use super::verdict::{Facts, Partition, of_topic};
use crate::model::status::{PartitionStatus, TopicStatus};
use crate::model::view::{ClusterView, TopicView};

/// Every topic, Kafka's own included; `None` when no broker could tell.
pub(crate) fn topics(view: &ClusterView, facts: &Facts) -> Option<BTreeMap<String, TopicStatus>> {
    let topics = view.topics.as_ref()?;
    Some(topics.iter().map(|(name, topic)| (name.clone(), one(name, topic, facts))).collect())
}

fn one(name: &str, topic: &TopicView, facts: &Facts) -> TopicStatus {
    let status = |partition: &Partition<'_>| PartitionStatus {
        preferred: partition.view.is_preferred_leader(),
        led: partition.is_led(facts),
        under_replicated: partition.is_under_replicated(facts),
        view: partition.view.clone(),
    };
    let partitions = of_topic(name, topic);
    TopicStatus {
        min_insync_replicas: topic.min_insync_replicas,
        internal: topic.internal,
        partitions: partitions.iter().map(|partition| (partition.number, status(partition))).collect(),
    }
}
