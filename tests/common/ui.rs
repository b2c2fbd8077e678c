//! The page of a cluster: where it is, and asking it as a browser does and as no browser would.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::browser::Browser;
use super::cluster::Cluster;
use super::page::Page;

/// A page that is open.
#[derive(Debug)]
pub(crate) struct Ui {
    pub url: String,
    pub port: u16,
    pub token: String,
    cluster: String,
}

impl Ui {
    /// Opens it, with more arguments for `cluster ui`.
    #[track_caller]
    pub(crate) fn of(cluster: &Cluster, arguments: &[&str]) -> Self {
        let run = cluster.run(&[&["ui", "--json"], arguments].concat()).ok();
        let told: serde_json::Value = serde_json::from_str(&run.out).unwrap();
        let text = |key: &str| told[key].as_str().unwrap().to_owned();
        let port = u16::try_from(told["port"].as_u64().unwrap()).unwrap();
        Ui { url: text("url"), port, token: text("token"), cluster: text("cluster") }
    }

    /// A tab that was let in and shows a view.
    #[track_caller]
    pub(crate) fn enter(&self, browser: &Browser, view: &str) -> Page {
        let page = browser.page();
        page.goto(&self.url);
        page.until("the overview after the token", "location.pathname.endsWith('/overview')");
        self.show(&page, view);
        page
    }

    /// A view, once it hears of changes.
    #[track_caller]
    pub(crate) fn show(&self, page: &Page, view: &str) {
        page.goto(&self.address(view));
        page.until("a view that is told of changes", "document.documentElement.hasAttribute('data-linked')");
    }

    /// Of a view.
    pub(crate) fn address(&self, view: &str) -> String {
        format!("http://localhost:{}/c/{}/{view}", self.port, self.cluster)
    }

    /// Says this on a connection of its own, and reads what is answered until that ends or nothing comes for a while.
    #[track_caller]
    pub(crate) fn say(&self, text: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        // It may refuse, and close, before it has read everything.
        let _ = stream.write_all(text.as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// What a program is answered that has the token: status and JSON.
    #[track_caller]
    pub(crate) fn ask(&self, line: &str, body: &str) -> (u16, serde_json::Value) {
        let head = format!(
            "{line} HTTP/1.1\r\nHost: localhost:{}\r\nAuthorization: Bearer {}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            self.port,
            self.token,
            body.len()
        );
        let answer = self.say(&format!("{head}{body}"));
        let code = answer.split(' ').nth(1).and_then(|code| code.parse().ok());
        let json = answer.split_once("\r\n\r\n").and_then(|(_, json)| serde_json::from_str(json).ok());
        code.zip(json).unwrap_or_else(|| panic!("no JSON in {answer:.300}"))
    }

    /// The status code of a request: its first line, headers beside `Connection`, and body.
    #[track_caller]
    pub(crate) fn code(&self, line: &str, headers: &[&str], body: &str) -> u16 {
        let mut text = format!("{line} HTTP/1.1\r\nConnection: close\r\n");
        for header in headers {
            text.push_str(header);
            text.push_str("\r\n");
        }
        if !body.is_empty() {
            text.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        let answer = self.say(&format!("{text}\r\n{body}"));
        let code = answer.split(' ').nth(1).and_then(|code| code.parse().ok());
        code.unwrap_or_else(|| panic!("no status in {answer:.300}"))
    }
}

/// Nothing keeps anybody out, in light and dark, wide and narrow, and nothing is wider than the window.
#[track_caller]
pub(crate) fn is_for_all(page: &Page) {
    // A colour on its way to another is neither.
    page.reduced_motion(true);
    for (width, dark) in [(1440, false), (1440, true), (360, false), (360, true)] {
        page.size(width, 900);
        page.dark(dark);
        assert_eq!(page.axe(), Vec::<String>::new(), "{width} px, dark: {dark}");
        let overflow = page.eval("document.documentElement.scrollWidth - innerWidth");
        assert!(overflow.as_i64().unwrap() <= 0, "{overflow} px too wide at {width}");
    }
    page.size(1440, 900);
    page.dark(false);
}
