//! `up --foreground`: for scripts and containers.

use cluster::model::event::Event;
use cluster::model::ids::NodeName;

use crate::common::cluster::Cluster;
use crate::common::home::TestHome;
use crate::common::{journal, specs};

#[test]
fn ctrl_c_takes_a_cluster_of_the_foreground_down_in_order() {
    let cluster = Cluster::new(TestHome::with_cluster(), &specs::single("front"));
    let mut up = cluster.start(&["up", &cluster.spec, "--foreground"]);
    cluster.until_event("usable", |entry| matches!(entry.event, Event::Usable { .. }).then_some(()));
    assert!(up.is_running());
    cluster.client().produce("hello", 0).unwrap();
    up.interrupt();
    let run = up.finish();
    assert!([0, 130].contains(&run.code), "{run}");
    assert!(cluster.processes().is_empty(), "{:?}", cluster.processes());
    let ended: Vec<_> = cluster
        .journal()
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::Exited { node, expected, .. } => Some((*node, *expected)),
            _ => None,
        })
        .collect();
    assert_eq!(ended, [(NodeName::broker(0), true), (specs::coordinator(1), true)]);
    journal::assert_no_gap(&cluster.journal());
}

#[test]
fn ctrl_c_before_it_is_usable_is_told_from_an_orderly_end() {
    let cluster = Cluster::new(TestHome::with_cluster(), &specs::single("early"));
    let up = cluster.start(&["up", &cluster.spec, "--foreground"]);
    cluster.until_event("a start", |entry| matches!(entry.event, Event::Started { .. }).then_some(()));
    up.interrupt();
    up.finish().exits(130);
    cluster.assert_nothing_runs();
}
