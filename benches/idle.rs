//! What the supervisor costs while it watches six idle nodes, beside what the nodes cost, and how
//! soon the end of a process is in the journal.

mod common;

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use cluster::inside::{Identity, signal};
use cluster::model::event::{Entry, Event};
use cluster::model::signal::Signal;
use cluster::model::status::Status;
use common::{Home, median, pairs};

fn main() {
    let home = Home::new();
    let spec = home.spec("idle", "restart: never\n");
    home.run(&["up", &spec]);
    let status = || -> Status { serde_json::from_slice(&home.run(&["status", "--json"]).stdout).unwrap() };
    let before = status();
    let supervisor = Identity::of(before.supervisor_pid).unwrap().unwrap();
    let nodes: Vec<Identity> = before
        .nodes
        .iter()
        .filter_map(|node| node.pid)
        .filter_map(|pid| Identity::of(pid).unwrap())
        .collect();
    let usage = |process: &Identity| cluster::inside::usage(process).unwrap().unwrap();
    let cpu = |of: &[Identity]| of.iter().map(|process| usage(process).cpu_ms).sum::<u64>() as f64;

    // The start's own aftermath is looked at more closely by the supervisor, and not meant here.
    sleep(Duration::from_secs(10));
    let watched = Duration::from_secs(60);
    let (ours, theirs) = (cpu(std::slice::from_ref(&supervisor)), cpu(&nodes));
    sleep(watched);
    let seconds = watched.as_secs_f64();
    let (ours, theirs) = (cpu(std::slice::from_ref(&supervisor)) - ours, cpu(&nodes) - theirs);
    let percent = |ms: f64| ms / 10.0 / seconds;
    println!(
        "cpu of a core over {seconds:.0} s          supervisor {:.2} %, the six nodes {:.2} %, ratio {:.3}",
        percent(ours),
        percent(theirs),
        ours / theirs
    );
    let mib = |bytes: u64| bytes as f64 / 1048576.0;
    let (ours, theirs) =
        (usage(&supervisor).resident_bytes, nodes.iter().map(|n| usage(n).resident_bytes).sum());
    println!(
        "resident memory                supervisor {:.1} MiB, the six nodes {:.1} MiB, ratio {:.3}",
        mib(ours),
        mib(theirs),
        mib(ours) / mib(theirs)
    );

    let mut delays = Vec::new();
    for _ in 0..pairs(5) {
        let zookeeper =
            status().nodes.into_iter().find(|node| node.node.to_string() == "zookeeper-1").unwrap();
        let process = Identity::of(zookeeper.pid.unwrap()).unwrap().unwrap();
        let killed = jiff::Timestamp::now();
        signal(&process, Signal::KILL).unwrap();
        delays.push(exit_told(&home, process.pid).duration_since(killed).as_secs_f64() * 1000.0);
        home.run(&["start", "zookeeper-1"]);
    }
    println!(
        "SIGKILL until it is in the journal  median {:.1} ms of {} (the end of the JVM itself included)",
        median(delays.clone()),
        delays.len()
    );
}

/// The time of the journal's entry for the end of this process.
fn exit_told(home: &Home, pid: u32) -> jiff::Timestamp {
    let path = home.folder.path().join("idle/events.jsonl");
    let began = Instant::now();
    loop {
        let text = fs::read_to_string(&path).unwrap();
        let entries = text.lines().filter_map(|line| serde_json::from_str::<Entry>(line).ok());
        let exit = entries
            .into_iter()
            .find(|entry| matches!(&entry.event, Event::Exited { pid: ended, .. } if *ended == pid));
        if let Some(entry) = exit {
            return entry.time;
        }
        assert!(began.elapsed() < Duration::from_secs(10), "the end of {pid} is not in the journal");
        sleep(Duration::from_millis(1));
    }
}
