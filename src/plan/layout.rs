//! Which nodes there are, and where each has its files.

use std::path::{Path, PathBuf};

use crate::model::ids::{NodeName, Role};
use crate::plan::version::at_least;
use crate::spec::model::{NodeSettings, Spec};

/// Every node of the spec in the order of starting: ZooKeeper servers or controllers, then the brokers, which
/// are `broker-0` to n-1 unless the spec names other ids.
pub(crate) fn nodes(spec: &Spec) -> Vec<NodeName> {
    let mut nodes = if spec.combined { Vec::new() } else { voters(spec) };
    nodes.extend(brokers(spec));
    nodes
}

fn brokers(spec: &Spec) -> Vec<NodeName> {
    match &spec.brokers.ids {
        Some(ids) => ids.iter().copied().map(NodeName::broker).collect(),
        None => Role::Broker.first(spec.brokers.count),
    }
}

/// The nodes whose majority coordinates the cluster: the ZooKeeper ensemble, or the KRaft quorum. In a combined
/// cluster these are the first brokers.
pub(crate) fn voters(spec: &Spec) -> Vec<NodeName> {
    if spec.combined {
        return brokers(spec).into_iter().take(usize::from(spec.controllers.count)).collect();
    }
    let controllers = Role::Controller.first(spec.controllers.count);
    Role::ZooKeeper.first(spec.zookeeper.count).into_iter().chain(controllers).collect()
}

/// What the spec says of this node alone.
pub(crate) fn overrides(spec: &Spec, node: NodeName) -> Option<&NodeSettings> {
    spec.group(node.role).nodes.get(&node)
}

/// The folders and files of one node, all below `<cluster's folder>/<node>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NodeDir(pub PathBuf);

impl NodeDir {
    pub(crate) fn new(cluster: &Path, node: NodeName) -> Self {
        NodeDir(cluster.join(node.to_string()))
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.0.join("config")
    }

    /// Kafka's `log.dirs`, ZooKeeper's `dataDir`.
    pub(crate) fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    pub(crate) fn logs(&self) -> PathBuf {
        self.0.join("logs")
    }

    /// `java.io.tmpdir`: snappy, lz4 and zstd unpack their native code here.
    pub(crate) fn tmp(&self) -> PathBuf {
        self.0.join("tmp")
    }

    /// Every folder that must exist before the node starts.
    pub(crate) fn folders(&self) -> [PathBuf; 4] {
        [self.config(), self.data(), self.logs(), self.tmp()]
    }

    pub(crate) fn main_config(&self, role: Role) -> PathBuf {
        self.config().join(main_config_name(role))
    }

    /// The file that says what is logged, of this version of Kafka.
    pub(crate) fn logging(&self, kafka_version: &str) -> PathBuf {
        self.config().join(logging_name(kafka_version))
    }

    /// ZooKeeper reads its id from here (`dataDir/myid`).
    pub(crate) fn myid(&self) -> PathBuf {
        self.data().join("myid")
    }
}

/// The name of the file that a node of this role is started with, and of its template.
pub(crate) fn main_config_name(role: Role) -> &'static str {
    match role {
        Role::ZooKeeper => "zoo.cfg",
        // Kafka's own name for both.
        Role::Controller | Role::Broker => "server.properties",
    }
}

/// The name of the file that says what is logged, and of its template: Kafka 4.0 came with log4j 2 (KIP-653).
pub(crate) fn logging_name(kafka_version: &str) -> &'static str {
    if at_least(kafka_version, &[4]) { "log4j2.properties" } else { "log4j.properties" }
}
