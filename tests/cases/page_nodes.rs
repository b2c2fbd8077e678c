//! What the page shows of nodes and has done to them, in a browser, on real clusters.

use cluster::model::status::NodeState;

use crate::common::browser::Browser;
use crate::common::cluster::Cluster;
use crate::common::page::Page;
use crate::common::specs;
use crate::common::ui::{Ui, is_for_all};

#[test]
fn racks_are_shown_and_copies_that_are_all_in_one_are_told() {
    let rack = |id: i32, rack: &str| format!("broker-{id}: {{ config: {{ broker.rack: {rack} }} }}");
    let racks = [rack(0, "west"), rack(1, "west"), rack(2, "east")].join(", ");
    let brokers = format!("brokers: {{ count: 3, nodes: {{ {racks} }} }}");
    let cluster = Cluster::up(&format!("name: page-racks\n{}\n{brokers}\n", specs::coordinators(1)));
    let Some(browser) = Browser::start(&cluster) else { return };
    cluster.run(&["topic", "create", "bikes", "--assignment", "0:1,1:2"]).ok();
    let ui = Ui::of(&cluster, &[]);
    let page = ui.enter(&browser, "overview");
    page.shows("#node-broker-0", "rack west");
    page.shows("#node-broker-2", "rack east");
    ui.show(&page, "partitions");
    page.shows("#column-2", "rack east");
    page.shows("#head-bikes", "1 partition in one rack");
    page.click("#row-bikes-0 summary");
    page.shows("#row-bikes-0 .note", "all replicas in one rack");
    assert_eq!(page.count(".in-one-rack"), 1);
    is_for_all(&page);
    ui.show(&page, "brokers");
    page.shows("#broker-1", "west");
    is_for_all(&page);
    assert_eq!(page.problems(), Vec::<String>::new());
}

/// In the words of the tile: which state the node is in.
#[track_caller]
fn is(page: &Page, node: &str, state: &str) {
    page.shows(&format!("#node-{node} .state"), state);
}

#[test]
fn a_node_gets_another_signal_and_all_are_restarted_in_turn_which_is_told_to_all() {
    let topics =
        "topics: { bikes: { partitions: 2, replication_factor: 2, config: { min.insync.replicas: 1 } } }\n";
    let cluster = Cluster::up(&specs::sized("page-signals", 3, 2, topics));
    let Some(browser) = Browser::start(&cluster) else { return };
    let ui = Ui::of(&cluster, &[]);
    let page = ui.enter(&browser, "overview");
    let coordinator = specs::coordinator(1);
    assert_eq!(
        page.count(&format!("#others-{coordinator} [name=fast_failover]")),
        0,
        "it has no registration"
    );

    // What makes no sense is refused in the engine's words, and what was chosen stays chosen while the tile changes.
    page.click("#others-broker-1 summary");
    page.eval("document.querySelector('#others-broker-1 select').value = 'SIGQUIT'");
    page.click("#others-broker-1 [name=fast_failover]");
    is_for_all(&page);
    page.click("#others-broker-1 .danger");
    page.shows("#answer .failed", "needs a signal that ends a process, and SIGQUIT does not");
    page.click("#answer [data-close]");
    assert_eq!(page.eval("document.querySelector('#others-broker-1 select').value"), "SIGQUIT");

    page.eval("document.querySelector('#others-broker-1 select').value = 'SIGKILL'");
    page.click("#others-broker-1 .danger");
    is(&page, "broker-1", "killed");
    let tells = |what: &str| cluster.run(&["events"]).ok().out.contains(what);
    assert!(tells("kill broker-1 --signal SIGKILL --fast-failover"));
    page.until("that it leaves no session", "!document.querySelector('#node-broker-1 .countdown')");
    page.click("#node-broker-1 button[value=start]");
    is(&page, "broker-1", "ready");

    // Its tile still grows and shrinks: where the word was, something else may be.
    page.until("its other actions", "document.querySelector('#others-broker-1').open = true");
    page.click("#others-broker-1 .danger");
    is(&page, "broker-1", "killed");
    assert!(tells("kill broker-1 --signal SIGTERM"));
    page.click("#node-broker-1 button[value=start]");
    is(&page, "broker-1", "ready");

    // A tab that is closed undoes nothing, and others are told.
    let other = ui.enter(&browser, "overview");
    page.click("#whole summary");
    page.click("#whole button");
    page.shows("#answer", "It is under way.");
    page.shows("#answer", "all nodes");
    assert_eq!(page.problems(), Vec::<String>::new());
    drop(page);
    other.shows("#nodes-ended", "Done:");
    other.shows("#nodes-ended", "--rolling");
    let all: Vec<String> = cluster.plan().nodes.iter().map(|node| node.name.to_string()).collect();
    assert!(tells(&format!("restart {} --rolling", all.join(" "))));
    is_for_all(&other);

    // Taken down: what stops is told first, and to all who look that it did, with the way back.
    let looks = ui.enter(&browser, "partitions");
    other.click("#whole summary");
    other.click("#take-down button");
    other.shows("#answer", &format!("Its {} nodes are stopped", all.len()));
    other.shows("#answer", "This page ends with it.");
    let back = format!("`cluster -c {} up`", cluster.name);
    other.shows("#answer", &back);
    is_for_all(&other);
    assert_eq!(cluster.node("broker-0").state, NodeState::Ready, "only asked");
    for tab in [&other, &looks] {
        assert_eq!(tab.problems(), Vec::<String>::new());
    }
    other.press("Escape");
    other.click("#take-down button");
    other.shows("#answer .danger", "Take");
    other.eval("document.querySelector('#answer .danger').focus()");
    other.press("Enter");
    other.shows("#answer .done", &back);
    for tab in [&other, &looks] {
        tab.until("why nobody answers", "!document.getElementById('down').hidden");
        tab.shows("#down", &back);
        assert_eq!(tab.eval("document.getElementById('unlinked').hidden"), true);
        assert_eq!(tab.text("#lost").trim(), "");
        is_for_all(tab);
    }
    other.shows(&format!("#node-{coordinator} .state"), "stopped");
    assert!(cluster.node_processes().values().all(Vec::is_empty));

    // And back: the page finds itself again.
    cluster.run(&["up"]).ok();
    // Unless another cluster's page has taken its port meanwhile.
    if Ui::of(&cluster, &[]).port == ui.port {
        looks.until("that it hears again", "document.getElementById('down').hidden");
        looks.until("a view that is told", "document.documentElement.hasAttribute('data-linked')");
    }
}

