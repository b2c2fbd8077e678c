//! The spec as typed values: what the user wants. Every field has been checked (`spec/check.rs`).

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use indexmap::IndexMap;
use serde::Serialize;

use super::versions::Coordination;
use crate::model::acl::{Acl, Operation, Permission, Resource, principal};
use crate::model::ids::{NodeName, Role};

/// One cluster, as its YAML file describes it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Spec {
    /// The cluster's name: its folder under `$CLUSTER_HOME`. Lowercase letters, digits, `-`, `_`, `.`.
    pub name: String,
    pub kafka: KafkaSpec,
    /// A Java home to use instead of `JAVA_HOME` and `PATH`.
    pub java: Option<PathBuf>,
    pub profile: Profile,
    pub restart: RestartPolicy,
    /// Ports are `port_base` upwards instead of chosen free (see docs/spec.md for the layout).
    pub port_base: Option<u16>,
    /// `None`: everything is in plain text.
    pub security: Option<Security>,
    /// Further listeners of every broker, by name.
    pub listeners: IndexMap<String, ListenerSpec>,
    /// A folder whose files replace templates of the same name.
    pub templates: Option<PathBuf>,
    /// The ZooKeeper servers; none in KRaft mode.
    pub zookeeper: NodeGroup,
    /// The voters of the KRaft quorum; none in ZooKeeper mode.
    pub controllers: NodeGroup,
    /// The first brokers, as many as `controllers` counts, are the voters too: there are no nodes of the role
    /// controller.
    pub combined: bool,
    pub brokers: NodeGroup,
    /// In the order of the file.
    pub topics: IndexMap<String, TopicSpec>,
}

impl Spec {
    /// What coordinates the brokers.
    pub(crate) fn coordination(&self) -> Coordination {
        if self.controllers.count > 0 { Coordination::Kraft } else { Coordination::ZooKeeper }
    }

    /// The part that holds for the nodes of a role.
    pub(crate) fn group(&self, role: Role) -> &NodeGroup {
        match role {
            Role::ZooKeeper => &self.zookeeper,
            Role::Controller => &self.controllers,
            Role::Broker => &self.brokers,
        }
    }

    /// The version that a node names for itself, or its role for it.
    pub(crate) fn version_of(&self, node: NodeName) -> Option<&str> {
        let group = self.group(node.role);
        let own = group.nodes.get(&node).and_then(|own| own.version.as_deref());
        own.or(group.settings.version.as_deref())
    }

    /// Every version that roles or nodes name for themselves.
    pub(crate) fn versions(&self) -> impl Iterator<Item = &str> {
        let groups = [&self.zookeeper, &self.controllers, &self.brokers];
        let settings =
            groups.into_iter().flat_map(|group| std::iter::once(&group.settings).chain(group.nodes.values()));
        settings.filter_map(|settings| settings.version.as_deref())
    }

    /// The same without the passwords of users; `None`: it has none.
    pub(crate) fn without_passwords(&self) -> Option<Spec> {
        let mut spec = self.clone();
        let users = spec.security.iter_mut().flat_map(|security| security.users.values_mut());
        let told = users.filter_map(|user| user.password.take()).count();
        (told > 0).then_some(spec)
    }

    /// Forgets every fixed port.
    pub(crate) fn free_ports(&mut self) {
        self.port_base = None;
        for group in [&mut self.zookeeper, &mut self.controllers, &mut self.brokers] {
            group.nodes.values_mut().for_each(|node| node.port = None);
        }
    }
}

/// Which Kafka to run: the spec's `kafka`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KafkaSpec {
    /// A full version (`3.9.2`) after `3.9` or `3` has been resolved to the newest supported one.
    /// With `home` and no version in the file, `None`: the home says which it is.
    pub version: Option<String>,
    /// An unpacked Kafka distribution to use as it is.
    pub home: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Small heaps, quick failover, settings for a laptop.
    #[default]
    Fast,
    /// Kafka's own defaults and JVM flags; only what several nodes on one host need is set.
    Stock,
    /// Like `fast`, with data flushed to disk.
    Durable,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RestartPolicy {
    /// A node that exits by itself with an error, or by a signal that is not ours, is restarted.
    #[default]
    OnFailure,
    Never,
    /// Also after an exit with code 0.
    Always,
}

/// Where every broker listens for clients, too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct ListenerSpec {
    /// An address of this machine, or all of them (`0.0.0.0`, `::`).
    pub bind: IpAddr,
    /// A name or an address by which clients reach it.
    pub advertise: String,
    /// Whoever reaches it may be let in without a password or certificate, or in plain text.
    pub insecure: bool,
}

/// As many listeners as a spec can add.
pub(crate) const MOST_LISTENERS: usize = 4;

