//! The words for people of an [`Outcome`], a [`Reason`] and a refusal: the only place that makes them. They are beside the types,
//! and not with the terminal's other texts, since the journal keeps them too.

use std::fmt;

use super::cause::Cause;
use super::ids::{NodeName, Role};
use super::outcome::{Absence, FailoverResult, KeptDown, NodeOutcome, NodeResult, Outcome, Stop, Summary};
use super::partitions::named_all;
use super::reason::{LastWords, Reason};
use super::refusal::{Harm, NobodyMeant};
use super::topic_partition::TopicPartition;
use crate::units::{self, duration};

impl Outcome {
    /// One line: `broker-0: killed with SIGKILL, gone after 2 ms; broker-1: already down`.
    pub fn message(&self) -> String {
        let nodes = &self.nodes;
        let changed = || list(nodes.iter().filter(|node| !node.is_unchanged()));
        match &self.summary {
            Summary::Nodes => say(nodes),
            Summary::Usable { after_ms } => kept_down(format!("usable after {}", duration(*after_ms)), nodes),
            Summary::AlreadyUsable => {
                kept_down("already up and usable; no node was changed".to_owned(), nodes)
            }
            Summary::NoBrokerWanted => kept_down("no broker is meant to be up".to_owned(), nodes),
            Summary::Down => match nodes.iter().filter(|node| node.was_forced()).count() {
                0 => "down".to_owned(),
                forced => format!("down; {forced} of {} nodes had to be killed", nodes.len()),
            },
            Summary::NotUp => {
                let failed = || nodes.iter().filter(|node| node.did_fail());
                let why = failed().next().map(|node| node.result.to_string()).unwrap_or_default();
                format!("{} did not come up: {why}", list(failed()))
            }
            Summary::Sent { signal } => format!("sent {signal} to {}", changed()),
            Summary::Paused => format!("paused {}", changed()),
            Summary::Resumed => format!("resumed {}", changed()),
            Summary::Joined { after_ms } => {
                format!("joined: {}; usable after {}", changed(), duration(*after_ms))
            }
            Summary::AllMembers => "all of them are members already; nothing was changed".to_owned(),
            Summary::Forgotten => format!("forgotten: {}", list(nodes.iter())),
            Summary::StillPlanned { node } => format!("{node} is in the plan still"),
            Summary::NotRestarted { nodes } => {
                format!("nobody waits for it any more; not restarted: {}", names(nodes))
            }
            Summary::OutOfIsr { topic, partition, broker, why } => {
                let partition = TopicPartition::new(topic, *partition);
                format!("{partition} lacks {broker} in its ISR, which {}", absence(*why, *broker))
            }
            // Other words than for a request that comes when the cluster goes down already: that one
            // may be made again afterwards, this one must not undo the `down` that came after it.
            Summary::DownMeanwhile => "`cluster down` was asked for meanwhile".to_owned(),
            Summary::StartedLater { node } => format!("{node} was started by a later request"),
            Summary::TakenDownLater { node } => format!("{node} was taken down by a later request"),
            Summary::KilledLater { node } => format!("{node} was killed by a later request"),
            Summary::GoingDown => "the cluster is going down".to_owned(),
            Summary::ClusterIsDown => "the cluster is down; `cluster up` starts it".to_owned(),
            Summary::NoSuchNode { node, known } => {
                format!("there is no node {node}; the nodes are {}", names(known))
            }
            Summary::Harm { harm } => harm.to_string(),
            Summary::NobodyMeant { why } => why.to_string(),
            Summary::OtherPlan { path, busy } => {
                let why = busy.map(|busy| format!(" ({busy} runs and is not in it)")).unwrap_or_default();
                format!(
                    "{} is not the plan that runs{why}: somebody has changed or removed it; `cluster down` and then \
                     `cluster up` carry it out",
                    path.display()
                )
            }
            Summary::WasNotRunning { cluster } => format!("{cluster} was not running"),
            Summary::Words { text } => text.clone(),
        }
    }
}

