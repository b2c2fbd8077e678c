//! A disk that is noexec: what does not work is said. One that is full: every answer is definite, nothing is forgotten,
//! and with space all goes on.

use std::io::Write;

use cluster::model::status::{Health, NodeState};

use crate::common::cluster::Cluster;
use crate::common::disk::Disk;
use crate::common::home::TestHome;
use crate::common::run::Running;
use crate::common::{specs, until};

#[test]
fn on_a_full_disk_commands_work_or_name_it_and_with_space_the_cluster_goes_on() {
    let cluster = Cluster::new(TestHome::with_cluster(), &specs::single("full"));
    let disk = match Disk::mount(&cluster.state()) {
        Ok(disk) => disk,
        Err(why) => return println!("skipped: no small disk can be mounted: {why}"),
    };
    cluster.run(&["up", &cluster.spec]).ok().says("is mounted noexec: brokers cannot load native code");
    lacks_native_code(&cluster);
    let supervisor = cluster.supervisor().unwrap();

    disk.fill();
    cluster.run(&["kill", "broker-0", "--force"]).ok().says("killed with SIGKILL");
    // Until then its lines still fit into the last block of the journal.
    until("the file that cannot be written", || {
        let run = cluster.run(&["kill", "broker-0", "--force"]).ok();
        run.err.contains("events.jsonl: the disk is full").then_some(())
    });
    let status = cluster.status();
    assert_eq!(status.verdict.state, Health::Unavailable);
    assert_eq!(status.supervisor_pid, supervisor.pid, "it lives on");
    cluster.run(&["events"]).ok().says("SIGKILL sent");
    let run = cluster.run(&["start", "broker-0", "--timeout", "60s"]).says("broker-0");
    assert!([1, 8].contains(&run.code), "{run}");

    cluster.run(&["kill", "broker-0", "--force"]).ok();
    cluster.kill_supervisor();
    assert_eq!(cluster.node("broker-0").state, NodeState::Killed, "its successor knows");

    disk.free();
    cluster.run(&["start", "--all"]).ok();
    cluster.client().produce("hello", 0).unwrap();

    disk.fill();
    cluster.down();
    cluster.run(&["status"]).exits(4).says("not running");
    cluster.assert_nothing_runs();
    disk.free();
    cluster.run(&["up", &cluster.spec]).ok();
    cluster.client().produce("hello", 0).unwrap();
    cluster.down();
}

/// The disk is mounted noexec, too, and a topic that is kept in snappy has the broker compress.
#[track_caller]
fn lacks_native_code(cluster: &Cluster) {
    assert_eq!(cluster.run(&["why"]).ok().out.lines().count(), 1, "nothing was asked of it yet");
    cluster.run(&["topic", "create", "packed", "--config", "compression.type=snappy"]).ok();
    let (produce, mut stdin) = Running::fed(cluster.command(&["-c", &cluster.name, "produce", "packed"]));
    stdin.write_all(b"bike\n").unwrap();
    drop(stdin);
    produce.finish().exits(12).says("UnknownServerError").says("`cluster logs --level error`");
    for words in [["why", "broker-0"].as_slice(), &["why"]] {
        let why = cluster.run(words).ok().says("it cannot load native code: its folder");
        why.says("-Djava.io.tmpdir=FOLDER");
    }
}
