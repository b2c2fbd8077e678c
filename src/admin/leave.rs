//! Whether a broker may leave its cluster for good.

use crate::error::{ExitCode, Failure};
use crate::model::ids::{NodeName, Role};
use crate::model::status::{NodeState, Status};
use crate::model::topic_partition::TopicPartition;
use crate::model::view::replication_factor;
use crate::plan::model::Plan;

/// Why a broker has to stay.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Obstacle {
    #[error("{0} is the last broker of its cluster")]
    Last(NodeName),
    /// The replicas of a topic would not find brokers enough.
    #[error("{topic} has replication factor {factor}, and without {broker} there would be {}", brokers(*left))]
    TooFew { broker: NodeName, topic: String, factor: usize, left: usize },
    /// Something else is wrong: whoever takes a broker away now leaves less than he thinks.
    #[error("the cluster is not well: {why}")]
    Unwell { why: String },
    #[error("what {0} holds cannot be told: no broker tells of topics")]
    Unknown(NodeName),
}

fn brokers(count: usize) -> String {
    if count == 1 { "1 broker".to_owned() } else { format!("{count} brokers") }
}

impl From<Obstacle> for Failure {
    fn from(obstacle: Obstacle) -> Self {
        let (code, hint) = match &obstacle {
            Obstacle::Last(_) => (ExitCode::Usage, "`cluster down` stops a whole cluster".to_owned()),
            Obstacle::TooFew { topic, .. } => (
                ExitCode::Usage,
                format!("add a broker first (`cluster scale brokers N`), or delete {topic}"),
            ),
            Obstacle::Unwell { .. } => {
                (ExitCode::Refused, "see `cluster status`; `--force` does it anyway".to_owned())
            }
            Obstacle::Unknown(_) => (ExitCode::Failed, "see `cluster status`, then ask again".to_owned()),
        };
        Failure::new(code, obstacle.to_string()).hint(hint)
    }
}

/// Partitions (`topic-number`) of which the broker holds a replica, Kafka's own topics too. `None` when
/// nobody could tell.
pub(crate) fn held(status: &Status, broker: NodeName) -> Option<Vec<String>> {
    let partitions = status.topics.as_ref()?.iter().flat_map(|(topic, of)| {
        let here = of.partitions.iter().filter(|(_, partition)| partition.view.replicas.contains(&broker.id));
        here.map(move |(number, _)| TopicPartition::new(topic, *number).to_string())
    });
    Some(partitions.collect())
}

/// The partitions that have to leave the broker before it may. That it is down itself is no obstacle, and
/// with `force` neither is what else is wrong.
pub(crate) fn may_leave(
    status: &Status,
    plan: &Plan,
    broker: NodeName,
    force: bool,
) -> Result<Vec<String>, Obstacle> {
    let left = plan.of_role(Role::Broker).filter(|node| node.name != broker).count();
    if left == 0 {
        return Err(Obstacle::Last(broker));
    }
    let held = held(status, broker).ok_or(Obstacle::Unknown(broker))?;
    let there = status.topics.iter().flatten().map(|(topic, of)| {
        let views =
            of.partitions.iter().map(|(number, partition)| (*number, partition.view.clone())).collect();
        (topic, replication_factor(&views))
    });
    // The next `up` creates what the spec has and Kafka has not.
    let planned = plan.topics.iter().map(|topic| (&topic.name, usize::from(topic.replication_factor)));
    let widest = there.chain(planned).max_by_key(|(_, factor)| *factor);
    if let Some((topic, factor)) = widest.filter(|(_, factor)| *factor > left) {
        return Err(Obstacle::TooFew { broker, topic: topic.clone(), factor, left });
    }
    match unwell(status, broker) {
        Some(why) if !force => Err(Obstacle::Unwell { why }),
        _ => Ok(held),
    }
}

