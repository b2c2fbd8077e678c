//! Brokers that join a cluster that runs.

use cluster::inside::Plan;
use cluster::model::event::Event;
use cluster::model::ids::NodeName;
use cluster::model::status::NodeState;
use serde_json::Value;

use crate::common::cluster::Cluster;
use crate::common::run::Running;
use crate::common::{journal, specs, until};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Nodes of both plans, as they were planned before and are now.
fn assert_untouched(before: &Plan, now: &Plan) {
    for node in &before.nodes {
        assert_eq!(now.node(node.name), Some(node), "{} was planned anew", node.name);
    }
}

#[test]
fn a_broker_joins_while_the_cluster_is_used_and_hosts_new_topics_whatever_dies_next() {
    let cluster = Cluster::up(&specs::sized(
        "grows",
        1,
        1,
        "topics: { hello: { partitions: 2, replication_factor: 1 } }\n",
    ));
    let (plan, pids) = (cluster.plan(), cluster.pids());
    let client = cluster.client();
    let mut scaling = cluster.begin(&["scale", "brokers", "2", "--json"]);
    let mut offset = 0;
    while scaling.is_running() {
        offset = client.produce("hello", 0).expect("the topic takes produces all the while");
    }
    let scaled = json(&scaling.finish().ok().out);
    assert!(offset > 0);
    assert_eq!(scaled["added"], serde_json::json!(["broker-1"]));
    assert!(scaled["kept_settings"].as_array().unwrap().iter().any(|kept| {
        kept["key"] == "default.replication.factor" && kept["running"] == "1" && kept["wanted"] == "2"
    }));
    // It is usable when `scale` returns.
    cluster.run(&["topic", "create", "wide", "--replication-factor", "2", "--partitions", "4"]).ok();
    assert_eq!(cluster.client().produce("wide", 3), Ok(0));
    cluster.kill_supervisor();

    cluster.until_state("broker-1", NodeState::Ready);
    let now = cluster.pids();
    assert!(pids.iter().all(|(name, pid)| now[name] == *pid), "a node was restarted");
    assert_untouched(&plan, &cluster.plan());
    let added = Event::NodeAdded { node: NodeName::broker(1) };
    assert_eq!(cluster.journal().iter().filter(|entry| entry.event == added).count(), 1);
    cluster.run(&["scale", "brokers", "2"]).ok().says("2 brokers already; nothing was changed");
    cluster.run(&["scale", "brokers", "1"]).exits(2).says("decommission broker-1");
    cluster.run(&["up"]).ok();
    // The file says one broker still.
    let other = cluster.cluster(&["up", &cluster.spec]).exits(1);
    other.says("broker-1 is gone").says("`count: 2`").says("decommission broker-1");

    let plan = cluster.plan();
    cluster.down();
    let refused = cluster.cluster(&["up", &cluster.spec]).exits(3);
    refused.says("broker-1 holds 4 replicas").says("`count: 2`");
    cluster.run(&["up"]).ok();
    let anew = cluster.plan();
    assert_eq!(
        anew.nodes.iter().map(|node| node.ports).collect::<Vec<_>>(),
        plan.nodes.iter().map(|node| node.ports).collect::<Vec<_>>()
    );
    let setting = |id: i32, key: &str| {
        let node = anew.node(NodeName::broker(id)).unwrap();
        node.settings.iter().find(|setting| setting.key == key).unwrap().value.clone()
    };
    for id in [0, 1] {
        assert_eq!(setting(id, "default.replication.factor"), "1");
    }
    assert_eq!(cluster.client().produce("wide", 3), Ok(1));
    cluster.down();
    journal::assert_no_gap(&cluster.journal());
    journal::assert_each_exits_once(&cluster.journal());
}

