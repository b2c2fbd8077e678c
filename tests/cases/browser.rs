//! The browser of the tests is one that can be trusted: it does what a person does, and tells what goes wrong.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;
use std::time::Duration;

use crate::common::browser::Browser;
use crate::common::home::TestHome;
use crate::common::page::Page;
use crate::common::{procs, until};

/// All look at pages of their own in one browser.
static BROWSER: LazyLock<Option<(Browser, TestHome)>> = LazyLock::new(|| {
    let home = TestHome::new();
    Browser::start(&home).map(|browser| (browser, home))
});

/// A page with this body, unless there is no browser.
fn shown(body: &str) -> Option<Page> {
    opened("", body, "")
}

fn opened(headers: &'static str, body: &str, script: &'static str) -> Option<Page> {
    let (browser, _) = BROWSER.as_ref()?;
    let page = browser.page();
    page.goto(&format!("http://{}/", site(headers, document(body), script)));
    Some(page)
}

fn document(body: &str) -> String {
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Bicycles</title>\
         <link rel=icon href=data:,><script src=/script.js defer></script><main><h1>Bicycles</h1>{body}</main>"
    )
}

/// Serves a document and its script, until the tests end.
fn site(headers: &'static str, document: String, script: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let document = document.clone();
            // A browser also opens connections that it may need later.
            std::thread::spawn(move || answer(stream.unwrap(), headers, &document, script));
        }
    });
    address
}

fn answer(stream: TcpStream, headers: &str, document: &str, script: &str) {
    let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    let asked: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let (kind, text) = match first.split(' ').nth(1) {
        Some("/") => ("text/html", document.to_owned()),
        Some("/script.js") => ("text/javascript", script.to_owned()),
        Some("/asked") => ("text/plain", asked.join("\n")),
        _ => {
            let _ = (&stream)
                .write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            return;
        }
    };
    let length = text.len();
    // The browser may have gone on.
    let _ = write!(
        &stream,
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n{text}"
    );
}

/// What a test fails with.
fn failure(act: impl FnOnce()) -> String {
    let failed = catch_unwind(AssertUnwindSafe(act)).expect_err("it does not fail");
    failed.downcast_ref::<String>().expect("a text").clone()
}

#[test]
fn a_click_does_what_a_click_of_a_mouse_does() {
    let script = "document.querySelector('button').onclick = event => {
        if (event.isTrusted) setTimeout(() => document.querySelector('output').textContent = 'one sold', 50);
    };";
    let body = "<div style=height:3000px></div><button>Sell</button> <output>none</output>";
    let Some(page) = opened("", body, script) else { return };
    assert_eq!(page.text("output"), "none");
    page.click("button");
    page.until("the sale", "document.querySelector('output').textContent === 'one sold'");
    assert_eq!(page.problems(), Vec::<String>::new());
}

#[test]
fn what_nobody_can_click_fails_with_what_the_page_shows() {
    let body = "<button id=under>Sell</button><div id=over style='position:fixed;inset:0'></div>
        <button id=hidden hidden>Hidden</button>";
    let Some(page) = shown(body) else { return };
    let covered = failure(|| page.click("#under"));
    for part in
        ["#under cannot be clicked: is covered by <div id=\"over\"", "--- url\nhttp://127.0.0.1:", "Sell"]
    {
        assert!(covered.contains(part), "{part}: {covered}");
    }
    assert!(failure(|| page.click("#hidden")).contains("is not shown"));
    assert!(failure(|| page.click("#absent")).contains("is not there"));
}

#[test]
fn a_page_that_does_not_do_it_fails_with_what_was_waited_for() {
    let Some(page) = opened("", "<p>seven are left</p>", "console.error('no wheels')") else { return };
    let wait = || drop(page.until_within(Duration::ZERO, "eight bicycles", "document.querySelector('b').id"));
    let failed = failure(wait);
    let parts =
        ["eight bicycles", "document.querySelector('b').id", "TypeError", "seven are left", "no wheels"];
    for part in parts {
        assert!(failed.contains(part), "{part}: {failed}");
    }
    let thrown = failure(|| drop(page.eval("Promise.reject(new Error('a flat tyre'))")));
    assert!(thrown.contains("a flat tyre"), "{thrown}");
    let nobody = failure(|| page.goto("http://127.0.0.1:1/"));
    assert!(nobody.contains("http://127.0.0.1:1/ does not load"), "{nobody}");
}

#[test]
fn keys_type_and_go_from_field_to_field() {
    let script = "document.querySelector('form').onsubmit = event => {
        event.preventDefault();
        document.querySelector('output').textContent = document.querySelector('#name').value;
    };";
    let body = "<form><input id=name value=Old><input id=other value=gone><button>Add</button></form><output></output>";
    let Some(page) = opened("", body, script) else { return };
    page.fill("#other", "");
    page.press("Shift+Tab");
    assert_eq!(page.eval("document.activeElement.id"), "name");
    page.fill("#name", "Bicycle é ");
    page.press("7");
    page.press("Enter");
    page.until("the form", "document.querySelector('output').textContent");
    assert_eq!(page.text("output"), "Bicycle é 7");
    assert_eq!(page.eval("document.querySelector('#other').value"), "");
    assert_eq!(page.count("input"), 2);
    assert!(failure(|| page.fill("button", "x")).contains("is no field for text"));
}

