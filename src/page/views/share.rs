//! What each broker has of the partitions, and how far that is from an even share. Pure.

use serde::Serialize;

use crate::model::status::TopicStatus;

/// One broker's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct Share {
    pub leads: usize,
    /// Partitions whose first replica is here.
    pub preferred: usize,
    pub replicas: usize,
    pub in_sync: usize,
    /// How many more leaders than an even share, in percent of that; negative: fewer. `None`: there are none.
    pub leader_skew: Option<i64>,
    /// The same of replicas.
    pub replica_skew: Option<i64>,
}

/// Of a broker, in these topics.
pub(super) fn of<'a>(id: i32, topics: impl Iterator<Item = &'a TopicStatus>) -> Share {
    let mut share = Share::default();
    for partition in topics.flat_map(|topic| topic.partitions.values()) {
        let view = &partition.view;
        share.leads += usize::from(view.leader == Some(id));
        share.preferred += usize::from(view.replicas.first() == Some(&id));
        share.replicas += usize::from(view.replicas.contains(&id));
        share.in_sync += usize::from(view.isr.contains(&id));
    }
    share
}

/// How far each is from the average of all.
pub(super) fn compare(shares: &mut [Share]) {
    let leaders: usize = shares.iter().map(|share| share.leads).sum();
    let replicas: usize = shares.iter().map(|share| share.replicas).sum();
    let count = shares.len();
    for share in shares {
        share.leader_skew = skew(share.leads, leaders, count);
        share.replica_skew = skew(share.replicas, replicas, count);
    }
}

fn skew(own: usize, all: usize, count: usize) -> Option<i64> {
    let even = all as f64 / count as f64;
    (all > 0).then(|| ((own as f64 / even - 1.0) * 100.0).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::samples::{healthy, partition, topic};

    #[test]
    fn shares_are_counted_and_compared_with_an_even_one() {
        let topics = healthy().topics.unwrap();
        let of_one = of(1, topics.values());
        assert_eq!((of_one.leads, of_one.preferred, of_one.replicas, of_one.in_sync), (1, 1, 3, 3));
        let lopsided = topic(vec![
            partition(Some(0), &[0, 1], &[0, 1]),
            partition(Some(0), &[1, 0], &[0]),
            partition(Some(0), &[0, 1], &[0, 1]),
            partition(Some(1), &[1, 0], &[1, 0]),
        ]);
        let mut shares = [0, 1, 2].map(|id| of(id, [&lopsided].into_iter()));
        compare(&mut shares);
        assert_eq!(shares.map(|share| share.leader_skew), [Some(125), Some(-25), Some(-100)]);
        assert_eq!(shares.map(|share| share.replica_skew), [Some(50), Some(50), Some(-100)]);
        assert_eq!((shares[1].preferred, shares[1].in_sync), (2, 3));
        let mut empty = [Share::default()];
        compare(&mut empty);
        assert_eq!(empty[0].leader_skew, None);
    }
}
