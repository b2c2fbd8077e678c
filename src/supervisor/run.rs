//! The loop: receive, set the time, let the kernel decide, act.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot};

use super::asked;
use super::clients::Clients;
use super::clock::{BEAT, Clock};
use super::journal::Journal;
use super::oom_kills::OomKills;
use super::owner;
use super::saved::Saved;
use super::settings::{self, ToldSettings};
use super::status::status;
use super::watchers::Watchers;
use crate::api::Call;
use crate::api::message::{Reply, Request};
use crate::api::page::Front;
use crate::kernel::node::Node;
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
use crate::process::Identity;
use crate::wire::pool::Pool;
use crate::zookeeper::session::ZkHandle;

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
    pub(super) oom_kills: OomKills,
    pub(super) clients: Clients,
    pub(super) watchers: Watchers,
    /// What it serves beside its own api.
    pub(super) front: Box<dyn Front>,
    pub(super) pool: Arc<Pool>,
    /// What surveys keep.
    pub(super) memory: Arc<Memory>,
    /// `None` in KRaft.
    pub(super) zookeeper: Option<Arc<ZkHandle>>,
    pub(super) inbox: mpsc::UnboundedSender<Message>,
    pub(super) ending: bool,
    /// The cluster's folder was removed: another cluster may be where it was.
    pub(super) homeless: bool,
    pub(super) settings: ToldSettings,
    pub(super) home: (u64, u64),
    pub(super) endpoints: Arc<Endpoints>,
    pub(super) min_isr: Arc<MinIsr>,
    pub(super) clock: Clock,
}

/// Device and inode of the cluster's folder; `None` when it is gone.
pub(super) fn home(dir: &ClusterDir) -> Option<(u64, u64)> {
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

    /// Until the cluster is down, or a signal ends a `daemon`.
    pub(super) async fn serve(
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
        self.watchers.stir();
        match message {
            Message::Observed(mut observation) => {
                if let Observation::Exited { node, epoch, exit, reason } = &mut observation
                    && self.processes.get(node).is_some_and(|(known, _)| known == epoch)
                {
                    self.processes.remove(node);
                    // One that is to end was killed by us.
                    if exit.is_sigkill() && !self.kernel.node(*node).is_some_and(Node::is_leaving) {
                        *reason = self.oom_kills.end_of(*node);
                    }
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
            Call::Watch { seen } => self.watchers.add(seen),
            // A client that went away needs no answer.
            Call::OpenPage { wanted, answer } => drop(answer.send(self.front.open(&self.dir, &wanted))),
            Call::ClosePage { answer } => drop(answer.send(self.front.close(&self.dir))),
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
