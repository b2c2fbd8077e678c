//! Names of things: what a node is called everywhere (code, output, JSON, folders).

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a process is in the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// A ZooKeeper server: one member of the ensemble.
    ZooKeeper,
    /// A KRaft controller: one voter of the metadata quorum, apart from the brokers.
    Controller,
    /// A Kafka broker; in a combined KRaft cluster it can be a controller too.
    Broker,
}

impl Role {
    /// The word that starts the names of nodes of this role: `broker`, `controller`, `zookeeper`.
    pub fn word(self) -> &'static str {
        match self {
            Role::ZooKeeper => "zookeeper",
            Role::Controller => "controller",
            Role::Broker => "broker",
        }
    }

    /// The part of the spec that holds for nodes of this role.
    pub fn section(self) -> &'static str {
        match self {
            Role::ZooKeeper => "zookeeper",
            Role::Controller => "controllers",
            Role::Broker => "brokers",
        }
    }
}

/// The id of the first controller: brokers, which share a range of ids with controllers, count from 0.
const FIRST_CONTROLLER: i32 = 100;

impl Role {
    /// The names of its first `count` nodes: ZooKeeper's `myid` counts from 1, controllers from 100, brokers from 0.
    pub fn first(self, count: u16) -> Vec<NodeName> {
        let first = match self {
            Role::ZooKeeper => 1,
            Role::Controller => FIRST_CONTROLLER,
            Role::Broker => 0,
        };
        (first..).take(usize::from(count)).map(|id| NodeName { role: self, id }).collect()
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A node's name: its role and the id that Kafka's own logs print (`broker-0`, `zookeeper-1`,
/// `controller-100`).
///
/// Coordinators sort before brokers, then by id: the order of starting and of every listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeName {
    /// What the process does; ids are unique within ZooKeeper, and within brokers and controllers together.
    pub role: Role,
    /// `broker.id` or `node.id`, or ZooKeeper's `myid`.
    pub id: i32,
}

impl NodeName {
    /// By `broker.id`, in KRaft `node.id`.
    pub fn broker(id: i32) -> Self {
        NodeName { role: Role::Broker, id }
    }

    /// By `node.id`, of a controller that is no broker.
    pub fn controller(id: i32) -> Self {
        NodeName { role: Role::Controller, id }
    }

    /// By ZooKeeper's `myid`.
    pub fn zookeeper(id: i32) -> Self {
        NodeName { role: Role::ZooKeeper, id }
    }
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}-{}", self.role, self.id))
    }
}

/// The text is not a node's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a node's name; names look like broker-0, zookeeper-1 or controller-100")]
pub struct NotANodeName(pub String);

impl FromStr for NodeName {
    type Err = NotANodeName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || NotANodeName(text.to_owned());
        let (role, id) = text.rsplit_once('-').ok_or_else(bad)?;
        let role = match role {
            "zookeeper" => Role::ZooKeeper,
            "controller" => Role::Controller,
            "broker" => Role::Broker,
            _ => return Err(bad()),
        };
        let canonical =
            !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit()) && (id == "0" || !id.starts_with('0'));
        let id = id.parse().ok().filter(|_| canonical).ok_or_else(bad)?;
        Ok(NodeName { role, id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_as_they_are_written() {
        for name in [NodeName::broker(0), NodeName::zookeeper(7), NodeName::broker(1234)] {
            assert_eq!(name.to_string().parse(), Ok(name));
            let json = serde_json::to_string(&name).unwrap();
            assert_eq!(serde_json::from_str::<NodeName>(&json).unwrap(), name);
        }
    }

    #[test]
    fn other_words_are_not_names() {
        for text in [
            "",
            "broker",
            "broker-",
            "broker-01",
            "broker--1",
            "brokers-1",
            "broker-+1",
            "broker-99999999999",
        ] {
            assert!(text.parse::<NodeName>().is_err(), "{text}");
        }
    }

    #[test]
    fn coordinators_sort_before_brokers() {
        let mut names = vec![NodeName::broker(10), NodeName::broker(2), NodeName::zookeeper(3)];
        names.sort();
        assert_eq!(names, [NodeName::zookeeper(3), NodeName::broker(2), NodeName::broker(10)]);
    }
}
