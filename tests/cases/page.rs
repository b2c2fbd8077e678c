//! The page: what happens in the cluster is seen on it, and what is done on it happens; others are kept out.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use cluster::model::event::Event;
use cluster::model::status::NodeState;

use crate::common::browser::Browser;
use crate::common::cluster::Cluster;
use crate::common::home::TestHome;
use crate::common::page::Page;
use crate::common::ui::Ui;
use crate::common::{shared, specs, until};

const VIEWS: &[&str] = &["overview", "partitions", "topics", "brokers", "groups", "events", "logs"];

/// What becomes true on a page that nobody loads anew.
fn sees(page: &Page, what: &str, expression: &str) {
    page.until(what, expression);
    assert_eq!(page.eval("window.same"), true, "the page was loaded anew");
}

fn press(page: &Page, node: &str, action: &str) {
    page.click(&format!("#node-{node} button[value={action}]"));
}

#[test]
fn a_broker_is_killed_by_its_button_and_the_grid_shows_what_kafka_makes_of_it() {
    let home = TestHome::with_cluster();
    let Some(browser) = Browser::start(&home) else { return };
    let topics =
        "topics: { bikes: { partitions: 6, replication_factor: 3, config: { min.insync.replicas: 1 } } }\n";
    let cluster = Cluster::new(home, &specs::sized("page", 1, 3, topics));
    cluster.cluster(&["up", &cluster.spec]).ok();
    let ui = Ui::of(&cluster, &[]);
    let overview = ui.enter(&browser, "overview");
    let grid = ui.enter(&browser, "partitions");
    for page in [&overview, &grid] {
        page.eval("window.same = true");
    }
    sees(&overview, "every node", "document.querySelectorAll('.tile.good').length == 4");
    sees(&grid, "every partition", "document.querySelectorAll('#view .row').length >= 6");
    assert!(grid.count(".cell.leader") > 0);
    // A topic that comes brings its rows piece by piece, and leaves those that are there as they are.
    grid.eval("document.querySelector('#row-bikes-0').same = true");
    cluster.run(&["topic", "create", "many", "--partitions", "40"]).ok();
    sees(&grid, "its rows", "document.querySelectorAll('[id^=row-many] .leader').length == 40");
    sees(&grid, "no row without a text", "!document.querySelector('[data-kept], .row:empty')");
    sees(&grid, "the row that was there", "document.querySelector('#row-bikes-0').same");

    press(&overview, "broker-0", "kill");
    sees(&overview, "the answer", "document.querySelector('#answer .done')");
    sees(&overview, "the tile", "document.querySelector('#node-broker-0.warn button[value=start]')");
    sees(
        &overview,
        "the seconds that its session has",
        "document.querySelector('#node-broker-0 .countdown')",
    );
    // A square of broker-0 that is dotted counts as in sync still; then its session is over.
    let rows = "[...document.querySelectorAll('.rows')].flatMap(rows => [...rows.children])";
    let every = |what: &str| format!("{rows}.every(row => {what})");
    sees(
        &grid,
        "leaders that moved",
        &every("!row.querySelector('.lost-leader') && row.querySelector('.leader, .deputy')"),
    );
    sees(&grid, "an ISR without it", &every("row.querySelector('.out') && !row.querySelector('.ghost')"));
    sees(&overview, "the verdict", "document.querySelector('#verdict.degraded')");
    let asked = cluster.journal().into_iter().any(|entry| {
        matches!(&entry.event, Event::Asked { action, by, .. } if by == "the page" && action.starts_with("kill broker-0"))
    });
    assert!(asked, "the journal says who asked");

    press(&overview, "broker-0", "start");
    sees(&grid, "an ISR with it again", &every("!row.querySelector('.out, .ghost')"));
    sees(&overview, "a healthy cluster", "document.querySelector('#verdict.healthy')");

    // The last coordinator: its guard answers, and is heard.
    let last = specs::coordinator(1).to_string();
    press(&overview, &last, "pause");
    sees(&overview, "the guard's answer", "document.querySelector('#answer .refused[role=alert]')");
    assert_eq!(cluster.node(&last).state, NodeState::Ready, "it was refused");
    overview.click("#answer .danger");
    sees(
        &overview,
        "what was insisted on",
        &format!("document.querySelector('#node-{last} button[value=resume]')"),
    );
    cluster.until_state(&last, NodeState::Paused);
    press(&overview, &last, "resume");
    sees(&overview, "a healthy cluster again", "document.querySelector('#verdict.healthy')");

    for page in [&overview, &grid] {
        assert!(page.problems().is_empty(), "{:#?}", page.problems());
    }

    // Without its supervisor the page says so, and finds the next one.
    grid.eval("document.querySelector('#row-bikes-0').dataset.old = ''");
    cluster.kill_supervisor();
    sees(&overview, "that nobody answers", "!document.getElementById('unlinked').hidden");
    cluster.status();
    sees(&overview, "that it hears again", "document.getElementById('unlinked').hidden");
    // A new one knows no partitions until it has asked: what it tells then is in the place of what was there.
    let told_anew = "document.querySelector('#row-bikes-0:not([data-old]) :is(.leader, .deputy)')";
    sees(&grid, "partitions as the new one knows them", told_anew);
    grid.click("#row-bikes-0 summary");
    grid.click("#row-bikes-0 button[form=pause]");
    sees(&grid, "the answer of the new one", "document.querySelector('#answer .done')");
    sees(&overview, "the leader that it paused", "document.querySelector('.tile button[value=resume]')");
    // What somebody has opened stays open when it changes.
    let is_open =
        "document.querySelector('#row-bikes-0 .out') && document.querySelector('#row-bikes-0 details').open";
    sees(&grid, "an ISR without it in the row that is open still", is_open);
}

