//! Which cluster of this user has which port, also while it is down: `ports.json` in the cache
//! folder, under a lock, so that two clusters planned at the same moment never get the same port,
//! whatever their `$CLUSTER_HOME`.
//!
//! A lease holds while the plan in the cluster's folder names the port, or while the process that
//! allocated it lives (it may not have written the plan yet). Any other lease is void.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::HostError;
use super::files::{create_folder, replace};
use super::lock::lock;
use super::procfs;
use crate::paths::ClusterDir;

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Lease {
    /// The cluster's folder.
    dir: PathBuf,
    /// The process that allocated the port, and when it was started (clock ticks since boot), since
    /// pids come again.
    pid: u32,
    started: u64,
}

/// The leases, locked until this value is dropped.
pub(crate) struct Leases {
    path: PathBuf,
    leases: BTreeMap<u16, Lease>,
    _lock: File,
}

impl Leases {
    /// Waits for the lock, reads the file and forgets void leases.
    pub(crate) fn open(cache: &Path) -> Result<Self, HostError> {
        create_folder(cache)?;
        let lock = lock(&cache.join("ports.lock"), || {})?;
        let path = cache.join("ports.json");
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => b"{}".to_vec(),
            Err(error) => return Err(HostError::io("read", &path, error)),
        };
        // It is a cache: one that cannot be read is begun anew.
        let leases: BTreeMap<u16, Lease> = serde_json::from_slice(&text).unwrap_or_default();
        Ok(Leases { path, leases: holding(leases), _lock: lock })
    }

    /// The folders of all clusters that have a port, whatever their `$CLUSTER_HOME`.
    pub(crate) fn clusters(&self) -> BTreeSet<PathBuf> {
        self.leases.values().map(|lease| lease.dir.clone()).collect()
    }

    /// Whether a cluster in another folder has this port.
    pub(crate) fn is_anothers(&self, port: u16, dir: &Path) -> bool {
        self.leases.get(&port).is_some_and(|lease| lease.dir != dir)
    }

    /// Whether the cluster in this folder has it.
    pub(crate) fn is_own(&self, port: u16, dir: &Path) -> bool {
        self.leases.get(&port).is_some_and(|lease| lease.dir == dir)
    }

    /// The command that is bringing another cluster up on this port at this moment, and that cluster's folder.
    pub(crate) fn claimant(&self, port: u16, dir: &Path) -> Option<(u32, &Path)> {
        let lease = self.leases.get(&port).filter(|lease| lease.dir != dir)?;
        (started(lease.pid) == Some(lease.started)).then_some((lease.pid, lease.dir.as_path()))
    }

    /// Gives `dir` these ports and writes the file. Ports that its present plan names stay its own
    /// until another plan is in its place.
    pub(crate) fn grant(mut self, dir: &Path, ports: impl IntoIterator<Item = u16>) -> Result<(), HostError> {
        let pid = std::process::id();
        let lease = Lease { dir: dir.to_owned(), pid, started: started(pid).unwrap_or(0) };
        self.leases.extend(ports.into_iter().map(|port| (port, lease.clone())));
        let text = serde_json::to_vec_pretty(&self.leases)
            .map_err(|error| HostError::io("write", &self.path, error.into()))?;
        replace(&self.path, &text)
    }
}

fn holding(leases: BTreeMap<u16, Lease>) -> BTreeMap<u16, Lease> {
    let mut planned: BTreeMap<PathBuf, Vec<u16>> = BTreeMap::new();
    leases
        .into_iter()
        .filter(|(port, lease)| {
            let named = planned.entry(lease.dir.clone()).or_insert_with(|| ports_in_plan(&lease.dir));
            named.contains(port) || started(lease.pid) == Some(lease.started)
        })
        .collect()
}

/// Every port that the plan in a cluster's folder names, whatever the plan's format.
fn ports_in_plan(dir: &Path) -> Vec<u16> {
    #[derive(Deserialize)]
    struct PlanPorts {
        nodes: Vec<NodePorts>,
    }
    /// By what they are for.
    #[derive(Deserialize)]
    struct NodePorts {
        ports: BTreeMap<String, Numbers>,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Numbers {
        One(Option<u16>),
        More(Vec<Option<u16>>),
    }
    let ports = |ports: Numbers| match ports {
        Numbers::One(port) => vec![port],
        Numbers::More(ports) => ports,
    };

    fs::read(ClusterDir(dir.to_owned()).plan())
        .ok()
        .and_then(|text| serde_json::from_slice::<PlanPorts>(&text).ok())
        .map(|plan| {
            plan.nodes
                .into_iter()
                .flat_map(|node| node.ports.into_values().flat_map(ports).flatten())
                .collect()
        })
        .unwrap_or_default()
}

/// When a live process was started, in clock ticks since boot.
fn started(pid: u32) -> Option<u64> {
    procfs::stat(pid).ok().flatten().map(|stat| stat.start_ticks)
}
