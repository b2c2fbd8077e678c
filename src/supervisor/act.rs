//! Doing what the kernel says. Short things at once, slow ones as tasks that report back.

use std::path::PathBuf;
use std::time::Duration;

use super::last_words::last_words;
use super::registration;
use super::run::{Message, Supervisor};
use super::saved::Saved;
use super::settings;
use super::starting::{ports_are_free, start};
use super::status::{node_status, status};
use super::usable::ensure_usable;
use crate::dist::drop_changed;
use crate::host::HostError;
use crate::host::ports::ThisHost;
use crate::kernel::{Effect, Observation, Question};
use crate::model::event::Event;
use crate::model::ids::NodeName;
use crate::model::reason::Reason;
use crate::model::signal::Signal;
use crate::model::step::Step;
use crate::observe::probe::Expectation;
use crate::observe::readiness::{Asked, Rung};
use crate::process::signal::{Sent, signal};
use crate::process::watch::Watch;

/// A probe that is not answered by then has failed.
const PROBE: Duration = Duration::from_millis(1_000);

/// Kafka writes it into each data folder when all logs in it are closed, and removes it at its start
/// (`CleanShutdownFileHandler`).
const CLOSED: &str = ".kafka_cleanshutdown";
const CLOSED_EVERY: Duration = Duration::from_millis(20);

impl Supervisor {
    /// Does everything that the kernel has queued, and what follows from it.
    pub(super) fn act(&mut self) {
        self.mind_home();
        loop {
            let effects = self.kernel.take_effects();
            if effects.is_empty() {
                break;
            }
            // What is about to be done must be known to whoever comes after us.
            self.save();
            for effect in effects {
                self.do_one(effect);
            }
        }
        self.save();
        let now = self.now();
        let nodes: Vec<_> = self.kernel.nodes().map(|node| node_status(&self.plan, node, now)).collect();
        self.clients.progress(nodes.into_iter());
        self.tell_watchers();
    }

    /// Tells those who watch how the cluster is, by the last survey: nobody is asked for their sake.
    fn tell_watchers(&mut self) {
        let now = self.now();
        if !self.watchers.is_due(now) {
            return;
        }
        let unasked = Default::default();
        let view = self.kernel.fresh_view().unwrap_or(&unasked);
        let mut status = status(&self.plan, &self.kernel, &self.processes, view, None, now);
        status.settings = self.settings.problems(&settings::ready(&self.kernel));
        self.watchers.learn(status, now);
    }

    fn do_one(&mut self, effect: Effect) {
        match effect {
            Effect::Journal(event) => self.journal(event),
            Effect::Spawn { node, epoch } => self.spawn(node, epoch),
            Effect::Signal { node, epoch, signal } => self.signal(node, epoch, signal),
            Effect::Probe { node, epoch, probe, step, live_brokers } => {
                self.probe((node, epoch, probe), step, Expectation { live_brokers });
            }
            Effect::ClearRegistration { node, epoch } => {
                let (zookeeper, pool, plan) = (self.zookeeper.clone(), self.pool.clone(), self.plan.clone());
                self.later(async move {
                    let result = registration::clear(zookeeper.as_deref(), &pool, &plan, node).await;
                    Message::Observed(Observation::RegistrationCleared { node, epoch, result })
                });
            }
            Effect::AwaitClosed { node, epoch } => self.await_closed(node, epoch),
            Effect::Survey { survey } => {
                let view = self.survey();
                self.later(
                    async move { Message::Observed(Observation::Surveyed { survey, view: view.await }) },
                );
            }
            Effect::EnsureUsable { check, live_brokers } => {
                let (plan, pool) = (self.plan.clone(), self.pool.clone());
                self.later(async move {
                    let (events, result) = ensure_usable(&plan, live_brokers, &pool).await;
                    Message::Observed(Observation::Usable { check, events, result })
                });
            }
            Effect::Answer { request, outcome } => {
                // Whoever asks should know that it may be forgotten.
                for message in self.unwritten.values().cloned().collect::<Vec<_>>() {
                    self.journal(Event::Trouble { message });
                }
                self.clients.done(request, outcome);
            }
            Effect::Shutdown => self.ending = true,
        }
    }

    pub(super) fn journal(&mut self, event: Event) {
        let (entry, written) = self.journal.append(event);
        self.clients.event(&entry);
        self.watchers.event(&entry);
        self.wrote(self.journal.path().to_owned(), written);
    }

    /// Remembers which files are not as they should be, and tells it once and not at every try.
    fn wrote(&mut self, path: PathBuf, written: Result<(), HostError>) {
        let Err(error) = written else {
            self.unwritten.remove(&path);
            return;
        };
        let message = error.to_string();
        if self.unwritten.get(&path) != Some(&message) {
            tracing::error!("{message}");
            self.unwritten.insert(path, message);
        }
    }

