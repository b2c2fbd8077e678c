//! A pid is not a process: a stranger that has got a node's pid is never signalled.

use std::fs;
use std::process::{Child, Command};

use serde_json::{Value, json};

use crate::common::cluster::Cluster;
use crate::common::specs;

/// A process of the test; ended when dropped.
struct Stranger(Child);

impl Drop for Stranger {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_stranger_with_the_pid_of_a_node_is_never_signalled() {
    let cluster = Cluster::up(&specs::single("reuse"));
    let mut stranger = Stranger(Command::new("sleep").arg("3600").spawn().unwrap());
    let pid = stranger.0.id();
    let broker = cluster.process("broker-0");

    // As if the broker had died unwatched, and the system had given its pid to another.
    cluster.kill_supervisor();
    broker.sigkill();
    crate::common::until("its end", || (!broker.is_alive()).then_some(()));
    let path = cluster.dir().state();
    let mut state: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(state["processes"]["broker-0"]["pid"], json!(broker.pid), "{state}");
    state["processes"]["broker-0"]["pid"] = json!(pid);
    fs::write(&path, state.to_string()).unwrap();

    cluster.run(&["kill", "broker-0", "--force"]).ok();
    assert!(stranger.0.try_wait().unwrap().is_none(), "killed by kill");
    let adopted = |pid: u32| {
        cluster.journal().iter().any(|entry| {
        matches!(entry.event, cluster::model::event::Event::Adopted { pid: taken, .. } if taken == pid)
    })
    };
    assert!(!adopted(pid));
    cluster.down();
    assert!(stranger.0.try_wait().unwrap().is_none(), "killed by down");
}
