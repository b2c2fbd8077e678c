//! What the controllers of a KRaft cluster say of themselves: who leads the quorum, and who follows.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;

use super::error::KafkaError;
use super::pool::Pool;
use super::quorum;
use crate::ids::NodeName;
use crate::view::model::{VoterMode, VoterView};
use crate::view::quorum::QuorumView;

/// The quorum as its controllers tell it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Controllers {
    /// The leader's own word; `None` when nobody leads.
    pub quorum: Option<QuorumView>,
    pub voters: BTreeMap<NodeName, VoterView>,
}

/// Asks every controller apart and at once, each within the deadline.
pub async fn ask(pool: &Pool, deadline: Duration) -> Controllers {
    let asked = pool
        .endpoints()
        .controllers
        .iter()
        .map(|(name, address)| async move { (*name, quorum::ask(pool, *address, deadline).await) });
    told(join_all(asked).await)
}

/// Whether this voter leads the quorum, or has fetched from the one that does.
pub async fn has_joined(pool: &Pool, voter: NodeName, deadline: Duration) -> Result<(), String> {
    let Controllers { quorum, voters } = ask(pool, deadline).await;
    if let Some(VoterView::Unknown { reason }) = voters.get(&voter) {
        return Err(reason.clone());
    }
    let Some(quorum) = quorum else { return Err("the quorum has no leader".to_owned()) };
    let has_fetched = quorum.voters.iter().any(|told| told.id == voter.id && told.log_end_offset >= 0);
    match quorum.leader == Some(voter.id) || has_fetched {
        true => Ok(()),
        false => Err("it has not fetched from the leader of the quorum".to_owned()),
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
    use super::*;

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
}
