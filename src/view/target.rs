//! Nodes by what they are at a moment: the controller, the leader of a partition, any broker.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::model::{ClusterView, PartitionView, VoterMode, VoterView};
use crate::ids::{NodeName, Role};

/// Whom a command is about. As text: `broker-0`, `controller`, `zookeeper-leader`, `leader:velib-stations/3`,
/// `follower:velib-stations/3`, `random:broker`, `random:broker:7`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Node(NodeName),
    /// The controller of the brokers: one of them, or in KRaft the controller that leads the quorum.
    Controller,
    /// The server that leads the ensemble.
    ZooKeeperLeader,
    Leader(Partition),
    /// The first replica of the assignment that is alive and in the ISR without leading; of none in the ISR, the
    /// first that is alive.
    Follower(Partition),
    /// A live node of the role. The same seed chooses the same one of the same nodes; without a seed, one is made.
    Random {
        role: Role,
        seed: Option<u64>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    pub topic: String,
    pub partition: i32,
}

impl Target {
    /// A name that holds whatever happens; `None` for what has to be found out.
    pub fn node(&self) -> Option<NodeName> {
        match self {
            Target::Node(name) => Some(*name),
            _ => None,
        }
    }

    /// With this seed, when it is random and has none.
    pub fn seeded(self, with: u64) -> Self {
        match self {
            Target::Random { role, seed: None } => Target::Random { role, seed: Some(with) },
            other => other,
        }
    }
}

/// What targets are at this moment: each once, in the order asked for. `alive`: nodes whose process runs and is not
/// paused. The error says whom nobody could find, and why.
pub fn resolve(
    targets: &[Target],
    view: &ClusterView,
    alive: &BTreeSet<NodeName>,
) -> Result<Vec<NodeName>, String> {
    let mut nodes = Vec::new();
    for target in targets {
        let node = match target {
            Target::Node(name) => *name,
            Target::Controller => view.controller_name().ok_or("nobody could tell who the controller is")?,
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

fn zookeeper_leader(view: &ClusterView) -> Result<NodeName, String> {
    if view.voters.keys().all(|name| name.role != Role::ZooKeeper) {
        return Err("this cluster has no ZooKeeper; `controller` leads its quorum".to_owned());
    }
    let leads = |voter: &VoterView| {
        matches!(voter, VoterView::Answered { mode: VoterMode::Leader | VoterMode::Standalone })
    };
    let found = view.voters.iter().find(|(_, voter)| leads(voter));
    found.map(|(name, _)| *name).ok_or_else(|| "no ZooKeeper server says that it leads".to_owned())
}

fn partition<'a>(of: &Partition, view: &'a ClusterView) -> Result<&'a PartitionView, String> {
    let topics = view.topics.as_ref().ok_or("no broker could tell of topics")?;
    let topic = topics.get(&of.topic).ok_or_else(|| format!("there is no topic {}", of.topic))?;
    topic.partitions.get(&of.partition).ok_or_else(|| {
        let last = topic.partitions.keys().last().copied().unwrap_or_default();
        format!("topic {} has no partition {}; its partitions are 0 to {last}", of.topic, of.partition)
    })
}

fn leader(of: &Partition, view: &ClusterView) -> Result<NodeName, String> {
    let found = partition(of, view)?;
    found.leader.map(NodeName::broker).ok_or_else(|| format!("{of} has no leader"))
}

fn follower(of: &Partition, view: &ClusterView, alive: &BTreeSet<NodeName>) -> Result<NodeName, String> {
    let found = partition(of, view)?;
    let followers = || {
        let others = found.replicas.iter().filter(|id| Some(**id) != found.leader);
        others.copied().filter(|id| alive.contains(&NodeName::broker(*id)))
    };
    let in_sync = followers().find(|id| found.isr.contains(id));
    let one = in_sync.or_else(|| followers().next());
    one.map(NodeName::broker).ok_or_else(|| format!("{of} has no follower that is up"))
}

fn random(role: Role, seed: u64, alive: &BTreeSet<NodeName>, taken: &[NodeName]) -> Result<NodeName, String> {
    let free: Vec<NodeName> =
        alive.iter().copied().filter(|name| name.role == role && !taken.contains(name)).collect();
    // SplitMix64: seeds that differ little choose as differently as others.
    let mut mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    let at = mixed.checked_rem(free.len() as u64).and_then(|at| usize::try_from(at).ok());
    at.and_then(|at| free.get(at).copied()).ok_or_else(|| format!("no {role} is up to choose from"))
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.topic, self.partition)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Node(name) => name.fmt(f),
            Target::Controller => f.write_str("controller"),
            Target::ZooKeeperLeader => f.write_str("zookeeper-leader"),
            Target::Leader(of) => write!(f, "leader:{of}"),
            Target::Follower(of) => write!(f, "follower:{of}"),
            Target::Random { role, seed: None } => write!(f, "random:{role}"),
            Target::Random { role, seed: Some(seed) } => write!(f, "random:{role}:{seed}"),
        }
    }
}