#[test]
fn a_page_sees_the_preferences_that_the_test_sets() {
    let Some(page) = shown("") else { return };
    let prefers = |what: &str| page.eval(&format!("matchMedia('(prefers-{what})').matches"));
    for on in [true, false] {
        page.dark(on);
        page.reduced_motion(on);
        assert_eq!(prefers("color-scheme: dark"), on);
        assert_eq!(prefers("reduced-motion: reduce"), on);
    }
}

#[test]
fn a_screenshot_has_the_size_of_the_view_or_of_the_whole_page() {
    let Some(page) = shown("<div style=height:2000px></div>") else { return };
    let path = BROWSER.as_ref().unwrap().1.root().join("bicycles.png");
    let size = || {
        let png = fs::read(&path).unwrap();
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
        // Its first chunk begins with width and height.
        let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
        (number(16), number(20))
    };
    page.size(390, 700);
    page.screenshot(&path);
    assert_eq!(size(), (390, 700));
    page.screenshot_of_all(&path);
    assert!(size().0 == 390 && size().1 > 2000, "{:?}", size());
}

#[test]
fn headers_go_with_requests_and_cookies_come_back() {
    let Some(page) = opened("Set-Cookie: shop=Utrecht; HttpOnly; SameSite=Strict\r\n", "", "") else {
        return;
    };
    let cookies = page.cookies();
    let cookie = cookies.iter().find(|cookie| cookie["name"] == "shop").expect("the cookie");
    assert_eq!((&cookie["value"], &cookie["httpOnly"]), (&"Utrecht".into(), &true.into()), "{cookie}");
    page.headers(&[("X-Shop", "Delft")]);
    let asked = page.eval("fetch('/asked').then(answer => answer.text())");
    assert!(asked.as_str().unwrap().contains("X-Shop: Delft"), "{asked}");
}

#[test]
fn whatever_goes_wrong_on_a_page_is_told() {
    let script = "console.error('no wheels', 7); fetch('/absent');
        setTimeout(() => { throw new Error('a flat tyre') });
        document.body.append(Object.assign(document.createElement('script'), { textContent: 'stolen = 1' }));";
    let policy = "Content-Security-Policy: default-src 'self'; img-src data:\r\n";
    let Some(page) = opened(policy, "", script) else { return };
    let told = |part: &str| {
        until(part, || page.problems().iter().any(|problem| problem.contains(part)).then_some(()));
    };
    for part in ["no wheels 7", "Error: a flat tyre", "status of 404", "Content Security Policy"] {
        told(part);
    }
    // It keeps all else on the page from going on.
    page.eval("setTimeout(() => alert('closing time')); 0");
    told("alert: closing time");
    assert_eq!(page.problems().len(), 5, "{:#?}", page.problems());
}

#[test]
fn nothing_of_a_browser_outlives_its_home() {
    let home = TestHome::new();
    let Some(browser) = Browser::start(&home) else { return };
    browser.page();
    // As for a test that is killed: only the guard is left to see to it.
    std::mem::forget(browser);
    let root = home.root().to_owned();
    let all = home.processes();
    assert!(
        all.iter().any(|process| process.argv.iter().any(|word| word.contains("--type=renderer"))),
        "{all:?}"
    );
    drop(home);
    assert!(!root.exists());
    assert_eq!(procs::of(&root), []);
}

#[test]
fn what_keeps_people_out_is_found_on_a_page_with_a_strict_policy() {
    let policy = "Content-Security-Policy: default-src 'none'; script-src 'self'; img-src data:\r\n";
    let Some(page) = opened(policy, "<p>seven are left</p>", "") else { return };
    assert_eq!(page.axe(), Vec::<String>::new());
    page.eval("document.querySelector('main').append(new Image(5, 5))");
    let found = page.axe();
    assert!(
        found.len() == 1 && found[0].starts_with("image-alt: Images must have alternative text: img"),
        "{found:?}"
    );
    assert_eq!(page.problems(), Vec::<String>::new());
}

#[test]
fn the_weight_of_a_page_is_measured() {
    let script =
        "onclick = () => { for (const end = performance.now() + 100; performance.now() < end;); }; 0";
    let Some(page) = shown(&format!("<p>{}</p>", "bicycles ".repeat(10_000))) else { return };
    let bytes = page.transferred();
    assert!((90_000..100_000).contains(&bytes), "{bytes}");
    assert!(page.first_contentful_paint() > 0.0);
    page.eval(script);
    let longest = page.longest_task(|| page.click("p"));
    assert!(longest.ms >= 100.0, "{longest:?}");
}
