//! A `CLUSTER_HOME` of a test's own, with nothing of the user in its environment.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::gate::Slot;
use super::guard::Guard;
use super::procs::{self, Process};
use super::run::{Run, Running};

/// Variables that change what `cluster` or a JVM does; tests set them themselves.
const UNSET: &[&str] = &[
    "CLUSTER_HOME",
    "CLUSTER_NAME",
    "CLUSTER_CACHE",
    "CLUSTER_SPEC",
    "CLUSTER_ARCHIVE_URL",
    "KAFKA_HOME",
    "XDG_STATE_HOME",
    "XDG_CACHE_HOME",
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "KAFKA_OPTS",
    "KAFKA_HEAP_OPTS",
    "RUST_LOG",
    "NO_COLOR",
    "CLICOLOR_FORCE",
];

/// A folder with `state` (`CLUSTER_HOME`), `user` (`HOME`) and `tmp` (`TMPDIR`).
///
/// When it goes, its processes and the folder go, see [`Guard`].
#[derive(Debug)]
pub(crate) struct TestHome {
    root: PathBuf,
    // Dropped in this order: others may start a cluster once this one's processes are gone.
    _guard: Guard,
    slot: Option<Slot>,
}

impl TestHome {
    /// For a test that starts a cluster: waits for its turn.
    pub(crate) fn with_cluster() -> Self {
        let slot = Slot::take();
        TestHome { slot: Some(slot), ..Self::new() }
    }

    /// For a test that starts none, or that has its turn already.
    pub(crate) fn new() -> Self {
        // Short, so that it is the product and not the test that makes socket paths long.
        let root = tempfile::Builder::new().prefix("ct-").tempdir_in("/tmp").unwrap().keep();
        let guard = Guard::of(&root);
        for folder in ["state", "user", "tmp"] {
            std::fs::create_dir(root.join(folder)).unwrap();
        }
        TestHome { root, _guard: guard, slot: None }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.root.join("state")
    }

    /// Lets others have their turn, while this home keeps its cluster.
    pub(crate) fn release_slot(&mut self) {
        self.slot = None;
    }

    /// `cluster` in this home, from the project's folder.
    pub(crate) fn command<S: AsRef<str>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cluster"));
        for name in UNSET {
            command.env_remove(name);
        }
        command
            .args(arguments.iter().map(AsRef::as_ref))
            .env("CLUSTER_HOME", self.state())
            .env("CLUSTER_CACHE", cache())
            .env("HOME", self.root.join("user"))
            .env("TMPDIR", self.root.join("tmp"))
            .env("COLUMNS", "200")
            // Kafka's tools are over before what they optimize by default pays.
            .env("KAFKA_JVM_PERFORMANCE_OPTS", "-XX:+UseSerialGC -XX:TieredStopAtLevel=1")
            .current_dir(env!("CARGO_MANIFEST_DIR"));
        command
    }

    /// Runs a command to its end.
    pub(crate) fn cluster<S: AsRef<str>>(&self, arguments: &[S]) -> Run {
        Running::start(self.command(arguments)).finish()
    }

    pub(crate) fn start<S: AsRef<str>>(&self, arguments: &[S]) -> Running {
        Running::start(self.command(arguments))
    }

    pub(crate) fn processes(&self) -> Vec<Process> {
        procs::of(&self.root)
    }

    /// Writes a file of this test and returns its path.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.root.join(name);
        std::fs::write(&path, text).unwrap();
        path.into_os_string().into_string().unwrap()
    }
}

/// One cache for all tests and runs, so that Kafka is fetched once.
pub(crate) fn cache() -> PathBuf {
    env::var_os("CLUSTER_TEST_CACHE")
        .map_or_else(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join("test-cache"), PathBuf::from)
}

/// Has a cache of a test's own know which ports the clusters on the common one have, before a cluster starts on it: one
/// that is down for a moment finds its ports free again.
pub(crate) fn learn_ports(own: &Path) {
    std::fs::create_dir_all(own).unwrap();
    // Nobody has a port where there is no such file.
    if let Ok(leases) = std::fs::read(cache().join("ports.json")) {
        std::fs::write(own.join("ports.json"), leases).unwrap();
    }
}
