//! `cluster status` of 10,000 partitions on 3 brokers, as a whole process, against
//! `kafka-topics --describe` on the same cluster, in turn; and what it and the supervisor need of memory.

mod common;

use cluster::inside::{Identity, usage};
use cluster::model::status::Status;
use common::tool::Tools;
use common::{Home, median, ms, pairs, report, timed};
use nix::sys::resource::{UsageWho, getrusage};

const TOPICS: usize = 10;
const PARTITIONS: usize = 1000;

fn main() {
    let home = Home::new();
    let spec = home.spec("large", "brokers: { count: 3, heap: 1g }\n");
    home.run(&["up", &spec]);
    let plan = home.plan(&spec);
    let tools = Tools::of(&plan, &home);
    for topic in 0..TOPICS {
        let (name, partitions) = (format!("topic-{topic}"), PARTITIONS.to_string());
        home.run(&["topic", "create", &name, "--partitions", &partitions, "--replication-factor", "3"]);
    }
    let status = || {
        let output = home.run(&["status"]);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("healthy"), "cluster says: {said}");
    };
    let runs: Vec<f64> = (0..20).map(|_| ms(timed(status))).collect();
    // Every child so far was this program; the supervisor is nobody's child.
    let own = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss() as f64 / 1024.0;
    let answer: Status = serde_json::from_slice(&home.run(&["status", "--json"]).stdout).unwrap();
    let supervisor = Identity::of(answer.supervisor_pid).unwrap().unwrap();
    let supervisor = usage(&supervisor).unwrap().unwrap().resident_bytes as f64 / f64::from(1 << 20);
    println!("status of {} partitions: median {:.1} ms of {}", TOPICS * PARTITIONS, median(runs), 20);
    println!("memory: status {own:.1} MiB at most, supervisor {supervisor:.1} MiB");

    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..pairs(5) {
        ours.push(ms(timed(status)));
        theirs.push(ms(timed(|| {
            let said = tools.describe(None);
            assert!(said.matches("Partition: ").count() >= TOPICS * PARTITIONS, "{}", said.len());
        })));
    }
    report("status, all topics", "ms", &ours, &theirs);
}
