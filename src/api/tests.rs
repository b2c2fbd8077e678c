//! The server and the client together, over a real socket.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use proptest::prelude::*;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::Call;
use super::client::{Client, ClientError};
use super::page::{OpenPage, OpenedPage, PageError};
use super::{server, socket};
use crate::api::message::{Reply, Request, Seen};
use crate::model::action::Action;
use crate::model::event::{Entry, Event};
use crate::model::ids::NodeName;
use crate::model::outcome::{Outcome, OutcomeKind, Summary};
use crate::model::signal::Signal;
use crate::model::status::{Health, Status, Verdict};
use crate::paths::ClusterDir;

/// Longer than any test takes: a test that needs it has failed.
const LONG: Duration = Duration::from_secs(60);

struct Supervisor {
    dir: ClusterDir,
    calls: UnboundedReceiver<Call>,
    shutdown: CancellationToken,
    server: JoinHandle<()>,
    _folder: TempDir,
}

impl Supervisor {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dir = ClusterDir(folder.path().to_owned());
        let listener = socket::bind(&dir.supervisor_socket()).unwrap();
        let (sender, calls) = unbounded_channel();
        let shutdown = CancellationToken::new();
        let server = tokio::spawn(server::serve(listener, sender, shutdown.clone()));
        Supervisor { dir, calls, shutdown, server, _folder: folder }
    }

    fn client(&self) -> Client {
        Client::new(&self.dir)
    }

    async fn asked(&mut self) -> (Request, UnboundedSender<Reply>) {
        match self.calls.recv().await {
            Some(Call::Act { request, replies }) => (request, replies),
            other => panic!("{other:?}"),
        }
    }

    /// A plain connection, for what no `Client` would say.
    fn raw(&self) -> UnixStream {
        UnixStream::connect(self.dir.supervisor_socket()).unwrap()
    }

    /// Says something and reads all of the answer.
    async fn say(&self, text: impl Into<Vec<u8>>) -> String {
        let (mut stream, text) = (self.raw(), text.into());
        let heard = tokio::task::spawn_blocking(move || {
            // The server may refuse, and close, before it has read everything.
            let _ = stream.write_all(&text);
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer);
            String::from_utf8(answer).unwrap()
        });
        heard.await.unwrap()
    }
}

fn kill() -> Request {
    let nodes = vec![NodeName::broker(0), NodeName::zookeeper(1)];
    Request {
        action: Action::Kill {
            nodes: nodes.into_iter().map(Into::into).collect(),
            signal: Signal::KILL,
            force: false,
            fast_failover: false,
        },
        by: "a test \"with\"\nodd characters".into(),
    }
}

fn done(message: &str) -> Reply {
    Reply::Done { outcome: outcome(message) }
}

fn outcome(message: &str) -> Outcome {
    Outcome::of(OutcomeKind::Done, Summary::words(message))
}

fn event(seq: u64) -> Reply {
    let event = Event::Trouble { message: format!("line\n{seq}") };
    Reply::Event { entry: Entry { seq, time: jiff::Timestamp::UNIX_EPOCH, event } }
}

fn status(cluster: &str) -> Status {
    Status {
        cluster: cluster.into(),
        kafka_version: "3.9.2".into(),
        supervisor_pid: 1,
        nodes: Vec::new(),
        controller: None,
        topics: None,
        imbalance: None,
        verdict: Verdict {
            state: Health::Healthy,
            message: "healthy".into(),
            partitions: 0,
            under_replicated: 0,
            offline: Vec::new(),
            under_min_isr: Vec::new(),
            brokers_may_fail: 1,
            coordinators_may_fail: 1,
        },
        bear_no_failure: Vec::new(),
        settings: Vec::new(),
        unknown: Vec::new(),
    }
}

#[tokio::test]
async fn replies_come_in_order_each_as_soon_as_it_is_sent() {
    let mut supervisor = Supervisor::start();
    let client = supervisor.client();
    let (seen, mut shown) = unbounded_channel();
    let asking = tokio::spawn(async move { client.act(&kill(), |reply| seen.send(reply).unwrap()).await });
    let (request, replies) = supervisor.asked().await;
    assert_eq!(request, kill());
    // One by one: the next is only sent once the client has the one before.
    for seq in 0..3 {
        replies.send(event(seq)).unwrap();
        assert_eq!(shown.recv().await, Some(event(seq)));
    }
    // And many at once.
    for seq in 3..1000 {
        replies.send(event(seq)).unwrap();
    }
    replies.send(done("killed")).unwrap();
    for seq in 3..1000 {
        assert_eq!(shown.recv().await, Some(event(seq)));
    }
    assert_eq!(asking.await.unwrap().unwrap(), outcome("killed"));
    assert_eq!(shown.recv().await, None, "`Done` is the answer, no reply");
}

