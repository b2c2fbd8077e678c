//! The KRaft quorum at one moment, by its leader's own word. Built by `wire::quorum`. Pure.

use serde::{Deserialize, Serialize};

/// How long ago a voter that follows the leader has fetched at most, in ms: one that has not fetched for this long
/// calls an election (`controller.quorum.fetch.timeout.ms`, 2000 by default). A follower fetches at least every
/// 500 ms (`KafkaRaftClient.MAX_FETCH_WAIT_MS`).
pub(crate) const FETCH_TIMEOUT_MS: u64 = 2000;

/// Who leads the quorum, and how far the others have read its log (`__cluster_metadata`, partition 0).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct QuorumView {
    /// The voter that leads: the active controller.
    pub leader: Option<i32>,
    /// Of the leader.
    pub epoch: i32,
    /// Offset behind the last committed record; -1 as long as a leader that was just elected has committed nothing.
    pub high_watermark: i64,
    /// The controllers, the leader among them, by id.
    pub voters: Vec<ReplicaState>,
    /// The brokers that have fetched of late, by id: the leader forgets one after 5 minutes without a fetch
    /// (`LeaderState.OBSERVER_SESSION_TIMEOUT_MS`).
    pub observers: Vec<ReplicaState>,
}

/// How far one replica of the log is. The leader keeps what it knew when a replica dies: only the times tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReplicaState {
    pub id: i32,
    /// Offset behind its last record; `None`: it has not fetched from this leader yet.
    pub log_end_offset: Option<i64>,
    /// Records that it is behind the leader.
    pub lag: Option<i64>,
    /// Since its last fetch, in ms by the leader's clock; `None` when it has not fetched from this leader, or when
    /// that is older than Kafka 3.3 (KIP-836).
    pub last_fetch_ms_ago: Option<u64>,
    /// Since it last had all that the leader had, in ms by the leader's clock.
    pub last_caught_up_ms_ago: Option<u64>,
}

/// Why a voter does not count for the quorum.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotInQuorum {
    #[error("the quorum has no leader")]
    NoLeader,
    #[error("it leads the quorum, and no majority follows it yet")]
    NotFollowed,
    #[error("the leader, {leader}, does not count it among the voters")]
    NoVoter { leader: i32 },
    #[error("it has not fetched from the leader, {leader}")]
    NeverFetched { leader: i32 },
    #[error("it last fetched from the leader, {leader}, {ms} ms ago")]
    FetchedLongAgo { leader: i32, ms: u64 },
}

impl QuorumView {
    /// Whether this voter leads with a majority behind it, or follows the leader.
    ///
    /// It does not tell a process that has just been started from the one before it, of which the leader still
    /// knows: `observe::controllers` asks the process, too.
    pub(crate) fn has(&self, voter: i32) -> Result<(), NotInQuorum> {
        let Some(leader) = self.leader else { return Err(NotInQuorum::NoLeader) };
        if leader == voter {
            return match self.high_watermark >= 0 {
                true => Ok(()),
                false => Err(NotInQuorum::NotFollowed),
            };
        }
        let Some(state) = self.voters.iter().find(|state| state.id == voter) else {
            return Err(NotInQuorum::NoVoter { leader });
        };
        match (state.log_end_offset, state.last_fetch_ms_ago) {
            (None, _) => Err(NotInQuorum::NeverFetched { leader }),
            (Some(_), Some(ms)) if ms > FETCH_TIMEOUT_MS => Err(NotInQuorum::FetchedLongAgo { leader, ms }),
            (Some(_), _) => Ok(()),
        }
    }
}

#[cfg(test)]
pub(crate) mod samples {
    //! A quorum made by hand.

    use super::*;

    fn state(id: i32, behind: i64, ms: u64) -> ReplicaState {
        ReplicaState {
            id,
            log_end_offset: Some(1240 - behind),
            lag: Some(behind),
            last_fetch_ms_ago: Some(ms),
            last_caught_up_ms_ago: Some(ms),
        }
    }

    /// Controller 101 leads, 102 died a while ago, 103 has never been there; broker 1 lags.
    pub(crate) fn quorum() -> QuorumView {
        let dead = ReplicaState { last_caught_up_ms_ago: Some(61_500), ..state(102, 17, 61_000) };
        QuorumView {
            leader: Some(101),
            epoch: 4,
            high_watermark: 1240,
            voters: vec![
                state(100, 0, 230),
                state(101, 0, 0),
                dead,
                ReplicaState { id: 103, ..ReplicaState::default() },
            ],
            observers: vec![
                state(0, 0, 410),
                ReplicaState { last_caught_up_ms_ago: None, ..state(1, 3, 12) },
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::samples::quorum;
    use super::*;

    #[test]
    fn a_voter_is_in_the_quorum_when_it_leads_or_fetches() {
        let quorum = quorum();
        assert_eq!([quorum.has(100), quorum.has(101)], [Ok(()), Ok(())]);
        let why = |voter| quorum.has(voter).unwrap_err().to_string();
        assert_eq!(why(102), "it last fetched from the leader, 101, 61000 ms ago");
        assert_eq!(why(103), "it has not fetched from the leader, 101");
        assert_eq!(why(104), "the leader, 101, does not count it among the voters");
    }

    #[test]
    fn a_leader_is_none_before_a_majority_follows_it() {
        let elected = QuorumView { high_watermark: -1, ..quorum() };
        assert!(elected.has(101).is_err());
        assert!(QuorumView { leader: None, ..quorum() }.has(101).is_err());
    }

    #[test]
    fn a_leader_that_tells_no_times_is_believed() {
        let mut quorum = quorum();
        quorum.voters[2].last_fetch_ms_ago = None;
        assert_eq!(quorum.has(102), Ok(()));
    }
}
