//! The plan: what will be. A serialisable value that `up` executes exactly and `plan` prints.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::acl::Acl;
use crate::model::ids::{NodeName, Role};
use crate::model::step::Step;
use crate::plan::format::Format;
use crate::plan::keys::{KeyFolder, PROGRAM};
use crate::plan::login::Login;
use crate::plan::source::{JavaSource, KafkaSource};
use crate::spec::model::{Clients, ListenerSpec, MOST_LISTENERS, Profile, RestartPolicy, Secret, Security};
use crate::spec::versions::{Coordination, numbers};

/// Everything that `up` will write and start. Stored as `plan.json` in the cluster's folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Format of this value; a plan of another format is refused, never guessed at.
    pub format: u32,
    /// From the spec; it names the folder, too.
    pub name: String,
    /// The cluster's folder, absolute: `$CLUSTER_HOME/<name>`.
    pub dir: PathBuf,
    /// The one whose settings and JVM flags the nodes have.
    pub profile: Profile,
    /// What becomes of a node that exits by itself.
    pub restart: RestartPolicy,
    /// What nodes run that name no version of their own.
    pub kafka: KafkaPlan,
    /// One for all nodes.
    pub java: JavaPlan,
    /// The class-data archive that nodes map; made by `up` when it is missing.
    #[serde(default)]
    pub class_data: Option<PathBuf>,
    /// What nodes run that name another version than the cluster's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_kafkas: Vec<Distribution>,
    /// Of a KRaft cluster: in every node's meta.properties, 22 characters. Kept for the life of its data; a
    /// ZooKeeper ensemble gives one itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster_id: Option<String>,
    /// How clients show who they are; `None`: everything is in plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security: Option<Security>,
    /// For how long certificates are valid that are made from now on, in seconds; `None`: for years.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cert_lifetime_s: Option<u64>,
    /// Where every broker listens, too; the ports are those of `Ports::more`, in this order.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub listeners: IndexMap<String, ListenerSpec>,
    /// What an earlier plan gave and this one does not.
    #[serde(default, skip_serializing_if = "Withdrawn::is_empty")]
    pub withdrawn: Withdrawn,
    /// In the order of starting: coordinators, then brokers.
    pub nodes: Vec<NodePlan>,
    /// Those of the spec, in its order; Kafka's own and others are not among them.
    pub topics: Vec<TopicPlan>,
    /// The id of the next broker that joins, above every id that ever was a member's: Kafka's metadata may
    /// still name one that left. `None` until brokers are first added to the cluster or taken from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_broker_id: Option<i32>,
    /// Things worth knowing that are no mistake, e.g. an even ensemble.
    pub warnings: Vec<String>,
    /// As whom a command reaches the brokers, if not as this program: never stored.
    #[serde(skip)]
    pub login: Option<Login>,
}

/// What brokers may still know though the spec no longer says it: taken away by each `up`, so that one that was
/// killed before it did so makes no difference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawn {
    /// Who was a user.
    pub users: BTreeSet<String>,
    /// What somebody was allowed or denied.
    pub acls: BTreeSet<Acl>,
}

impl Withdrawn {
    fn is_empty(&self) -> bool {
        *self == Withdrawn::default()
    }

    /// All that `before` gave, or had withdrawn, and `now` does not give.
    pub(crate) fn since(before: &Plan, now: Option<&Security>) -> Self {
        let given = |security: Option<&Security>| {
            let users = security.iter().flat_map(|security| security.users.keys().cloned()).collect();
            Withdrawn { users, acls: security.iter().flat_map(|security| security.acls()).collect() }
        };
        let (mut gone, now) = (given(before.security.as_ref()), given(now));
        gone.users.extend(before.withdrawn.users.iter().cloned());
        gone.acls.extend(before.withdrawn.acls.iter().cloned());
        gone.users.retain(|user| !now.users.contains(user));
        gone.acls.retain(|acl| !now.acls.contains(acl));
        gone
    }
}

/// The Kafka distribution that runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KafkaPlan {
    /// Full version, e.g. `3.9.2`.
    pub version: String,
    /// Where it lies, or will lie once fetched.
    pub home: PathBuf,
    /// Java's classpath entries; `DIR/*` stands for every jar of DIR, as Java itself reads it.
    pub classpath: Vec<String>,
    /// Where it was found, or that `up` has yet to fetch it.
    pub source: KafkaSource,
}

/// A Kafka, and the class-data archive that its nodes map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    pub kafka: KafkaPlan,
    pub class_data: Option<PathBuf>,
}

/// The Java that runs the nodes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JavaPlan {
    /// Absolute path of the `java` program.
    pub program: PathBuf,
    /// Full version, e.g. `17.0.15`.
    pub version: String,
    /// Feature release, e.g. 17.
    pub major: u32,
    /// Where it was found: `java` of the spec, `JAVA_HOME`, or `PATH`.
    pub source: JavaSource,
}

