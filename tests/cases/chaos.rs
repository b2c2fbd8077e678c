//! The supervisor killed at any moment: no orphan, no double start, no lost event.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cluster::model::ids::NodeName;

use crate::common::cluster::Cluster;
use crate::common::home::TestHome;
use crate::common::{journal, procs, specs};

/// How often a supervisor is killed.
fn rounds() -> u32 {
    std::env::var("CLUSTER_CHAOS_ROUNDS").map_or(20, |rounds| rounds.parse().expect("a number of rounds"))
}

/// A seed gives the same points again: `CLUSTER_CHAOS_SEED`.
fn seed() -> u64 {
    std::env::var("CLUSTER_CHAOS_SEED")
        .map_or_else(|_| u64::from(std::process::id()), |seed| seed.parse().expect("a seed"))
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % bound
    }
}

/// Looks all the time for two live processes of one node.
struct Watch {
    ended: Arc<AtomicBool>,
    doubles: Arc<Mutex<Vec<String>>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Watch {
    fn over(home: &TestHome) -> Self {
        let (ended, doubles) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let (root, end, seen) = (home.root().to_owned(), Arc::clone(&ended), Arc::clone(&doubles));
        let thread = std::thread::spawn(move || {
            while !end.load(Ordering::Relaxed) {
                let alive: Vec<_> = procs::of(&root).into_iter().filter(procs::Process::is_java).collect();
                for (index, one) in alive.iter().enumerate() {
                    for other in &alive[index + 1..] {
                        // Both still live: the first may have ended while the others were read.
                        if one.argv == other.argv && one.is_alive() && other.is_alive() {
                            seen.lock().unwrap().push(format!(
                                "{} and {}: {:?}",
                                one.pid,
                                other.pid,
                                one.argv.last()
                            ));
                        }
                    }
                }
                std::thread::sleep(Duration::from_millis(25));
            }
        });
        Watch { ended, doubles, thread: Some(thread) }
    }

    #[track_caller]
    fn assert_no_double(&self) {
        assert!(self.doubles.lock().unwrap().is_empty(), "double starts: {:?}", self.doubles.lock().unwrap());
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        let _ = self.thread.take().unwrap().join();
    }
}

#[test]
fn a_supervisor_killed_at_any_moment_leaves_no_orphan_no_double_start_and_no_gap() {
    chaos(&specs::single("chaos"), 1, rounds());
}

#[test]
fn the_same_holds_with_another_broker_that_goes_on() {
    let topics = "topics: { hello: { partitions: 2, replication_factor: 2 } }\n";
    chaos(&specs::sized("chaos-2", 1, 2, topics), 2, rounds().div_ceil(5));
}

fn chaos(spec: &str, brokers: u64, rounds: u32) {
    let cluster = Cluster::new(TestHome::with_cluster(), spec);
    let watch = Watch::over(&cluster);
    let seed = seed();
    println!("CLUSTER_CHAOS_SEED={seed}");
    let mut random = Random(seed);
    cluster.run(&["up", &cluster.spec]).ok();
    // How long each takes here and now, so that the points lie all over it.
    let mut usual = [Duration::from_secs(6), Duration::from_millis(150), Duration::from_secs(2)];
    for round in 0..rounds {
        let command = usize::try_from(random.below(3)).unwrap();
        let broker = format!("broker-{}", random.below(brokers));
        let arguments: &[&str] = match command {
            0 => &["up", &cluster.spec],
            1 => &["kill", &broker, "--force"],
            _ => &["down"],
        };
        match command {
            0 => cluster.down(),
            _ => drop(cluster.run(&["up", &cluster.spec]).ok()),
        }
        // `up` leaves a node down that the operator killed.
        if command == 1 {
            cluster.run(&["start", "--all"]).ok();
        }
        let before = cluster.node_processes();
        let point = Duration::from_micros(random.below(u64::try_from(usual[command].as_micros()).unwrap()));
        println!("round {round}: {arguments:?}, SIGKILL after {point:?}");
        let begin = Instant::now();
        let running = cluster.begin(arguments);
        std::thread::sleep(point);
        let killed = cluster.supervisor();
        if let Some(supervisor) = &killed {
            supervisor.sigkill();
        }
        let run = running.finish();
        assert!([0, 1, 4, 8].contains(&run.code), "no definite answer: {run}");
        assert!(!run.err.contains("panicked"), "{run}");
        if killed.is_none() && run.code == 0 {
            usual[command] = begin.elapsed();
        }

        // Whatever was left, the same command mends it.
        let again = cluster.run(arguments);
        match command {
            0 | 1 => drop(again.ok()),
            _ => assert!([0, 4].contains(&again.code), "{again}"),
        }
        match command {
            0 => {
                cluster.node_processes().iter().for_each(|(node, alive)| assert_eq!(alive.len(), 1, "{node}"))
            }
            1 => {
                let victim: NodeName = broker.parse().unwrap();
                for (node, alive) in cluster.node_processes() {
                    let expected = if node == victim { &[] as &[_] } else { &before[&node] };
                    assert_eq!(alive, expected, "{node}: only {victim} ends");
                }
            }
            _ => cluster.assert_nothing_runs(),
        }
        watch.assert_no_double();
        journal::assert_no_gap(&cluster.journal());
    }
    // What ended while no supervisor ran is told by the next one.
    cluster.run(&["up", &cluster.spec]).ok();
    cluster.down();
    watch.assert_no_double();
    journal::assert_each_exits_once(&cluster.journal());
    journal::assert_no_gap(&cluster.journal());
}
