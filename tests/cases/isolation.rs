//! Loopback only, for this user only, and nothing outside the two folders.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::common::cluster::Cluster;
use crate::common::sockets::{Listening, listening};
use crate::common::{shared, specs};

#[test]
fn nodes_and_supervisor_listen_on_loopback_only() {
    let cluster = shared::cluster();
    let mut listeners = 0;
    for process in cluster.processes() {
        for Listening { table, address, .. } in listening(process.pid) {
            // 127.0.0.1, ::1 and ::ffff:127.0.0.1, as proc_net has them: words in host order.
            let loopback = address == "0100007F"
                || address == "00000000000000000000000001000000"
                || address == "0000000000000000FFFF00000100007F";
            assert!(loopback, "{:?} listens on {table} {address}", process.argv);
            listeners += 1;
        }
    }
    assert!(listeners >= 3, "{listeners}");
}

#[test]
fn folders_are_of_the_user_only() {
    let cluster = shared::cluster();
    let mode = |path: &Path| {
        fs::metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).permissions().mode()
            & 0o777
    };
    assert_eq!(mode(cluster.dir().path()), 0o700);
    for node in cluster.plan().nodes {
        assert_eq!(mode(&node.dir), 0o700, "{}", node.dir.display());
    }
    assert_eq!(mode(&cluster.dir().supervisor_socket()), 0o600);
}

#[test]
fn nothing_is_written_outside_the_home_and_the_cache() {
    let cluster = Cluster::up(&specs::single("tidy"));
    let nodes = cluster.pids();
    cluster.run(&["kill", "broker-0", "--force"]).ok();
    cluster.run(&["start", "broker-0"]).ok();
    cluster.run(&["logs", "broker-0"]).ok();
    for folder in ["user", "tmp"] {
        assert_eq!(files_of(&cluster.root().join(folder)), Vec::<PathBuf>::new(), "in {folder}");
    }
    // JVMs write there whatever TMPDIR says.
    for entry in fs::read_dir("/tmp")
        .unwrap()
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("hsperfdata_"))
    {
        for pid in nodes.values().chain(cluster.pids().values()) {
            assert!(!entry.path().join(pid.to_string()).exists(), "hsperfdata of {pid}");
        }
    }
    cluster.down();
}

fn files_of(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}
