//! `cluster up` of 3 coordinators and 3 brokers against the plain way: the same nodes, started at once with
//! Kafka's stock JVM flags and settings, polled until every broker's own Metadata names a controller and all
//! three brokers; with KRaft each node is formatted by `kafka-storage` before. `up` waits for more than that:
//! replicas in the ISR, and a check that the cluster takes a produce.
//!
//! `cargo bench --bench startup -- 3.9` runs the rows that have this in their name.

mod common;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use cluster::inside::{Endpoints, Expectation, Identity, Plan, Pool, probe, usage};
use cluster::model::ids::Role;
use cluster::model::step::Step;
use common::{Home, pairs, report, rows, stock};

/// A stock cluster that has not formed by then never will.
const GIVEN_UP: Duration = Duration::from_secs(120);

#[derive(Default)]
struct Run {
    seconds: f64,
    cpu_seconds: f64,
    /// A page that several nodes share counts once between them (PSS).
    memory_mib: f64,
}

fn main() {
    rows(row);
}

fn row(spec: &str) {
    let (mut ours, mut stock): (Vec<Run>, Vec<Run>) = (Vec::new(), Vec::new());
    // Not counted: the first fetches Kafka, makes the class-data archive and fills the page cache.
    tuned(spec);
    for _ in 0..pairs(5) {
        ours.push(tuned(spec));
        stock.push(by_script(spec));
    }
    let of = |runs: &[Run], what: fn(&Run) -> f64| runs.iter().map(what).collect::<Vec<f64>>();
    report("start until usable", "s", &of(&ours, |r| r.seconds), &of(&stock, |r| r.seconds));
    report("cpu of the nodes until then", "s", &of(&ours, |r| r.cpu_seconds), &of(&stock, |r| r.cpu_seconds));
    report("memory of the nodes then", "MiB", &of(&ours, |r| r.memory_mib), &of(&stock, |r| r.memory_mib));
}

fn tuned(spec: &str) -> Run {
    let home = Home::new();
    let spec = home.spec("tuned", spec);
    let began = Instant::now();
    home.run(&["up", &spec]);
    let seconds = began.elapsed().as_secs_f64();
    let status: cluster::model::status::Status =
        serde_json::from_slice(&home.run(&["status", "--json"]).stdout).unwrap();
    let nodes = status.nodes.iter().filter_map(|node| node.pid);
    measure(seconds, nodes.filter_map(|pid| Identity::of(pid).unwrap()))
}

fn by_script(spec: &str) -> Run {
    let home = Home::new();
    let plan = home.plan(&home.spec("stock", spec));
    stock::write(&plan);
    let began = Instant::now();
    let nodes = stock::start(&plan);
    wait_until_joined(&plan);
    let seconds = began.elapsed().as_secs_f64();
    measure(seconds, nodes.identities())
}

fn wait_until_joined(plan: &Plan) {
    let began = Instant::now();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let pool = Pool::new(&Endpoints::of(plan));
    let live_brokers: BTreeSet<i32> = plan.of_role(Role::Broker).map(|node| node.name.id).collect();
    let expectation = Expectation { live_brokers };
    runtime.block_on(async {
        for node in plan.of_role(Role::Broker) {
            let deadline = Duration::from_secs(1);
            while let Err(reason) = probe(Step::Joined, node, &expectation, &pool, deadline).await {
                assert!(began.elapsed() < GIVEN_UP, "{} has not joined: {reason:?}", node.name);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    });
}

fn measure(seconds: f64, nodes: impl Iterator<Item = Identity>) -> Run {
    let nodes: Vec<Identity> = nodes.collect();
    let usages = nodes.iter().filter_map(|node| usage(node).unwrap());
    Run {
        seconds,
        cpu_seconds: usages.map(|usage| usage.cpu_ms as f64 / 1000.0).sum(),
        memory_mib: nodes.iter().map(|node| proportional_kib(node.pid) as f64 / 1024.0).sum(),
    }
}

fn proportional_kib(pid: u32) -> u64 {
    let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap();
    let line = rollup.lines().find(|line| line.starts_with("Pss:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
