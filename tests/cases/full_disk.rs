//! A disk that is full: every answer is definite, nothing is forgotten, and with space all goes on.

use cluster::model::status::{Health, NodeState};

use crate::common::cluster::Cluster;
use crate::common::disk::Disk;
use crate::common::home::TestHome;
use crate::common::{specs, until};

#[test]
fn on_a_full_disk_commands_work_or_name_it_and_with_space_the_cluster_goes_on() {
    let cluster = Cluster::new(TestHome::with_cluster(), &specs::single("full"));
    let disk = match Disk::mount(&cluster.state()) {
        Ok(disk) => disk,
        Err(why) => return println!("skipped: no small disk can be mounted: {why}"),
    };
    cluster.run(&["up", &cluster.spec]).ok();
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
