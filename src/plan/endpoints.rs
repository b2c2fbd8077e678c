//! Where the nodes of a plan listen.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};

use crate::model::ids::{NodeName, Role};
use crate::plan::keys::KeyFolder;
use crate::plan::kraft::controller_port;
use crate::plan::model::{NodePlan, Plan};

/// Where this program reaches every node of a plan, all on loopback, and with which keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoints {
    /// By `broker.id`.
    pub brokers: BTreeMap<i32, SocketAddr>,
    /// By `myid`.
    pub zookeeper: BTreeMap<i32, SocketAddr>,
    /// The listeners of KRaft controllers, those of brokers that are controllers too among them.
    pub controllers: BTreeMap<NodeName, SocketAddr>,
    /// Of a secured cluster, whose brokers and controllers want to see a certificate.
    pub keys: Option<KeyFolder>,
}

impl Endpoints {
    /// From the ports of the plan alone: whether anybody listens there is not asked.
    pub fn of(plan: &Plan) -> Self {
        let of_role = |role| plan.of_role(role).map(|node| (node.name.id, Self::of_node(node))).collect();
        let controllers = plan.nodes.iter().filter(|node| node.is_voter() && node.role() != Role::ZooKeeper);
        let controllers = controllers.map(|node| (node.name, Self::loopback(controller_port(&node.ports))));
        Endpoints {
            brokers: of_role(Role::Broker),
            zookeeper: of_role(Role::ZooKeeper),
            controllers: controllers.collect(),
            keys: plan.keys(),
        }
    }

    /// Of one node: that of a secured broker is not the one for clients.
    pub fn of_node(node: &NodePlan) -> SocketAddr {
        Self::loopback(node.ports.internal.unwrap_or(node.ports.client))
    }

    fn loopback(port: u16) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, port))
    }
}