impl fmt::Display for NodeResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NodeResult::Ready { after_ms: None } => f.write_str("ready"),
            NodeResult::Ready { after_ms: Some(ms) } => write!(f, "ready after {}", duration(*ms)),
            NodeResult::AlreadyRunning => f.write_str("already running"),
            NodeResult::StaysDown { by } => stays_down(f, *by),
            NodeResult::Failed { reason: Some(reason) } => reason.fmt(f),
            NodeResult::Failed { reason: None } => f.write_str("it ended"),
            NodeResult::Stopped(stop) => stop.fmt(f),
            NodeResult::Killed { signal, after_ms, failover } => {
                write!(f, "killed with {signal}")?;
                if let Some(ms) = after_ms {
                    write!(f, ", gone after {}", duration(*ms))?;
                }
                told(f, failover.as_ref())
            }
            NodeResult::StillThere { signal } => write!(f, "sent {signal}; its process is still there"),
            NodeResult::AlreadyDown { stays_down, failover } => {
                f.write_str(if *stays_down { "already down; stays down" } else { "already down" })?;
                told(f, failover.as_ref())
            }
            NodeResult::Gone => f.write_str("gone"),
            NodeResult::Restarted { stop, ready_after_ms } => {
                write!(f, "{stop}, ready again after {}", duration(*ready_after_ms))
            }
            NodeResult::Sent { signal } => write!(f, "sent {signal}"),
            NodeResult::Paused => f.write_str("paused"),
            NodeResult::AlreadyPaused => f.write_str("already paused"),
            NodeResult::NothingToPause => f.write_str("is down"),
            NodeResult::Resumed => f.write_str("resumed"),
            NodeResult::NotPaused => f.write_str("was not paused"),
            NodeResult::NothingToResume => f.write_str("is down; `cluster start` starts it"),
            NodeResult::Joined { after_ms } => write!(f, "joined, ready after {}", duration(*after_ms)),
            NodeResult::AlreadyMember => f.write_str("a member already"),
            NodeResult::Forgotten => f.write_str("no longer a member"),
            NodeResult::NoMember => f.write_str("no member already"),
            NodeResult::Left { stop, kept_data, dir } => {
                let data = if *kept_data { "is kept in" } else { "is deleted from" };
                write!(f, "{stop}; no longer a member, its data {data} {}", dir.display())
            }
        }
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stop::InOrder { after_ms } => write!(f, "stopped in order after {}", duration(*after_ms)),
            Stop::WithoutQuorum { after_ms } => {
                write!(f, "stopped after {}, not waiting for a quorum that is gone", duration(*after_ms))
            }
            Stop::Forced { after_ms } => {
                write!(f, "did not stop in order; killed with SIGKILL after {}", duration(*after_ms))
            }
            Stop::Killed { signal, after_ms } => {
                write!(f, "killed with {signal} after {}", duration(*after_ms))
            }
            Stop::ByItself => f.write_str("ended by itself"),
            Stop::WasDown => f.write_str("was down"),
        }
    }
}

impl fmt::Display for Harm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Harm::NoQuorum { lost, role, live, voters, needed } => {
                let (quorum, called) = quorum(*role);
                let lost = names(lost);
                write!(f, "without {lost} {quorum} would be lost: ")?;
                write!(f, "{live} of {voters} {called} would be up, {needed} are needed")
            }
            Harm::NoBroker { lost } => write!(f, "without {} no broker would be up", names(lost)),
            Harm::Partitions { lost, offline, below_min_isr } => {
                let mut harm = Vec::new();
                if !offline.is_empty() {
                    harm.push(format!("take {} offline", named_all(offline)));
                }
                if !below_min_isr.is_empty() {
                    harm.push(format!("take {} below min ISR, refusing acks=all", named_all(below_min_isr)));
                }
                write!(f, "losing {} would {}", names(lost), harm.join(" and "))
            }
        }
    }
}

impl fmt::Display for NobodyMeant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NobodyMeant::NoController => f.write_str("nobody could tell who the controller is"),
            NobodyMeant::NoZooKeeper => {
                f.write_str("this cluster has no ZooKeeper; `controller` leads its quorum")
            }
            NobodyMeant::NoZooKeeperLeader => f.write_str("no ZooKeeper server says that it leads"),
            NobodyMeant::TopicsUnknown => f.write_str("no broker could tell of topics"),
            NobodyMeant::NoTopic { topic } => write!(f, "there is no topic {topic}"),
            NobodyMeant::NoPartition { topic, partition, last } => {
                write!(f, "topic {topic} has no partition {partition}; its partitions are 0 to {last}")
            }
            NobodyMeant::NoLeader { topic, partition } => write!(f, "{topic}/{partition} has no leader"),
            NobodyMeant::NoFollower { topic, partition } => {
                write!(f, "{topic}/{partition} has no follower that is up")
            }
            NobodyMeant::NoneUp { role } => write!(f, "no {role} is up to choose from"),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::PortTaken { port, holder: Some(holder) } => {
                write!(f, "its port {port} is taken by {holder}")
            }
            Reason::PortTaken { port, holder: None } => {
                write!(f, "its port {port} is taken by another process")
            }
            Reason::CannotRun { program, why } => write!(f, "failed to run {program}: {why}"),
            // An end by a signal of ours has no reason.
            Reason::Ended { exit } if exit.is_sigkill() => {
                write!(f, "killed by {exit} that nobody of this program sent")
            }
            Reason::OutOfMemoryKill { limit_bytes } => {
                f.write_str(Cause::KilledByKernel.sentence())?;
                match limit_bytes {
                    Some(bytes) => write!(f, " (the cgroup's limit is {})", units::memory(*bytes)),
                    None => Ok(()),
                }
            }
            Reason::Ended { exit } => write!(f, "it ended: {exit}"),
            Reason::LastWords(words) => words.fmt(f),
            Reason::ProcessGone => f.write_str("its process is gone"),
            Reason::ProcessPaused => f.write_str("its process is paused"),
            Reason::OldRegistration { why } => {
                write!(f, "its old registration cannot be removed yet: {why}")
            }
            Reason::WaitsForQuorum => f.write_str("waits for a quorum to remove its old registration"),
            Reason::WaitsForStart => f.write_str("waits to be started"),
            Reason::StaysDown { by } => stays_down(f, *by),
            Reason::NotStarted { why } | Reason::NotReady { why } | Reason::Words { text: why } => {
                f.write_str(why)
            }
        }
    }
}

