//! Where the nodes of a plan listen.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::model::ids::{NodeName, Role};
use crate::plan::keys::KeyFolder;
use crate::plan::kraft::controller_port;
use crate::plan::model::{NodePlan, Plan};
use crate::spec::model::{Clients, Secret};

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
    /// Brokers are reached as this client, and not as this program.
    pub client: Option<Client>,
}

/// How somebody who is not this program connects to brokers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// By name.
    pub user: String,
    /// With TLS.
    pub encrypted: bool,
    /// Key and certificate, where clients show one.
    pub certificate: Option<PathBuf>,
    /// Where clients show one.
    pub password: Option<Password>,
}

/// Of a user, and how it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Password {
    /// How.
    pub clients: Clients,
    /// Itself.
    pub password: Secret,
}

impl Client {
    fn of(plan: &Plan) -> Option<Self> {
        let (login, security, keys) = (plan.login.as_ref()?, plan.security.as_ref()?, plan.keys()?);
        let password = |password: &Secret| Password { clients: security.clients, password: password.clone() };
        Some(Client {
            user: login.user.clone(),
            encrypted: security.encrypted,
            certificate: (security.clients == Clients::Mtls).then(|| keys.of(&login.user)),
            password: login.password.as_ref().map(password),
        })
    }
}

impl Endpoints {
    /// From the ports of the plan alone: whether anybody listens there is not asked.
    pub fn of(plan: &Plan) -> Self {
        let client = Client::of(plan);
        let reached = |node: &NodePlan| match client {
            Some(_) => Self::loopback(node.ports.client),
            None => Self::of_node(node),
        };
        let of_role = |role| plan.of_role(role).map(|node| (node.name.id, reached(node))).collect();
        let controllers = plan.nodes.iter().filter(|node| node.is_voter() && node.role() != Role::ZooKeeper);
        let controllers = controllers.map(|node| (node.name, Self::loopback(controller_port(&node.ports))));
        Endpoints {
            brokers: of_role(Role::Broker),
            zookeeper: of_role(Role::ZooKeeper),
            controllers: controllers.collect(),
            keys: plan.keys(),
            client,
        }
    }

    /// Of one node, for this program: that of a secured broker is not the one for clients.
    pub fn of_node(node: &NodePlan) -> SocketAddr {
        Self::loopback(node.ports.internal.unwrap_or(node.ports.client))
    }

    fn loopback(port: u16) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, port))
    }
}
