//! A world for the kernel's tests: processes, probes and time that obey, unless told otherwise.

use crate::model::signal::Signal;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Effect, Kernel, Millis, Observation, Question, RequestId};
use crate::model::action::Action;
use crate::model::asked::Asked;
use crate::model::event::Event;
use crate::model::exit::Exit;
use crate::model::ids::{NodeName, Role};
use crate::model::outcome::Outcome;
use crate::model::reason::{LastWords, Reason};
use crate::model::step::Step;
use crate::model::view::ClusterView;
use crate::plan::model::{JavaPlan, KafkaPlan, NodePlan, Plan, Ports};
use crate::plan::source::{JavaSource, KafkaSource};
use crate::spec::model::{Profile, RestartPolicy};
use crate::spec::versions::Coordination;

pub(super) const PROBE_TAKES_MS: Millis = 1;

/// A plan of `zookeeper` and `brokers` nodes, without any of the text that the kernel never reads.
pub(super) fn plan(zookeeper: i32, brokers: i32, restart: RestartPolicy) -> Plan {
    plan_of(zookeeper, &(0..brokers).collect::<Vec<_>>(), restart)
}

/// The same with brokers of these ids.
pub(super) fn plan_of(zookeeper: i32, brokers: &[i32], restart: RestartPolicy) -> Plan {
    let node = |name: NodeName| NodePlan {
        name,
        kafka_version: None,
        dir: name.to_string().into(),
        ports: Ports::default(),
        heap_mib: 64,
        argv: Vec::new(),
        env: BTreeMap::new(),
        files: Vec::new(),
        storage: None,
        depends_on: Vec::new(),
        readiness: readiness(name.role),
        stop_deadline_ms: 5_000,
        settings: Vec::new(),
    };
    let servers = (1..=zookeeper).map(NodeName::zookeeper);
    let nodes = servers.chain(brokers.iter().copied().map(NodeName::broker)).map(node).collect();
    whole(nodes, restart)
}

/// The voters of a plan of tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Voters {
    ZooKeeper,
    Controllers,
    /// The first brokers.
    Combined,
}

impl Voters {
    /// The node of this kind of plan that is at the place of one with ZooKeeper servers.
    pub(super) fn name(self, name: NodeName) -> NodeName {
        match (name.role, self) {
            (Role::ZooKeeper, Voters::Controllers) => NodeName::controller(99 + name.id),
            (Role::ZooKeeper, Voters::Combined) => NodeName::broker(name.id - 1),
            _ => name,
        }
    }

    /// Three voters, and brokers of these ids; combined ones are among them whatever `brokers` says.
    pub(super) fn plan(self, brokers: &[i32], restart: RestartPolicy) -> Plan {
        let plan = plan_of(3, brokers, restart);
        let mut nodes: BTreeMap<NodeName, NodePlan> = BTreeMap::new();
        for node in plan.nodes {
            let name = self.name(node.name);
            let quorum = (self == Voters::Combined && node.role() == Role::ZooKeeper).then_some(1);
            let ports = Ports { quorum, ..node.ports };
            let readiness = readiness(name.role);
            nodes.entry(name).or_insert(NodePlan { name, ports, readiness, ..node });
        }
        whole(nodes.into_values().collect(), restart)
    }
}

fn readiness(role: Role) -> Vec<Step> {
    match role {
        Role::ZooKeeper => vec![Step::Process, Step::Port, Step::Protocol],
        Role::Controller => vec![Step::Process, Step::Port, Step::Protocol, Step::Quorum],
        Role::Broker => {
            vec![Step::Process, Step::Port, Step::Protocol, Step::Registered, Step::Joined, Step::InSync]
        }
    }
}

