//! Loopback only, for this user only, and nothing outside the two folders.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::common::cluster::Cluster;
use crate::common::{shared, specs};

#[test]
fn nodes_and_supervisor_listen_on_loopback_only() {
    let cluster = shared::cluster();
    let mut listeners = 0;
    for process in cluster.processes() {
        let own = sockets(process.pid);
        for table in ["tcp", "tcp6", "udp", "udp6"] {
            for (address, inode, listening) in table_of(table) {
                if listening && own.contains(&inode) {
                    // 127.0.0.1, ::1 and ::ffff:127.0.0.1, as proc_net has them: words in host order.
                    let loopback = address == "0100007F"
                        || address == "00000000000000000000000001000000"
                        || address == "0000000000000000FFFF00000100007F";
                    assert!(loopback, "{:?} listens on {table} {address}", process.argv);
                    listeners += 1;
                }
            }
        }
    }
    assert!(listeners >= 3, "{listeners}");
}

/// Inodes of the sockets that a process has open.
fn sockets(pid: u32) -> BTreeSet<String> {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fd")) else { return BTreeSet::new() };
    entries
        .filter_map(|entry| {
            let target = fs::read_link(entry.ok()?.path()).ok()?;
            Some(target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())
        })
        .collect()
}

/// Local address, inode, and whether others can connect or send to it.
fn table_of(table: &str) -> Vec<(String, String, bool)> {
    let text = fs::read_to_string(format!("/proc/net/{table}")).unwrap_or_default();
    text.lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<_> = line.split_whitespace().collect();
            let (address, _) = fields[1].split_once(':').unwrap();
            let listening = table.starts_with("udp") || fields[3] == "0A";
            (address.to_owned(), fields[9].to_owned(), listening)
        })
        .collect()
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
