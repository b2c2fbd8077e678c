//! The page's views of topics, in a browser.

use crate::common::browser::Browser;
use crate::common::cluster::Cluster;
use crate::common::home::TestHome;
use crate::common::run::Running;
use crate::common::specs;
use crate::common::ui::{Ui, is_for_all};

#[test]
fn a_topic_is_created_filled_altered_and_deleted_once_it_is_clear_what_is_lost() {
    let home = TestHome::with_cluster();
    let Some(browser) = Browser::start(&home) else { return };
    let cluster = Cluster::new(home, &specs::sized("topics", 1, 2, ""));
    cluster.cluster(&["up", &cluster.spec]).ok();
    let ui = Ui::of(&cluster, &[]);
    let page = ui.enter(&browser, "overview");
    let base = ui.address("");
    page.goto(&format!("{base}topics"));
    page.eval("window.same = true");
    page.click("#create-topic summary");
    page.fill("#create-topic input[name=topic]", "trips.paris");
    page.fill("#create-topic input[name=partitions]", "3");
    page.fill("#create-topic input[name=replication_factor]", "9");
    page.click("#create-topic button.do");
    page.until("what Kafka says to nine replicas", "document.querySelector('#answer .failed')");
    page.fill("#create-topic input[name=replication_factor]", "2");
    page.fill("#create-topic textarea", "retention.ms=86400000");
    page.click("#create-topic button.do");
    page.until("that it is created", "document.querySelector('#answer .done')");
    let row = "document.querySelector('#topic-row-trips_2e_paris')";
    page.until("its row", &format!("{row}.textContent.includes('retention.ms=86400000')"));
    is_for_all(&page);

    let (produce, mut lines) =
        Running::fed(cluster.command(&["-c", &cluster.name, "produce", "trips.paris"]));
    std::io::Write::write_all(&mut lines, b"a\nb\nc\nd\ne\nf\ng\n").unwrap();
    drop(lines);
    produce.finish().ok();
    page.until(
        "seven messages",
        &format!("[...{row}.querySelectorAll('.n')].some(cell => cell.textContent == '7')"),
    );
    assert_eq!(page.eval("window.same"), true, "the page was loaded anew");

    page.click("#topic-row-trips_2e_paris a");
    page.until("its settings", "document.querySelector('#topic-settings table')");
    page.until("what it can do without", "document.querySelector('#topic-loss .cell')");
    assert_eq!(page.count("tr[id^=of-partition-]"), 3);
    is_for_all(&page);
    page.click("#alter-topic summary");
    page.fill("#alter-topic input[name=partitions]", "4");
    page.click("#alter-topic button.do");
    page.until("a fourth partition", "document.querySelectorAll('tr[id^=of-partition-]').length == 4");
    page.click("form[action$='topic/delete'] .danger");
    page.until("what is lost", "document.querySelector('#answer .refused').textContent.includes('7')");
    let list = || cluster.run(&["topic", "list"]).ok().out;
    assert!(list().contains("trips.paris"), "nothing was confirmed");
    page.click("#answer .danger");
    page.until("that it is gone", "document.querySelector('#answer .done')");
    assert!(!list().contains("trips.paris"));
    assert_eq!(page.problems(), Vec::<String>::new());
}
