//! Who a target is at a moment, by what Kafka and ZooKeeper say.

use std::collections::BTreeSet;

use crate::model::ids::{NodeName, Role};
use crate::model::refusal::NobodyMeant;
use crate::model::status::{NodeState, NodeStatus, Status, TopicStatus};
use crate::model::target::Target;
use crate::model::topic_partition::TopicPartition;
use crate::model::view::{ClusterView, PartitionView, TopicView, VoterView};

/// What targets are at this moment: each once, in the order asked for. `alive`: nodes whose process runs and is not
/// paused. The error says whom nobody could find, and why.
pub(crate) fn resolve(
    targets: &[Target],
    view: &ClusterView,
    alive: &BTreeSet<NodeName>,
) -> Result<Vec<NodeName>, NobodyMeant> {
    let mut nodes = Vec::new();
    for target in targets {
        let node = match target {
            Target::Node(name) => *name,
            Target::Controller => view.controller_name().ok_or(NobodyMeant::NoController)?,
            Target::ZooKeeperLeader => zookeeper_leader(view)?,
            Target::Leader(of) => leader(of, view)?,
            Target::Follower(of) => follower(of, view, alive)?,
            // Of several, each is another one.
            Target::Random { role, seed } => random(*role, seed.unwrap_or_default(), alive, &nodes)?,
        };
        if !nodes.contains(&node) {
            nodes.push(node);
        }
    }
    Ok(nodes)
}

/// The same, by a status.
pub(crate) fn resolve_by(targets: &[Target], status: &Status) -> Result<Vec<NodeName>, NobodyMeant> {
    let topic = |topic: &TopicStatus| TopicView {
        partitions: topic.partitions.iter().map(|(number, one)| (*number, one.view.clone())).collect(),
        min_insync_replicas: topic.min_insync_replicas,
        internal: topic.internal,
    };
    let voter = |node: &NodeStatus| match node.mode {
        Some(mode) => Some((node.node, VoterView::Answered { mode })),
        None if node.node.role == Role::Broker => None,
        None => Some((node.node, VoterView::Unknown { reason: String::new() })),
    };
    let view = ClusterView {
        controller: status.controller,
        topics: status
            .topics
            .as_ref()
            .map(|all| all.iter().map(|(name, one)| (name.clone(), topic(one))).collect()),
        voters: status.nodes.iter().filter_map(voter).collect(),
        ..ClusterView::default()
    };
    let is_alive = |node: &&NodeStatus| node.pid.is_some() && node.state != NodeState::Paused;
    let alive = status.nodes.iter().filter(is_alive).map(|node| node.node).collect();
    resolve(targets, &view, &alive)
}

fn zookeeper_leader(view: &ClusterView) -> Result<NodeName, NobodyMeant> {
    if view.voters.keys().all(|name| name.role != Role::ZooKeeper) {
        return Err(NobodyMeant::NoZooKeeper);
    }
    view.leading_voter().ok_or(NobodyMeant::NoZooKeeperLeader)
}

fn partition<'a>(of: &TopicPartition, view: &'a ClusterView) -> Result<&'a PartitionView, NobodyMeant> {
    let topics = view.topics.as_ref().ok_or(NobodyMeant::TopicsUnknown)?;
    let topic = topics.get(&of.topic).ok_or_else(|| NobodyMeant::NoTopic { topic: of.topic.clone() })?;
    topic.partitions.get(&of.partition).ok_or_else(|| {
        let last = topic.partitions.keys().last().copied().unwrap_or_default();
        NobodyMeant::NoPartition { topic: of.topic.clone(), partition: of.partition, last }
    })
}

fn leader(of: &TopicPartition, view: &ClusterView) -> Result<NodeName, NobodyMeant> {
    let found = partition(of, view)?;
    found
        .leader
        .map(NodeName::broker)
        .ok_or_else(|| NobodyMeant::NoLeader { topic: of.topic.clone(), partition: of.partition })
}

fn follower(
    of: &TopicPartition,
    view: &ClusterView,
    alive: &BTreeSet<NodeName>,
) -> Result<NodeName, NobodyMeant> {
    let found = partition(of, view)?;
    let followers = || {
        let others = found.replicas.iter().filter(|id| Some(**id) != found.leader);
        others.copied().filter(|id| alive.contains(&NodeName::broker(*id)))
    };
    let in_sync = followers().find(|id| found.isr.contains(id));
    let one = in_sync.or_else(|| followers().next());
    one.map(NodeName::broker)
        .ok_or_else(|| NobodyMeant::NoFollower { topic: of.topic.clone(), partition: of.partition })
}

