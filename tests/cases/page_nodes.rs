//! What the page shows of nodes and has done to them, in a browser, on real clusters.

use crate::common::browser::Browser;
use crate::common::cluster::Cluster;
use crate::common::page::Page;
use crate::common::specs;
use crate::common::ui::{Ui, is_for_all};

/// Waits until the first such element shows a text.
#[track_caller]
fn shows(page: &Page, selector: &str, text: &str) {
    let what = format!("{text} in {selector}");
    let (selector, text) = (serde_json::json!(selector), serde_json::json!(text));
    page.until(&what, &format!("document.querySelector({selector})?.textContent.includes({text})"));
}

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
    shows(&page, "#node-broker-0", "rack west");
    shows(&page, "#node-broker-2", "rack east");
    ui.show(&page, "partitions");
    shows(&page, "#column-2", "rack east");
    shows(&page, "#head-bikes", "1 partition in one rack");
    page.click("#row-bikes-0 summary");
    shows(&page, "#row-bikes-0 .note", "all replicas in one rack");
    assert_eq!(page.count(".in-one-rack"), 1);
    is_for_all(&page);
    ui.show(&page, "brokers");
    shows(&page, "#broker-1", "west");
    is_for_all(&page);
    assert_eq!(page.problems(), Vec::<String>::new());
}
