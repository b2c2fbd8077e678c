//! A whole cluster restarted under a client.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use cluster::kernel::event::Event;

use crate::common::cluster::Cluster;
use crate::common::run::Running;
use crate::common::specs;

const TOPICS: &str = "topics: { bikes: { partitions: 3, replication_factor: 3 } }\n";

#[test]
fn a_rolling_restart_of_every_node_loses_nothing_and_fails_nothing_that_a_client_writes() {
    let cluster = Cluster::up(&specs::sized("rolling", 3, 3, TOPICS));
    let before = cluster.pids();
    let produce = ["-c", &cluster.name, "produce", "bikes", "--acks", "all"];
    let (producer, mut stdin) = Running::fed(cluster.command(&produce));
    let done = Arc::new(AtomicBool::new(false));
    let feeder = thread::spawn({
        let done = done.clone();
        move || {
            let mut written = 0;
            while !done.load(Ordering::Relaxed) {
                writeln!(stdin, "message {written}").unwrap();
                written += 1;
                // A rate, so that the test does not measure the disk.
                thread::sleep(Duration::from_millis(1));
            }
            written
        }
    });
    cluster.run(&["restart", "--all", "--rolling"]).ok();
    done.store(true, Ordering::Relaxed);
    let written = feeder.join().unwrap();
    // Every line was acknowledged.
    producer.finish().ok();
    let read = cluster.run(&["consume", "bikes", "--from-beginning", "--until-end"]).ok();
    assert_eq!(read.out.lines().count(), written);
    let after = cluster.pids();
    assert!(before.iter().all(|(name, pid)| after[name] != *pid), "every node is another process");
    let below = cluster.journal().into_iter().filter(|entry| match &entry.event {
        Event::IsrShrunk { partitions } => {
            partitions.iter().any(|one| one.topic == "bikes" && one.to.len() < 2)
        }
        _ => false,
    });
    assert_eq!(below.count(), 0, "never more than one replica was missing");
    cluster.down();
}
