//! What the controllers of a KRaft cluster say of themselves: who leads the quorum, and who follows.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;

use super::probe::NotReady;
use crate::model::ids::NodeName;
use crate::model::view::{VoterMode, VoterView};
use crate::view::quorum::QuorumView;
use crate::wire::error::KafkaError;
use crate::wire::features::features;
use crate::wire::pool::Pool;
use crate::wire::quorum;

/// The quorum as its controllers tell it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Controllers {
    /// The leader's own word; `None` when nobody leads.
    pub quorum: Option<QuorumView>,
    pub voters: BTreeMap<NodeName, VoterView>,
}

/// Asks every controller apart and at once, each within the deadline.
pub(crate) async fn ask(pool: &Pool, deadline: Duration) -> Controllers {
    let asked = pool
        .endpoints()
        .controllers
        .iter()
        .map(|(name, address)| async move { (*name, quorum::ask(pool, *address, deadline).await) });
    told(join_all(asked).await)
}

/// Whether this voter leads the quorum with a majority behind it, or follows its leader.
///
/// The leader's word is not enough: of a voter that was killed it goes on telling the log end offset that it last
/// had, so that a new process would look as if it had joined before it has asked anybody (for 2 s, until its first
/// fetch, on 3.9.2 and 4.4.0). Nor is the voter's own: one that has lost the quorum still knows the finalized
/// features. Both together say it: the features' epoch, which a process has only once it has heard from a leader, and
/// a fetch of late that the leader has seen.
pub(crate) async fn has_joined(pool: &Pool, voter: NodeName, deadline: Duration) -> Result<(), NotReady> {
    let Some(address) = pool.endpoints().controllers.get(&voter) else {
        return Err(NotReady::NoController(voter));
    };
    let (own, Controllers { quorum, voters }) =
        tokio::join!(features(pool, *address, deadline), ask(pool, deadline));
    if let Some(VoterView::Unknown { reason }) = voters.get(&voter) {
        return Err(NotReady::Unknown(reason.clone()));
    }
    quorum.unwrap_or_default().has(voter.id)?;
    match own?.epoch {
        Some(_) => Ok(()),
        None => Err(NotReady::NoMetadata),
    }
}

/// A deposed leader that does not know it yet has a lower epoch.
fn told(answers: Vec<(NodeName, Result<Option<QuorumView>, KafkaError>)>) -> Controllers {
    let leading = answers.iter().filter_map(|(_, answer)| answer.as_ref().ok()?.as_ref());
    let quorum = leading.max_by_key(|quorum| quorum.epoch).cloned();
    let leader = quorum.as_ref().and_then(|quorum| quorum.leader);
    let voters = answers.into_iter().map(|(name, answer)| {
        let view = match (answer, leader) {
            (Err(error), _) => VoterView::Unknown { reason: error.to_string() },
            (Ok(_), None) => VoterView::Unknown { reason: "the quorum has no leader".to_owned() },
            (Ok(_), Some(id)) if id == name.id => VoterView::Answered { mode: VoterMode::Leader },
            (Ok(_), Some(_)) => VoterView::Answered { mode: VoterMode::Follower },
        };
        (name, view)
    });
    Controllers { voters: voters.collect(), quorum }
}

#[cfg(test)]
mod tests {
    use kafka_protocol::messages::ApiKey;

    use super::*;
    use crate::plan::endpoints::Endpoints;
    use crate::wire::fake::{Damage, FakeBroker, Reply};
    use crate::wire::{features, quorum};

    const LONG: Duration = Duration::from_secs(60);

    fn led_by(leader: i32, epoch: i32) -> Result<Option<QuorumView>, KafkaError> {
        Ok(Some(QuorumView { leader: Some(leader), epoch, ..QuorumView::default() }))
    }

    #[test]
    fn of_two_that_lead_the_later_epoch_counts() {
        let [a, b, c] = [100, 101, 102].map(NodeName::controller);
        let controllers = told(vec![(a, led_by(100, 4)), (b, led_by(101, 5)), (c, Err(KafkaError::Refused))]);
        assert_eq!(controllers.quorum.unwrap().leader, Some(101));
        assert_eq!(controllers.voters[&a], VoterView::Answered { mode: VoterMode::Follower });
        assert_eq!(controllers.voters[&b], VoterView::Answered { mode: VoterMode::Leader });
        assert!(matches!(controllers.voters[&c], VoterView::Unknown { .. }));
    }

    #[test]
    fn controllers_that_answer_without_a_leader_are_no_quorum() {
        let controllers = told(vec![(NodeName::controller(100), Ok(None))]);
        assert_eq!(controllers.quorum, None);
        let reason = "the quorum has no leader".to_owned();
        assert_eq!(controllers.voters.into_values().collect::<Vec<_>>(), [VoterView::Unknown { reason }]);
    }

    /// A follower, whose process knows of the metadata up to this offset, asks after itself.
    async fn follower_has_joined(knows: i64) -> Result<(), NotReady> {
        let leader = |_, key, version| match key {
            ApiKey::DescribeQuorum => {
                let voters = [(100, 9, 5000, 5000), (101, 9, 4900, 4900)];
                Reply::Body(quorum::testing::led_by(100, 1, &voters, &[], version))
            }
            _ => Reply::Close,
        };
        let follower = move |_, key, version| match key {
            ApiKey::ApiVersions => Reply::Body(features::testing::answer(21, knows, version)),
            ApiKey::DescribeQuorum => Reply::Body(quorum::testing::not_leading(version)),
            _ => Reply::Close,
        };
        let leader = FakeBroker::start(leader, Damage::None).await;
        let follower = FakeBroker::start(follower, Damage::None).await;
        let [first, second] = [100, 101].map(NodeName::controller);
        let controllers = [(first, leader.address), (second, follower.address)].into();
        let pool = Pool::new(&Endpoints { controllers, ..Endpoints::default() });
        has_joined(&pool, second, LONG).await
    }

    #[tokio::test]
    async fn the_leader_tells_of_the_process_before_so_that_the_new_one_has_to_know_the_metadata_too() {
        assert!(follower_has_joined(4).await.is_ok());
        assert!(follower_has_joined(-1).await.is_err());
    }
}