#[test]
fn everybody_can_read_every_view_in_both_languages_in_light_and_dark_on_a_phone_too() {
    let home = TestHome::new();
    let Some(browser) = Browser::start(&home) else { return };
    let ui = Ui::of(shared::cluster(), &[]);
    let page = ui.enter(&browser, "overview");
    for view in VIEWS {
        for (width, dark) in [(1440, false), (360, true), (1440, true), (360, false)] {
            page.size(width, 900);
            page.dark(dark);
            ui.show(&page, view);
            let found = page.axe();
            assert!(found.is_empty(), "{view}, {width} px, dark: {dark}: {found:#?}");
            let wide = page.eval("document.documentElement.scrollWidth - innerWidth");
            assert!(wide.as_i64().unwrap() <= 0, "{view} is wider than {width} px by {wide}");
        }
    }
    let said = page.text("nav");
    page.click(".choices a[hreflang=fr]");
    page.until("French", "document.documentElement.lang == 'fr' && location.pathname.endsWith('/logs')");
    assert_ne!(page.text("nav"), said);
    page.click(".themes a[title*=clair]");
    page.until(
        "light, though the system is dark",
        "getComputedStyle(document.documentElement).colorScheme == 'light'",
    );
    assert!(page.problems().is_empty(), "{:#?}", page.problems());
}

#[test]
fn the_first_view_weighs_less_than_a_hundred_kilobytes() {
    let home = TestHome::new();
    let Some(browser) = Browser::start(&home) else { return };
    let page = browser.page();
    // Of a browser that has never been here, with what lets it in.
    page.goto(&Ui::of(shared::cluster(), &[]).url);
    page.until("a view that is told of changes", "document.documentElement.hasAttribute('data-linked')");
    let bytes = page.transferred();
    assert!(bytes > 20_000 && bytes < 100_000, "{bytes} bytes");
}

#[test]
fn who_may_look_sees_everything_and_can_press_nothing() {
    let home = TestHome::new();
    let Some(browser) = Browser::start(&home) else { return };
    let cluster = shared::cluster();
    let all = Ui::of(cluster, &[]);
    let look = Ui::of(cluster, &["--read-only"]);
    assert_eq!(all.port, look.port);
    let page = look.enter(&browser, "overview");
    assert!(page.count(".tile") > 0);
    assert_eq!(page.count("#view form, #view button[name=action]"), 0);
    assert_eq!(page.count(".choices .chip"), 1, "it says that it is read-only");
    let form = "action=kill&target=broker-0&force=true";
    let headers = |token: &str| {
        [
            format!("Host: localhost:{}", look.port),
            format!("Authorization: Bearer {token}"),
            "Content-Type: application/x-www-form-urlencoded".to_owned(),
        ]
    };
    let own = headers(&look.token);
    let own: Vec<&str> = own.iter().map(String::as_str).collect();
    assert_eq!(look.code(&format!("POST /do/{}/act", cluster.name), &own, form), 403);
    assert_eq!(cluster.node("broker-0").state, NodeState::Ready);
}