/// One process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodePlan {
    /// Its role and id; its folder is called so, too.
    pub name: NodeName,
    /// Full version of the Kafka that it runs, when that is not the cluster's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kafka_version: Option<String>,
    /// The node's folder, absolute, holding `config/`, `data/`, `logs/` and `tmp/`; the process's
    /// working folder.
    pub dir: PathBuf,
    /// All on loopback; chosen when the plan is made, so that they are known before anything runs.
    pub ports: Ports,
    /// Maximum Java heap in MiB, for the memory told by `plan`.
    pub heap_mib: u32,
    /// Full command line; `argv[0]` is the absolute path of `java`.
    pub argv: Vec<String>,
    /// The whole environment of the process: nothing else is inherited.
    pub env: BTreeMap<String, String>,
    /// Files written before every start, with their full text.
    pub files: Vec<PlannedFile>,
    /// How its data folder is formatted before its first start, in KRaft.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<Format>,
    /// Nodes that this one needs to be serving before it can become ready.
    pub depends_on: Vec<NodeName>,
    /// The readiness steps of this node, in order.
    pub readiness: Vec<Step>,
    /// How long an orderly stop may take before SIGKILL, in ms.
    pub stop_deadline_ms: u64,
    /// Every setting of the node's main config file and where it comes from.
    pub settings: Vec<Setting>,
}

impl NodePlan {
    /// The part of its name that says what it does.
    pub fn role(&self) -> Role {
        self.name.role
    }

    /// It is one of those whose majority coordinates the cluster: a ZooKeeper server, a controller, or a broker
    /// that is a controller too.
    pub fn is_voter(&self) -> bool {
        self.role() != Role::Broker || self.ports.quorum.is_some()
    }

    /// Where a controller listens, a broker that is one too included; `None` for other nodes.
    pub(crate) fn controller_port(&self) -> Option<u16> {
        match self.role() {
            Role::Controller => Some(self.ports.client),
            Role::Broker => self.ports.quorum,
            Role::ZooKeeper => None,
        }
    }

    /// Kafka's `log.dirs`, ZooKeeper's `dataDir`.
    pub fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    /// The log that the node itself writes, bounded by its log4j settings.
    pub fn log_file(&self) -> PathBuf {
        self.dir.join("logs").join("server.log")
    }

    /// Standard output and error of the process (JVM messages; log4j writes to `log_file`).
    pub fn output_file(&self) -> PathBuf {
        self.dir.join("logs").join("stdout.log")
    }

    /// Where both of these ended when its process was last started.
    pub fn start_file(&self) -> PathBuf {
        self.dir.join("logs").join("start.json")
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ports {
    /// Where clients connect: Kafka's listener, ZooKeeper's clientPort, a controller's own listener.
    pub client: u16,
    /// ZooKeeper: followers connect to the leader here. A broker that is a controller too: the controller's
    /// listener.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub quorum: Option<u16>,
    /// ZooKeeper: leader election.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub election: Option<u16>,
    /// A broker of a secured cluster: other brokers and this program connect here, each with its certificate.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub internal: Option<u16>,
    /// Of a broker: the spec's further `listeners`, in their order.
    #[serde(skip_serializing_if = "no_more", default)]
    pub more: [Option<u16>; MOST_LISTENERS],
}

fn no_more(more: &[Option<u16>; MOST_LISTENERS]) -> bool {
    *more == [None; MOST_LISTENERS]
}

impl Ports {
    pub fn all(self) -> impl Iterator<Item = u16> {
        [Some(self.client), self.quorum, self.election, self.internal].into_iter().chain(self.more).flatten()
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedFile {
    /// Absolute.
    pub path: PathBuf,
    pub text: String,
}

/// An effective setting and its origin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    pub key: String,
    pub value: String,
    pub origin: Origin,
    /// Whose `config` in the spec says it: controllers have that of brokers, too.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub role: Option<Role>,
    /// Why it has this value, for settings that the planner or the profile made.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// What Kafka would take without it, as Kafka's documentation writes it (`null`: no value). Only
    /// in a plan [`with_kafka_defaults`](crate::plan::with_kafka_defaults).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kafka_default: Option<String>,
}

/// Which layer a setting's value comes from; a later layer wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// Kafka's own default: no file says it. Only in a plan `with_kafka_defaults`.
    #[serde(rename = "kafka default")]
    Default,
    /// The spec's `profile`.
    Profile,
    /// `config` of the role in the spec.
    Cluster,
    /// `config` of the node in the spec.
    Node,
    /// Owned by the planner: ids, ports, folders, quorum.
    Planner,
}

/// A topic of the spec, with everything that its creation needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopicPlan {
    /// As the spec has it, within the rules of `org.apache.kafka.common.internals.Topic`.
    pub name: String,
    /// How many it is created with; one that exists with another number is told, not changed.
    pub partitions: u32,
    /// Replicas of each partition; one that exists with another number is told, not changed.
    pub replication_factor: u16,
    /// What the topic is created with: `settings` without their origins.
    pub config: BTreeMap<String, String>,
    /// The same settings, each with its origin and reason.
    #[serde(default)]
    pub settings: Vec<Setting>,
}

/// Of a cluster without `security`.
pub(crate) const IN_PLAIN_TEXT: &str = "everything in it is in plain text";

impl Plan {
    /// What this program writes, and the only one that it reads.
    pub const FORMAT: u32 = 1;

