//! The loop: receive, set the time, let the kernel decide, act.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::SupervisorError;
use super::asked;
use super::clients::Clients;
use super::clock::{BEAT, Clock, START_MS};
use super::journal::Journal;
use super::last_words::last_words;
use super::owner;
use super::recover::recover;
use super::saved::Saved;
use super::settings::{self, ToldSettings};
use super::status::status;
use crate::api::message::{Reply, Request};
use crate::api::{Call, server, socket};
use crate::host::lock::SupervisorLock;
use crate::kernel::{Kernel, Millis, Observation, Question, RequestId};
use crate::model::event::Event;
use crate::model::ids::NodeName;
use crate::model::reason::Reason;
use crate::model::status::Status;
use crate::model::view::ClusterView;
use crate::observe::memory::Memory;
use crate::observe::survey::{MinIsr, survey};
use crate::paths::ClusterDir;
use crate::plan::endpoints::Endpoints;
use crate::plan::model::Plan;
use crate::process::daemon::Starter;
use crate::process::watch::Watch;
use crate::process::{Identity, ProcessError};
use crate::wire::pool::Pool;
use crate::zookeeper::znodes::ZkHandle;

/// Each node is asked apart with this deadline; `status` promises an answer within 2 s.
const SURVEY: Duration = Duration::from_millis(700);
/// By then the answer is shown, and the next survey is not due.
const AFTER_SURVEY: Duration = Duration::from_millis(50);

pub(super) enum Message {
    Observed(Observation),
    /// Whether the ports of a node that is to be started are free, and else who has them.
    Startable {
        node: NodeName,
        epoch: u64,
        ports: Result<(), Reason>,
    },
    /// A request that a guard judges, with what Kafka said a moment ago.
    Guarded {
        request: Request,
        replies: mpsc::UnboundedSender<Reply>,
        survey: Question,
        view: ClusterView,
    },
    /// The command that the cluster is there for is gone.
    Ownerless,
    /// Nobody listens to what becomes of a request.
    Abandoned(RequestId),
    /// What brokers say of their settings, for the next `status`.
    Settings(Vec<settings::Told>),
    /// What `status` is about to show.
    Asked {
        topic: Option<String>,
        answer: oneshot::Sender<Status>,
        view: ClusterView,
        settings: Vec<settings::Told>,
    },
}

/// What the loop woke up for.
enum Came {
    Message(Message),
    Call(Call),
    Time,
}

pub(super) struct Supervisor {
    pub(super) dir: ClusterDir,
    pub(super) plan: Arc<Plan>,
    pub(super) kernel: Kernel,
    pub(super) journal: Journal,
    pub(super) saved: Saved,
    /// Files that could not be written the last time, and why.
    pub(super) unwritten: BTreeMap<PathBuf, String>,
    /// Live processes with the kernel's epoch of each.
    pub(super) processes: BTreeMap<NodeName, (u64, Identity)>,
    pub(super) clients: Clients,
    pub(super) pool: Arc<Pool>,
    /// What surveys keep.
    pub(super) memory: Arc<Memory>,
    /// `None` in KRaft.
    pub(super) zookeeper: Option<Arc<ZkHandle>>,
    pub(super) inbox: mpsc::UnboundedSender<Message>,
    pub(super) ending: bool,
    /// The cluster's folder was removed: another cluster may be where it was.
    pub(super) homeless: bool,
    settings: ToldSettings,
    home: (u64, u64),
    pub(super) endpoints: Arc<Endpoints>,
    pub(super) min_isr: Arc<MinIsr>,
    clock: Clock,
}

/// Supervises the cluster in `dir`, as a daemon, on one thread, until it is down. `starter` waits for it
/// to serve. SIGTERM and SIGINT end it without touching its nodes.
pub(crate) async fn run(dir: ClusterDir, starter: Starter) -> Result<(), SupervisorError> {
    tokio::task::LocalSet::new().run_until(supervise(dir, Some(starter), None)).await
}

/// The same in the foreground, for a plan that was just stored and that nobody may have replaced since.
/// The caller turns signals into `down`.
pub(crate) async fn run_in_foreground(plan: &Plan) -> Result<(), SupervisorError> {
    let dir = ClusterDir(plan.dir.clone());
    tokio::task::LocalSet::new().run_until(supervise(dir, None, Some(plan))).await
}

