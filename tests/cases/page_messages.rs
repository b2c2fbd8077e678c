//! The page's view of a topic's messages, in a browser.

use std::io::Write;

use crate::common::browser::Browser;
use crate::common::cluster::Cluster;
use crate::common::home::TestHome;
use crate::common::run::Running;
use crate::common::specs;
use crate::common::ui::{Ui, is_for_all};
use crate::common::until;

const TOPICS: &str = "topics: {\n  trips: { partitions: 2, replication_factor: 1 },\n  \
                      many: { partitions: 1, replication_factor: 1 },\n  \
                      safe: { partitions: 1, replication_factor: 2, config: { min.insync.replicas: 2 } },\n}\n";

fn produce(cluster: &Cluster, arguments: &[&str], lines: &str) {
    let (produce, mut input) =
        Running::fed(cluster.command(&[&["-c", &cluster.name, "produce"], arguments].concat()));
    input.write_all(lines.as_bytes()).unwrap();
    drop(input);
    produce.finish().ok();
}

/// Offsets, as they are shown.
const OFFSETS: &str =
    "[...document.querySelectorAll('.messages tbody th')].map(one => one.textContent).join()";

#[test]
fn messages_are_seen_as_they_come_browsed_and_searched_and_nothing_in_them_is_obeyed() {
    let home = TestHome::with_cluster();
    let Some(browser) = Browser::start(&home) else { return };
    let cluster = Cluster::new(home, &specs::sized("messages", 1, 2, TOPICS));
    cluster.cluster(&["up", &cluster.spec]).ok();
    let ui = Ui::of(&cluster, &[]);
    let page = ui.enter(&browser, "topics/trips");
    page.click("a[href$='/topics/trips/messages']");
    page.until(
        "an empty topic",
        "document.querySelector('#messages-found .found') && !document.querySelector('.messages')",
    );
    page.until("that it hears of changes", "document.documentElement.hasAttribute('data-linked')");
    page.eval("window.same = true");
    page.click("#produce summary");
    page.fill("#produce input[name=key]", "typed");
    page.fill("#produce textarea[name=value]", "<script>window.evil=1</script>\n é ");
    page.fill("#produce textarea[name=headers]", "from: Paris\nno header");
    page.click("#produce button.do");
    page.until(
        "which line is no header",
        "document.querySelector('#answer .failed').textContent.includes('no header')",
    );
    page.fill("#produce textarea[name=headers]", "from: <b>Paris</b>");
    page.eval("document.querySelector('#produce [name=partition]').value = 1; 0");
    is_for_all(&page);
    page.click("#produce button.do");
    page.until(
        "where it landed",
        "document.querySelector('#answer .done').textContent.includes('partition 1 has it at offset 0')",
    );
    page.until(
        "what was sent",
        "document.querySelector('#message-1-0').textContent.includes('<b>Paris</b>')",
    );
    let sent = cluster.run(&["consume", "trips", "--from-beginning", "--until-end", "--json"]).ok().out;
    assert!(sent.contains(r#""key":"typed","value":"<script>window.evil=1</script>\n é ","#), "{sent}");
    page.press("Escape");

    let evil = r#"{"key":"<script>window.evil=1</script>","value":"<img src=x onerror=window.evil=1>","headers":[["<b>","<script>window.evil=1</script>"]],"partition":0}
{"key":"json","value":"{\"bikes\":[1,2,3],\"station\":\"Bastille\",\"docks\":{\"free\":4}}","partition":1}
{"key":"gone","value":null,"partition":1}
"#;
    produce(&cluster, &["trips", "--json"], evil);
    let row = |id: &str| format!("document.getElementById('message-{id}')");
    page.until("the four", "document.querySelectorAll('.messages tbody tr').length == 4");
    page.until("the key as text", &format!("{}.textContent.includes('<script>window.evil=1')", row("0-0")));
    page.click("#message-1-1-value summary");
    page.until("JSON in lines", &format!("{}.innerText.includes('\"free\": 4')", row("1-1")));
    page.until("a tombstone", &format!("{}.textContent.includes('tombstone')", row("1-2")));
    is_for_all(&page);
    produce(&cluster, &["trips", "--partition", "1"], "one more\n");
    page.until("one more, at the head", "document.querySelector('.messages tbody tr').id == 'message-1-3'");
    assert_eq!(
        page.eval("document.querySelector('#message-1-1-value').open"),
        true,
        "what was opened stays so"
    );
    assert_eq!(page.eval("window.same"), true, "the page was loaded anew");
    assert_eq!(page.eval("window.evil ?? null"), serde_json::Value::Null);

    // Some thousands, in a log of their own.
    let text: String = (0..3_000).map(|line| format!("bike {line} of Paris\n")).collect();
    produce(&cluster, &["many"], &text);
    let middle = jiff::Timestamp::now();
    produce(&cluster, &["many"], "after\n");
    let show = |query: &str, offsets: &str| {
        ui.show(&page, &format!("topics/many/messages?{query}"));
        page.until(query, &format!("{OFFSETS} == '{offsets}'"));
    };
    show("start=offset&offset=1234&count=3", "1234,1235,1236");
    page.click(".onward a");
    page.until("the next", &format!("{OFFSETS} == '1237,1238,1239'"));
    show(&format!("start=time&time={middle}"), "3000");
    show("start=oldest&search=BIKE+2345+", "2345");
    let said = page.text("#messages-found");
    assert!(said.contains("3\u{202f}001 messages searched"), "{said}");
    is_for_all(&page);
    show("start=oldest&search=nowhere", "");
    ui.show(&page, "topics/many/messages?start=offset&offset=x");
    page.until("what is wrong", "document.querySelector('.banner.bad[role=alert]')");

    // A partition whose only broker is dead is not there, and the other is.
    let led = |partition: i32| cluster.status().topics.unwrap()["trips"].partitions[&partition].view.leader;
    let (dead, alive) = (led(0).unwrap(), led(1).unwrap());
    assert_ne!(dead, alive);
    cluster.run(&["kill", &format!("broker-{dead}"), "--force"]).ok();
    ui.show(&page, "topics/trips/messages");
    page.until("those of the other", &format!("{OFFSETS} == '3,2,1,0'"));
    page.until(
        "why some are not there",
        "document.querySelector('#messages-unknown li').textContent.includes('partition 0')",
    );
    is_for_all(&page);

    // And what too few replicas would have is refused, with that as the reason.
    until("an ISR without the dead one", || {
        let safe = cluster.status().topics.unwrap().remove("safe")?.partitions.remove(&0)?.view;
        (safe.isr.len() == 1 && safe.leader == Some(alive)).then_some(())
    });
    ui.show(&page, "topics/safe/messages");
    page.click("#produce summary");
    page.fill("#produce textarea[name=value]", "in vain");
    page.click("#produce button.do");
    page.until(
        "that too few replicas are in sync",
        "/not (delivered|acknowledged).*(NotEnoughReplicas|min.insync.replicas)/.test(document.querySelector('#answer .failed').textContent)",
    );
    assert_eq!(page.problems(), Vec::<String>::new());
}
