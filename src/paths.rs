//! Where things lie: the state folder, the cache folder, and the files of one cluster.

use std::env;
use std::path::{Path, PathBuf};

use crate::error::{ExitCode, Failure};

/// The two folders that `cluster` writes to; nothing else is ever written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Folders {
    /// `$CLUSTER_HOME`, by default `cluster` in the XDG state folder: one folder per cluster.
    pub home: PathBuf,
    /// `$CLUSTER_CACHE`, by default `cluster` in the XDG cache folder: distributions, port leases.
    pub cache: PathBuf,
}

impl Folders {
    /// Reads the environment. Relative values are taken from the current folder.
    pub(crate) fn from_env() -> Result<Self, Failure> {
        let folder = |own: &str, xdg: &str, fallback: &str| {
            let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
            let found = set(own)
                .or_else(|| set(xdg).filter(|path| path.is_absolute()).map(|path| path.join("cluster")))
                .or_else(|| set("HOME").map(|home| home.join(fallback).join("cluster")))
                .ok_or_else(|| {
                    Failure::new(ExitCode::Failed, format!("neither {own}, {xdg} nor HOME is set"))
                        .hint(format!("set {own} to a folder that may be written"))
                })?;
            std::path::absolute(&found).map_err(|error| Failure::io("find", &found, &error))
        };
        Ok(Folders {
            home: folder("CLUSTER_HOME", "XDG_STATE_HOME", ".local/state")?,
            cache: folder("CLUSTER_CACHE", "XDG_CACHE_HOME", ".cache")?,
        })
    }

    /// The environment that names them: for a process that runs elsewhere, where a relative name means another folder.
    pub(crate) fn environment(&self) -> [(&'static str, &Path); 2] {
        [("CLUSTER_HOME", &self.home), ("CLUSTER_CACHE", &self.cache)]
    }

    /// The same cache with another home in it: that of ephemeral clusters.
    pub(crate) fn ephemeral(&self) -> Folders {
        Folders { home: self.cache.join("run"), cache: self.cache.clone() }
    }

    /// The folder of one cluster.
    pub(crate) fn cluster(&self, name: &str) -> ClusterDir {
        ClusterDir(self.home.join(name))
    }
}

/// The folder of one cluster and the names of what is in it; docs/state.md explains each to users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterDir(pub PathBuf);

impl ClusterDir {
    /// Absolute: `$CLUSTER_HOME/<name>`.
    pub fn path(&self) -> &Path {
        &self.0
    }
    /// The spec as it was given to the last `up`.
    pub fn spec(&self) -> PathBuf {
        self.0.join("spec.yaml")
    }
    /// The stored plan: what the nodes were last started from.
    pub fn plan(&self) -> PathBuf {
        self.0.join("plan.json")
    }
    /// What a rebalance asked Kafka for and is not through with, throttle included.
    pub fn moves(&self) -> PathBuf {
        self.0.join("moves.json")
    }
    /// Held by the command that moves replicas, as long as it lives.
    pub fn moves_lock(&self) -> PathBuf {
        self.0.join("moves.lock")
    }
    /// The journal.
    pub fn events(&self) -> PathBuf {
        self.0.join("events.jsonl")
    }
    /// Intents and process identities, for the next supervisor.
    pub fn state(&self) -> PathBuf {
        self.0.join("state.json")
    }
    /// Held by the supervisor as long as it lives.
    pub fn supervisor_lock(&self) -> PathBuf {
        self.0.join("supervisor.lock")
    }
    /// Where the supervisor answers; bound only while it lives.
    pub fn supervisor_socket(&self) -> PathBuf {
        self.0.join("supervisor.sock")
    }
    /// Its own standard output and error, not the nodes'.
    pub fn supervisor_log(&self) -> PathBuf {
        self.0.join("supervisor.log")
    }
    /// Where the page is and who is let in, once it was opened; readable by this user alone.
    pub fn page(&self) -> PathBuf {
        self.0.join("page.json")
    }
    /// What a browser is given to open: it leads to the page, so that its token is in no argument of a process.
    pub fn page_link(&self) -> PathBuf {
        self.0.join("page.html")
    }
    /// Only of an ephemeral cluster: held by the `cluster run` that it is there for, which removes the file when the
    /// cluster is to stay.
    pub fn owner_lock(&self) -> PathBuf {
        self.0.join("owner.lock")
    }
    /// It is there for a `cluster run` only, and deleted at its end.
    pub(crate) fn is_ephemeral(&self) -> bool {
        self.owner_lock().exists()
    }
    /// Where the folder is moved before it is deleted, so that a half-deleted cluster is never seen:
    /// no cluster's name begins with a dot.
    pub fn grave(&self) -> PathBuf {
        let name = self.0.file_name().unwrap_or_default().to_string_lossy();
        self.0.with_file_name(format!(".deleted-{name}"))
    }
    /// Held by a command while it plans, writes the plan or deletes the folder.
    pub fn prepare_lock(&self) -> PathBuf {
        self.0.join("prepare.lock")
    }
}
