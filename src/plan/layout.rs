//! Which nodes there are, and where each has its files.

use std::path::{Path, PathBuf};

use crate::ids::{NodeName, Role};
use crate::plan::PlanError;
use crate::spec::model::{NodeGroup, NodeSettings, Spec};

/// Every node of the spec in the order of starting: `zookeeper-1` to n, then the brokers, which are
/// `broker-0` to n-1 unless the spec names other ids.
pub fn nodes(spec: &Spec) -> Vec<NodeName> {
    let zookeeper = (1..=i32::from(spec.zookeeper.count)).map(NodeName::zookeeper);
    let ids = spec.brokers.ids.clone().unwrap_or_else(|| (0..i32::from(spec.brokers.count)).collect());
    zookeeper.chain(ids.into_iter().map(NodeName::broker)).collect()
}

/// The part of the spec that holds for the nodes of a role.
pub fn group(spec: &Spec, role: Role) -> &NodeGroup {
    match role {
        Role::ZooKeeper => &spec.zookeeper,
        Role::Broker => &spec.brokers,
    }
}

/// What the spec says of this node alone.
pub fn overrides(spec: &Spec, node: NodeName) -> Option<&NodeSettings> {
    group(spec, node.role).nodes.get(&node)
}

/// The folders and files of one node, all below `<cluster's folder>/<node>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeDir(pub PathBuf);

impl NodeDir {
    pub fn new(cluster: &Path, node: NodeName) -> Self {
        NodeDir(cluster.join(node.to_string()))
    }

    pub fn config(&self) -> PathBuf {
        self.0.join("config")
    }

    /// Kafka's `log.dirs`, ZooKeeper's `dataDir`.
    pub fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    pub fn logs(&self) -> PathBuf {
        self.0.join("logs")
    }

    /// `java.io.tmpdir`: snappy, lz4 and zstd unpack their native code here.
    pub fn tmp(&self) -> PathBuf {
        self.0.join("tmp")
    }

    /// Every folder that must exist before the node starts.
    pub fn folders(&self) -> [PathBuf; 4] {
        [self.config(), self.data(), self.logs(), self.tmp()]
    }

    pub fn main_config(&self, role: Role) -> PathBuf {
        self.config().join(main_config_name(role))
    }

    pub fn log4j(&self) -> PathBuf {
        self.config().join("log4j.properties")
    }

    /// ZooKeeper reads its id from here (`dataDir/myid`).
    pub fn myid(&self) -> PathBuf {
        self.data().join("myid")
    }
}

/// The name of the file that a node of this role is started with, and of its template.
pub fn main_config_name(role: Role) -> &'static str {
    match role {
        Role::ZooKeeper => "zoo.cfg",
        Role::Broker => "server.properties",
    }
}

/// Refuses folders that Kafka would misread, however they are escaped.
pub fn check_dir(dir: &Path) -> Result<&str, PlanError> {
    let refuse = |why| PlanError::Folder { dir: dir.to_owned(), why };
    let text = dir.to_str().ok_or_else(|| refuse("its name is not UTF-8"))?;
    if !dir.is_absolute() {
        return Err(refuse("its path is not absolute"));
    }
    if text.contains(',') {
        return Err(refuse("it has a comma, and Kafka's log.dirs is a list separated by commas"));
    }
    if text.contains("${") {
        return Err(refuse("it has `${`, and log4j replaces what follows"));
    }
    if text.chars().any(char::is_control) {
        return Err(refuse("it has a control character"));
    }
    Ok(text)
}
