//! A whole cluster restarted under a client.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use cluster::model::event::{Entry, Event};
use cluster::model::ids::NodeName;
use cluster::model::status::NodeState;
use nix::sys::signal::Signal;

use crate::common::cluster::Cluster;
use crate::common::run::Running;
use crate::common::specs;

#[test]
fn a_rolling_restart_is_refused_beside_a_broker_that_was_given_up_and_ends_with_its_command() {
    let cluster = Cluster::up(&specs::sized("beside", 1, 3, &format!("restart: never\n{TOPICS}")));
    let before = cluster.pids();
    cluster.process("broker-2").sigkill();
    cluster.until_state("broker-2", NodeState::Exited);
    cluster.until_status("that broker-2 is out of the ISR", |status| {
        let partitions = &status.topics.as_ref()?["bikes"].partitions;
        partitions.values().all(|partition| !partition.view.isr.contains(&2)).then_some(())
    });
    let refused = cluster.run(&["restart", "broker-0", "--rolling"]).exits(5);
    assert!(refused.err.contains("lacks broker-2 in its ISR"), "{refused}");
    assert!(refused.err.contains("cluster start broker-2"), "{refused}");
    assert_eq!(cluster.pid("broker-0"), before[&NodeName::broker(0)]);

    cluster.run(&["start", "broker-2"]).ok();
    let restart = cluster.begin(&["restart", "broker-0", "broker-1", "broker-2", "--force"]);
    let exited =
        |entry: &Entry| matches!(entry.event, Event::Exited { node, .. } if node.id == 0).then_some(());
    cluster.until_event("broker-0's end", exited);
    restart.kill(Signal::SIGKILL);
    cluster.until_event("the end of the restart", |entry| match &entry.event {
        Event::Answered { ok: false, message, .. } => {
            message.ends_with("not restarted: broker-1, broker-2").then_some(())
        }
        _ => None,
    });
    let after = cluster.pids();
    let same = |id| before[&NodeName::broker(id)] == after[&NodeName::broker(id)];
    assert_eq!([same(0), same(1)], [false, true]);
    cluster.down();
}

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