fn whole(nodes: Vec<NodePlan>, restart: RestartPolicy) -> Plan {
    Plan {
        format: Plan::FORMAT,
        name: "test".to_owned(),
        dir: "test".into(),
        profile: Profile::Fast,
        restart,
        kafka: KafkaPlan {
            version: "3.9.2".to_owned(),
            home: "kafka".into(),
            classpath: Vec::new(),
            source: KafkaSource::Cache,
        },
        class_data: None,
        other_kafkas: Vec::new(),
        cluster_id: None,
        security: None,
        cert_lifetime_s: None,
        listeners: Default::default(),
        withdrawn: crate::plan::model::Withdrawn::default(),
        login: None,
        java: JavaPlan {
            program: "java".into(),
            version: "17".to_owned(),
            major: 17,
            source: JavaSource::Path,
        },
        nodes,
        topics: Vec::new(),
        next_broker_id: None,
        warnings: Vec::new(),
    }
}

pub(super) struct World {
    pub kernel: Kernel,
    pub now: Millis,
    /// Live processes: epoch and pid.
    pub processes: BTreeMap<NodeName, (u64, u32)>,
    pub journal: Vec<Event>,
    pub answers: BTreeMap<RequestId, Outcome>,
    pub shut_down: bool,
    /// Nodes whose processes ignore SIGTERM.
    pub stubborn: BTreeSet<NodeName>,
    /// Nodes whose processes exit with code 1 as soon as they are started.
    pub broken: BTreeSet<NodeName>,
    /// A stranger has its port: it cannot be started, which is known after some looks.
    pub taken: BTreeSet<NodeName>,
    /// Nodes whose probes fail.
    pub mute: BTreeSet<NodeName>,
    /// Brokers whose registration stands in ZooKeeper.
    pub registered: BTreeSet<NodeName>,
    /// Brokers that were waited for until their logs were closed.
    pub closing: BTreeSet<NodeName>,
    /// What Kafka says.
    pub view: ClusterView,
    /// How long answers take, one after the other, again and again.
    pub delays: VecDeque<Millis>,
    /// Processes that are stopped by SIGSTOP, whoever sent it.
    paused: BTreeSet<NodeName>,
    /// Whether a process was stopped, at any moment since the kernel last sent it a signal.
    was_paused: BTreeMap<NodeName, BTreeSet<bool>>,
    /// Signals that the kernel sent, and ends that it heard of.
    acts: u32,
    /// Checks by number, with the acts before each was begun; those that have told that the cluster is usable.
    checks: BTreeMap<Question, u32>,
    usable: BTreeSet<Question>,
    is_zookeeper: bool,
    coming: VecDeque<(Millis, Observation)>,
    next_pid: u32,
}

impl World {
    pub(super) fn new(plan: &Plan) -> Self {
        World {
            kernel: Kernel::new(plan, 0),
            now: 0,
            processes: BTreeMap::new(),
            journal: Vec::new(),
            answers: BTreeMap::new(),
            shut_down: false,
            stubborn: BTreeSet::new(),
            broken: BTreeSet::new(),
            taken: BTreeSet::new(),
            mute: BTreeSet::new(),
            registered: BTreeSet::new(),
            closing: BTreeSet::new(),
            view: ClusterView::default(),
            delays: [PROBE_TAKES_MS].into(),
            paused: BTreeSet::new(),
            was_paused: BTreeMap::new(),
            acts: 0,
            checks: BTreeMap::new(),
            usable: BTreeSet::new(),
            is_zookeeper: plan.coordination() == Coordination::ZooKeeper,
            coming: VecDeque::new(),
            next_pid: 100,
        }
    }

    pub(super) fn ask(&mut self, action: Action) -> RequestId {
        let id = self.kernel.request(Asked::from(action), "test", self.now);
        self.act();
        id
    }

    /// Gives the kernel other members, as the supervisor does with a plan that was stored.
    pub(super) fn take(&mut self, plan: &Plan) -> Result<(), NodeName> {
        self.kernel.take_members(plan, self.now)
    }

