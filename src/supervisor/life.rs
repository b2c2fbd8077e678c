//! The supervisor's life round its loop: start-up, the nodes that it takes over, and the end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::SupervisorError;
use super::clients::Clients;
use super::clock::{Clock, START_MS};
use super::journal::Journal;
use super::last_words::last_words;
use super::oom_kills::OomKills;
use super::owner;
use super::recover::recover;
use super::run::{Message, Supervisor, home};
use super::saved::Saved;
use super::settings::ToldSettings;
use super::watchers::Watchers;
use crate::api::page::Front;
use crate::api::{Call, server, socket};
use crate::host::lock::SupervisorLock;
use crate::kernel::{Kernel, Observation};
use crate::model::event::Event;
use crate::model::exit::Exit;
use crate::model::ids::NodeName;
use crate::model::reason::Reason;
use crate::observe::survey::MinIsr;
use crate::paths::ClusterDir;
use crate::plan::endpoints::Endpoints;
use crate::plan::model::Plan;
use crate::process::daemon::Starter;
use crate::process::watch::Watch;
use crate::process::{Identity, ProcessError};
use crate::wire::pool::Pool;
use crate::zookeeper::session::ZkHandle;

/// Supervises the cluster in `dir`, as a daemon, on one thread, until it is down. `starter` waits for it
/// to serve. SIGTERM and SIGINT end it without touching its nodes.
pub(crate) async fn run(
    dir: ClusterDir,
    starter: Starter,
    front: Box<dyn Front>,
) -> Result<(), SupervisorError> {
    tokio::task::LocalSet::new().run_until(supervise(dir, Some(starter), None, front)).await
}

/// The same in the foreground, for a plan that was just stored and that nobody may have replaced since.
/// The caller turns signals into `down`.
pub(crate) async fn run_in_foreground(plan: &Plan, front: Box<dyn Front>) -> Result<(), SupervisorError> {
    let dir = ClusterDir(plan.dir.clone());
    tokio::task::LocalSet::new().run_until(supervise(dir, None, Some(plan), front)).await
}

async fn supervise(
    dir: ClusterDir,
    starter: Option<Starter>,
    planned: Option<&Plan>,
    front: Box<dyn Front>,
) -> Result<(), SupervisorError> {
    let daemon = starter.is_some();
    let lock = match SupervisorLock::try_acquire(&dir.supervisor_lock()) {
        Ok(Some(lock)) => lock,
        Ok(None) => {
            if let Some(starter) = starter {
                starter.notify_already_running();
            }
            return Err(SupervisorError::AlreadyRunning);
        }
        Err(error) => return Err(tell(starter, error.into())),
    };
    let started = start(&dir, front).await;
    let (mut supervisor, mut inbox, mut calls, shutdown) = match started {
        Ok(started) => started,
        Err(error) => return Err(tell(starter, error)),
    };
    if planned.is_some_and(|planned| *planned != *supervisor.plan) {
        let why = "another `cluster up` has planned this cluster at the same moment; run it again";
        return Err(SupervisorError::Plan(why.to_owned()));
    }
    if let Some(starter) = starter {
        starter.notify_ready();
    }
    if dir.is_ephemeral() {
        let inbox = supervisor.inbox.clone();
        // A loop that has ended needs no messages.
        owner::watch(&dir, move || drop(inbox.send(Message::Ownerless)));
    }
    supervisor.serve(daemon, &mut inbox, &mut calls).await;
    // Whoever comes from here on finds nobody, and asks the next one.
    shutdown.stop.cancel();
    supervisor.front.end(supervisor.ending).await;
    // A watch has no end of its own, and the front end has watched until now.
    supervisor.watchers = Watchers::default();
    shutdown.finish(supervisor.homeless).await;
    supervisor.journal(Event::SupervisorStopped { pid: std::process::id() });
    if supervisor.ending && dir.is_ephemeral() {
        owner::bury(&dir);
    }
    drop(lock);
    Ok(())
}

fn tell(starter: Option<Starter>, error: SupervisorError) -> SupervisorError {
    if let Some(starter) = starter {
        starter.notify_failed(&error.to_string());
    }
    error
}

