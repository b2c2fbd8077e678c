//! Where the nodes of a plan listen.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};

use crate::ids::Role;
use crate::plan::model::{NodePlan, Plan};

/// Client addresses of every node of a plan, all on loopback.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoints {
    /// By `broker.id`.
    pub brokers: BTreeMap<i32, SocketAddr>,
    /// By `myid`.
    pub zookeeper: BTreeMap<i32, SocketAddr>,
}

impl Endpoints {
    pub fn of(plan: &Plan) -> Self {
        let of_role = |role| plan.of_role(role).map(|node| (node.name.id, Self::of_node(node))).collect();
        Endpoints { brokers: of_role(Role::Broker), zookeeper: of_role(Role::ZooKeeper) }
    }

    /// The client address of one node.
    pub fn of_node(node: &NodePlan) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, node.ports.client))
    }
}
