//! Talking to a cluster's supervisor, and being one: started when none runs, asked again when it was lost.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use tokio::signal::unix::SignalKind;

use crate::api::client::{Client, ClientError};
use crate::api::message::{Reply, Request, Seen};
use crate::api::page::{Front, OpenPage, OpenedPage};
use crate::engine::clusters;
use crate::engine::signals::listen;
use crate::error::{ExitCode, Failure};
use crate::host::lock::{self, Holder};
use crate::model::action::Action;
use crate::model::outcome::{Outcome, OutcomeKind, Summary};
use crate::model::status::Status;
use crate::paths::ClusterDir;
use crate::plan::model::Plan;
use crate::process::daemon::Starter;
use crate::process::{Identity, adopt};
use crate::render::store;
use crate::supervisor::saved::Saved;
use crate::supervisor::{self, daemon};

/// `status` answers within 2 s, whatever is dead.
const STATUS: Duration = Duration::from_secs(2);
/// A supervisor that was just started, or that takes the cluster down, gets this long to change.
const PATIENCE: Duration = Duration::from_secs(60);
/// Supervisors that may be lost during one request before it is given up.
const LOSSES: u32 = 5;
/// How long a supervisor may take to say that it is there: it never works on anything for long.
const GREETING: Duration = Duration::from_secs(10);
const RETRY: Duration = Duration::from_millis(10);

/// A supervisor that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Supervisor {
    /// `None` in its very first moments, and when nodes run whose supervisor was killed.
    pub pid: Option<u32>,
}

/// Hears replies as they come, all but the last (`Done`).
pub(crate) type OnReply<'a> = &'a mut dyn FnMut(Reply);

/// Hears what a watcher sees.
pub(crate) type OnSeen<'a> = &'a mut (dyn FnMut(Seen) + Send);

/// The supervisor of a cluster that runs; one without a pid when its nodes go on without it.
pub(crate) fn supervisor(dir: &ClusterDir) -> Result<Option<Supervisor>, Failure> {
    if let Some(holder) = lock::holder(&dir.supervisor_lock())? {
        return Ok(Some(Supervisor { pid: holder.pid }));
    }
    let noted = Saved::load(&dir.state()).map(|saved| saved.processes).unwrap_or_default();
    let alive = noted.values().any(Identity::is_alive);
    Ok(alive.then_some(Supervisor { pid: None }))
}

/// Has something done and hears of everything on the way. A supervisor that is killed in the middle
/// is replaced and asked again: every action says what should hold, so asking twice does no harm.
pub(crate) async fn act(
    dir: &ClusterDir,
    request: &Request,
    on_reply: OnReply<'_>,
) -> Result<Outcome, Failure> {
    if request.action != Action::Up {
        must_be_up(dir)?;
    }
    let began = Instant::now();
    let mut losses = 0;
    loop {
        daemon::ensure(dir)?;
        match ask(&Client::new(dir), request, &mut *on_reply).await {
            // It ends as soon as everything is down; then there is a new one.
            Ok(outcome) if is_leaving(&request.action, &outcome) && began.elapsed() < PATIENCE => {}
            Ok(outcome) => return Ok(outcome),
            Err(ClientError::NotRunning) if began.elapsed() < PATIENCE => {}
            Err(ClientError::Lost) if losses < LOSSES => losses += 1,
            Err(error @ ClientError::TimedOut { .. }) => return Err(silent(dir, error)),
            Err(error) => return Err(error.into()),
        }
        // A lost `down` may have been finished by then.
        if request.action == Action::Down && must_be_up(dir).is_err() {
            return Ok(Outcome::of(OutcomeKind::Done, Summary::Down));
        }
        tokio::time::sleep(RETRY).await;
    }
}

/// An answer can take as long as a node takes; that somebody is there to give it is known soon.
async fn ask(client: &Client, request: &Request, on_reply: OnReply<'_>) -> Result<Outcome, ClientError> {
    client.ping(GREETING).await?;
    client.act(request, on_reply).await
}

/// `up` met a supervisor that is taking the cluster down.
fn is_leaving(action: &Action, outcome: &Outcome) -> bool {
    *action == Action::Up && outcome.result == OutcomeKind::GoingDown
}

/// The cluster's state, asked of its supervisor; when none runs, one is started that adopts the nodes.
pub(crate) async fn status(dir: &ClusterDir, topic: Option<&str>) -> Result<Status, Failure> {
    let client = Client::new(dir);
    let began = Instant::now();
    loop {
        match client.status(topic, STATUS.saturating_sub(began.elapsed())).await {
            Ok(status) => return Ok(status),
            Err(ClientError::NotRunning | ClientError::Lost) if began.elapsed() < STATUS => {
                must_be_up(dir)?;
                daemon::ensure(dir)?;
            }
            Err(error @ ClientError::TimedOut { .. }) => return Err(silent(dir, error)),
            Err(error) => return Err(error.into()),
        }
        tokio::time::sleep(RETRY).await;
    }
}