/// What this program is called where everybody shows who they are: no user can be.
pub(crate) const PROGRAM: &str = "cluster";

/// What every broker and controller is called there: those that join later, too.
pub(crate) const NODE: &str = "node";

/// How a cluster is secured. Brokers, controllers and this program always show each other a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct Security {
    /// How clients show who they are.
    pub clients: Clients,
    /// Clients speak TLS; where they show a password, they can be spared it.
    pub encrypted: bool,
    /// In the order of the file.
    pub users: IndexMap<String, User>,
    /// Whether everybody may do what no ACL speaks of.
    #[serde(default)]
    pub allows_by_default: bool,
}

impl Security {
    /// Clients of whom nothing is said.
    pub(crate) fn of(clients: Clients) -> Self {
        Security { clients, encrypted: true, users: IndexMap::new(), allows_by_default: false }
    }

    /// Whether brokers ask who may do what: where clients show who they are.
    pub(crate) fn has_acls(&self) -> bool {
        self.clients != Clients::Tls
    }

    /// What users may do.
    pub(crate) fn acls(&self) -> Vec<Acl> {
        self.users
            .iter()
            .flat_map(|(name, user)| user.acls.iter().flat_map(|grant| grant.acls(name)))
            .collect()
    }

    /// Who has a password, where clients show one, with that of the spec if it has one: every user, and this program.
    pub(crate) fn password_holders(&self) -> impl Iterator<Item = (&str, Option<&Secret>)> {
        let users = self.users.iter().map(|(name, user)| (name.as_str(), user.password.as_ref()));
        users.chain([(PROGRAM, None)]).filter(|_| self.clients.mechanism().is_some())
    }
}

/// How clients show who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Clients {
    /// They do not: it is the brokers alone who show a certificate.
    Tls,
    /// By a certificate of the cluster's CA.
    Mtls,
    /// By a name and a password that never crosses the wire (SASL/SCRAM-SHA-512, KIP-84).
    Scram,
    /// By a name and a password (SASL/PLAIN).
    Plain,
}

impl Clients {
    /// Kafka's name of the SASL mechanism; `None`: clients have no password.
    pub(crate) fn mechanism(self) -> Option<&'static str> {
        match self {
            Clients::Tls | Clients::Mtls => None,
            Clients::Scram => Some("SCRAM-SHA-512"),
            Clients::Plain => Some("PLAIN"),
        }
    }
}

/// Someone who connects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct User {
    /// Of the spec; without one a password is made. In no plan that is stored or printed.
    #[serde(skip)]
    pub password: Option<Secret>,
    /// What they may do, and may not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acls: Vec<Grant>,
    /// By a command while the cluster ran: the spec does not know them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub was_added: bool,
}

/// What a user may do, or may not, with one resource or all whose name begins so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct Grant {
    /// With what.
    #[serde(flatten)]
    pub resource: Resource,
    /// Whether they may.
    pub permission: Permission,
    /// Do what.
    pub operations: Vec<Operation>,
    /// From which address; `*` for all.
    pub host: String,
}

impl Grant {
    /// One for each operation, as Kafka has them.
    pub(crate) fn acls(&self, user: &str) -> impl Iterator<Item = Acl> {
        self.operations.iter().map(move |&operation| Acl {
            principal: principal(user),
            permission: self.permission,
            operation,
            resource: self.resource.clone(),
            host: self.host.clone(),
        })
    }
}

/// A text that is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(secret)")
    }
}

/// The nodes of one role: how many, and what holds for each.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct NodeGroup {
    pub count: u16,
    /// Ids of brokers, in ascending order, as many as `count`. `None`: those that the cluster has, and of
    /// a new one 0 to `count` - 1. Only of brokers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ids: Option<Vec<i32>>,
    pub settings: NodeSettings,
    /// Overrides of single nodes; every key is a node that exists.
    pub nodes: BTreeMap<NodeName, NodeSettings>,
}

/// What can be said of a role or of one node; a node's own value wins.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct NodeSettings {
    /// Full version of the Kafka that runs instead of the cluster's (`kafka.version`).
    pub version: Option<String>,
    /// Maximum Java heap in MiB.
    pub heap_mib: Option<u32>,
    /// Settings for server.properties or zoo.cfg, never planner-owned ones.
    pub config: BTreeMap<String, String>,
    /// Extra JVM flags, after ours.
    pub jvm_flags: Vec<String>,
    /// Extra environment variables.
    pub env: BTreeMap<String, String>,
    /// A fixed client port; only in a node's own override.
    pub port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct TopicSpec {
    pub partitions: u32,
    pub replication_factor: u16,
    pub config: BTreeMap<String, String>,
}
