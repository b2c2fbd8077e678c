//! What front ends ask for: one enum that every front end speaks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ids::{NodeName, Role};
use super::signal::Signal;
use super::target::Target;

/// A request to change something. Sent to the supervisor as JSON; answered by `Reply` lines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "action", rename_all = "lowercase")]
pub enum Action {
    /// Bring every node up that is not kept down by the operator, and the spec's topics with them.
    /// Done when the cluster is usable.
    Up,
    /// Stop every node in order (brokers, then coordinators); the supervisor ends after it.
    Down,
    /// Send `signal` to these nodes. With SIGKILL, SIGTERM and other deadly signals they stay down until `start`.
    /// With `fast_failover` their registrations are removed as soon as they are proven dead.
    Kill {
        /// Whom to send it to; who that is is found out when it is carried out.
        nodes: Vec<Target>,
        /// Any that [`Signal`] knows; only a deadly one changes what is wanted of a node.
        signal: Signal,
        /// Do it though a guard would refuse: it may cost a quorum, or take partitions offline.
        force: bool,
        /// Brokers only: the cluster need not wait for their sessions to time out.
        #[serde(default)]
        fast_failover: bool,
    },
    /// Done when these nodes are ready.
    Start {
        /// By name; of a node that runs already nothing is changed.
        nodes: Vec<NodeName>,
    },
    /// SIGTERM, a deadline, then SIGKILL; they stay down until `start`.
    Stop {
        /// Found out when it is carried out, all at once.
        nodes: Vec<Target>,
        /// Do it though a guard would refuse, as of `Kill`.
        force: bool,
    },
    /// SIGSTOP: the processes keep everything and do nothing until `resume`.
    Pause {
        /// Found out when it is carried out, all at once.
        nodes: Vec<Target>,
        /// Do it though a guard would refuse, as of `Kill`: for Kafka a paused node is a dead one.
        force: bool,
    },
    /// SIGCONT.
    Resume {
        /// By name; one that is not paused is sent SIGCONT all the same, which does no harm.
        nodes: Vec<NodeName>,
    },
    /// Stop, then start, each node in turn. `rolling`: leaders after the others of their role, and each node only
    /// when every replica is in the ISR.
    Restart {
        /// By name; each is up again before the next has its turn.
        nodes: Vec<NodeName>,
        /// Neither ask the guard nor, when `rolling`, wait for the ISR.
        force: bool,
        /// Keep the cluster serving all the while.
        #[serde(default)]
        rolling: bool,
    },
    /// Take the members of the stored plan, which has this many brokers; done when `nodes`, some of them,
    /// are ready and the cluster is usable.
    Scale {
        /// How many the stored plan has, those that were there among them.
        brokers: u16,
        /// Brokers that are new in it.
        nodes: Vec<NodeName>,
    },
    /// Take the members of the stored plan, which no longer has these nodes; their processes have ended.
    Forget {
        /// Members of the running cluster that are to be known no more.
        nodes: Vec<NodeName>,
    },
}

/// Why an action cannot do what it says. In the words of the command line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Senseless {
    /// Only a process that ends is started again, or can be told to be gone.
    #[error("`--{flag}` needs a signal that ends a process, and {signal} does not")]
    NotDeadly {
        /// What was asked for beside the signal.
        flag: &'static str,
        /// As it was asked for.
        signal: Signal,
    },
    /// Only brokers are registered.
    #[error("`--fast-failover` is for brokers: {0} has no registration")]
    NoRegistration(Target),
}

/// Whether what goes with a signal makes sense: `flag` needs one that ends a process.
pub fn must_be_deadly(signal: Signal, flag: &'static str) -> Result<(), Senseless> {
    if signal.is_deadly() { Ok(()) } else { Err(Senseless::NotDeadly { flag, signal }) }
}

impl Action {
    /// Whether it makes sense, whatever the cluster is like: only a broker that is dead can be told to be gone.
    pub fn check(&self) -> Result<(), Senseless> {
        let Action::Kill { nodes, signal, fast_failover: true, .. } = self else { return Ok(()) };
        must_be_deadly(*signal, "fast-failover")?;
        let is_other = |target: &&Target| match target {
            Target::Node(NodeName { role, .. }) | Target::Random { role, .. } => *role != Role::Broker,
            Target::ZooKeeperLeader => true,
            Target::Controller | Target::Leader(_) | Target::Follower(_) => false,
        };
        nodes.iter().find(is_other).map_or(Ok(()), |other| Err(Senseless::NoRegistration(other.clone())))
    }

    /// Whom it is about, before it is known who that is.
    pub fn targets(&self) -> Vec<Target> {
        match self {
            Action::Up | Action::Down => Vec::new(),
            Action::Kill { nodes, .. } | Action::Stop { nodes, .. } | Action::Pause { nodes, .. } => {
                nodes.clone()
            }
            Action::Start { nodes }
            | Action::Resume { nodes }
            | Action::Restart { nodes, .. }
            | Action::Scale { nodes, .. }
            | Action::Forget { nodes } => nodes.iter().copied().map(Target::Node).collect(),
        }
    }
}

impl std::fmt::Display for Action {
    /// As the command line has it: `kill broker-0 --signal SIGKILL --force`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (verb, force) = match self {
            Action::Up => return f.write_str("up"),
            Action::Down => return f.write_str("down"),
            Action::Kill { force, .. } => ("kill", *force),
            Action::Start { .. } => ("start", false),
            Action::Stop { force, .. } => ("stop", *force),
            Action::Pause { force, .. } => ("pause", *force),
            Action::Resume { .. } => ("resume", false),
            Action::Restart { force, .. } => ("restart", *force),
            Action::Scale { brokers, .. } => return write!(f, "scale brokers {brokers}"),
            Action::Forget { .. } => ("forget", false),
        };
        f.write_str(verb)?;
        for target in self.targets() {
            write!(f, " {target}")?;
        }
        if let Action::Restart { rolling: true, .. } = self {
            f.write_str(" --rolling")?;
        }
        if let Action::Kill { signal, fast_failover, .. } = self {
            write!(f, " --signal {signal}")?;
            f.write_str(if *fast_failover { " --fast-failover" } else { "" })?;
        }
        f.write_str(if force { " --force" } else { "" })
    }
}
