//! `cluster doctor` on this machine.

use crate::common::cluster::Cluster;
use crate::common::home::TestHome;
use crate::common::run::{Run, Running};
use crate::common::{specs, until};

fn found(run: &Run) -> Vec<(String, String)> {
    let json: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    let text = |one: &serde_json::Value, key: &str| one[key].as_str().unwrap().to_owned();
    json.as_array().unwrap().iter().map(|one| (text(one, "what"), text(one, "state"))).collect()
}

#[test]
fn a_machine_that_lacks_java_is_told_so_with_what_to_do() {
    let home = TestHome::new();
    let java = home.root().join("no-java");
    let mut command = home.command(&["doctor"]);
    command.env("JAVA_HOME", &java);
    Running::start(command).finish().exits(1).says("problem").says("no-java").says("1 problem");
    let mut command = home.command(&["doctor", "--json"]);
    command.env("JAVA_HOME", &java);
    let told = found(&Running::start(command).finish());
    let of = |what: &str| told.iter().find(|(name, _)| name == what).map(|(_, state)| state.as_str());
    assert_eq!(of("java"), Some("problem"));
    assert_eq!(of("leftovers"), Some("good"), "{told:?}");
}

#[test]
fn nodes_that_nobody_supervises_are_found_and_adopted() {
    let cluster = Cluster::up(&specs::single("alone"));
    let pids = cluster.pids();
    cluster.kill_supervisor();
    cluster.cluster(&["doctor"]).says("nodes of alone run without a supervisor");
    assert!(cluster.supervisor().is_none(), "it only looks");
    cluster.cluster(&["doctor", "--fix"]).says("mended");
    until("a supervisor", || cluster.supervisor());
    assert_eq!(cluster.pids(), pids, "the same nodes");
    let told = found(&cluster.cluster(&["doctor", "--json"]));
    assert!(told.contains(&("clusters".to_owned(), "good".to_owned())), "{told:?}");
    cluster.down();
}