/// The api's server, to be ended after the last answer has gone out.
struct Serving {
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
    socket: std::path::PathBuf,
}

impl Serving {
    async fn finish(self, homeless: bool) {
        // A client that stalls does not keep the supervisor.
        let _ = tokio::time::timeout(Duration::from_secs(2), self.task).await;
        if !homeless {
            let _ = std::fs::remove_file(&self.socket);
        }
    }
}

type Started = (Supervisor, mpsc::UnboundedReceiver<Message>, mpsc::UnboundedReceiver<Call>, Serving);

fn gone(dir: &ClusterDir) -> SupervisorError {
    SupervisorError::Plan(format!("the folder {} is gone", dir.path().display()))
}

pub(super) fn load(dir: &ClusterDir) -> Result<Plan, SupervisorError> {
    let plan = crate::render::store::load(dir).map_err(|error| SupervisorError::Plan(error.to_string()))?;
    plan.ok_or_else(|| SupervisorError::Plan(format!("there is no plan in {}", dir.path().display())))
}

/// Goes on from what the last supervisor has left: its saved state, its journal, the processes that still run.
async fn start(dir: &ClusterDir, front: Box<dyn Front>) -> Result<Started, SupervisorError> {
    let plan = load(dir)?;
    let mut saved = Saved::load(&dir.state())?;
    let had_state = dir.state().exists();
    let mut journal = Journal::open(&dir.events())?;
    let recovered = recover(&plan, &saved, journal.unended())?;
    if !had_state && !recovered.found.is_empty() {
        // Nothing is started before it is saved: somebody has removed the file.
        saved = Saved::lost(&plan, &recovered.found);
    }
    let now = START_MS;
    let kernel = Kernel::recover(&plan, &saved.durable, &recovered.found, &recovered.lost, now);
    let pid = std::process::id();
    let version = env!("CARGO_PKG_VERSION").to_owned();
    let _ = journal.append(Event::SupervisorStarted { pid, version });
    let (inbox_in, inbox) = mpsc::unbounded_channel();
    let (calls_in, calls) = mpsc::unbounded_channel();
    let socket = dir.supervisor_socket();
    let listener = socket::bind(&socket)?;
    let stop = CancellationToken::new();
    let task = tokio::spawn(server::serve(listener, calls_in, stop.clone()));
    let endpoints = Arc::new(Endpoints::of(&plan));
    let mut supervisor = Supervisor {
        dir: dir.clone(),
        kernel,
        journal,
        saved,
        unwritten: BTreeMap::new(),
        processes: BTreeMap::new(),
        oom_kills: OomKills::default(),
        clients: Clients::default(),
        watchers: Watchers::default(),
        front,
        pool: Arc::new(Pool::new(&endpoints)),
        memory: Arc::default(),
        zookeeper: ZkHandle::of(&endpoints).map(Arc::new),
        min_isr: Arc::new(MinIsr::of(&plan)),
        endpoints,
        plan: Arc::new(plan),
        inbox: inbox_in,
        ending: false,
        homeless: false,
        settings: ToldSettings::default(),
        home: home(dir).ok_or_else(|| gone(dir))?,
        clock: Clock::start(),
    };
    for (name, identity) in recovered.identities {
        supervisor.adopt(name, identity)?;
    }
    supervisor.act();
    supervisor.front.resume(dir);
    Ok((supervisor, inbox, calls, Serving { stop, task, socket }))
}

impl Supervisor {
    fn adopt(&mut self, name: NodeName, identity: Identity) -> Result<(), ProcessError> {
        let epoch = self.kernel.node(name).map_or(0, crate::kernel::node::Node::epoch);
        let watch = Watch::adopted(&identity)?;
        self.processes.insert(name, (epoch, identity));
        match watch {
            Some(watch) => self.watch(name, epoch, watch),
            // It ended since it was found.
            None => {
                let reason = self.plan.node(name).and_then(last_words).map(Reason::LastWords);
                self.later(async move {
                    let exit = Exit::Unknown;
                    Message::Observed(Observation::Exited { node: name, epoch, exit, reason })
                });
            }
        }
        Ok(())
    }
}
