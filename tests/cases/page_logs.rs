//! The page's view of the nodes' logs, in a browser.

use crate::common::browser::Browser;
use crate::common::home::TestHome;
use crate::common::shared;
use crate::common::ui::{Ui, is_for_all};

#[test]
fn the_log_of_a_node_is_read_searched_and_narrowed_to_what_matters() {
    let cluster = shared::cluster();
    let home = TestHome::new();
    let Some(browser) = Browser::start(&home) else { return };
    let ui = Ui::of(cluster, &[]);
    let page = ui.enter(&browser, "overview");
    let base = ui.address("");
    page.goto(&format!("{base}logs?node=broker-0"));
    let lines = "[...document.querySelectorAll('.log .line')]";
    page.until("its log", &format!("{lines}.length > 0"));
    let last = "document.querySelector('.log ol:last-child li:last-child').getBoundingClientRect().bottom";
    let inside = format!("{last} <= document.querySelector('.log').getBoundingClientRect().bottom");
    assert_eq!(page.eval(&inside), true, "the last line is in sight");
    let all = page.count(".log .line");
    is_for_all(&page);

    page.fill("input[name=search]", "STARTED (kafka");
    page.click(".filters button");
    page.until(
        "only what is searched",
        &format!("location.search.includes('STARTED') && {lines}.length > 0 && {lines}.every(one => one.textContent.toLowerCase().includes('started (kafka'))"),
    );
    assert!(page.count(".log .line") < all);

    page.goto(&format!("{base}logs?level=WARN"));
    page.until("an answer", "document.querySelector('.log, #view .quiet')");
    assert_eq!(page.eval("document.querySelector('select[name=level]').value"), "WARN");
    assert_eq!(page.count(".log .info"), 0);
    page.goto(&format!("{base}logs?search=nobody-logs-this"));
    page.until("that there is none", "document.querySelector('#view .quiet')");
    assert_eq!(page.problems(), Vec::<String>::new());
}
