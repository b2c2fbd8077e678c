//! For the tests of this folder: nodes that are small programs, ended whatever becomes of a test.

use std::collections::BTreeMap;
use std::process::{Child, Command};

use tempfile::TempDir;

use super::identity::Identity;
use super::signal;
use super::spawn::{self, Spawned};
use crate::model::ids::NodeName;
use crate::model::signal::Signal;
use crate::plan::model::{NodePlan, Ports};

/// A planned node whose program is any command.
pub(super) struct Node {
    pub plan: NodePlan,
    _folder: TempDir,
}

impl Node {
    pub(super) fn running(argv: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let plan = NodePlan {
            name: NodeName::broker(0),
            kafka_version: None,
            dir: folder.path().canonicalize().unwrap(),
            ports: Ports::default(),
            heap_mib: 0,
            argv: argv.iter().map(ToString::to_string).collect(),
            env: BTreeMap::new(),
            files: Vec::new(),
            storage: None,
            depends_on: Vec::new(),
            readiness: Vec::new(),
            stop_deadline_ms: 0,
            settings: Vec::new(),
        };
        Node { plan, _folder: folder }
    }

    /// Lives until it is killed (or, should all else fail, for ten minutes).
    pub(super) fn sleeping() -> Self {
        Self::running(&["sleep", "600"])
    }

    pub(super) fn spawn(&self) -> Guard {
        Guard::from(spawn::spawn(&self.plan).unwrap())
    }
}

/// Kills a process, and reaps it when it is our child, at the end of the test.
pub(super) struct Guard {
    pub identity: Identity,
    spawned: Option<Spawned>,
}

impl Guard {
    pub(super) fn adopted(identity: Identity) -> Self {
        Guard { identity, spawned: None }
    }

    pub(super) fn child_mut(&mut self) -> &mut Child {
        &mut self.spawned.as_mut().unwrap().child
    }

    /// Hands the child over; it is still killed at the end, though reaped by the taker.
    pub(super) fn take(&mut self) -> Spawned {
        self.spawned.take().unwrap()
    }
}

impl From<Spawned> for Guard {
    fn from(spawned: Spawned) -> Self {
        Guard { identity: spawned.identity.clone(), spawned: Some(spawned) }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = signal::signal(&self.identity, Signal::KILL);
        if let Some(spawned) = &mut self.spawned {
            let _ = spawned.child.wait();
        }
    }
}

/// A command that runs one test function of this program as a process of its own, told by an
/// argument that it is to act. Without that argument such a function does nothing.
pub(super) fn helper(module: &str, function: &str, marker: &str, value: &str) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.args(helper_args(module, function, marker, value));
    command
}

pub(super) fn helper_args(module: &str, function: &str, marker: &str, value: &str) -> Vec<String> {
    // Names of tests start after the crate's own name; an argument that names no test selects none.
    let path = module.split_once("::").map_or(module, |(_, path)| path);
    vec!["--exact".into(), "--nocapture".into(), format!("{path}::{function}"), format!("{marker}{value}")]
}

pub(super) fn helper_argument(marker: &str) -> Option<String> {
    std::env::args().find_map(|argument| argument.strip_prefix(marker).map(str::to_owned))
}