/// The text names nobody.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotATarget {
    /// Neither a node's name nor a word of ours.
    #[error("`{0}` is neither a node nor what a node can be")]
    Unknown(String),
    #[error(
        "`{text}` does not say of which partition: write `{role}:TOPIC/PARTITION`, such as `{role}:velib-stations/3`"
    )]
    NoPartition { text: String, role: &'static str },
    #[error(
        "`{0}` does not say of which role: write `random:broker`, `random:controller` or `random:zookeeper`"
    )]
    NoRole(String),
    #[error("`{0}` is not a seed: it is a whole number, such as 7")]
    NoSeed(String),
}

/// What a node can be, as it is written.
pub const FORMS: &str =
    "controller, zookeeper-leader, leader:TOPIC/PARTITION, follower:TOPIC/PARTITION, random:broker";

impl FromStr for Target {
    type Err = NotATarget;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match (text, text.split_once(':')) {
            ("controller", _) => Ok(Target::Controller),
            ("zookeeper-leader", _) => Ok(Target::ZooKeeperLeader),
            ("leader", _) | (_, Some(("leader", _))) => of_partition(text, "leader").map(Target::Leader),
            ("follower", _) | (_, Some(("follower", _))) => {
                of_partition(text, "follower").map(Target::Follower)
            }
            ("random", _) => Err(NotATarget::NoRole(text.to_owned())),
            (_, Some(("random", rest))) => {
                let (role, seed) = match rest.split_once(':') {
                    Some((role, seed)) => {
                        let seed = seed.parse().map_err(|_| NotATarget::NoSeed(seed.to_owned()))?;
                        (role, Some(seed))
                    }
                    None => (rest, None),
                };
                let known = [Role::Broker, Role::Controller, Role::ZooKeeper];
                let role = known.into_iter().find(|known| known.word() == role);
                let role = role.ok_or_else(|| NotATarget::NoRole(text.to_owned()))?;
                Ok(Target::Random { role, seed })
            }
            _ => text.parse().map(Target::Node).map_err(|_| NotATarget::Unknown(text.to_owned())),
        }
    }
}

fn of_partition(text: &str, role: &'static str) -> Result<Partition, NotATarget> {
    let bad = || NotATarget::NoPartition { text: text.to_owned(), role };
    let (_, of) = text.split_once(':').ok_or_else(bad)?;
    let (topic, partition) = of.rsplit_once('/').filter(|(topic, _)| !topic.is_empty()).ok_or_else(bad)?;
    let partition = partition.parse().ok().filter(|number| *number >= 0).ok_or_else(bad)?;
    Ok(Partition { topic: topic.to_owned(), partition })
}

impl Serialize for Target {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl From<NodeName> for Target {
    fn from(name: NodeName) -> Self {
        Target::Node(name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::view::model::TopicView;

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

    fn found(targets: &[&str]) -> Result<Vec<String>, String> {
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
    fn a_follower_that_is_alive_does_when_none_is_in_the_isr() {
        let mut view = view();
        let topics = view.topics.as_mut().unwrap();
        topics.get_mut("bikes").unwrap().partitions.get_mut(&0).unwrap().isr = vec![1];
        let mut alive = alive();
        alive.remove(&NodeName::broker(0));
        let target = ["follower:bikes/0".parse().unwrap()];
        assert_eq!(resolve(&target, &view, &alive), Ok(vec![NodeName::broker(2)]));
        alive.remove(&NodeName::broker(2));
        assert!(resolve(&target, &view, &alive).unwrap_err().contains("no follower that is up"));
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
            assert!(error.contains(why), "{text}: {error}");
        }
        assert_eq!(found(&["leader:docks/0"]), Err("there is no topic docks".to_owned()));
        assert!(found(&["leader:bikes/4"]).unwrap_err().contains("partitions are 0 to 0"));
        assert!(found(&["random:controller"]).unwrap_err().contains("no controller is up"));
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

    #[test]
    fn targets_read_back_as_they_are_written() {
        for text in [
            "broker-0",
            "controller",
            "zookeeper-leader",
            "leader:a.b/3",
            "random:zookeeper:18446744073709551615",
        ] {
            let target: Target = text.parse().unwrap();
            assert_eq!(target.to_string(), text);
            let json = serde_json::to_string(&target).unwrap();
            assert_eq!(serde_json::from_str::<Target>(&json).unwrap(), target);
        }
        for text in [
            "",
            "leader",
            "leader:",
            "leader:bikes",
            "leader:/0",
            "leader:b/-1",
            "random",
            "random:b",
            "random:broker:x",
        ] {
            assert!(text.parse::<Target>().is_err(), "{text}");
        }
    }
}