/// What is wrong, apart from the broker itself.
fn unwell(status: &Status, broker: NodeName) -> Option<String> {
    let others = status.nodes.iter().filter(|node| node.node != broker && node.state != NodeState::Ready);
    let down: Vec<String> = others.map(|node| node.node.to_string()).collect();
    if !down.is_empty() {
        return Some(format!("{} not ready", down.join(", ")));
    }
    if status.controller.is_none() {
        return Some("there is no controller".to_owned());
    }
    let partitions = status.topics.iter().flatten().flat_map(|(topic, of)| {
        of.partitions
            .iter()
            .map(move |(number, partition)| (TopicPartition::new(topic, *number), &partition.view))
    });
    for (name, view) in partitions {
        if view.leader.is_none() {
            return Some(format!("{name} has no leader"));
        }
        if view.replicas.iter().any(|id| *id != broker.id && !view.isr.contains(id)) {
            return Some(format!("{name} is under-replicated"));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::samples::{healthy, node, partition, topic};
    use crate::plan::samples::plan;

    const B2: NodeName = NodeName { role: Role::Broker, id: 2 };

    fn asked(status: &Status, force: bool) -> Result<Vec<String>, Obstacle> {
        may_leave(status, &plan("/x".as_ref(), "velib"), B2, force)
    }

    /// Without the topic of three replicas.
    fn roomy() -> Status {
        let mut status = healthy();
        status.topics.as_mut().unwrap().remove("__consumer_offsets");
        status
    }

    #[test]
    fn every_replica_has_to_leave_those_of_internal_topics_too() {
        assert_eq!(asked(&roomy(), false), Ok(vec!["velib-stations/1".into(), "velib-stations/2".into()]));
        assert_eq!(
            held(&healthy(), B2).unwrap(),
            ["__consumer_offsets/0", "velib-stations/1", "velib-stations/2"]
        );
        let mut empty = roomy();
        empty.topics = Some([("t".to_owned(), topic(vec![partition(Some(0), &[0, 1], &[0, 1])]))].into());
        assert_eq!(asked(&empty, false), Ok(vec![]));
    }

    #[test]
    fn a_topic_with_as_many_replicas_as_brokers_keeps_them_all_whoever_forces() {
        let factor = |topic: &str| Obstacle::TooFew { broker: B2, topic: topic.into(), factor: 3, left: 2 };
        assert_eq!(asked(&healthy(), true), Err(factor("__consumer_offsets")));
        // One of the spec that does not exist at this moment would be created by the next `up`.
        let mut plan = plan("/x".as_ref(), "velib");
        plan.topics[0].replication_factor = 3;
        assert_eq!(may_leave(&roomy(), &plan, B2, false), Err(factor("velib-stations")));
        plan.nodes.retain(|node| node.name.role == Role::ZooKeeper || node.name == B2);
        assert_eq!(may_leave(&roomy(), &plan, B2, true), Err(Obstacle::Last(B2)));
    }

    #[test]
    fn while_something_else_is_wrong_nobody_leaves_unforced() {
        let why = |change: &dyn Fn(&mut Status)| {
            let mut status = roomy();
            change(&mut status);
            assert!(asked(&status, true).is_ok());
            match asked(&status, false) {
                Err(Obstacle::Unwell { why }) => why,
                other => panic!("{other:?}"),
            }
        };
        let down = |status: &mut Status| status.nodes[3] = node(NodeName::broker(0), NodeState::Killed);
        assert_eq!(why(&down), "broker-0 not ready");
        assert_eq!(why(&|status| status.controller = None), "there is no controller");
        let with = |status: &mut Status, partition| {
            status.topics.as_mut().unwrap().insert("t".to_owned(), topic(vec![partition]));
        };
        assert_eq!(why(&|status| with(status, partition(None, &[0, 1], &[0, 1]))), "t/0 has no leader");
        assert_eq!(why(&|status| with(status, partition(Some(0), &[0, 1], &[0]))), "t/0 is under-replicated");
    }

    #[test]
    fn a_broker_that_is_down_itself_may_leave() {
        let mut status = roomy();
        status.nodes[5] = node(B2, NodeState::Stopped);
        let lost = topic(vec![partition(Some(1), &[1, 2], &[1])]);
        status.topics = Some([("t".to_owned(), lost)].into());
        assert_eq!(asked(&status, false), Ok(vec!["t/0".into()]));
    }

    #[test]
    fn what_nobody_can_tell_is_never_taken_for_nothing() {
        let mut status = roomy();
        status.topics = None;
        assert_eq!(asked(&status, true), Err(Obstacle::Unknown(B2)));
    }
}
