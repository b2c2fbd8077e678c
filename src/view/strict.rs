//! Topics that have several replicas and yet bear no failure.

use crate::model::status::StrictTopic;
use crate::model::view::ClusterView;

/// By name, Kafka's own topics too. A topic with one replica can bear none, and is left out.
pub(crate) fn strict(view: &ClusterView) -> Vec<StrictTopic> {
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
    use super::super::tests::partition;
    use super::*;
    use crate::model::view::TopicView;

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
