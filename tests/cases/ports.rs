//! Ports of strangers, and of clusters that start at the same moment.

use std::collections::BTreeSet;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};

use cluster::inside::Plan;

use crate::common::home::{TestHome, learn_ports};
use crate::common::run::Running;
use crate::common::{shared, specs};

#[test]
fn clusters_started_at_the_same_moment_get_different_ports_whatever_their_caches() {
    let kafka = shared::cluster().plan().kafka.home;
    let home = TestHome::with_cluster();
    let names = ["left", "right"];
    // Stock: no class-data archive is made for each cache.
    let up = |name: &str| {
        let spec = home.write(&format!("{name}.yaml"), format!("{}profile: stock\n", specs::single(name)));
        let cache = home.root().join(name);
        learn_ports(&cache);
        let mut command = home.command(&["up", &spec]);
        command.env("CLUSTER_CACHE", cache).env("KAFKA_HOME", &kafka);
        Running::start(command)
    };
    for up in names.map(up) {
        up.finish().ok();
    }
    let ports = names.map(|name| {
        let plan = fs::read(home.state().join(name).join("plan.json")).unwrap();
        let plan: Plan = serde_json::from_slice(&plan).unwrap();
        plan.nodes.iter().flat_map(|node| node.ports.all()).collect::<BTreeSet<u16>>()
    });
    assert!(ports[0].is_disjoint(&ports[1]), "{ports:?}");
    // Ended, its node would be started again.
    let port = ports[0].iter().next().unwrap();
    let third = home.write(
        "third.yaml",
        format!("name: third\nbrokers: {{ count: 1, nodes: {{ broker-0: {{ port: {port} }} }} }}\n"),
    );
    home.cluster(&["up", &third]).exits(7).says("of the cluster left").says("`cluster -c left down`");
    for name in names {
        home.cluster(&["-c", name, "down"]).ok();
    }
}

#[test]
fn a_port_held_by_a_stranger_is_named_with_the_process_that_holds_it() {
    let home = TestHome::new();
    // Bound by this test, so it stays taken; every port of the layout is near its base.
    let held = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = held.local_addr().unwrap().port();
    let coordinators = specs::coordinators(1);
    let spec = home.write(
        "taken.yaml",
        format!(
            "name: taken\n{coordinators}\nbrokers: {{ count: 1, nodes: {{ broker-0: {{ port: {port} }} }} }}\n"
        ),
    );
    home.cluster(&["up", &spec]).exits(7).says(&port.to_string()).says(&std::process::id().to_string());
    assert!(home.processes().is_empty());

    let based =
        home.write("based.yaml", format!("name: based\n{coordinators}\nbrokers: 1\nport_base: {port}\n"));
    home.cluster(&["up", &based]).exits(7).says(&port.to_string()).says(&std::process::id().to_string());
    assert!(home.processes().is_empty());
}
