//! What follows the end of a broker: leaders that move after SIGKILL, and the broker's way back into the ISR, killed or
//! stopped in order. Ours is `kill --fast-failover`, `start` and `restart` of the profile `fast`; against it the same
//! processes with Kafka's own settings, which a script starts again as soon as they have ended, and again when they
//! die of the session that they left behind.
//!
//! `cargo bench --bench failover -- ZooKeeper` runs the rows that have this in their name.

mod common;

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cluster::inside::{Endpoints, NodePlan, Plan, Pool, Topics, ask_metadata};
use cluster::model::ids::NodeName;
use cluster::model::view::PartitionView;
use common::{Home, ms, pairs, report, rows, timed};

/// Every broker has a replica of each partition, and no leader moves by itself.
const TOPIC: &str = "brokers: { count: 3, config: { auto.leader.rebalance.enable: false } }\n\
                     topics: { bikes: { partitions: 6, replication_factor: 3 } }\n";

const BROKER: &str = "broker-1";
const GIVEN_UP: Duration = Duration::from_secs(120);

fn main() {
    rows(row);
}

fn row(spec: &str) {
    let ours = Bench::up("fast", spec);
    let stock = Bench::up("stock", spec);
    let mut figures: [(Vec<f64>, Vec<f64>); 3] = Default::default();
    for _ in 0..pairs(3) {
        let [moved, killed, stopped] = &mut figures;
        moved.0.push(ms(ours.leaders_moved(&["--fast-failover"])));
        killed.0.push(ms(timed(|| ours.run(&["start", BROKER]))));
        stopped.0.push(ms(timed(|| ours.run(&["restart", BROKER]))));
        ours.lead_again();

        moved.1.push(ms(stock.leaders_moved(&[])));
        stock.run(&["start", BROKER]);
        stock.lead_again();
        killed.1.push(ms(stock.back_by_script(&["kill", BROKER])));
        stopped.1.push(ms(stock.back_by_script(&["stop", BROKER])));
        stock.lead_again();
    }
    let [moved, killed, stopped] = &figures;
    report("leaders moved after SIGKILL", "ms", &moved.0, &moved.1);
    report("killed, until in the ISR again", "ms", &killed.0, &killed.1);
    report("stopped in order, until in the ISR", "ms", &stopped.0, &stopped.1);
}

struct Bench {
    home: Home,
    plan: Plan,
    pool: Pool,
    runtime: tokio::runtime::Runtime,
}

impl Bench {
    fn up(profile: &str, spec: &str) -> Self {
        let home = Home::new();
        let spec = home.spec(profile, &format!("profile: {profile}\n{spec}{TOPIC}"));
        home.run(&["up", &spec]);
        let plan: Plan = home.plan(&spec);
        let pool = Pool::new(&Endpoints::of(&plan));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Bench { home, plan, pool, runtime }
    }

    fn run(&self, arguments: &[&str]) {
        self.home.run(arguments);
    }

    fn node(&self) -> &NodePlan {
        self.plan.node(BROKER.parse().unwrap()).unwrap()
    }

    /// From the signal until another broker names other leaders.
    fn leaders_moved(&self, how: &[&str]) -> Duration {
        timed(|| {
            self.run(&[&["kill", BROKER], how].concat());
            self.until("leaders moved", |view| view.leader.is_some_and(|leader| leader != 1));
        })
    }

    fn lead_again(&self) {
        self.run(&["elect", "preferred"]);
    }

    /// From the end of its process until it is in every ISR again, started over and over by whoever sees it end.
    fn back_by_script(&self, end: &[&str]) -> Duration {
        self.run(&[end, &["--force"]].concat());
        let began = Instant::now();
        let mut script = Script::start(self.node());
        // Until the old session has ended, the others still count its old process in.
        while !self.answers() {
            script.see_to_it();
            assert!(began.elapsed() < GIVEN_UP, "{BROKER} does not come back");
            std::thread::sleep(Duration::from_millis(10));
        }
        self.until("in the ISR", |view| view.isr.contains(&1));
        let took = began.elapsed();
        drop(script);
        self.run(&["start", BROKER]);
        took
    }

    /// The broker itself, which serves nobody before it is registered.
    fn answers(&self) -> bool {
        let address = self.pool.endpoints().brokers[&1];
        let ask = ask_metadata(&self.pool, address, Topics::One("bikes"), Duration::from_millis(500));
        self.runtime.block_on(ask).is_ok()
    }

    fn until(&self, what: &str, mut holds: impl FnMut(&PartitionView) -> bool) {
        let address = self.pool.endpoints().brokers[&NodeName::broker(0).id];
        let began = Instant::now();
        loop {
            let ask = ask_metadata(&self.pool, address, Topics::One("bikes"), Duration::from_secs(1));
            let metadata = self.runtime.block_on(ask).unwrap();
            let mut partitions = metadata.topics["bikes"].partitions.values();
            if partitions.all(&mut holds) {
                return;
            }
            assert!(began.elapsed() < GIVEN_UP, "not seen: {what}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// A loop that starts a node, as a shell script has it.
struct Script<'a> {
    node: &'a NodePlan,
    child: Child,
}

impl<'a> Script<'a> {
    fn start(node: &'a NodePlan) -> Self {
        Script { node, child: spawn(node) }
    }

    fn see_to_it(&mut self) {
        if self.child.try_wait().unwrap().is_some() {
            self.child = spawn(self.node);
        }
    }
}

impl Drop for Script<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(node: &NodePlan) -> Child {
    let mut command = Command::new(&node.argv[0]);
    command.args(&node.argv[1..]).current_dir(&node.dir).env_clear().envs(&node.env);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}
