//! The page's views of brokers, in a browser.

use crate::common::browser::Browser;
use crate::common::home::TestHome;
use crate::common::shared;
use crate::common::ui::{Ui, is_for_all};

#[test]
fn a_broker_is_shown_with_its_share_its_disk_and_where_its_settings_come_from() {
    let cluster = shared::cluster();
    let home = TestHome::new();
    let Some(browser) = Browser::start(&home) else { return };
    let ui = Ui::of(cluster, &[]);
    let page = ui.enter(&browser, "overview");
    let base = ui.address("");
    page.goto(&format!("{base}brokers"));
    page.until("both brokers", "document.querySelectorAll('tbody tr').length === 2");
    page.until("a size", "document.querySelector('#broker-0').textContent.includes(' B')");
    is_for_all(&page);

    page.click("#broker-0 a");
    page.until("its settings", "document.querySelector('#settings-set')");
    let folder =
        cluster.plan().nodes.iter().find(|node| node.name.to_string() == "broker-0").unwrap().dir.clone();
    assert!(page.text("#broker-folders").contains(folder.to_str().unwrap()));
    assert!(
        page.text("#settings-set").contains("broker.id") || page.text("#settings-set").contains("node.id")
    );
    assert!(page.count("#broker-head button") > 0);
    is_for_all(&page);
    page.goto(&format!("{base}brokers/77"));
    page.until("the word that there is none", "document.querySelector('#view .banner')");
    assert_eq!(page.problems(), Vec::<String>::new());
}
