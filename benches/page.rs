//! What the page costs: the supervisor's memory without a viewer, with one and with fifty, at few partitions and at a
//! thousand; and how soon a viewer is told of a killed broker, beside the supervisor's own event.

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, channel};
use std::thread::{sleep, spawn};
use std::time::Duration;

use cluster::inside::{Identity, signal};
use cluster::model::event::{Entry, Event};
use cluster::model::signal::Signal;
use cluster::model::status::Status;
use common::{Home, median, pairs};
use jiff::Timestamp;

struct Page {
    port: u64,
    token: String,
}

impl Page {
    fn of(home: &Home) -> Self {
        let told: serde_json::Value = serde_json::from_slice(&home.run(&["ui", "--json"]).stdout).unwrap();
        Page { port: told["port"].as_u64().unwrap(), token: told["token"].as_str().unwrap().to_owned() }
    }

    /// A viewer of a view: each line that it is told, with the time at which it came.
    fn look(&self, cluster: &str, view: &str) -> Receiver<(Timestamp, String)> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port as u16)).unwrap();
        let Page { port, token } = self;
        write!(
            stream,
            "GET /live/{cluster}/{view} HTTP/1.1\r\nHost: localhost:{port}\r\nAuthorization: Bearer {token}\r\n\r\n"
        )
        .unwrap();
        let (sender, lines) = channel();
        spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                if sender.send((Timestamp::now(), line)).is_err() {
                    return;
                }
            }
        });
        lines
    }
}

fn main() {
    let nodes = "zookeeper: 1\nbrokers: 3\nrestart: never\n";
    for partitions in [10, 1000] {
        let home = Home::new();
        let name = format!("page{partitions}");
        let topics = format!("topics: {{ bikes: {{ partitions: {partitions}, replication_factor: 3 }} }}\n");
        home.run(&["up", &home.spec(&name, &format!("{nodes}{topics}"))]);
        let status =
            || -> Status { serde_json::from_slice(&home.run(&["status", "--json"]).stdout).unwrap() };
        let supervisor = Identity::of(status().supervisor_pid).unwrap().unwrap();
        let mib = || cluster::inside::usage(&supervisor).unwrap().unwrap().resident_bytes as f64 / 1048576.0;
        // The aftermath of a start is looked at more closely by the supervisor, and not meant here.
        let settled = || {
            sleep(Duration::from_secs(8));
            mib()
        };
        let closed = settled();
        let page = Page::of(&home);
        let mut viewers = vec![page.look(&name, "partitions")];
        let one = settled();
        viewers
            .extend((1..50).map(|at| page.look(&name, if at % 2 == 0 { "overview" } else { "partitions" })));
        let fifty = settled();
        println!(
            "{partitions} partitions, resident memory     closed {closed:.1} MiB, one viewer {one:.1} MiB, \
             fifty {fifty:.1} MiB, ratio {:.2} and {:.2}",
            one / closed,
            fifty / closed
        );
        drop(viewers);
        told(&home, &name, &page, &status);
    }
}

/// From the end of a broker's process to the journal's entry and to the tile of a viewer.
fn told(home: &Home, name: &str, page: &Page, status: &dyn Fn() -> Status) {
    let mut later = Vec::new();
    for _ in 0..pairs(5) {
        let lines = page.look(name, "overview");
        let broker = status().nodes.into_iter().find(|node| node.node.to_string() == "broker-1").unwrap();
        signal(&Identity::of(broker.pid.unwrap()).unwrap().unwrap(), Signal::KILL).unwrap();
        let shown = loop {
            let (time, line) = lines.recv_timeout(Duration::from_secs(30)).unwrap();
            if line.contains("id=\"node-broker-1\" class=\"tile bad\"") {
                break time;
            }
        };
        let journal = fs::read_to_string(home.folder.path().join(name).join("events.jsonl")).unwrap();
        let ended = journal.lines().rev().find_map(|line| {
            let entry: Entry = serde_json::from_str(line).unwrap();
            matches!(entry.event, Event::Exited { .. }).then_some(entry.time)
        });
        later.push(shown.duration_since(ended.unwrap()).as_secs_f64() * 1000.0);
        home.run(&["start", "broker-1"]);
    }
    let most = later.iter().copied().fold(0.0, f64::max);
    println!(
        "told of the end of a broker    {:.1} ms after the journal (median), {most:.1} ms (most)",
        median(later)
    );
}