#[test]
fn another_page_another_name_and_whoever_has_no_token_are_kept_out() {
    let cluster = shared::cluster();
    let ui = Ui::of(cluster, &[]);
    let file = std::fs::metadata(cluster.dir().page()).unwrap();
    assert_eq!(file.permissions().mode() & 0o777, 0o600, "another user cannot read the token");
    let (host, cookie) =
        (format!("Host: localhost:{}", ui.port), format!("Cookie: cluster-{}={}", ui.port, ui.token));
    let origin = format!("Origin: http://localhost:{}", ui.port);
    let overview = format!("GET /c/{}/overview", cluster.name);
    let form = "Content-Type: application/x-www-form-urlencoded";
    let kill = format!("POST /do/{}/act", cluster.name);
    assert_eq!(ui.code(&overview, &[&host, &cookie], ""), 200);
    let (evil, rebound) = ("Origin: http://evil.example", format!("Host: evil.example:{}", ui.port));
    for (line, headers, body, code) in [
        (&overview, vec![&*host], "", 401),
        (&overview, vec![&*host, "Cookie: cluster-9000=00"], "", 401),
        (&overview, vec![&*rebound, &*cookie], "", 421),
        (&overview, vec![&*cookie], "", 421),
        (&kill, vec![&*host, &*cookie, evil, form], "action=kill&target=broker-0", 403),
        (&kill, vec![&*host, &*cookie, form], "action=kill&target=broker-0", 403),
        (&kill, vec![&*host, &*origin, form], "action=kill&target=broker-0", 401),
    ] {
        assert_eq!(ui.code(line, &headers, body), code, "{line} {headers:?}");
    }
    let guess = format!("GET /?token={}", "0".repeat(32));
    assert_eq!(ui.code(&guess, &[&host], ""), 401);
    assert_eq!(cluster.node("broker-0").state, NodeState::Ready);
}

#[test]
fn nonsense_floods_and_slow_readers_are_bounded_and_the_supervisor_watches_on() {
    // Of its own: others could not look at one that is flooded.
    let cluster = Cluster::up(&specs::single("flooded"));
    let ui = Ui::of(&cluster, &[]);
    let (host, bearer) =
        (format!("Host: localhost:{}", ui.port), format!("Authorization: Bearer {}", ui.token));
    let form = "Content-Type: application/x-www-form-urlencoded";
    let kill = format!("POST /do/{}/act", cluster.name);
    let large = format!("action=kill&target={}", "x".repeat(100 << 10));
    assert_eq!(ui.code(&kill, &[&host, &bearer, form], &large), 413);
    assert!([415, 422].contains(&ui.code(&kill, &[&host, &bearer, form], "%%%")));
    assert_eq!(ui.code(&kill, &[&host, &bearer, "Content-Type: text/plain"], "action=kill"), 415);
    assert_eq!(ui.code("GET /c/no-such/overview", &[&host, &bearer], ""), 404);
    assert_eq!(ui.code("GET /c/..%2f..%2fetc/overview", &[&host, &bearer], ""), 404);
    assert!(ui.say("\u{1}\u{2} nonsense\r\n\r\n").contains(" 400 "));
    let long = format!("X-Long: {}", "x".repeat(64 << 10));
    assert_eq!(ui.code("GET /", &[&host, &bearer, &long], ""), 431);
    // What somebody writes is shown as text.
    let odd = ui.say(&format!(
        "{kill} HTTP/1.1\r\n{host}\r\n{bearer}\r\n{form}\r\nConnection: close\r\nContent-Length: 43\r\n\r\n\
         action=kill&target=%3Cscript%3Ex%3C/script%3E"
    ));
    assert!(odd.contains("failed") && !odd.contains("<script>x"), "{odd}");

    // Viewers who read nothing of what they are told, more than there is room for.
    let overview = format!("GET /c/{}/overview", cluster.name);
    let live = format!("GET /live/{}/overview HTTP/1.1\r\n{host}\r\n{bearer}\r\n\r\n", cluster.name);
    let viewers: Vec<TcpStream> = (0..500)
        .filter_map(|_| {
            let mut stream = TcpStream::connect(("127.0.0.1", ui.port)).ok()?;
            stream.write_all(live.as_bytes()).ok()?;
            Some(stream)
        })
        .collect();
    assert_eq!(cluster.node("broker-0").state, NodeState::Ready);
    let mut viewers = viewers;
    viewers.retain(|viewer| {
        let mut viewer: &TcpStream = viewer;
        viewer.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut head = [0; 12];
        viewer.read_exact(&mut head).is_ok() && head.ends_with(b" 200")
    });
    assert!(viewers.len() > 32 && viewers.len() <= 64, "{} viewers were taken", viewers.len());
    let again = || ui.say(&format!("{overview} HTTP/1.1\r\n{host}\r\n{bearer}\r\nConnection: close\r\n\r\n"));
    until("room for a view", || again().starts_with("HTTP/1.1 200").then_some(()));
    // One more, who has come too late, is told of changes as soon as there is room.
    while viewers.len() < 64 {
        let mut stream = TcpStream::connect(("127.0.0.1", ui.port)).unwrap();
        stream.write_all(live.as_bytes()).unwrap();
        viewers.push(stream);
    }
    if let Some(browser) = Browser::start(&cluster) {
        let page = browser.page();
        page.goto(&ui.url);
        page.until("that nobody tells it anything", "document.documentElement.hasAttribute('data-unlinked')");
        drop(viewers);
        page.until("that it is told of changes", "document.documentElement.hasAttribute('data-linked')");
    }
    assert_eq!(cluster.node("broker-0").state, NodeState::Ready);
}