async fn supervise(
    dir: ClusterDir,
    starter: Option<Starter>,
    planned: Option<&Plan>,
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
    let started = start(&dir).await;
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
    if owner::is_ephemeral(&dir) {
        let inbox = supervisor.inbox.clone();
        // A loop that has ended needs no messages.
        owner::watch(&dir, move || drop(inbox.send(Message::Ownerless)));
    }
    supervisor.serve(daemon, &mut inbox, &mut calls).await;
    shutdown.finish(supervisor.homeless).await;
    supervisor.journal(Event::SupervisorStopped { pid: std::process::id() });
    if supervisor.ending && owner::is_ephemeral(&dir) {
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
        self.stop.cancel();
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

async fn start(dir: &ClusterDir) -> Result<Started, SupervisorError> {
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
        clients: Clients::default(),
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
    Ok((supervisor, inbox, calls, Serving { stop, task, socket }))
}

/// Device and inode of the cluster's folder; `None` when it is gone.
fn home(dir: &ClusterDir) -> Option<(u64, u64)> {
    let folder = std::fs::metadata(dir.path()).ok()?;
    Some((folder.dev(), folder.ino()))
}

impl Supervisor {
    /// Takes the cluster down when its folder was removed: nobody could reach it any more, and nodes
    /// without data are no use.
    pub(super) fn mind_home(&mut self) {
        if !self.homeless && home(&self.dir) != Some(self.home) {
            self.homeless = true;
            tracing::error!("the folder {} was removed: the cluster goes down", self.dir.path().display());
            self.go_down("the supervisor, since the folder is gone");
        }
    }

    pub(super) fn now(&self) -> Millis {
        self.clock.now()
    }

    fn adopt(&mut self, name: NodeName, identity: Identity) -> Result<(), ProcessError> {
        let epoch = self.kernel.node(name).map_or(0, crate::kernel::node::Node::epoch);
        let watch = Watch::adopted(&identity)?;
        self.processes.insert(name, (epoch, identity));
        match watch {
            Some(watch) => self.watch(name, epoch, watch),
            // It ended since it was found.
            None => {
                let last_words = self.plan.node(name).and_then(last_words);
                self.later(async move {
                    let exit = crate::model::exit::Exit::Unknown;
                    Message::Observed(Observation::Exited { node: name, epoch, exit, last_words })
                });
            }
        }
        Ok(())
    }

    async fn serve(
        &mut self,
        daemon: bool,
        inbox: &mut mpsc::UnboundedReceiver<Message>,
        calls: &mut mpsc::UnboundedReceiver<Call>,
    ) {
        let mut terminate = daemon.then(|| signal(SignalKind::terminate()).ok()).flatten();
        let mut interrupt = daemon.then(|| signal(SignalKind::interrupt()).ok()).flatten();
        while !self.ending {
            let deadline = self.kernel.next_deadline();
            let wait = deadline.map(|at| Duration::from_millis(at.saturating_sub(self.now())));
            let came = tokio::select! {
                Some(message) = inbox.recv() => Came::Message(message),
                Some(call) = calls.recv() => Came::Call(call),
                () = tokio::time::sleep(wait.map_or(BEAT, |wait| wait.min(BEAT))) => Came::Time,
                () = heard(&mut terminate) => break,
                () = heard(&mut interrupt) => break,
            };
            // Before anything is heard that comes of it.
            self.mind_standstill();
            match came {
                Came::Message(message) => self.receive(message),
                Came::Call(call) => self.answer(call),
                Came::Time => {
                    let now = self.now();
                    self.kernel.tick(now);
                }
            }
            self.act();
        }
    }

    /// What was asked of nodes before the supervisor stood still may have failed for that reason alone.
    fn mind_standstill(&mut self) {
        if let Some(standstill) = self.clock.standstill() {
            let now = self.now();
            self.kernel.forgive(now);
            let message = format!(
                "the supervisor did not run for {:.1} s (stopped, or the machine was); no deadline counts that time",
                standstill.as_secs_f64()
            );
            self.journal(Event::Trouble { message });
        }
    }

    fn receive(&mut self, message: Message) {
        let now = self.now();
        match message {
            Message::Observed(observation) => {
                if let Observation::Exited { node, epoch, .. } = &observation
                    && self.processes.get(node).is_some_and(|(known, _)| known == epoch)
                {
                    self.processes.remove(node);
                }
                self.kernel.observe(observation, now);
            }
            Message::Startable { node, epoch, ports } => self.start(node, epoch, ports),
            Message::Guarded { request, replies, survey, view } => {
                self.kernel.look(survey, view.clone(), now);
                self.ask(request, Some(&view), replies);
            }
            Message::Abandoned(request) => self.kernel.abandon(request, now),
            Message::Ownerless => self.go_down(owner::BY),
            Message::Settings(told) => self.settings.learn(told, now),
            Message::Asked { topic, answer, view, settings } => {
                self.settings.learn(settings, now);
                let mut status =
                    status(&self.plan, &self.kernel, &self.processes, &view, topic.as_deref(), now);
                status.settings = self.settings.problems(&settings::ready(&self.kernel));
                // A client that went away needs no answer.
                let _ = answer.send(status);
            }
        }
    }

    fn answer(&mut self, call: Call) {
        match call {
            Call::Act { request, replies } => {
                if asked::needs_view(&request.action) {
                    let (survey, view) = (self.kernel.begin_look(), self.survey());
                    self.later(
                        async move { Message::Guarded { request, replies, survey, view: view.await } },
                    );
                } else {
                    self.ask(request, None, replies);
                }
            }
            Call::Status { topic, answer } => {
                let survey = self.survey();
                let due = self.settings.due(&settings::ready(&self.kernel), self.now());
                let ask = |brokers| settings::ask(self.plan.clone(), self.pool.clone(), brokers, SURVEY);
                if !due.beside.is_empty() {
                    let renewed = ask(due.beside);
                    self.later(async move {
                        tokio::time::sleep(AFTER_SURVEY).await;
                        Message::Settings(renewed.await)
                    });
                }
                let settings = ask(due.first);
                self.later(async move {
                    let (view, settings) = tokio::join!(survey, settings);
                    Message::Asked { topic, answer, view, settings }
                });
            }
        }
    }

    /// Asks every node afresh.
    pub(super) fn survey(&self) -> impl Future<Output = ClusterView> + 'static {
        let (endpoints, pool, memory) = (self.endpoints.clone(), self.pool.clone(), self.memory.clone());
        let (zookeeper, min_isr) = (self.zookeeper.clone(), self.min_isr.clone());
        async move {
            let view = survey(&endpoints, &pool, &memory, zookeeper.as_deref(), &min_isr, SURVEY).await;
            tokio::spawn(async move {
                tokio::time::sleep(AFTER_SURVEY).await;
                memory.open_ahead(&endpoints).await;
            });
            view
        }
    }
}

async fn heard(signal: &mut Option<tokio::signal::unix::Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}