    pub(super) fn exit(&mut self, name: NodeName, exit: Exit) {
        if let Some((epoch, _)) = self.processes.remove(&name) {
            let seen = Observation::Exited { node: name, epoch, exit, reason: None };
            self.soon(seen);
        }
    }

    /// Somebody else stops a process, or lets it go on.
    pub(super) fn set_paused(&mut self, name: NodeName, paused: bool) {
        if self.processes.contains_key(&name) {
            let _ = if paused { self.paused.insert(name) } else { self.paused.remove(&name) };
            self.was_paused.entry(name).or_default().insert(paused);
        }
    }

    pub(super) fn is_paused(&self, name: NodeName) -> bool {
        self.paused.contains(&name)
    }

    /// Somebody asks what needs a look; it shows what Kafka says at this moment, and comes later.
    pub(super) fn look(&mut self) {
        let survey = self.kernel.begin_look();
        self.soon(Observation::Surveyed { survey, view: self.view.clone() });
    }

    /// Lets `ms` pass, with everything that happens in it.
    pub(super) fn pass(&mut self, ms: Millis) {
        let until = self.now + ms;
        loop {
            let coming = self.coming.iter().map(|(at, _)| *at).min();
            let next = coming.into_iter().chain(self.kernel.next_deadline()).min();
            let Some(next) = next.filter(|at| *at <= until && !self.shut_down) else { break };
            self.now = self.now.max(next);
            let due = self.coming.iter().position(|(at, _)| *at <= self.now);
            match due.and_then(|index| self.coming.remove(index)) {
                Some((_, observation)) => {
                    self.note(&observation);
                    self.kernel.observe(observation, self.now);
                }
                None => self.kernel.tick(self.now),
            }
            self.act();
        }
        self.now = until;
    }

    /// Lets time pass until the request is answered.
    pub(super) fn answer(&mut self, id: RequestId) -> Outcome {
        for _ in 0..2_000 {
            if let Some(outcome) = self.answers.get(&id) {
                return outcome.clone();
            }
            self.pass(100);
        }
        panic!("request {id} has no answer after {} ms; kernel: {:#?}", self.now, self.kernel);
    }

    pub(super) fn up(&mut self) -> Outcome {
        let id = self.ask(Action::Up);
        self.answer(id)
    }

    /// Does what the kernel wants done.
    pub(super) fn act(&mut self) {
        for effect in self.kernel.take_effects() {
            self.obey(effect);
        }
    }

    fn soon(&mut self, observation: Observation) {
        self.delays.rotate_left(1);
        let takes = self.delays.back().copied().unwrap_or(PROBE_TAKES_MS);
        self.coming.push_back((self.now + takes, observation));
    }

    fn note(&mut self, observation: &Observation) {
        match observation {
            Observation::Exited { .. } => self.acts += 1,
            Observation::Usable { check, result: Ok(()), .. } => drop(self.usable.insert(*check)),
            _ => {}
        }
    }

    /// What the journal tells was so: since the kernel's last signal to the node, which it knows of.
    fn check_told(&self, event: &Event) {
        let was = |name: &NodeName, paused| {
            let states = self.was_paused.get(name);
            !self.processes.contains_key(name) || states.is_some_and(|states| states.contains(&paused))
        };
        match event {
            Event::Paused { node } => assert!(was(node, true), "{node} was not paused: {:#?}", self.journal),
            Event::Resumed { node } | Event::Reached { node, .. } | Event::Ready { node, .. } => {
                assert!(was(node, false), "{node} was paused, and yet {event:?}: {:#?}", self.journal);
            }
            Event::ControllerChanged { from, to, .. } => assert!(from < to, "told backwards: {event:?}"),
            Event::Usable { .. } => {
                let held = self.usable.iter().any(|check| self.checks.get(check) == Some(&self.acts));
                assert!(held, "usable was checked before what happened since: {:#?}", self.journal);
            }
            _ => {}
        }
    }