    /// Of a secured cluster.
    pub(crate) fn keys(&self) -> Option<KeyFolder> {
        self.security.as_ref().map(|_| KeyFolder::of_cluster(&self.dir))
    }

    /// Who has a key in a secured cluster: every broker and controller, every user who shows one, and this program.
    pub(crate) fn key_holders(&self) -> impl Iterator<Item = String> {
        let nodes = self.nodes.iter().filter(|node| node.role() != Role::ZooKeeper);
        let by_key = self.security.iter().filter(|security| security.clients == Clients::Mtls);
        let users = by_key.flat_map(|security| security.users.keys().cloned());
        nodes.map(|node| node.name.to_string()).chain(users).chain([PROGRAM.to_owned()])
    }

    /// Of a secured cluster, see [`Security::password_holders`].
    pub(crate) fn password_holders(&self) -> impl Iterator<Item = (&str, Option<&Secret>)> {
        self.security.iter().flat_map(Security::password_holders)
    }

    /// What brokers have to be called in their certificates beside their loopback addresses.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = &str> {
        self.listeners.values().map(|listener| listener.advertise.as_str())
    }

    /// What says who there is; the error says why nobody is told apart.
    pub(crate) fn with_users(&self) -> Result<&Security, &'static str> {
        match &self.security {
            Some(security) if security.has_acls() => Ok(security),
            Some(_) => Err("its clients do not show who they are (`security: tls`)"),
            None => Err(IN_PLAIN_TEXT),
        }
    }

    /// As whom a command reaches the brokers, if not as this program.
    pub(crate) fn user(&self) -> Option<String> {
        self.login.as_ref().map(|login| login.user.clone())
    }

    /// By name; `None`: not a member.
    pub fn node(&self, name: NodeName) -> Option<&NodePlan> {
        self.nodes.iter().find(|node| node.name == name)
    }

    /// Full version of the Kafka that a node runs.
    pub fn version_of<'a>(&'a self, node: &'a NodePlan) -> &'a str {
        node.kafka_version.as_deref().unwrap_or(&self.kafka.version)
    }

    /// The oldest version that a broker or controller runs, to whose protocol and features all of them keep.
    pub fn oldest(&self) -> &str {
        let nodes = self.nodes.iter().filter(|node| node.role() != Role::ZooKeeper);
        let versions = nodes.map(|node| self.version_of(node));
        versions.min_by_key(|version| numbers(version)).unwrap_or(&self.kafka.version)
    }

    /// The class-data archive that a node maps.
    pub fn class_data_of(&self, node: &NodePlan) -> Option<&Path> {
        let own = |version: &String| self.other_kafkas.iter().find(|other| other.kafka.version == *version);
        match &node.kafka_version {
            Some(version) => own(version)?.class_data.as_deref(),
            None => self.class_data.as_deref(),
        }
    }

    /// Everything that nodes run, the cluster's first.
    pub fn distributions(&self) -> Vec<Distribution> {
        let own = Distribution { kafka: self.kafka.clone(), class_data: self.class_data.clone() };
        [&[own], &self.other_kafkas[..]].concat()
    }

    /// The versions that nodes run in words: `3.9.2`, `4.1.2 and 4.3.1`.
    pub fn versions(&self) -> String {
        let mut versions: Vec<&str> = self.nodes.iter().map(|node| self.version_of(node)).collect();
        versions.sort_by_key(|version| numbers(version));
        versions.dedup();
        match versions.as_slice() {
            [] => self.kafka.version.clone(),
            [all @ .., last] if !all.is_empty() => format!("{} and {last}", all.join(", ")),
            one => one.concat(),
        }
    }

    /// What coordinates its brokers.
    pub fn coordination(&self) -> Coordination {
        let is_zookeeper = |node: &NodePlan| node.role() == Role::ZooKeeper;
        if self.nodes.iter().any(is_zookeeper) { Coordination::ZooKeeper } else { Coordination::Kraft }
    }

    /// In the order of starting.
    pub fn of_role(&self, role: Role) -> impl Iterator<Item = &NodePlan> {
        self.nodes.iter().filter(move |node| node.name.role == role)
    }

    /// The rack (`broker.rack`) of each broker that has one.
    pub fn racks(&self) -> BTreeMap<i32, String> {
        let rack = |node: &NodePlan| {
            let set = node.settings.iter().find(|setting| setting.key == "broker.rack")?;
            Some((node.name.id, set.value.clone()))
        };
        self.of_role(Role::Broker).filter_map(rack).collect()
    }
}
