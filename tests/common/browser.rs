//! A browser of the tests' own: headless Chromium, driven over a pipe.
//!
//! It speaks the Chrome DevTools Protocol (<https://chromedevtools.github.io/devtools-protocol/>) in JSON
//! messages that end with NUL, so there is no port that others could talk to.

use std::collections::HashMap;
use std::env;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::CAP;
use super::home::TestHome;
use super::page::Page;

const PROGRAM: &str = "chromium";

/// Chromium reads from descriptor 3 and writes to descriptor 4.
const START: &str = r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null"#;

const FLAGS: &[&str] = &[
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-startup-window",
    "--no-first-run",
    "--no-default-browser-check",
    // Without a graphics card, and with a /dev/shm that may be small.
    "--disable-gpu",
    "--disable-dev-shm-usage",
    // It talks to the pages of the tests and to nobody else.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-sync",
    "--disable-breakpad",
    "--disable-crash-reporter",
    "--disable-features=Translate,MediaRouter,OptimizationHints",
    "--password-store=basic",
    // A page that is not in front does what it would do in front.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    // Screenshots are the same everywhere.
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "--lang=en-US",
];

/// A Chromium; it ends when this is dropped, and with its home at the latest.
///
/// To start it takes about a second of a CPU: a test has one, with as many pages as it needs.
#[derive(Debug)]
pub(crate) struct Browser {
    child: Child,
    wire: Arc<Wire>,
}

impl Browser {
    /// `None`, with a line on standard error, where Chromium is not installed: the test is passed over, unless
    /// `CLUSTER_TEST_BROWSER` is `required`.
    pub(crate) fn start(home: &TestHome) -> Option<Self> {
        if !is_installed() {
            let required = env::var_os("CLUSTER_TEST_BROWSER").is_some_and(|value| value == "required");
            assert!(!required, "{PROGRAM} is not in PATH, and CLUSTER_TEST_BROWSER=required");
            eprintln!("passed over: {PROGRAM} is not installed");
            return None;
        }
        let log = home.root().join("browser.log");
        let mut command = Command::new("sh");
        command.args(["-c", START, PROGRAM]).args(FLAGS);
        // Stands in the command line of its other processes, too: the guard of the home finds them.
        command.arg(format!("--user-data-dir={}", home.root().join("browser").display()));
        if nix::unistd::Uid::effective().is_root() {
            command.arg("--no-sandbox");
        }
        command
            .env("HOME", home.root().join("user"))
            .env("TMPDIR", home.root().join("tmp"))
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_CACHE_HOME")
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&log).unwrap());
        let mut child = command.spawn().unwrap();
        let wire = Wire::over(child.stdin.take().unwrap(), child.stdout.take().unwrap(), log);
        Some(Browser { child, wire })
    }

    /// A new tab, empty, in a window of its own. All pages of a browser share its cookies.
    #[track_caller]
    pub(crate) fn page(&self) -> Page {
        Page::open(&self.wire)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is_installed() -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(PROGRAM).is_file())
}

/// The session of the browser itself; a page has one of its own.
pub(super) const BROWSER: &str = "";

/// Calls to a browser, their answers, and what it tells unasked.
#[derive(Debug)]
pub(super) struct Wire {
    input: Mutex<ChildStdin>,
    calls: AtomicU64,
    heard: Mutex<Heard>,
    changed: Condvar,
    log: PathBuf,
}

#[derive(Debug, Default)]
struct Heard {
    answers: HashMap<u64, Value>,
    /// By session, in the order in which they came: `method` and `params`.
    events: HashMap<String, Vec<Value>>,
    ended: bool,
}

impl Wire {
    fn over(input: ChildStdin, output: impl Read + Send + 'static, log: PathBuf) -> Arc<Self> {
        let wire = Arc::new(Wire {
            input: Mutex::new(input),
            calls: AtomicU64::new(0),
            heard: Mutex::default(),
            changed: Condvar::new(),
            log,
        });
        let reading = Arc::clone(&wire);
        std::thread::spawn(move || reading.read(output));
        wire
    }

    fn read(&self, output: impl Read) {
        for message in BufReader::new(output).split(0) {
            let Some(message) = message.ok().and_then(|text| serde_json::from_slice::<Value>(&text).ok())
            else {
                break;
            };
            let mut heard = self.heard.lock().unwrap();
            if let Some(id) = message["id"].as_u64() {
                heard.answers.insert(id, message);
            } else {
                let session = message["sessionId"].as_str().unwrap_or(BROWSER).to_owned();
                heard.events.entry(session).or_default().push(message);
            }
            self.changed.notify_all();
        }
        self.heard.lock().unwrap().ended = true;
        self.changed.notify_all();
    }

    /// The result of a method; the error says what the browser has against it, or that it does not answer.
    pub(super) fn call(
        &self,
        session: &str,
        method: &str,
        params: Value,
        cap: Duration,
    ) -> Result<Value, String> {
        let id = self.calls.fetch_add(1, Ordering::Relaxed);
        let mut message = json!({ "id": id, "method": method, "params": params });
        if session != BROWSER {
            message["sessionId"] = session.into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        // When it does not arrive, the browser has ended, and the wait below says so.
        let _ = self.input.lock().unwrap().write_all(&bytes);
        let mut answer = self
            .wait(cap, |heard| heard.answers.remove(&id))
            .map_err(|why| format!("no answer to {method}: {why}"))?;
        match answer.get("error") {
            Some(error) => Err(format!("{method}: {error}")),
            None => Ok(answer["result"].take()),
        }
    }

    /// What `look` makes of the first event of the session, from the one numbered `since` on, that it knows.
    pub(super) fn event<T>(
        &self,
        session: &str,
        since: usize,
        look: impl Fn(&Value) -> Option<T>,
    ) -> Result<T, String> {
        self.wait(CAP, |heard| heard.events.get(session)?.iter().skip(since).find_map(&look))
    }

    /// The events of the session so far, from the one numbered `since` on.
    pub(super) fn events(&self, session: &str, since: usize) -> Vec<Value> {
        let heard = self.heard.lock().unwrap();
        heard.events.get(session).map_or_else(Vec::new, |events| events.iter().skip(since).cloned().collect())
    }

    /// The number of the next event of the session.
    pub(super) fn next_event(&self, session: &str) -> usize {
        self.heard.lock().unwrap().events.get(session).map_or(0, Vec::len)
    }

    fn wait<T>(&self, cap: Duration, mut look: impl FnMut(&mut Heard) -> Option<T>) -> Result<T, String> {
        let until = Instant::now() + cap;
        let mut heard = self.heard.lock().unwrap();
        loop {
            if let Some(seen) = look(&mut heard) {
                return Ok(seen);
            }
            if heard.ended {
                let log = fs::read_to_string(&self.log).unwrap_or_default();
                return Err(format!("the browser has ended; its log:\n{log}"));
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(format!("nothing within {} s", cap.as_secs()));
            }
            heard = self.changed.wait_timeout(heard, left).unwrap().0;
        }
    }
}
