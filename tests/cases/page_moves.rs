//! Replicas moved on the page, in a browser, on a real cluster.

use crate::common::browser::Browser;
use crate::common::cluster::Cluster;
use crate::common::ui::{Ui, is_for_all};
use crate::common::{specs, until};

/// No leaders move by themselves, and replicas in small pieces: a broker fetches a piece every 11 s however low the
/// throttle, and with the default of 1 MB a move would be over before it is seen.
const CONFIG: &str = "auto.leader.rebalance.enable: false, replica.fetch.max.bytes: 131072";

/// Where the replicas of each partition are, the preferred leader first.
#[track_caller]
fn placed(cluster: &Cluster) -> Vec<Vec<i64>> {
    let run = cluster.run(&["topic", "describe", "bikes", "--json"]).ok();
    let told: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    let partitions = told["topics"][0]["partitions"].as_array().unwrap().clone();
    let replicas = |one: &serde_json::Value| serde_json::from_value(one["replicas"].clone()).unwrap();
    partitions.iter().map(replicas).collect()
}

/// The throttle that broker-2 has of its own, as Kafka's own tool says.
#[track_caller]
fn is_throttled(cluster: &Cluster) -> bool {
    let ask = ["exec", "kafka-configs", "--describe", "--entity-type", "brokers", "--entity-name", "2"];
    cluster.run(&ask).ok().out.contains("throttled")
}

#[test]
fn replicas_are_moved_as_shown_watched_by_any_tab_cancelled_and_finished_when_a_supervisor_died() {
    let brokers = format!("brokers: {{ count: 3, config: {{ {CONFIG} }} }}");
    let cluster = Cluster::up(&format!("name: page-moves\n{}\n{brokers}\n", specs::coordinators(1)));
    let Some(browser) = Browser::start(&cluster) else { return };
    cluster.run(&["topic", "create", "bikes", "--assignment", "0:1,1:0,0:1,1:0"]).ok();
    let load = "--num-records 8000 --record-size 1000 --throughput -1 --producer-props acks=all";
    let produce = ["exec", "kafka-producer-perf-test", "--topic", "bikes"];
    cluster.run(&[&produce[..], &load.split(' ').collect::<Vec<_>>()].concat()).ok();
    let crowded = placed(&cluster);

    let ui = Ui::of(&cluster, &[]);
    let page = ui.enter(&browser, "moves");
    page.until("that nothing moves", "document.querySelector('#moves-none')");
    is_for_all(&page);

    // Shown, and not done.
    page.fill("#propose input[name=throttle]", "fast");
    page.click("#propose button");
    page.shows("#answer .failed", "10MB/s");
    page.click("#answer [data-close]");
    page.fill("#propose input[name=throttle]", "10KB/s");
    page.click("#propose button");
    page.until("the plan", "document.querySelectorAll('#plan-moves tbody tr').length > 1");
    assert_eq!(page.count("#plan-brokers tbody tr"), 3);
    is_for_all(&page);
    assert_eq!(placed(&cluster), crowded);

    // Begun: seen in this tab without a reload, and in another when this one is gone.
    page.eval("window.same = true");
    page.click("#answer .danger");
    page.shows("#answer", "It is under way.");
    page.click("#answer [data-close]");
    page.until("how far it is", "document.querySelector('#moves-sum progress')");
    page.shows("#moves-sum", "9.8 KiB/s");
    page.shows("tr[id^=moving-bikes]", "2");
    assert_eq!(page.eval("window.same"), true, "the page was loaded anew");
    assert_eq!(page.count("form[action$='moves/finish']"), 0, "it is followed");
    is_for_all(&page);
    assert_eq!(page.problems(), Vec::<String>::new());
    drop(page);
    let page = ui.enter(&browser, "moves");
    page.until("how far it is in another tab", "document.querySelector('#moves-sum progress')");

    assert_eq!(page.problems(), Vec::<String>::new());

    // Its supervisor dies: Kafka goes on, and somebody has to finish it.
    cluster.kill_supervisor();
    cluster.run(&["status"]).ok();
    page.until("that nobody follows it", "!!document.querySelector('form[action$=\"moves/finish\"]')");
    assert!(is_throttled(&cluster));
    page.click("form[action$='moves/finish'] button");
    page.until("that it is followed", "!document.querySelector('form[action$=\"moves/finish\"]')");

    page.click("form[action$='moves/cancel'] button");
    page.until("what goes back", "document.querySelector('#answer .refused')");
    is_for_all(&page);
    page.click("#answer .danger");
    page.until("that nothing moves any more", "document.querySelector('#moves-none')");
    page.shows("#moves-ended", "cancelled: ");
    assert_eq!(placed(&cluster), crowded);
    assert!(!is_throttled(&cluster));
    until("no note of it", || (!cluster.dir().moves().exists()).then_some(()));

    // As fast as it goes. This tab has seen no supervisor die.
    drop(page);
    let page = ui.enter(&browser, "moves");
    page.shows("#moves-ended", "cancelled: ");
    page.fill("#propose input[name=throttle]", "");
    page.click("#propose button");
    page.until("the plan", "document.querySelector('#plan-moves')");
    page.click("#answer .danger");
    page.shows("#moves-ended", "moved: ");
    let even = placed(&cluster);
    for broker in 0..3 {
        let holds = even.iter().filter(|replicas| replicas.contains(&broker)).count();
        assert!((2..=3).contains(&holds), "{even:?}");
    }
    page.click("#propose button");
    page.shows("#answer", "Evenly spread");
    is_for_all(&page);

    // All of a broker, from its own view; a plan that was overtaken is refused.
    ui.show(&page, "brokers/2");
    page.click("form[action$='moves/propose'] button");
    page.until("the plan", "document.querySelector('#plan-brokers')");
    let then = "document.querySelector('#plan-brokers tbody tr:last-child td:nth-child(3)').textContent";
    assert_eq!(page.eval(then), "0");
    let stale = ["topic", "delete", "bikes", "--yes"];
    cluster.run(&stale).ok();
    page.click("#answer .danger");
    page.shows("#answer .failed", "there is no topic `bikes`");
    assert_eq!(page.problems(), Vec::<String>::new());
}