#[test]
fn a_scale_whose_command_and_supervisor_are_killed_is_carried_out_by_the_next_command() {
    let cluster = Cluster::up(&specs::single("severed"));
    let before = cluster.plan();
    let scaling = cluster.begin(&["scale", "brokers", "3"]);
    until("the plan of three", || (cluster.plan().nodes.len() == 4).then_some(()));
    scaling.kill(nix::sys::signal::Signal::SIGKILL);
    cluster.kill_supervisor();
    drop(scaling);
    cluster.run(&["scale", "brokers", "3"]).ok();
    cluster.run(&["status", "--wait", "healthy", "--timeout", "60s"]).ok();
    for name in ["broker-1", "broker-2"] {
        assert_eq!(cluster.node(name).state, NodeState::Ready);
    }
    assert_untouched(&before, &cluster.plan());

    // The same for one that leaves: its command dies as soon as it has asked for the stop.
    let leaving = cluster.begin(&["decommission", "broker-2"]);
    cluster.until_event("the stop of broker-2", |entry| match &entry.event {
        Event::Asked { action, .. } => (action == "stop broker-2").then_some(()),
        _ => None,
    });
    leaving.kill(nix::sys::signal::Signal::SIGKILL);
    cluster.kill_supervisor();
    drop(leaving);
    cluster.run(&["decommission", "broker-2"]).ok().says("broker-2").says("no longer a member");
    assert_eq!(cluster.plan().next_broker_id, Some(3));
    cluster.down();
    journal::assert_each_exits_once(&cluster.journal());
    // What is down is planned only.
    let next = cluster.run(&["scale", "brokers", "3"]).ok();
    next.says("3 brokers from the next").says("added: broker-3");
    assert_eq!(cluster.plan().nodes.len(), 4);
    cluster.assert_nothing_runs();
}

#[test]
fn a_broker_is_emptied_and_leaves_for_good_and_its_id_never_comes_back() {
    let cluster = Cluster::up(&specs::sized(
        "shrinks",
        1,
        3,
        "topics: { hello: { partitions: 2, replication_factor: 1 } }\n",
    ));
    // A broker that holds something is emptied first, which takes a yes.
    cluster.run(&["topic", "create", "held", "--assignment", "1"]).ok();
    for offset in 0..20 {
        assert_eq!(cluster.client().produce("held", 0), Ok(offset));
    }
    let pids = cluster.pids();
    cluster.run(&["decommission", "broker-1"]).exits(2).says("held").says("--yes");
    cluster.run(&["topic", "create", "wide", "--assignment", "0:1:2"]).ok();
    cluster.run(&["decommission", "broker-1", "--force"]).exits(2).says("wide has replication factor 3");
    assert_eq!(cluster.pids(), pids, "a refused broker was touched");

    cluster.run(&["topic", "delete", "--yes", "wide"]).ok();
    cluster.run(&["topic", "create", "stays", "--assignment", "0:2"]).ok();
    let plan = cluster.plan();
    // A reader that goes away before the moves are shown ends the output, not the work.
    Running::unread(cluster.command(&["decommission", "broker-1", "--yes"])).finish().ok();
    let held = cluster.run(&["consume", "held", "--from-beginning", "--until-end"]).ok();
    assert_eq!(held.out.lines().count(), 20, "what it held was lost: {held}");
    assert!(!plan.node(NodeName::broker(1)).unwrap().dir.exists());
    let ids = |cluster: &Cluster| -> Vec<i32> {
        let plan = cluster.plan();
        plan.of_role(cluster::model::ids::Role::Broker).map(|node| node.name.id).collect()
    };
    assert_eq!(ids(&cluster), [0, 2]);
    let removed = Event::NodeRemoved { node: NodeName::broker(1) };
    assert!(cluster.journal().iter().any(|entry| entry.event == removed));
    assert!(!cluster.status().nodes.iter().any(|node| node.node == NodeName::broker(1)));
    cluster.run(&["decommission", "broker-1"]).ok().says("no member already");
    cluster.run(&["start", "broker-1"]).exits(2);

    // A gap is no hindrance to anything.
    cluster.kill_supervisor();
    cluster.run(&["up"]).ok();
    cluster.run(&["restart", "broker-2", "--force"]).ok();
    cluster.run(&["scale", "brokers", "3"]).ok().says("broker-3");
    assert_eq!(ids(&cluster), [0, 2, 3]);
    let port = |plan: &Plan, id| plan.node(NodeName::broker(id)).map(|node| node.ports.client);
    assert_eq!(port(&cluster.plan(), 2), port(&plan, 2));
    cluster.run(&["topic", "create", "new", "--assignment", "3:2"]).ok();
    cluster.down();
    cluster.run(&["validate", cluster.dir().spec().to_str().unwrap()]).ok();
    cluster.run(&["up"]).ok();
    // The file has three brokers, and so has the cluster.
    cluster.down();
    let spec = std::fs::read_to_string(&cluster.spec).unwrap();
    std::fs::write(
        &cluster.spec,
        spec.lines().filter(|line| !line.starts_with("topics")).collect::<Vec<_>>().join("\n"),
    )
    .unwrap();
    cluster.cluster(&["up", &cluster.spec]).ok();
    assert_eq!(ids(&cluster), [0, 2, 3]);
    assert_eq!(cluster.client().produce("new", 0), Ok(0));
    cluster.down();
    journal::assert_no_gap(&cluster.journal());
    journal::assert_each_exits_once(&cluster.journal());
}
