//! Topics that have several replicas and yet bear no failure.

use serde::{Deserialize, Serialize};

use super::model::ClusterView;

/// A topic of which every replica has to be in sync for an acks=all produce: the JSON of `status`, documented in
/// docs/status.md.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StrictTopic {
    pub topic: String,
    /// Of the partition with fewest replicas, but those with one.
    pub replication_factor: usize,
    /// In force: as large, or larger.
    pub min_insync_replicas: u16,
}

/// By name, Kafka's own topics too. A topic with one replica can bear none, and is left out.
pub fn strict(view: &ClusterView) -> Vec<StrictTopic> {
    let topics = view.topics.iter().flatten().filter_map(|(name, topic)| {
        let factors = topic.partitions.values().map(|partition| partition.replicas.len());
        let replication_factor = factors.filter(|factor| *factor > 1).min()?;
        let min_insync_replicas = topic.min_insync_replicas;
        (usize::from(min_insync_replicas) >= replication_factor).then(|| StrictTopic {
            topic: name.clone(),
            replication_factor,
            min_insync_replicas,
        })
    });
    topics.collect()
}

#[cfg(test)]
mod tests {
    use super::super::model::TopicView;
    use super::super::tests::partition;
    use super::*;

    #[test]
    fn topics_of_which_every_replica_must_be_in_sync_are_told_and_those_with_one_are_not() {
        let topic = |min_isr: u16, replicas: &[i32]| TopicView {
            partitions: [(0, partition(Some(0), replicas, replicas))].into(),
            min_insync_replicas: min_isr,
            internal: false,
        };
        let topics = [
            ("bears", topic(1, &[0, 1])),
            ("more", topic(3, &[0, 1])),
            ("one", topic(1, &[0])),
            ("two", topic(2, &[0, 1])),
        ];
        let topics = topics.map(|(name, topic)| (name.to_owned(), topic)).into();
        let told = strict(&ClusterView { topics: Some(topics), ..ClusterView::default() });
        let told: Vec<_> = told.iter().map(|one| (one.topic.as_str(), one.min_insync_replicas)).collect();
        assert_eq!(told, [("more", 3), ("two", 2)]);
        assert_eq!(strict(&ClusterView::default()), []);
    }
}
