//! Commands that run at once: each gets a definite answer, and the last word holds.

use cluster::model::event::Event;
use cluster::model::status::NodeState;

use crate::common::cluster::Cluster;
use crate::common::home::TestHome;
use crate::common::{journal, specs, until};

#[test]
fn kill_and_start_of_one_node_at_once_are_both_answered_and_leave_one_process_or_none() {
    let cluster = Cluster::up(&specs::single("races"));
    for _ in 0..3 {
        let kill = cluster.begin(&["kill", "broker-0", "--force"]);
        let start = cluster.begin(&["start", "broker-0"]);
        kill.finish().ok();
        // A kill that came later may have taken its place.
        let run = start.finish();
        assert!([0, 1].contains(&run.code), "{run}");
        let alive = cluster.node_processes()[&"broker-0".parse().unwrap()].len();
        match cluster.node("broker-0").state {
            NodeState::Killed => assert_eq!(alive, 0),
            state => assert_eq!(alive, 1, "{state:?}"),
        }
        cluster.run(&["start", "broker-0"]).ok();
    }
    let entries = cluster.journal();
    let asked = entries.iter().filter(|entry| matches!(entry.event, Event::Asked { .. })).count();
    let answered = entries.iter().filter(|entry| matches!(entry.event, Event::Answered { .. })).count();
    assert_eq!(asked, answered);
    cluster.down();
    journal::assert_each_exits_once(&cluster.journal());
}

#[test]
fn of_two_ups_at_once_with_different_specs_one_is_refused() {
    let cluster = Cluster::new(TestHome::with_cluster(), &specs::single("torn"));
    let wider = cluster.write("wider.yaml", specs::sized("torn", 1, 2, ""));
    let both = [cluster.start(&["up", &cluster.spec]), cluster.start(&["up", &wider])];
    let [first, second] = both.map(|up| up.finish());
    let codes = [first.code, second.code];
    assert!(codes == [0, 1] || codes == [1, 0], "{first}\n{second}");
    let brokers = if codes[0] == 0 { 1 } else { 2 };
    assert_eq!(cluster.status().nodes.len(), 1 + brokers);
    cluster.down();
}

#[test]
fn of_two_ups_in_the_foreground_at_once_with_different_specs_one_is_refused() {
    let cluster = Cluster::new(TestHome::with_cluster(), &specs::single("stage"));
    let wider = cluster.write("wider.yaml", specs::sized("stage", 1, 2, ""));
    let mut ups = [&cluster.spec, &wider].map(|spec| cluster.start(&["up", spec, "--foreground"]));
    until("one usable and the other refused", || {
        let ended = ups.iter_mut().filter_map(|up| (!up.is_running()).then_some(())).count();
        (ended == 1 && ups.iter().any(|up| up.out().contains("usable after"))).then_some(())
    });
    let [narrow, wide] = &mut ups;
    let (brokers, kept) = if narrow.is_running() { (1, narrow) } else { (2, wide) };
    assert_eq!(cluster.status().nodes.len(), 1 + brokers);
    kept.interrupt();
    let codes = ups.map(|up| up.finish().code);
    assert!(codes.contains(&0) && codes.iter().any(|code| [1, 3, 7].contains(code)), "{codes:?}");
    cluster.assert_nothing_runs();
}

#[test]
fn down_during_up_takes_its_place_and_both_are_answered() {
    let cluster = Cluster::new(TestHome::with_cluster(), &specs::single("sooner"));
    let up = cluster.start(&["up", &cluster.spec]);
    cluster.until_event("a started node", |entry| matches!(entry.event, Event::Started { .. }).then_some(()));
    cluster.run(&["down"]).ok();
    up.finish().exits(1).says("down");
    cluster.assert_nothing_runs();
    cluster.run(&["status"]).exits(4);
    journal::assert_each_exits_once(&cluster.journal());
}

#[test]
fn ctrl_c_ends_up_and_leaves_the_nodes_to_the_supervisor() {
    let cluster = Cluster::new(TestHome::with_cluster(), &specs::single("away"));
    let up = cluster.start(&["up", &cluster.spec]);
    cluster.until_event("a started node", |entry| matches!(entry.event, Event::Started { .. }).then_some(()));
    up.interrupt();
    up.finish().exits(130);
    cluster.run(&["status", "--wait", "healthy", "--timeout", "120s"]).ok();
    cluster.down();
}

#[test]
fn up_leaves_a_node_down_that_the_operator_killed_and_says_which() {
    let cluster = Cluster::up(&specs::sized("kept", 1, 2, ""));
    cluster.run(&["kill", "broker-1"]).ok();
    cluster.run(&["up", &cluster.spec]).ok().says("kept down").says("broker-1");
    assert_eq!(cluster.node("broker-1").state, NodeState::Killed);
    // Its word outlives a supervisor, and another node that has to be started.
    cluster.kill_supervisor();
    assert_eq!(cluster.node("broker-1").state, NodeState::Killed);
    cluster.run(&["stop", "broker-0", "--force"]).ok();
    cluster.run(&["start", "broker-0"]).ok();
    assert_eq!(cluster.node("broker-1").state, NodeState::Killed);
    cluster.down();
}