#[tokio::test]
async fn a_request_outlives_the_client_that_made_it() {
    let mut supervisor = Supervisor::start();
    let client = supervisor.client();
    let asking = tokio::spawn(async move { client.act(&kill(), |_| {}).await });
    let (_, replies) = supervisor.asked().await;
    asking.abort();
    // The supervisor only notices that nobody listens any more; the server goes on.
    replies.closed().await;
    assert_eq!(supervisor.client().ping(LONG).await.unwrap().pid, std::process::id());
}

#[tokio::test]
async fn a_supervisor_that_dies_in_the_middle_is_told_as_lost() {
    let mut supervisor = Supervisor::start();
    let client = supervisor.client();
    let asking = tokio::spawn(async move { client.act(&kill(), |_| {}).await });
    let (_, replies) = supervisor.asked().await;
    replies.send(event(1)).unwrap();
    // As a process that is killed: every connection is closed at once.
    supervisor.server.abort();
    assert!(matches!(asking.await.unwrap(), Err(ClientError::Lost)));
    let again = supervisor.client().act(&kill(), |_| {}).await;
    assert!(matches!(again, Err(ClientError::NotRunning)), "{again:?}");
}

#[tokio::test]
async fn a_stream_without_done_is_lost() {
    let mut supervisor = Supervisor::start();
    let client = supervisor.client();
    let asking = tokio::spawn(async move { client.act(&kill(), |_| {}).await });
    drop(supervisor.asked().await);
    assert!(matches!(asking.await.unwrap(), Err(ClientError::Lost)));
}

#[tokio::test]
async fn no_socket_and_no_folder_mean_that_it_is_not_running() {
    let folder = tempfile::tempdir().unwrap();
    for dir in [folder.path().to_owned(), folder.path().join("none")] {
        let error = Client::new(&ClusterDir(dir)).ping(LONG).await.unwrap_err();
        assert!(matches!(error, ClientError::NotRunning), "{error}");
    }
}

#[tokio::test]
async fn the_last_answer_reaches_its_client_though_the_server_is_told_to_end() {
    let mut supervisor = Supervisor::start();
    let client = supervisor.client();
    let asking = tokio::spawn(async move { client.act(&kill(), |_| {}).await });
    let (_, replies) = supervisor.asked().await;
    supervisor.shutdown.cancel();
    replies.send(done("down")).unwrap();
    supervisor.server.await.unwrap();
    assert_eq!(asking.await.unwrap().unwrap(), outcome("down"));
}

#[tokio::test]
async fn idle_and_stalled_connections_do_not_keep_the_server_from_ending() {
    let supervisor = Supervisor::start();
    let idle = supervisor.raw();
    let mut stalled = supervisor.raw();
    stalled.write_all(b"POST /v1/act HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{").unwrap();
    supervisor.client().ping(LONG).await.unwrap();
    // From here on the clock jumps to the next deadline whenever nothing else is left to do.
    tokio::time::pause();
    supervisor.shutdown.cancel();
    supervisor.server.await.unwrap();
    drop((idle, stalled));
}

#[tokio::test]
async fn a_connection_that_asks_nothing_is_closed_after_a_while() {
    let supervisor = Supervisor::start();
    let mut silent = tokio::net::UnixStream::connect(supervisor.dir.supervisor_socket()).await.unwrap();
    let mut slow = tokio::net::UnixStream::connect(supervisor.dir.supervisor_socket()).await.unwrap();
    slow.write_all(b"GET /v1/sta").await.unwrap();
    supervisor.client().ping(LONG).await.unwrap();
    tokio::time::pause();
    for stream in [&mut silent, &mut slow] {
        stream.read_to_end(&mut Vec::new()).await.unwrap();
    }
}

#[tokio::test]
async fn status_is_asked_for_one_topic_whatever_its_name() {
    let mut supervisor = Supervisor::start();
    let client = supervisor.client();
    for topic in [None, Some("velib-stations"), Some("a b&c=d?/é%20+"), Some("")] {
        let answering = async {
            match supervisor.calls.recv().await {
                Some(Call::Status { topic: asked, answer }) => {
                    assert_eq!(asked.as_deref(), topic);
                    answer.send(status("velib")).unwrap();
                }
                other => panic!("{other:?}"),
            }
        };
        let (answer, ()) = tokio::join!(client.status(topic, LONG), answering);
        assert_eq!(answer.unwrap(), status("velib"));
    }
}

#[tokio::test]
async fn a_status_that_does_not_come_is_given_up() {
    let mut supervisor = Supervisor::start();
    let client = supervisor.client();
    let error = client.status(None, Duration::from_millis(20)).await.unwrap_err();
    assert!(matches!(error, ClientError::TimedOut { .. }), "{error}");
    // One whose supervisor's loop has ended is told at once.
    supervisor.calls.close();
    let error = client.status(None, LONG).await.unwrap_err();
    assert!(matches!(error, ClientError::Refused { status: 503, .. }), "{error}");
}