impl fmt::Display for LastWords {
    /// With what helps; this before the quotation, which is long.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cause {
            Some(cause) => write!(f, "{}; {} ({})", cause.sentence(), cause.remedy(), self.quote),
            None => f.write_str(&self.quote),
        }
    }
}

impl LastWords {
    /// What it was, with the node's own words.
    pub fn without_remedy(&self) -> String {
        match self.cause {
            Some(cause) => format!("{} ({})", cause.sentence(), self.quote),
            None => self.quote.clone(),
        }
    }
}

fn stays_down(f: &mut fmt::Formatter<'_>, by: KeptDown) -> fmt::Result {
    let by = match by {
        KeptDown::Killed => "killed",
        KeptDown::Stopped => "stopped",
    };
    write!(f, "{by}; stays down until `cluster start`")
}

fn told(f: &mut fmt::Formatter<'_>, failover: Option<&FailoverResult>) -> fmt::Result {
    match failover {
        Some(FailoverResult::Done) => f.write_str("; the cluster was told"),
        Some(FailoverResult::Failed { why }) => {
            write!(f, "; the cluster could not be told, and will wait for its session to end: {why}")
        }
        None => Ok(()),
    }
}

/// Why `broker` does not come back by itself, and what brings it.
fn absence(why: Absence, broker: NodeName) -> String {
    let starts = format!("`cluster start {broker}` starts it");
    match why {
        Absence::NoMember => "is no member of the cluster".to_owned(),
        Absence::KeptDown => format!("is kept down; {starts}"),
        Absence::CrashLoop => {
            format!("was given up after a crash loop; {starts}, `cluster logs {broker}` says why it ended")
        }
        Absence::Policy => format!("has ended, and the restart policy leaves it; {starts}"),
        Absence::Paused => format!("is paused; `cluster resume {broker}` lets it go on"),
    }
}

fn kept_down(message: String, nodes: &[NodeOutcome]) -> String {
    let kept = || nodes.iter().filter(|node| matches!(node.result, NodeResult::StaysDown { .. }));
    match kept().next() {
        Some(_) => format!("{message}; kept down: {} (`cluster start`)", list(kept())),
        None => message,
    }
}

fn say(nodes: &[NodeOutcome]) -> String {
    let parts: Vec<String> = nodes.iter().map(|node| format!("{}: {}", node.node, node.result)).collect();
    if parts.is_empty() { "nothing to do".to_owned() } else { parts.join("; ") }
}

/// `broker-0, broker-1`, or `no node`.
fn list<'a>(nodes: impl Iterator<Item = &'a NodeOutcome>) -> String {
    let nodes: Vec<NodeName> = nodes.map(|node| node.node).collect();
    if nodes.is_empty() { "no node".to_owned() } else { names(&nodes) }
}

/// What is lost without a majority of the voters of this role, and what they are called.
pub(crate) fn quorum(role: Role) -> (&'static str, &'static str) {
    match role {
        Role::ZooKeeper => ("the ZooKeeper quorum", "servers"),
        Role::Controller | Role::Broker => ("the quorum of controllers", "controllers"),
    }
}

/// That no majority of the voters of this role serves.
pub(crate) fn no_quorum(role: Role) -> &'static str {
    match role {
        Role::ZooKeeper => "ZooKeeper has no quorum",
        Role::Controller | Role::Broker => "the controllers have no quorum",
    }
}

/// At most this many are named.
const NAMED: usize = 5;

/// `a, b`; of many the first, and how many more there are.
pub(crate) fn name_some(names: &[String]) -> String {
    match names.len() {
        0 => String::new(),
        count if count <= NAMED => names.join(", "),
        count => format!("{} and {} more", names[..NAMED].join(", "), count - NAMED),
    }
}

fn names(nodes: &[NodeName]) -> String {
    nodes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
