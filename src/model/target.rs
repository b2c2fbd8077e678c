//! Nodes by what they are at a moment: the controller, the leader of a partition, any broker.

use std::fmt;
use std::str::FromStr;

use super::ids::{NodeName, Role};
use super::topic_partition::TopicPartition;

/// Whom a command is about. As text: `broker-0`, `controller`, `zookeeper-leader`, `leader:velib-stations/3`,
/// `follower:velib-stations/3`, `random:broker`, `random:broker:7`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// One node by its name, which means the same whatever happens.
    Node(NodeName),
    /// The controller of the brokers: one of them, or in KRaft the controller that leads the quorum.
    Controller,
    /// The server that leads the ensemble.
    ZooKeeperLeader,
    /// The broker that leads this partition at the moment.
    Leader(TopicPartition),
    /// The first replica of the assignment that is alive and in the ISR without leading; of none in the ISR, the
    /// first that is alive.
    Follower(TopicPartition),
    /// A live node of the role. The same seed chooses the same one of the same nodes; without a seed, one is made.
    Random {
        /// Whom to choose from.
        role: Role,
        /// As the text has it; `None`: not given.
        seed: Option<u64>,
    },
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

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Node(name) => name.fmt(f),
            Target::Controller => f.write_str("controller"),
            Target::ZooKeeperLeader => f.write_str("zookeeper-leader"),
            Target::Leader(of) => write!(f, "leader:{}/{}", of.topic, of.partition),
            Target::Follower(of) => write!(f, "follower:{}/{}", of.topic, of.partition),
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
    /// `leader` or `follower` without a partition behind it, or with one that is no number.
    NoPartition {
        /// All of what was written.
        text: String,
        /// `leader` or `follower`.
        role: &'static str,
    },
    #[error(
        "`{0}` does not say of which role: write `random:broker`, `random:controller` or `random:zookeeper`"
    )]
    /// `random` without a role behind it; all of what was written.
    NoRole(String),
    /// What stands where the seed is to be.
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

fn of_partition(text: &str, role: &'static str) -> Result<TopicPartition, NotATarget> {
    let bad = || NotATarget::NoPartition { text: text.to_owned(), role };
    let (_, of) = text.split_once(':').ok_or_else(bad)?;
    let (topic, partition) = of.rsplit_once('/').filter(|(topic, _)| !topic.is_empty()).ok_or_else(bad)?;
    let partition = partition.parse().ok().filter(|number| *number >= 0).ok_or_else(bad)?;
    Ok(TopicPartition::new(topic, partition))
}

impl From<NodeName> for Target {
    fn from(name: NodeName) -> Self {
        Target::Node(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