#[tokio::test]
async fn two_hundred_idle_connections_block_nobody() {
    let supervisor = Supervisor::start();
    let mut idle: Vec<UnixStream> = Vec::new();
    for number in 0..200 {
        let mut stream = supervisor.raw();
        if number % 2 == 0 {
            stream.write_all(b"GET /v1/sta").unwrap();
        }
        idle.push(stream);
        // Lets the server accept: a queue holds only so many.
        tokio::task::yield_now().await;
    }
    supervisor.client().ping(LONG).await.unwrap();
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_a_reason_and_harms_nobody() {
    let mut supervisor = Supervisor::start();
    let post = |body: &str| {
        format!(
            "POST /v1/act HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    for (said, status, reason) in [
        (post("not json"), "400", "the request cannot be read: "),
        (post(r#"{"action": "explode", "by": "me"}"#), "400", "unknown variant `explode`"),
        (post(r#"{"action": "start", "nodes": ["broker-x"], "by": "me"}"#), "400", "broker-x"),
        (post(r#"{"action": "up"}"#), "400", "missing field `by`"),
        (post(&" ".repeat((1 << 20) + 1)), "413", ""),
        (get("/v1/act"), "405", ""),
        (get("/v2/act"), "404", ""),
        ("not http at all\r\n\r\n".into(), "400", ""),
    ] {
        let answer = supervisor.say(said.clone()).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{said:.60}: {answer}");
        assert!(answer.contains(&reason.replace('"', "\\\"")), "{said:.60}: {answer}");
    }
    supervisor.client().ping(LONG).await.unwrap();
    assert!(supervisor.calls.try_recv().is_err(), "nothing was asked of the supervisor");
}

#[tokio::test]
async fn an_answer_that_is_not_ours_is_a_protocol_error() {
    let folder = tempfile::tempdir().unwrap();
    let dir = ClusterDir(folder.path().to_owned());
    let listener = socket::bind(&dir.supervisor_socket()).unwrap();
    for answer in ["HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}\n", "nonsense\r\n\r\n"] {
        let stranger = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            assert_ne!(stream.read(&mut [0; 4096]).await.unwrap(), 0);
            stream.write_all(answer.as_bytes()).await.unwrap();
        };
        let client = Client::new(&dir);
        let request = kill();
        let (outcome, ()) = tokio::join!(client.act(&request, |_| {}), stranger);
        assert!(matches!(outcome, Err(ClientError::Protocol(_))), "{outcome:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn bytes_that_nobody_expects_never_reach_the_supervisor(noise in proptest::collection::vec(any::<u8>(), 0..200)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut supervisor = Supervisor::start();
            let mut stream = supervisor.raw();
            stream.write_all(&noise).unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            supervisor.client().ping(LONG).await.unwrap();
            assert!(supervisor.calls.try_recv().is_err());
        });
    }
}

#[tokio::test]
async fn a_watcher_sees_states_and_events_as_they_are_and_the_end_of_the_supervisor() {
    let mut supervisor = Supervisor::start();
    let client = supervisor.client();
    let (heard, mut hearing) = unbounded_channel();
    let watching = tokio::spawn(async move { client.watch(|seen| heard.send(seen).unwrap()).await });
    let Some(Call::Watch { seen }) = supervisor.calls.recv().await else { panic!("another call") };
    let entry = Entry { seq: 7, time: jiff::Timestamp::UNIX_EPOCH, event: Event::Usable { after_ms: 1 } };
    // With partitions, whose numbers are keys.
    for one in [Seen::Status(Box::new(crate::model::samples::degraded())), Seen::Event(entry)] {
        seen.send(one.clone()).await.unwrap();
        assert_eq!(hearing.recv().await, Some(one));
    }
    drop(seen);
    assert!(watching.await.unwrap().is_ok());
}

#[tokio::test]
async fn the_page_is_opened_and_a_port_that_is_taken_is_a_conflict() {
    let mut supervisor = Supervisor::start();
    let client = supervisor.client();
    let asking = tokio::spawn(async move {
        let wanted = OpenPage { port: Some(9000) };
        (client.open_page(&wanted, LONG).await, client.open_page(&wanted, LONG).await)
    });
    let opened = OpenedPage { port: 9000, token: "all".into(), read_token: "look".into() };
    for reply in [Ok(opened.clone()), Err(PageError::PortTaken { port: 9000, holder: None })] {
        let Some(Call::OpenPage { wanted, answer }) = supervisor.calls.recv().await else {
            panic!("another call")
        };
        assert_eq!(wanted.port, Some(9000));
        answer.send(reply).unwrap();
    }
    let (first, second) = asking.await.unwrap();
    assert_eq!(first.unwrap(), opened);
    assert!(matches!(second, Err(ClientError::Refused { status: 409, .. })), "{second:?}");
}
