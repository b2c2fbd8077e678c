//! Ports of strangers.

use std::net::{Ipv4Addr, TcpListener};

use crate::common::home::TestHome;

#[test]
fn a_port_held_by_a_stranger_is_named_with_the_process_that_holds_it() {
    let home = TestHome::new();
    // Bound by this test, so it stays taken; every port of the layout is near its base.
    let held = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = held.local_addr().unwrap().port();
    let spec = home.write(
        "taken.yaml",
        format!(
            "name: taken\nzookeeper: 1\nbrokers: {{ count: 1, nodes: {{ broker-0: {{ port: {port} }} }} }}\n"
        ),
    );
    home.cluster(&["up", &spec]).exits(7).says(&port.to_string()).says(&std::process::id().to_string());
    assert!(home.processes().is_empty());

    let based =
        home.write("based.yaml", format!("name: based\nzookeeper: 1\nbrokers: 1\nport_base: {port}\n"));
    home.cluster(&["up", &based]).exits(7).says(&port.to_string()).says(&std::process::id().to_string());
    assert!(home.processes().is_empty());
}
