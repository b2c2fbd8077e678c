//! What is asked for by hand: how long the page's tasks are, and the pictures of the docs.

use std::io::Write;
use std::process::Command;
use std::time::Duration;

use crate::common::audit::Task;
use crate::common::browser::Browser;
use crate::common::cluster::Cluster;
use crate::common::home::TestHome;
use crate::common::run::Running;
use crate::common::specs;
use crate::common::ui::Ui;

#[test]
#[ignore = "measures, on a machine that does nothing else"]
fn a_thousand_partitions_and_fifty_events_a_second_are_drawn_without_a_long_task() {
    let home = TestHome::with_cluster();
    // The browser has a core for itself: how long a task of it takes would be told by the brokers' work otherwise.
    run_on_core(1);
    let Some(browser) = Browser::start(&home) else { return };
    run_on_core(0);
    let topics = "topics: { bikes: { partitions: 1000, replication_factor: 3 } }\n";
    let cluster = Cluster::new(home, &specs::sized("thousand", 1, 3, topics));
    cluster.cluster(&["up", &cluster.spec]).ok();
    let ui = Ui::of(&cluster, &[]);
    for view in ["partitions", "overview", "events"] {
        let page = ui.enter(&browser, view);
        ui.show(&page, view);
        if view == "partitions" {
            page.until("every partition", "document.querySelectorAll('.row').length >= 1000");
        }
        let painted = page.first_contentful_paint();
        let longest = page.longest_task(|| {
            cluster.run(&["kill", "broker-1", "--force"]).ok();
            // Three events each: asked, signalled, answered.
            let busy = std::time::Instant::now();
            let mut requests = 0;
            while busy.elapsed() < Duration::from_secs(10) {
                cluster.run(&["kill", "broker-0", "--signal", "WINCH"]).ok();
                requests += 1;
            }
            println!("{view}: {} events a second", requests * 3 / 10);
            cluster.run(&["start", "broker-1"]).ok();
        });
        let Task { ms, cpu_ms } = longest;
        let on_a_core = cpu_ms.map_or_else(|| "?".to_owned(), |ms| format!("{ms:.0}"));
        println!(
            "{view}: first content after {painted:.0} ms, longest task {ms:.0} ms, {on_a_core} of them on a core"
        );
    }
}

/// This thread and the processes that it starts from here on.
fn run_on_core(core: u32) {
    let thread = nix::unistd::gettid().to_string();
    let pinned = Command::new("taskset").args(["-cp", &core.to_string(), &thread]).output().unwrap();
    assert!(pinned.status.success(), "{pinned:?}");
}

/// `cargo test --test main -- --ignored screenshots_of_every_view`
#[test]
#[ignore = "a tool: makes the pictures of docs/page"]
fn screenshots_of_every_view_are_made_for_the_docs() {
    let home = TestHome::with_cluster();
    let Some(browser) = Browser::start(&home) else { return };
    let out = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/page");
    std::fs::create_dir_all(&out).unwrap();
    let topics = "topics: {\n  velib-stations: { partitions: 12, replication_factor: 3 },\n  \
                  trips: { partitions: 60, replication_factor: 3, config: { retention.ms: 86400000 } },\n}\n";
    let cluster = Cluster::new(home, &specs::sized("velib", 3, 3, topics));
    cluster.cluster(&["up", &cluster.spec]).ok();
    let ui = Ui::of(&cluster, &[]);
    for (topic, lines) in [("velib-stations", 20_000), ("trips", 4_000)] {
        let (produce, mut input) = Running::fed(cluster.command(&["-c", &cluster.name, "produce", topic]));
        let line = |at: i32| {
            format!(
                "{{\"station\": {}, \"bikes\": {}, \"docks\": {}}}\n",
                1000 + at % 1400,
                at % 17,
                30 - at % 17
            )
        };
        let text: String = (0..lines).map(line).collect();
        input.write_all(text.as_bytes()).unwrap();
        drop(input);
        produce.finish().ok();
    }
    let consume = |count| {
        [
            "consume",
            "velib-stations",
            "--group",
            "dashboard",
            "--from-beginning",
            "--timeout",
            "20s",
            "-n",
            count,
        ]
    };
    cluster.run(&consume("5000")).ok();
    let page = ui.enter(&browser, "overview");
    page.size(1440, 900);
    let shot = |name: &str| page.screenshot(&out.join(format!("{name}.png")));
    ui.show(&page, "topics/velib-stations");
    page.until("its settings", "document.querySelector('#topic-settings table')");
    shot("topic");
    ui.show(&page, "topics/velib-stations/messages");
    page.until("a message", "document.querySelector('.messages tbody tr')");
    shot("messages");
    ui.show(&page, "groups?name=dashboard");
    for count in ["2000", "3000", "1000"] {
        page.until("a further point", "(window.points ??= 0, document.querySelectorAll('#lag-points tbody tr').length > window.points + 2)");
        page.eval("window.points = document.querySelectorAll('#lag-points tbody tr').length");
        cluster.run(&consume(count)).ok();
    }
    page.until(
        "a last point",
        "document.querySelectorAll('#lag-points tbody tr').length > window.points + 1",
    );
    shot("group");
    let all_on_two = ["topic", "create", "rides", "--assignment", "0:1,1:0,0:1,1:0,0:1,1:0"];
    cluster.run(&all_on_two).ok();
    let (produce, mut input) =
        Running::fed(cluster.command(&["-c", &cluster.name, "produce", "rides", "--compression", "none"]));
    (0..20_000).for_each(|ride| writeln!(input, "{ride} {}", "x".repeat(200)).unwrap());
    drop(input);
    produce.finish().ok();
    ui.show(&page, "moves");
    let rebalance = ["-c", &cluster.name, "rebalance", "rides", "--throttle", "100KB/s", "--yes"];
    let moving = Running::start(cluster.command(&rebalance));
    page.until("a part of it", "[...document.querySelectorAll('progress')].some(one => one.value > 20)");
    shot("moves");
    cluster.run(&["rebalance", "--cancel"]).ok();
    moving.finish();
    ui.show(&page, "overview");
    cluster.run(&["kill", "broker-0"]).ok();
    page.until("the session that is left", "document.querySelector('#node-broker-0 .countdown')");
    shot("overview");
    page.until("that it is over", "!document.querySelector('#node-broker-0 .countdown')");
    for view in ["partitions", "brokers", "events"] {
        ui.show(&page, view);
        shot(view);
    }
    page.size(390, 844);
    page.dark(true);
    ui.show(&page, "overview");
    shot("phone");
}
