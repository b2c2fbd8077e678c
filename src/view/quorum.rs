//! The quorum of a KRaft cluster, as its leader describes it.

/// What the leader of the quorum says (DescribeQuorum, KIP-595).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuorumView {
    pub leader: Option<i32>,
    pub epoch: i32,
    /// The metadata log up to here, in records, is on a majority of the voters.
    pub high_watermark: i64,
    /// The controllers.
    pub voters: Vec<ReplicaState>,
    /// Whoever else follows the metadata: the brokers.
    pub observers: Vec<ReplicaState>,
}

/// How far one node has the metadata log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReplicaState {
    pub id: i32,
    /// -1: it has not fetched from this leader yet.
    pub log_end_offset: i64,
}

impl QuorumView {
    /// Records of the metadata log that a node lacks; `None` when the leader does not know.
    pub fn lag(&self, of: ReplicaState) -> Option<i64> {
        let leader = self.voters.iter().find(|voter| Some(voter.id) == self.leader)?;
        (of.log_end_offset >= 0).then(|| (leader.log_end_offset - of.log_end_offset).max(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lag_is_what_a_node_lacks_of_the_leaders_log() {
        let state = |id, log_end_offset| ReplicaState { id, log_end_offset };
        let quorum = QuorumView {
            leader: Some(100),
            voters: vec![state(101, 40), state(100, 50)],
            ..Default::default()
        };
        assert_eq!(quorum.lag(state(101, 40)), Some(10));
        assert_eq!(quorum.lag(state(0, 51)), Some(0), "it was told later");
        assert_eq!(quorum.lag(state(102, -1)), None);
        assert_eq!(QuorumView::default().lag(state(1, 1)), None);
    }
}