    /// Saves intents and identities when they have changed.
    fn save(&mut self) {
        let identities = self.processes.iter().map(|(name, (_, identity))| (*name, identity.clone()));
        let saved = Saved { durable: self.kernel.durable(), processes: identities.collect() };
        if saved == self.saved || self.homeless {
            return;
        }
        let path = self.dir.state();
        let written = saved.store(&path);
        if written.is_ok() {
            self.saved = saved;
        }
        // Tried again with the next step; without it, processes are still found by command line.
        self.wrote(path, written);
    }

    /// Starts a node as soon as its ports are seen to be free.
    fn spawn(&self, name: NodeName, epoch: u64) {
        let Some(node) = self.plan.node(name) else { return };
        let ports = node.ports;
        self.later(async move {
            Message::Startable { node: name, epoch, ports: ports_are_free(&ThisHost, ports).await }
        });
    }

    /// Starts it, and tells the kernel how that went.
    pub(super) fn start(&mut self, name: NodeName, epoch: u64, ports: Result<(), Reason>) {
        let Some(node) = self.plan.node(name) else { return };
        if let Some(archive) = &self.plan.class_data_of(node) {
            match drop_changed(archive) {
                Ok(false) => {}
                Ok(true) => tracing::warn!("{} was damaged; nodes start without it", archive.display()),
                Err(error) => tracing::warn!("{error}"),
            }
        }
        self.oom_kills.starts(name);
        let result = ports.and_then(|()| start(node));
        let now = self.now();
        let observation = match result {
            Ok(watch) => {
                let identity = watch.identity().clone();
                let pid = identity.pid;
                self.processes.insert(name, (epoch, identity));
                self.watch(name, epoch, watch);
                Observation::Spawned { node: name, epoch, pid }
            }
            Err(reason) => Observation::SpawnFailed { node: name, epoch, reason },
        };
        self.kernel.observe(observation, now);
    }

    /// Reports the end of a process.
    pub(super) fn watch(&self, name: NodeName, epoch: u64, mut watch: Watch) {
        let node = self.plan.node(name).cloned();
        self.later(async move {
            let exit = watch.exited().await;
            // Whoever is killed has no time for a word: what is in its log is about something else.
            let words = node.as_ref().filter(|_| !exit.is_sigkill()).and_then(last_words);
            let reason = words.map(Reason::LastWords);
            Message::Observed(Observation::Exited { node: name, epoch, exit, reason })
        });
    }

    fn signal(&mut self, name: NodeName, epoch: u64, what: Signal) {
        let Some((known, identity)) = self.processes.get(&name) else { return };
        if *known != epoch {
            return;
        }
        match signal(identity, what) {
            // Its end is reported by its watch.
            Ok(Sent::Delivered | Sent::Gone) => {}
            Err(error) => self.journal(Event::Trouble { message: error.to_string() }),
        }
    }

    fn probe(&self, (name, epoch, number): (NodeName, u64, Question), step: Step, expectation: Expectation) {
        let Some(node) = self.plan.node(name).cloned() else { return };
        let identity = self.processes.get(&name).map(|(_, identity)| identity.clone());
        let pool = self.pool.clone();
        let survey = self.survey();
        self.later(async move {
            let rung = Rung { step, node: &node, identity: identity.as_ref(), expect: &expectation };
            let Asked { result, paused } = rung.ask(&pool, survey, PROBE).await;
            Message::Observed(Observation::Probed { node: name, epoch, probe: number, step, result, paused })
        });
    }

    /// Tells the kernel when a broker that is stopping has closed all its logs.
    fn await_closed(&self, name: NodeName, epoch: u64) {
        let (Some(node), Some((_, identity))) = (self.plan.node(name), self.processes.get(&name)) else {
            return;
        };
        let (marker, identity) = (node.data().join(CLOSED), identity.clone());
        self.later(async move {
            // Who ends before is heard of in another way, and what comes late is ignored.
            while !marker.exists() && identity.is_alive() {
                tokio::time::sleep(CLOSED_EVERY).await;
            }
            Message::Observed(Observation::Closed { node: name, epoch })
        });
    }

    /// Runs a slow thing beside the loop; its message comes back into it.
    pub(super) fn later(&self, work: impl Future<Output = Message> + 'static) {
        let inbox = self.inbox.clone();
        tokio::task::spawn_local(async move {
            // A loop that has ended needs no messages.
            let _ = inbox.send(work.await);
        });
    }
}
