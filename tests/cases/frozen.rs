//! Stopped for a while and let go on: a virtual machine that was paused, a debugger, SIGSTOP.

use std::thread;
use std::time::Duration;

use cluster::model::event::Event;
use cluster::model::status::{Health, NodeState, Status};
use rustix::process::Signal;

use crate::common::cluster::Cluster;
use crate::common::kafka::Client;
use crate::common::procs::Process;
use crate::common::specs::{self, World};
use crate::common::{until, within};

/// Longer than the sessions below, and than the supervisor takes three failed probes to be a reason.
const FROZEN: Duration = Duration::from_secs(5);

fn freeze(processes: &[Process]) {
    processes.iter().for_each(|process| process.signal(Signal::STOP));
    // What is waited for is that time passes, of which the frozen see nothing.
    thread::sleep(FROZEN);
    processes.iter().for_each(|process| process.signal(Signal::CONT));
}

fn standstills(cluster: &Cluster) -> usize {
    let told =
        |event: &Event| matches!(event, Event::Trouble { message } if message.contains("did not run for"));
    cluster.journal().iter().filter(|entry| told(&entry.event)).count()
}

/// Nobody was started or ended by anybody.
fn changes(cluster: &Cluster) -> usize {
    let is_change = |event: &Event| {
        matches!(
            event,
            Event::Started { .. } | Event::Exited { .. } | Event::Unready { .. } | Event::Signalled { .. }
        )
    };
    cluster.journal().iter().filter(|entry| is_change(&entry.event)).count()
}

/// Kafka and ZooKeeper mostly find each other again within two sessions.
const PATIENCE: Duration = Duration::from_secs(20);

/// Whom the verdict says to restart, for not doing what it is elected for.
fn idle(status: &Status) -> Option<String> {
    let (_, advice) = status.verdict.message.split_once("`cluster restart ")?;
    advice.split('`').next().map(str::to_owned)
}

/// Healthy is a promise: whoever believes it and creates a topic succeeds, unless a session ends just then.
fn serves(cluster: &Cluster, client: &Client, broken: &mut u32) -> Option<()> {
    if cluster.status().verdict.state != Health::Healthy {
        return None;
    }
    let Err(error) = client.create("after", 3, 3) else { return Some(()) };
    *broken += 1;
    assert!(*broken < 3, "healthy, and yet: {error}");
    None
}

#[test]
fn a_cluster_that_was_stopped_as_a_whole_for_longer_than_its_sessions_serves_again_with_the_same_processes() {
    let session = match specs::world() {
        World::ZooKeeper => "zookeeper.session.timeout.ms: 2000",
        World::Controllers | World::Secured | World::Scram => "broker.session.timeout.ms: 2000",
    };
    let coordinators = specs::coordinators(3);
    let brokers = format!("brokers: {{ count: 3, config: {{ {session} }} }}");
    let cluster = Cluster::up(&format!("name: frozen\n{coordinators}\n{brokers}\n"));
    let (pids, before) = (cluster.pids(), changes(&cluster));
    let mut everybody: Vec<Process> = cluster.node_processes().into_values().flatten().collect();
    everybody.extend(cluster.supervisor());
    assert_eq!(everybody.len(), 7);
    freeze(&everybody);
    let client = cluster.client();
    let mut broken = 0;
    let served = within(PATIENCE, || serves(&cluster, &client, &mut broken));
    assert_eq!(cluster.pids(), pids);
    let unready = |event: &Event| matches!(event, Event::Unready { .. });
    let unready = cluster.journal().iter().filter(|entry| unready(&entry.event)).count();
    assert_eq!(changes(&cluster), before + unready, "nobody was started, signalled or ended");
    assert_eq!(standstills(&cluster), 1);
    // An ensemble that follows a leader without all of its proposals commits nothing more; what the verdict says helps.
    if served.is_none() {
        let idle = until("somebody to restart", || idle(&cluster.status()));
        println!("{}", cluster.status().verdict.message);
        cluster.run(&["restart", &idle, "--force"]).ok();
        until("a healthy cluster that takes a topic", || serves(&cluster, &client, &mut broken));
    }
    for partition in 0..3 {
        until("an acks=all produce", || client.produce("after", partition).ok());
    }
    cluster.down();
}

#[test]
fn a_supervisor_that_was_stopped_holds_the_time_against_no_node() {
    let cluster = Cluster::up(&specs::single("standstill"));
    let (pids, before) = (cluster.pids(), changes(&cluster));
    freeze(&[cluster.supervisor().unwrap()]);
    let status = cluster.status();
    assert!(status.nodes.iter().all(|node| node.state == NodeState::Ready), "{status:?}");
    assert!(
        status.nodes.iter().all(|node| node.uptime_ms.is_some_and(|ms| ms >= 5_000)),
        "its own clock left it out"
    );
    assert_eq!(cluster.pids(), pids);
    cluster.until_event("that it stood still", |entry| match &entry.event {
        Event::Trouble { message } => message.contains("did not run for").then_some(()),
        _ => None,
    });
    assert_eq!(changes(&cluster), before);
    cluster.run(&["restart", "broker-0", "--force"]).ok();
    cluster.down();
}