#[test]
fn a_broker_joins_and_leaves_again_once_it_is_empty_without_a_reload() {
    let cluster = Cluster::up(&specs::single("page-members"));
    let Some(browser) = Browser::start(&cluster) else { return };
    let ui = Ui::of(&cluster, &[]);
    let page = ui.enter(&browser, "brokers");
    page.eval("window.same = true");
    page.click("#scale-1 summary");
    page.fill("#scale-1 input", "0");
    page.click("#scale-1 button");
    page.shows("#answer .failed", "1 to 100");
    is_for_all(&page);
    page.click("#answer [data-close]");
    page.fill("#scale-1 input", "2");
    page.click("#scale-1 button");
    page.until("its row", "document.querySelector('#broker-1')");
    page.shows("#nodes-ended", "joined: broker-1");
    page.until("what comes next", "document.querySelector('#scale-2 input')?.value === '3'");
    assert_eq!(page.eval("window.same"), true, "the page was loaded anew");

    // It holds something: it stays. It is emptied and goes.
    cluster.run(&["topic", "create", "bikes", "--assignment", "1"]).ok();
    let leaves = "form[action$='members/decommission'] button";
    let other = ui.enter(&browser, "brokers/1");
    other.shows("#broker-topics", "bikes");
    other.click(leaves);
    other.shows("#answer .failed", "broker-1 holds a replica of bikes/0");
    other.click("#answer [data-close]");
    other.click("form[action$='moves/propose'] button");
    other.until("the plan", "document.querySelector('#plan-moves')");
    other.click("#answer .danger");
    other.until(
        "the answer",
        "document.querySelector('#answer .done') && !document.querySelector('#plan-moves')",
    );
    other.until("that it is empty", "!document.querySelector('#broker-topics')");
    other.click("#answer [data-close]");
    other.click(leaves);
    let folder = cluster.plan().node("broker-1".parse().unwrap()).unwrap().dir.clone();
    other.shows("#answer", folder.to_str().unwrap());
    is_for_all(&other);
    assert!(folder.is_dir(), "only asked");
    other.click("#answer .danger");
    other.until(
        "that there is no such broker",
        "document.querySelector('#view .banner') && !document.querySelector('#broker-head')",
    );
    page.until("that its row is gone", "!document.querySelector('#broker-1')");
    page.shows("#nodes-ended", "no longer a member");
    assert_eq!(page.eval("window.same"), true, "the page was loaded anew");
    assert!(!folder.exists());
    assert_eq!(cluster.plan().nodes.len(), 2);

    // The last one stays.
    ui.show(&other, "brokers/0");
    other.click(leaves);
    other.shows("#answer .failed", "broker-0 is the last broker of its cluster");
    for tab in [&page, &other] {
        is_for_all(tab);
        assert_eq!(tab.problems(), Vec::<String>::new());
    }
}