/// Sees the state of a cluster and its events as they come, until its supervisor ends. Starts none.
pub(crate) async fn watch(dir: &ClusterDir, on_seen: OnSeen<'_>) -> Result<(), Failure> {
    Ok(Client::new(dir).watch(on_seen).await?)
}

/// Has the supervisor serve the page; starts one first when nodes run without it.
pub(crate) async fn open_page(dir: &ClusterDir, wanted: &OpenPage) -> Result<OpenedPage, Failure> {
    must_be_up(dir)?;
    daemon::ensure(dir)?;
    Client::new(dir).open_page(wanted, GREETING).await.map_err(of_page)
}

/// Has it close the page.
pub(crate) async fn close_page(dir: &ClusterDir) -> Result<(), Failure> {
    must_be_up(dir)?;
    daemon::ensure(dir)?;
    Client::new(dir).close_page(GREETING).await.map_err(of_page)
}

fn of_page(error: ClientError) -> Failure {
    let of_an_earlier_version = "it is of an earlier version: `cluster down` and `cluster up` start this one";
    match error {
        ClientError::Refused { status: 404 | 405, .. } => Failure::from(error).hint(of_an_earlier_version),
        ClientError::Refused { status: 409, error } => Failure::new(ExitCode::Busy, error)
            .hint("choose another with `--port`, or leave it out: then a free one is found"),
        error => error.into(),
    }
}

/// A supervisor that lives and does not answer: paused, most likely.
fn silent(dir: &ClusterDir, error: ClientError) -> Failure {
    let failure = Failure::from(error);
    match lock::holder(&dir.supervisor_lock()) {
        Ok(Some(Holder { pid: Some(pid) })) => failure.hint(format!(
            "it is process {pid}: `kill -CONT {pid}` if it is paused; after `kill -KILL {pid}` the next \
             command starts another, and the nodes go on"
        )),
        _ => failure,
    }
}

/// Supervises in this process until the cluster is down; Ctrl-C and SIGTERM take it down in order.
pub(crate) async fn foreground(
    plan: &Plan,
    request: &Request,
    front: Box<dyn Front>,
    on_reply: OnReply<'_>,
) -> Result<Outcome, Failure> {
    let dir = &ClusterDir(plan.dir.clone());
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    let supervision = supervisor::run_in_foreground(plan, front);
    let down = Request { action: Action::Down, by: request.by.clone() };
    // What `up` came to, known before the supervision ends.
    let answer = RefCell::new(None);
    let lead = async {
        let brought_up = tokio::select! {
            outcome = follow(dir, request, on_reply) => Some(outcome?),
            _ = interrupt.recv() => None,
            _ = terminate.recv() => None,
        };
        let Some(outcome) = brought_up else {
            let interrupted = Failure::new(ExitCode::Interrupted, "interrupted; the cluster is down");
            answer.replace(Some(Err(interrupted)));
            return follow(dir, &down, &mut |_| {}).await;
        };
        on_reply(Reply::Done { outcome: outcome.clone() });
        let is_up = outcome.result == OutcomeKind::Done;
        answer.replace(Some(Ok(outcome)));
        if is_up {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        }
        follow(dir, &down, &mut |_| {}).await
    };
    tokio::pin!(supervision, lead);
    tokio::select! {
        // It is down, by us or by another command, or it could not be supervised.
        ended = &mut supervision => ended?,
        led = &mut lead => {
            supervision.await?;
            led?;
        }
    }
    answer.take().unwrap_or_else(|| Ok(Outcome::of(OutcomeKind::Superseded, Summary::DownMeanwhile)))
}

/// Asks the supervisor in this process, which may not listen yet.
async fn follow(dir: &ClusterDir, request: &Request, on_reply: OnReply<'_>) -> Result<Outcome, Failure> {
    loop {
        match Client::new(dir).act(request, &mut *on_reply).await {
            Err(ClientError::NotRunning) => tokio::time::sleep(RETRY).await,
            answer => return Ok(answer?),
        }
    }
}

/// Is the supervisor, as a daemon, until the cluster is down.
pub(crate) async fn supervise(dir: &ClusterDir, front: Box<dyn Front>) -> Result<(), Failure> {
    Ok(supervisor::run(dir.clone(), Starter::waiting(), front).await?)
}

/// Refuses a cluster of which nothing runs.
pub(crate) fn must_be_up(dir: &ClusterDir) -> Result<(), Failure> {
    if daemon::is_running(dir)? {
        return Ok(());
    }
    let plan = store::load(dir)?;
    let nodes: Vec<_> = plan.iter().flat_map(|plan| &plan.nodes).collect();
    let wanted = Saved::load(&dir.state()).is_ok_and(|saved| saved.is_wanted_up());
    if wanted || !adopt::find_all(&nodes)?.is_empty() {
        return Ok(());
    }
    let name = dir.path().file_name().unwrap_or_default().to_string_lossy();
    Err(clusters::not_running(&name))
}