    fn obey(&mut self, effect: Effect) {
        match effect {
            Effect::Journal(event) => {
                self.check_told(&event);
                self.journal.push(event);
            }
            Effect::Answer { request, outcome } => {
                assert!(self.answers.insert(request, outcome).is_none(), "two answers to {request}");
            }
            Effect::Shutdown => {
                assert!(self.processes.is_empty(), "the supervisor ends before its nodes");
                self.shut_down = true;
            }
            Effect::Spawn { node, epoch } => {
                assert!(!self.processes.contains_key(&node), "{node} is started twice");
                if self.taken.contains(&node) {
                    self.soon(Observation::SpawnFailed {
                        node,
                        epoch,
                        reason: Reason::PortTaken { port: 9092, holder: None },
                    });
                    return;
                }
                // Brokers of KRaft wait for the end of an old session instead.
                let clashes = self.is_zookeeper && self.registered.contains(&node);
                self.next_pid += 1;
                self.processes.insert(node, (epoch, self.next_pid));
                self.paused.remove(&node);
                self.was_paused.insert(node, [false].into());
                self.soon(Observation::Spawned { node, epoch, pid: self.next_pid });
                if self.broken.contains(&node) || clashes {
                    self.processes.remove(&node);
                    let last_words = LastWords { cause: None, quote: "NodeExists".to_owned() };
                    let reason = Some(Reason::LastWords(last_words));
                    self.soon(Observation::Exited { node, epoch, exit: Exit::Code(1), reason });
                } else if node.role == Role::Broker {
                    self.registered.insert(node);
                }
            }
            Effect::Signal { node, epoch, signal } => {
                let Some((alive, _)) = self.processes.get(&node).copied() else { return };
                assert_eq!(alive, epoch, "a signal to another process of {node}");
                self.acts += 1;
                match signal {
                    Signal::STOP => drop(self.paused.insert(node)),
                    Signal::CONT => drop(self.paused.remove(&node)),
                    // The others, SIGTSTP too, stop no process that has a session of its own.
                    _ => {}
                }
                self.was_paused.insert(node, [self.paused.contains(&node)].into());
                let obeys = signal == Signal::KILL || !self.stubborn.contains(&node);
                if signal == Signal::KILL || (signal == Signal::TERM && obeys) {
                    self.processes.remove(&node);
                    let exit = if signal == Signal::KILL {
                        Exit::Signal(9)
                    } else {
                        self.registered.remove(&node);
                        Exit::Code(143)
                    };
                    self.soon(Observation::Exited { node, epoch, exit, reason: None });
                }
            }
            Effect::Probe { node, epoch, probe, step, .. } => {
                let alive = self.processes.get(&node).is_some_and(|(known, _)| *known == epoch);
                let paused = self.paused.contains(&node);
                let result = match (alive, paused || self.mute.contains(&node)) {
                    (true, false) => Ok(()),
                    _ => Err(Reason::NotReady { why: "connection refused".to_owned() }),
                };
                self.soon(Observation::Probed { node, epoch, probe, step, result, paused });
            }
            Effect::ClearRegistration { node, epoch } => {
                assert!(!self.processes.contains_key(&node), "the registration of a live broker is removed");
                self.registered.remove(&node);
                let znodes = vec![format!("/brokers/ids/{}", node.id)];
                self.soon(Observation::RegistrationCleared { node, epoch, result: Ok(znodes) });
            }
            Effect::AwaitClosed { node, epoch } => {
                assert!(node.role == Role::Broker, "{node} has no logs");
                self.closing.insert(node);
                self.soon(Observation::Closed { node, epoch });
            }
            Effect::Survey { survey } => {
                self.soon(Observation::Surveyed { survey, view: self.view.clone() });
            }
            Effect::EnsureUsable { check, .. } => {
                self.checks.insert(check, self.acts);
                self.soon(Observation::Usable { check, events: Vec::new(), result: Ok(()) });
            }
        }
    }
}
