//! What a cluster takes of the machine's memory is told beforehand, and more than there is is refused.

use std::time::Duration;

use cluster::inside::Need;

use crate::common::cluster::Cluster;
use crate::common::home::TestHome;
use crate::common::run::Running;
use crate::common::specs;

#[test]
fn a_cluster_that_does_not_fit_into_memory_is_refused_and_nothing_is_made() {
    let home = TestHome::new();
    let spec = home.write("large.yaml", "brokers: { count: 9, heap: 256g }\n");
    let run = |arguments: &[&str]| Running::start(home.command(arguments)).finish();
    run(&["plan", &spec]).ok().says("lower heap or the number of nodes");
    run(&["up", &spec]).exits(5).says("`--force` to try it all the same");
    assert!(!home.state().join("large").exists());
}

/// `cargo test --test main -- --ignored twenty_brokers --nocapture` prints what it took.
#[test]
#[ignore = "takes the machine for a minute"]
fn twenty_brokers_come_up_on_few_cores_within_the_memory_that_was_told() {
    let topics = "topics: { bikes: { partitions: 40, replication_factor: 3 } }\n";
    let cluster = Cluster::new(TestHome::with_cluster(), &specs::sized("twenty", 3, 20, topics));
    let plan = cluster.cluster(&["plan", &cluster.spec]).ok();
    let told = plan.out.lines().find(|line| line.trim_start().starts_with("memory")).unwrap().to_owned();
    let up = cluster.cluster(&["up", &cluster.spec]).ok();
    let status = cluster.status();
    assert_eq!(status.nodes.len(), 23);
    assert!(status.nodes.iter().all(|node| node.restarts == 0), "{status:#?}");
    let taken: u64 = status.nodes.iter().filter_map(|node| node.memory_bytes).sum();
    println!("up in {:.1?}; {told}; {} MiB taken", up.took, taken >> 20);
    let plan = cluster.plan();
    assert!(taken < Need::of(&plan.nodes, plan.profile).at_most, "{taken} bytes; {told}");
    assert!(up.took < Duration::from_secs(180), "{up}");
    cluster.down();
}
