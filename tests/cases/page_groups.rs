//! The page's views of groups, in a browser.

use super::groups::{json_of, produce};
use crate::common::browser::Browser;
use crate::common::cluster::Cluster;
use crate::common::specs;
use crate::common::ui::{Ui, is_for_all};

#[test]
fn a_group_of_any_name_is_watched_then_reset_as_shown_and_deleted_once_it_is_clear_what_is_lost() {
    let topics = "topics: { bikes: { partitions: 1, replication_factor: 1 } }\n";
    let cluster = Cluster::up(&specs::sized("page-groups", 1, 1, topics));
    let Some(browser) = Browser::start(&cluster) else { return };
    let name = "night / riders<b id=x>é&?";
    produce(&cluster, 0, 5);
    cluster.run(&["consume", "bikes", "--group", name, "--from-beginning", "-n", "3"]).ok();

    let ui = Ui::of(&cluster, &[]);
    let page = ui.enter(&browser, "overview");
    let base = ui.address("");
    page.goto(&format!("{base}groups"));
    page.until("the group", "document.querySelector('tbody tr a')");
    assert_eq!(page.text("tbody tr a"), name);
    assert_eq!(page.count("#x"), 0);
    page.shows("tbody tr td:nth-child(6)", "2");
    is_for_all(&page);

    page.click("tbody tr a");
    page.until("its view", "document.querySelector('#at-bikes-0')");
    assert_eq!(page.text("h1"), name);
    page.until("the curve", "document.querySelector('#lag-chart canvas')");
    is_for_all(&page);
    page.eval("window.same = document.querySelector('#lag-chart canvas')");
    produce(&cluster, 0, 7);
    page.shows("#at-bikes-0", "12");
    page.until(
        "the lag in the curve",
        "JSON.parse(document.querySelector('#lag-points').dataset.points)[1].at(-1) === 9",
    );
    assert_eq!(page.eval("window.same.isConnected"), true, "the curve goes on where it is");

    page.click("input[value=offset]");
    page.fill("input[name=offset]", "99");
    page.click("button[value=plan]");
    page.shows("#answer", "bikes/0: 99 is not within 0 to 12");
    page.click("#answer [data-close]");
    page.fill("input[name=offset]", "1");
    page.click("button[value=plan]");
    page.shows("#answer td:last-child", "1");
    let run = cluster.run(&["group", "describe", name, "--json"]);
    assert_eq!(json_of(run.ok())["groups"][0]["partitions"][0]["committed_offset"], 3, "nothing is done yet");
    is_for_all(&page);
    page.click("#answer button[value=reset]");
    page.shows("#answer", "1 offset reset");
    page.shows("#at-bikes-0 td:nth-child(3)", "1");
    page.click("#answer [data-close]");

    page.click("#view button[value=delete]");
    page.shows("#answer", "Its offset of 1 partition is lost for good.");
    page.click("#answer button[value=delete]");
    page.shows("#answer", "is deleted");
    page.click("#answer a");
    page.until(
        "no group",
        "document.querySelector('#view .quiet') && !document.querySelector('#view table')",
    );
    assert_eq!(page.problems(), Vec::<String>::new());
}