fn random(
    role: Role,
    seed: u64,
    alive: &BTreeSet<NodeName>,
    taken: &[NodeName],
) -> Result<NodeName, NobodyMeant> {
    let free: Vec<NodeName> =
        alive.iter().copied().filter(|name| name.role == role && !taken.contains(name)).collect();
    // SplitMix64: seeds that differ little choose as differently as others.
    let mut mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    let at = mixed.checked_rem(free.len() as u64).and_then(|at| usize::try_from(at).ok());
    at.and_then(|at| free.get(at).copied()).ok_or(NobodyMeant::NoneUp { role })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::view::VoterMode;

    /// Brokers 0 to 2 with one partition, led by 1, and an ensemble led by zookeeper-2.
    fn view() -> ClusterView {
        let partition =
            PartitionView { leader: Some(1), leader_epoch: None, replicas: vec![1, 0, 2], isr: vec![1, 2] };
        let topic = TopicView {
            partitions: BTreeMap::from([(0, partition)]),
            min_insync_replicas: 1,
            internal: false,
        };
        let voter = |mode| VoterView::Answered { mode };
        ClusterView {
            controller: Some(2),
            topics: Some(BTreeMap::from([("bikes".to_owned(), topic)])),
            voters: [
                (NodeName::zookeeper(1), voter(VoterMode::Follower)),
                (NodeName::zookeeper(2), voter(VoterMode::Leader)),
            ]
            .into(),
            ..ClusterView::default()
        }
    }

    fn alive() -> BTreeSet<NodeName> {
        (0..3).map(NodeName::broker).chain([NodeName::zookeeper(1), NodeName::zookeeper(2)]).collect()
    }

    fn found(targets: &[&str]) -> Result<Vec<String>, NobodyMeant> {
        let targets: Vec<Target> = targets.iter().map(|text| text.parse().unwrap()).collect();
        let nodes = resolve(&targets, &view(), &alive())?;
        Ok(nodes.iter().map(NodeName::to_string).collect())
    }

    #[test]
    fn whom_a_word_means_is_told_by_what_kafka_says() {
        assert_eq!(found(&["controller"]).unwrap(), ["broker-2"]);
        assert_eq!(found(&["zookeeper-leader"]).unwrap(), ["zookeeper-2"]);
        assert_eq!(found(&["leader:bikes/0"]).unwrap(), ["broker-1"]);
        // broker-0 is first in the assignment, and not in the ISR.
        assert_eq!(found(&["follower:bikes/0"]).unwrap(), ["broker-2"]);
        assert_eq!(found(&["broker-2", "controller", "broker-0"]).unwrap(), ["broker-2", "broker-0"], "once");
    }

    #[test]
    fn a_status_tells_the_same() {
        let status = crate::model::samples::healthy();
        let of = |text: &str| resolve_by(&[text.parse().unwrap()], &status).map(|nodes| nodes[0].to_string());
        assert_eq!(of("controller").unwrap(), status.controller_name().unwrap().to_string());
        assert!(of("zookeeper-leader").unwrap().starts_with("zookeeper-"));
        let (topic, one) = status.topics.as_ref().unwrap().iter().next().unwrap();
        let leader = one.partitions[&0].view.leader.unwrap();
        assert_eq!(of(&format!("leader:{topic}/0")).unwrap(), format!("broker-{leader}"));
        assert!(of("leader:nowhere/0").is_err());
    }

    #[test]
    fn a_follower_that_is_alive_does_when_none_is_in_the_isr() {
        let mut view = view();
        let topics = view.topics.as_mut().unwrap();
        topics.get_mut("bikes").unwrap().partitions.get_mut(&0).unwrap().isr = vec![1];
        let mut alive = alive();
        alive.remove(&NodeName::broker(0));
        let target = ["follower:bikes/0".parse().unwrap()];
        assert_eq!(resolve(&target, &view, &alive), Ok(vec![NodeName::broker(2)]));
        alive.remove(&NodeName::broker(2));
        assert!(resolve(&target, &view, &alive).unwrap_err().to_string().contains("no follower that is up"));
    }

    #[test]
    fn what_nobody_could_tell_is_nobody() {
        let nothing = ClusterView::default();
        for (text, why) in [
            ("controller", "who the controller is"),
            ("leader:bikes/0", "no broker could tell of topics"),
            ("zookeeper-leader", "has no ZooKeeper"),
        ] {
            let error = resolve(&[text.parse().unwrap()], &nothing, &alive()).unwrap_err();
            assert!(error.to_string().contains(why), "{text}: {error}");
        }
        assert_eq!(found(&["leader:docks/0"]), Err(NobodyMeant::NoTopic { topic: "docks".to_owned() }));
        assert!(found(&["leader:bikes/4"]).unwrap_err().to_string().contains("partitions are 0 to 0"));
        assert!(found(&["random:controller"]).unwrap_err().to_string().contains("no controller is up"));
    }

    #[test]
    fn a_seed_chooses_the_same_node_again_and_several_choose_several() {
        let of = |seed: u64| found(&[&format!("random:broker:{seed}")]).unwrap().remove(0);
        assert!((0..50).all(|seed| of(seed) == of(seed)));
        let all: BTreeSet<String> = (0..50).map(of).collect();
        assert_eq!(all.len(), 3, "each is chosen at times");
        let three = found(&["random:broker:7", "random:broker:7", "random:broker:7"]).unwrap();
        assert_eq!(three.iter().collect::<BTreeSet<_>>().len(), 3);
    }
}
